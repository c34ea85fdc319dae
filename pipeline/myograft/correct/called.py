"""Tables of objects with the word of readers on them: calls, places, exclusions, and what was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from myograft.correct.calls import Calls
from myograft.model.arrays import Array, Mask
from myograft.model.biology import ExclusionReason, Location
from myograft.model.correction import Target
from myograft.model.fiber_marker_columns import STAIN_OF_ROLE
from myograft.model.table import Table


@dataclass(frozen=True)
class Shaped:
    """Which objects have other pixels than the machine's.

    Parameters
    ----------
    highest_id
        Highest number of the machine: what has a higher one was drawn, or made by a merge or split.
    shaped
        Objects that gained or lost pixels, drawn ones among them.
    named
        Those of them that a reader meant, and did not only take pixels from.
    on_border
        Objects that an excluded area cuts.
    """

    highest_id: int
    shaped: AbstractSet[int] = field(default_factory=frozenset)
    named: AbstractSet[int] = field(default_factory=frozenset)
    on_border: AbstractSet[int] = field(default_factory=frozenset)


def called_fibers(fibers: Table, calls: Calls, shaped: Shaped, pixel_size_um: float) -> Table:
    """Return the fibers with what readers said of them.

    Parameters
    ----------
    fibers
        As measured, on the outlines as they are now.
    calls
        What readers said.
    shaped
        What they drew.
    pixel_size_um
        Edge of a pixel.

    Notes
    -----
    A probability or a stain's signal holds for the machine's outline; of others it is null, since nobody measured it.
    A fiber that an excluded area cuts has no valid size, like one at the border of the image.
    """
    ids = fibers["fiber_id"].filled()
    is_shaped = _among(ids, shaped.shaped)
    of_machine = [name for name in fibers.columns if name.startswith(_STAINS)]
    columns = _unknown_where(fibers, is_shaped, ("outline_probability", *of_machine))
    reason = np.where(np.ma.getmaskarray(fibers["exclusion_reason"]), "", fibers["exclusion_reason"].data)
    reason[_among(ids, shaped.on_border) & (reason == "")] = str(ExclusionReason.EDGE)
    columns |= _exclusions(fibers, ids, reason, calls, Target.FIBER, pixel_size_um)
    said = _among(ids, calls.accepted[Target.FIBER]) | _among(ids, calls.rejected[Target.FIBER].keys())
    edited = is_shaped | (reason_of(columns) != reason_of(fibers.columns))
    return fibers.replace(**columns, **_review(ids, said | _among(ids, shaped.named), edited, shaped))


def called_nuclei(
    nuclei: Table, calls: Calls, shaped: Shaped, fiber_ids: AbstractSet[int], pixel_size_um: float
) -> Table:
    """Return the nuclei with what readers said of them; parameters as in `called_fibers`.

    Parameters
    ----------
    fiber_ids
        Fibers there are: a nucleus cannot be placed in one that is gone.
    """
    ids = nuclei["nucleus_id"].filled()
    row_of = _rows_of(ids, {*calls.origin, *calls.location, *calls.position})
    is_shaped = _among(ids, shaped.shaped)
    columns = _unknown_where(nuclei, is_shaped, ("outline_probability", "p_donor"))
    said = _among(ids, calls.accepted[Target.NUCLEUS]) | _among(ids, calls.rejected[Target.NUCLEUS].keys())
    said |= _among(ids, calls.origin.keys()) | _among(ids, calls.location.keys() | calls.position.keys())
    edited = is_shaped | _set_origins(columns, nuclei, calls, row_of)
    edited |= _set_places(columns, nuclei, calls, fiber_ids, row_of)
    nobody = np.full(len(ids), "", object)
    columns |= _exclusions(nuclei, ids, nobody, calls, Target.NUCLEUS, pixel_size_um)
    edited |= columns["is_excluded"].filled()
    return nuclei.replace(**columns, **_review(ids, said | _among(ids, shaped.named), edited, shaped))


_STAINS = tuple(f"{name}" for name in STAIN_OF_ROLE.values())


def reason_of(columns: Mapping[str, Any]) -> Array:
    """Return why objects are excluded; empty where they are not."""
    return np.where(np.ma.getmaskarray(columns["exclusion_reason"]), "", columns["exclusion_reason"].data)


def _rows_of(ids: Array, wanted: AbstractSet[int]) -> dict[int, int]:
    """Return the rows of some numbers, those that are not there left out; of a whole table it would take too long."""
    rows = np.flatnonzero(_among(ids, wanted))
    return dict(zip(ids[rows].tolist(), rows.tolist(), strict=True))


def _among(ids: Array, chosen: AbstractSet[int]) -> Mask:
    if not chosen:
        return np.zeros(len(ids), np.bool_)
    return np.isin(ids, np.fromiter(chosen, np.int64, len(chosen)))


def _unknown_where(table: Table, chosen: Mask, names: tuple[str, ...]) -> dict[str, Any]:
    if not chosen.any():
        return {}
    return {
        name: np.ma.MaskedArray(table[name].data, mask=np.ma.getmaskarray(table[name]) | chosen)
        for name in names
    }


def _exclusions(
    table: Table, ids: Array, reason: Array, calls: Calls, target: Target, pixel_size_um: float
) -> dict[str, Any]:
    """Return the columns of exclusion; a reader's reason goes before that of an area, and both before the machine's."""
    outside = np.zeros(len(ids), np.bool_)
    reason = reason.astype(object)
    if calls.areas:
        centers = (table["centroid_y_um"].filled(), table["centroid_x_um"].filled())
        for row, why in calls.excluded_at(np.stack(centers, axis=1) / pixel_size_um).items():
            outside[row], reason[row] = True, str(why)
    rejected = calls.rejected[target]
    for row in np.flatnonzero(_among(ids, rejected.keys())).tolist():
        reason[row] = str(rejected[int(ids[row])])
    is_excluded = reason != ""
    return {
        "in_excluded_region": np.ma.MaskedArray(outside),
        "is_excluded": np.ma.MaskedArray(is_excluded),
        "exclusion_reason": np.ma.MaskedArray(reason, mask=~is_excluded),
    }


def _set_origins(columns: dict[str, Any], nuclei: Table, calls: Calls, row_of: Mapping[int, int]) -> Mask:
    """Put the origins that readers saw into the columns; return where they differ from the machine's."""
    # Values and nulls apart: a masked array takes microseconds for each that is set, and there may be thousands.
    origin, is_null = nuclei["origin"].data.copy(), np.ma.getmaskarray(nuclei["origin"]).copy()
    undecided = nuclei["is_undecided"].filled(fill_value=False).copy()
    undecided_null = np.ma.getmaskarray(nuclei["is_undecided"]).copy()
    differs = np.zeros(len(nuclei), np.bool_)
    for number, said in calls.origin.items():
        row = row_of.get(number)
        if row is None:
            continue
        before = None if is_null[row] else origin[row]
        differs[row] = before != (None if said is None else str(said))
        is_null[row], undecided[row], undecided_null[row] = said is None, said is None, False
        if said is not None:
            origin[row] = str(said)
    columns |= {
        "origin": np.ma.MaskedArray(origin, mask=is_null),
        "is_undecided": np.ma.MaskedArray(undecided, mask=undecided_null),
    }
    return differs


