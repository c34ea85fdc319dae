"""Objects measured again after corrections: those an edit touched, or all of them, with one answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from myograft.assign import BleedThrough, call_again
from myograft.correct import Touched
from myograft.execute import Engine
from myograft.model.arrays import Array, Mask
from myograft.model.channels import Role
from myograft.model.columns import COLUMNS, TableName
from myograft.model.correction import Target
from myograft.model.geometry import Region
from myograft.model.objects import ObjectDirectory
from myograft.model.table import Table, box_edges, concatenate
from myograft.workflow.finished import KEY, Finished
from myograft.workflow.ground import Ground
from myograft.workflow.marker_readings import gather_readings
from myograft.workflow.measure_objects import fiber_rows, nucleus_rows
from myograft.workflow.measure_plane import SECTION_ID
from myograft.workflow.shares import Share, shares_of

#: Edge in px within which objects that edits touched are measured together: a chunk of the stored labels.
_NEAR_PX = 512


@dataclass(frozen=True)
class Again:
    """Who measures objects of a finished result again.

    Parameters
    ----------
    finished
        The result.
    ground
        Its pixels, and the labels as they are now.
    """

    finished: Finished
    ground: Ground

    def fibers(self, boxes: Mapping[int, Region], engine: Engine | None = None) -> Table:
        """Return the rows of fibers with the given numbers and boxes."""
        shares = _narrow(shares_of(self.ground.slide, directory(boxes)), engine)
        parts = _over(engine, fiber_rows, self.ground, shares)
        return self._table(Target.FIBER, parts)

    def nuclei(
        self, boxes: Mapping[int, Region], fibers: ObjectDirectory | None, engine: Engine | None = None
    ) -> Table:
        """Return the rows of nuclei; `fibers` are all there are, None where they were not measured."""
        ground = self.ground
        shares = _narrow(self._nucleus_shares(boxes), engine)
        items = [(share, ground.fibers_near(fibers, share)) for share in shares]
        parts = _over(engine, nucleus_rows, ground, items)
        marked = self._marked(parts)
        return self._table(Target.NUCLEUS, [part | more for part, more in zip(parts, marked, strict=True)])

    def _nucleus_shares(self, boxes: Mapping[int, Region]) -> list[Share]:
        """Return who measures which nuclei; those that were linked through planes each in its own plane."""
        slide, objects = self.ground.slide, directory(boxes)
        if not self.finished.is_linked:
            return shares_of(slide, objects)
        table = self.finished.tables[Target.NUCLEUS]
        place = np.searchsorted(table["nucleus_id"].filled(), objects.label)
        plane = table["plane"].filled()[place]
        return [
            replace(share, plane=z)
            for z in np.unique(plane).tolist()
            for share in shares_of(slide, objects.select(plane == z))
        ]

    def _marked(self, parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return what the marker says of the parts' nuclei, by the rule of the whole section."""
        slide, section = self.ground.slide, self.finished.section
        if Role.DONOR_NUCLEUS not in slide.roles or not self.ground.has_pixels:
            return [{} for _ in parts]
        share = section["donor_bleed_through_share"]
        marker = slide.settings.assign.marker
        fixed = {"bleed_through": BleedThrough.GIVEN, "bleed_through_share": share}
        rule = marker.model_copy(update={"bleed_through": BleedThrough.NONE} if share is None else fixed)
        answers = []
        for part in parts:
            readings = gather_readings([part], np.arange(len(part["nucleus_id"])), rule)
            called = call_again(
                readings.signal,
                slide.settings.assign.origin,
                threshold=section["donor_threshold"],
                location=section["donor_host_location"],
                scale=section["donor_host_scale"],
            )
            columns = called.columns() | readings.spot_columns(called)
            # The probability comes from all the section's scores, as they were.
            del columns["p_donor"]
            answers.append(columns)
        return answers

    def _table(self, target: Target, parts: Sequence[dict[str, Any]]) -> Table:
        """Return rows in the order of their numbers; what was not measured again is the machine's."""
        machine, key = self.finished.tables[target], KEY[target]
        columns: dict[str, Any] = {}
        if parts:
            columns = {name: np.ma.concatenate([part[name] for part in parts]) for name in parts[0]}
        rows_n = len(columns[key]) if columns else 0
        columns["slide_id"] = np.full(rows_n, self.finished.record.slide_id, dtype=object)
        columns["section_id"] = np.full(rows_n, SECTION_ID, dtype=object)
        measured = Table(machine.name, columns)
        measured = measured.sort(key) if rows_n else measured
        return measured.replace(**_carried(machine, measured, key, columns.keys()))


