"""Which parts of a slide are worth a closer look: donors, doubtful nuclei, dense tissue."""

from __future__ import annotations

import numpy as np

from myograft.model.arrays import Array
from myograft.model.biology import FiberCall, Origin
from myograft.model.geometry import Region
from myograft.model.table import Table

#: Edge of a field in um: a few fibers across.
_FIELD_UM = 220.0


def choose_fields(
    fibers: Table | None, nuclei: Table | None, plane_shape_px: tuple[int, int], pixel_size_um: float
) -> list[tuple[str, Region]]:
    """Return at most three fields with a title each; a field is never shown twice.

    Parameters
    ----------
    fibers, nuclei
        Measured tables; None where absent.
    plane_shape_px
        Height and width of the plane.
    pixel_size_um
        Edge of a pixel.
    """
    wishes: list[tuple[str, Array]] = []
    if nuclei is not None and len(nuclei):
        donor = (nuclei["origin"] == str(Origin.DONOR)).filled(fill_value=False)
        wishes.append(("most donor nuclei", _points(nuclei, donor)))
    wishes += _stained(fibers)
    if nuclei is not None and len(nuclei):
        undecided = nuclei["is_undecided"].filled(fill_value=False)
        wishes.append(("most undecided nuclei", _points(nuclei, undecided)))
        border = (nuclei["location"] == "border").filled(fill_value=False)
        wishes.append(("most nuclei on the border of a fiber", _points(nuclei, border)))
    if fibers is not None and len(fibers):
        wishes.append(("most fibers", _points(fibers, np.ones(len(fibers), bool))))
    if nuclei is not None and len(nuclei):
        wishes.append(("most nuclei", _points(nuclei, np.ones(len(nuclei), bool))))
    edge_px = max(64, round(_FIELD_UM / pixel_size_um))
    chosen: list[tuple[str, Region]] = []
    for title, points in wishes:
        region = _densest(points / pixel_size_um, plane_shape_px, edge_px)
        if region is None or any(_overlap(region, other) > 0.5 for _, other in chosen):
            continue
        chosen.append((title, region))
        if len(chosen) == 3:
            break
    return chosen


def _stained(fibers: Table | None) -> list[tuple[str, Array]]:
    """Return the fibers with donor protein, the regenerating and the necrotic ones; nothing where there are none."""
    wishes = []
    for name, what in (
        ("donor_protein", "fibers with donor protein"),
        ("regeneration", "regenerating fibers"),
        ("necrosis", "necrotic fibers"),
    ):
        if fibers is not None and len(fibers):
            positive = (fibers[name] == str(FiberCall.POSITIVE)).filled(fill_value=False)
            wishes.append((f"most {what}", _points(fibers, positive)))
    return wishes


def _points(table: Table, chosen: Array) -> Array:
    y, x = table["centroid_y_um"].filled()[chosen], table["centroid_x_um"].filled()[chosen]
    return np.stack([y, x], axis=1)


def _densest(points_px: Array, shape: tuple[int, int], edge_px: int) -> Region | None:
    """Return the square of a half-overlapping grid with most points; the first of equals."""
    if not len(points_px):
        return None
    height, width = min(edge_px, shape[0]), min(edge_px, shape[1])
    best, best_n = None, 0
    for y0 in _starts(shape[0], height):
        for x0 in _starts(shape[1], width):
            region = Region(y0, x0, y0 + height, x0 + width)
            inside = (
                (points_px[:, 0] >= region.y0)
                & (points_px[:, 0] < region.y1)
                & (points_px[:, 1] >= region.x0)
                & (points_px[:, 1] < region.x1)
            )
            if inside.sum() > best_n:
                best, best_n = region, int(inside.sum())
    return best


def _starts(length: int, edge: int) -> list[int]:
    step = max(1, edge // 2)
    # On a very large slide a coarser grid is close enough, and quick.
    step = max(step, length // 40)
    return sorted({*range(0, max(1, length - edge + 1), step), length - edge})


def _overlap(one: Region, other: Region) -> float:
    common = one.intersect(other).shape
    return common[0] * common[1] / (one.shape[0] * one.shape[1])