def _set_places(
    columns: dict[str, Any],
    nuclei: Table,
    calls: Calls,
    fiber_ids: AbstractSet[int],
    row_of: Mapping[int, int],
) -> Mask:
    """Put the places that readers saw into the columns; return where they differ from the machine's."""
    location, fiber, position = (nuclei[name].copy() for name in ("location", "fiber_id", "position"))
    of_machine = nuclei["fiber_id"].filled(0)
    differs = np.zeros(len(nuclei), np.bool_)
    for number in calls.location:
        row, place = row_of.get(number), calls.place_of(number, fiber_ids)
        if row is None or place is None:
            continue
        where, owner = place
        differs[row] = location[row] != str(where) or (owner or 0) != of_machine[row]
        location[row] = str(where)
        fiber[row] = np.ma.masked if owner is None else owner
        if where is not Location.IN_FIBER:
            position[row] = np.ma.masked
    for number, said in calls.position.items():
        row = row_of.get(number)
        if row is not None and location[row] == str(Location.IN_FIBER):
            differs[row] |= position[row] is np.ma.masked or position[row] != str(said)
            position[row] = str(said)
    columns |= {"location": location, "fiber_id": fiber, "position": position}
    return differs


def _review(ids: Array, said: Mask, edited: Mask, shaped: Shaped) -> dict[str, Any]:
    is_drawn = ids > shaped.highest_id
    flags = {"is_reviewed": said | is_drawn, "is_edited": edited | is_drawn, "is_drawn": is_drawn}
    return {name: np.ma.MaskedArray(values) for name, values in flags.items()}