def directory(boxes: Mapping[int, Region]) -> ObjectDirectory:
    """Return objects by number and box; a corner of the box stands for the first pixel, which says who measures."""
    ids = np.array(sorted(boxes), np.int64)
    edges = np.array(
        [(box.y0, box.x0, box.y1, box.x1) for box in map(boxes.__getitem__, ids.tolist())], np.int64
    ).reshape(-1, 4)
    return ObjectDirectory(ids, edges, edges[:, :2], np.zeros(len(ids), np.int64))


def put_in(table: Table, rows: Table, key: str, gone: AbstractSet[int]) -> Table:
    """Return a table with rows put in or replaced by their numbers, without those that are gone."""
    ids, new_ids = table[key].filled(), rows[key].filled()
    places = np.minimum(np.searchsorted(ids, new_ids), max(len(ids) - 1, 0))
    is_known = ids[places] == new_ids if len(ids) else np.zeros(len(new_ids), np.bool_)
    if is_known.any():
        # Most edits change numbers of objects that stay: the table is not sorted anew for those.
        table = table.put(places[is_known], rows.select(is_known))
        rows = rows.select(~is_known)
    if gone:
        table = table.select(~np.isin(ids, np.fromiter(gone, np.int64)))
    return concatenate(table.name, [table, rows]).sort(key) if len(rows) else table


def nuclei_to_measure(
    again: Again, nuclei: Table, boxes: Mapping[int, Region], touches: Iterable[Touched]
) -> dict[int, Region]:
    """Return the nuclei whose numbers edits can have changed.

    Those they shaped; those whose marker or background lies near changed nuclei; those near changed fibers, and all of
    a fiber that changed, since the position in a fiber depends on the whole of it. A nucleus that an edit gave to
    another fiber lies near that edit, so that the fibers of the table before all edits are enough to go by.
    """
    shape, edges = again.ground.slide.stack.shape, box_edges(nuclei)
    chosen = np.zeros(len(nuclei), np.bool_)
    wanted: set[int] = set()
    owners: set[int] = set()
    reaches: set[Region] = set()
    for touched in touches:
        if touched.nucleus_region is not None:
            reaches.add(touched.nucleus_region.grow(again.ground.marker_reach_px(), shape))
            wanted |= touched.nucleus_ids
        if touched.fiber_region is not None:
            reaches.add(touched.fiber_region.grow(again.ground.search_px(), shape))
            owners |= touched.fiber_ids | touched.removed_fibers
    for reach in reaches:
        chosen |= _meets(edges, reach)
    if owners:
        chosen |= np.isin(nuclei["fiber_id"].filled(0), np.fromiter(owners, np.int64))
    wanted |= set(nuclei["nucleus_id"].filled()[chosen].tolist())
    return {number: boxes[number] for number in wanted if number in boxes}


def _meets(edges: Array, region: Region) -> Mask:
    """Return which boxes, shape (n, 4), share a pixel with a region."""
    return np.asarray(
        (edges[:, 0] < region.y1)
        & (edges[:, 2] > region.y0)
        & (edges[:, 1] < region.x1)
        & (edges[:, 3] > region.x0)
    )


def _narrow(shares: list[Share], engine: Engine | None) -> list[Share]:
    """Return shares that fit what is measured: few objects here and there, or (with workers) all of a tile."""
    return (
        shares
        if engine is not None
        else [part for share in shares for part in share.close_together(_NEAR_PX)]
    )


def _over(engine: Engine | None, action: Any, ground: Ground, items: Sequence[Any]) -> list[dict[str, Any]]:
    if engine is None:
        return [action(ground, item) for item in items]
    return engine.over("measure again", action, shared=ground, items=items)


def _carried(machine: Table, rows: Table, key: str, measured: Iterable[str]) -> dict[str, Any]:
    """Return the columns that are not measured again, as the machine has them; null for objects it does not know."""
    known = machine[key].filled()
    place = np.minimum(np.searchsorted(known, rows[key].filled()), max(len(known) - 1, 0))
    is_known = known[place] == rows[key].filled() if len(known) else np.zeros(len(rows), np.bool_)
    columns = {}
    for column in COLUMNS[TableName(machine.name)]:
        if column.name in set(measured) or not len(known):
            continue
        values = machine[column.name][place]
        columns[column.name] = np.ma.MaskedArray(values.data, mask=np.ma.getmaskarray(values) | ~is_known)
    return columns
