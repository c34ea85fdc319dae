"""Size and place of every nucleus, and how many each fiber holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from myograft.measure.fibers import box_columns, touches_edge
from myograft.measure.kept import kept_nuclei
from myograft.model.arrays import Array, Labels
from myograft.model.biology import Location, Origin, Position
from myograft.model.geometry import Region
from myograft.model.table import Table


def measure_nuclei(
    labels: Labels,
    ids: Array,
    boxes: Array,
    crop: Region,
    plane_shape: tuple[int, int],
    pixel_size_um: float,
) -> dict[str, Array]:
    """Return place and area of nuclei; parameters as in `measure_fibers`."""
    columns: dict[str, Any] = {
        name: [] for name in ("nucleus_id", "centroid_y_um", "centroid_x_um", "area_um2", "touches_edge")
    }
    for number, edges in zip(ids.tolist(), boxes.tolist(), strict=True):
        box = Region(*edges)
        y, x = np.nonzero(labels[box.inside(crop)] == number)
        columns["nucleus_id"].append(number)
        columns["centroid_y_um"].append((float(y.mean()) + box.y0 + 0.5) * pixel_size_um)
        columns["centroid_x_um"].append((float(x.mean()) + box.x0 + 0.5) * pixel_size_um)
        columns["area_um2"].append(len(y) * pixel_size_um**2)
        columns["touches_edge"].append(touches_edge(box, plane_shape))
    nobody = np.zeros(len(ids), np.bool_)
    columns |= {"is_excluded": nobody, "in_excluded_region": nobody}
    return {name: np.ma.MaskedArray(values) for name, values in columns.items()} | box_columns(boxes)


def count_nuclei_per_fiber(fibers: Table, nuclei: Table) -> Table:
    """Return the fibers table with the nuclei of each fiber counted.

    Only nuclei with location ``in_fiber`` count that no reader excluded. Donor nuclei stay null where no nucleus has an
    origin; the nuclear domain is null for a fiber without nuclei or without a valid size, never zero or infinite.
    """
    nuclei = kept_nuclei(nuclei)
    inside = nuclei.has("location", Location.IN_FIBER)
    owner = nuclei["fiber_id"].filled(0)
    in_fiber_n = _per_fiber(fibers, owner[inside])
    central = inside & nuclei.has("position", Position.CENTRAL)
    central_n = _per_fiber(fibers, owner[central])
    valid = ~fibers["is_excluded"].filled(fill_value=False) & (in_fiber_n > 0)
    domain = np.ma.MaskedArray(fibers["csa_um2"].filled(0.0) / np.maximum(in_fiber_n, 1), mask=~valid)
    counted: dict[str, Any] = {
        "in_fiber_nuclei_n": np.ma.MaskedArray(in_fiber_n),
        "central_nuclei_n": np.ma.MaskedArray(central_n),
        "is_centrally_nucleated": np.ma.MaskedArray(central_n > 0),
        "nuclear_domain_um2": domain,
    }
    if len(nuclei) and not np.ma.getmaskarray(nuclei["origin"]).all():
        donor = inside & nuclei.has("origin", Origin.DONOR)
        counted["donor_nuclei_n"] = np.ma.MaskedArray(_per_fiber(fibers, owner[donor]))
    return fibers.replace(**counted)


def _per_fiber(fibers: Table, owners: Array) -> Array:
    """Return how often each fiber of the table is an owner."""
    numbers = fibers["fiber_id"].filled()
    known, counts = np.unique(owners, return_counts=True)
    if not len(known):
        return np.zeros(len(numbers), np.int64)
    place = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.where(known[place] == numbers, counts[place], 0).astype(np.int64)
