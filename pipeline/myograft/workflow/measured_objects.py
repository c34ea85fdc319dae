"""Objects as measured on the outlines as they are now: kept up with one edit, or with many of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from myograft.correct import EditedLabels, Objects, Replay, Touched, is_cut, near_outlines
from myograft.model.correction import ExcludeRegion, IncludeRegion, Target
from myograft.model.geometry import Region
from myograft.model.table import Table, box_edges
from myograft.workflow.finished import Finished, directory_of
from myograft.workflow.measure_again import Again, nuclei_to_measure, put_in


class MeasuredObjects:
    """The tables of a result's objects, without what readers said; rows that nothing touched are the machine's.

    Parameters
    ----------
    finished
        The result.
    replay
        Its objects as they are now.
    again
        Measures on them.
    """

    def __init__(self, finished: Finished, replay: Replay, again: Again) -> None:
        self.tables: dict[Target, Table] = dict(finished.tables)
        self.cut: frozenset[int] = frozenset()
        self._replay, self._again = replay, again
        self._areas: tuple[ExcludeRegion | IncludeRegion, ...] = ()

    def follow(self, touches: Sequence[Touched]) -> None:
        """Measure objects again whose numbers edits can have changed, each once; they are as all edits left them.

        Measuring is a function of outlines and pixels alone, so that many edits together leave what they leave one
        after the other.
        """
        if Target.FIBER in self.tables:
            self._follow_fibers(touches)
        if Target.NUCLEUS not in self.tables:
            return
        table, fibers = self.tables[Target.NUCLEUS], self.tables.get(Target.FIBER)
        boxes = self._boxes(Target.NUCLEUS)
        wanted = nuclei_to_measure(self._again, table, boxes, touches)
        gone = {number for touched in touches for number in touched.removed_nuclei} - boxes.keys()
        if wanted or gone:
            rows = self._again.nuclei(wanted, None if fibers is None else directory_of(fibers, "fiber_id"))
            self.tables[Target.NUCLEUS] = put_in(table, rows, "nucleus_id", gone)

    def _follow_fibers(self, touches: Sequence[Touched]) -> None:
        shaped = {
            number
            for touched in touches
            if touched.fiber_region is not None
            for number in (*touched.fiber_ids, *touched.removed_fibers)
        }
        if shaped:
            boxes, table = self._boxes(Target.FIBER), self.tables[Target.FIBER]
            rows = self._again.fibers({number: boxes[number] for number in shaped if number in boxes})
            self.tables[Target.FIBER] = put_in(table, rows, "fiber_id", shaped - boxes.keys())
        areas = tuple(self._replay.calls.areas)
        if areas != self._areas:
            self._areas, self.cut = areas, frozenset()
            fibers = self.tables[Target.FIBER]
            near = near_outlines(areas, box_edges(fibers))
            self._look_for_cuts(fibers["fiber_id"].filled()[near].tolist())
        elif areas and shaped:
            self._look_for_cuts(shaped)

    def _look_for_cuts(self, numbers: Iterable[int]) -> None:
        """Look which of some fibers lie partly in an excluded area."""
        labels = self._replay.fibers
        if isinstance(labels, EditedLabels):
            looked_at = frozenset(numbers)
            boxes = {number: labels.boxes[number] for number in looked_at if number in labels.boxes}
            cut = {
                number
                for number, box in boxes.items()
                if is_cut(self._areas, labels.read(box) == number, box)
            }
            self.cut = (self.cut - looked_at) | cut

    def _boxes(self, target: Target) -> Mapping[int, Region]:
        objects: Objects = self._replay.fibers if target is Target.FIBER else self._replay.nuclei
        return {} if objects is None else objects.boxes
