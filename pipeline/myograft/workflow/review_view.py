"""A result under review, to look at: labels, tables and counts as they are after the last edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from myograft.correct import EditedLabels, FixedObjects
from myograft.errors import CorrectionError, ResultError
from myograft.measure import reading_order
from myograft.model.arrays import Array, Labels
from myograft.model.correction import Settle, SignOff, Target
from myograft.model.geometry import Region
from myograft.model.journal import JournalEntry
from myograft.model.open_question import Adjudication, OpenQuestion
from myograft.model.reading import ReadingSetup
from myograft.model.reattached import ReattachRecord
from myograft.model.table import Table
from myograft.read import read_plane
from myograft.workflow.finished import KEY, Finished
from myograft.workflow.open_journal import OpenJournal
from myograft.workflow.origin_readings import origin_readings
from myograft.workflow.review_state import ReviewState
from myograft.write import level_shapes


class ReviewView:
    """A result under review, to look at; coordinates are px of full resolution, ``(y, x)``.

    Pixel (0, 0) covers [0, 1) x [0, 1).
    """

    def __init__(self, finished: Finished, journal: OpenJournal, state: ReviewState) -> None:
        self.finished, self._journal, self._state = finished, journal, state
        #: Why tables lack the last entry, which stands; None where they hold all.
        self.unmeasured_because: str | None = None

    @property
    def reader(self) -> str:
        """Who reads."""
        return self._journal.reader

    @property
    def setup(self) -> ReadingSetup | None:
        """How an independent reading was set up; None for the result's own record."""
        return self._journal.setup

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know before the first edit."""
        return (*self.finished.notes, *self._journal.notes)

    @property
    def read_only_because(self) -> str | None:
        """Why nothing can be edited; None where it can."""
        return self._journal.read_only_because or self.unmeasured_because

    @property
    def entries(self) -> tuple[JournalEntry, ...]:
        """The journal."""
        return self._journal.entries

    @property
    def fibers(self) -> Table | None:
        """Fibers as corrected so far, in the order of their numbers; None where they were not measured."""
        return self._state.tables.get(Target.FIBER)

    @property
    def nuclei(self) -> Table | None:
        """Nuclei as corrected so far, in the order of their numbers; None where they were not measured."""
        return self._state.tables.get(Target.NUCLEUS)

    @property
    def section(self) -> dict[str, Any]:
        """Row of the sections table; tests of where nuclei lie are null until the review is saved."""
        return self._state.section

    @property
    def estimate(self) -> dict[str, Any]:
        """Donor nuclei by what was read and a random audit (audit_estimates, domain all); empty without a marker."""
        table = self._state.estimate
        return {} if table is None or not len(table) else table.rows()[0]

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return self._state.replay.next_undo is not None

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to redo."""
        return self._state.replay.next_redo is not None

    @property
    def is_signed(self) -> bool:
        """Whether the last entry is a signature, which covers everything before."""
        return bool(self.entries) and isinstance(self.entries[-1].correction, SignOff)

    @property
    def audit_ids(self) -> tuple[int, ...]:
        """The random audit's nuclei that are still there, in the order in which they are to be read."""
        design, nuclei = self._state.design, self._state.objects(Target.NUCLEUS)
        if design is None or nuclei is None:
            return ()
        return tuple(number for number in reading_order(design) if number in nuclei.boxes)

    @property
    def uncalled_ids(self) -> tuple[int, ...]:
        """Nuclei that readers drew, or made by a merge or split, and nobody has called or accepted: they are open.

        None where the machine called no nucleus donor or host either.
        """
        nuclei = self.nuclei
        if nuclei is None or self._state.design is None:
            return ()
        return tuple(sorted(origin_readings(self._state.replay.standing, nuclei).uncalled))

    @property
    def questions(self) -> tuple[OpenQuestion, ...]:
        """What others left open: doubts of moved corrections (`myograft reattach`), and what readers differ in.

        None in an independent reading, whose reader is not to know what others say.
        """
        if self.setup is not None:
            return ()
        layout = self.finished.layout
        moved, merged = layout.reattached, layout.adjudication
        try:
            questions: tuple[OpenQuestion, ...] = ()
            if moved.is_file():
                record = ReattachRecord.model_validate_json(moved.read_text(encoding="utf-8"))
                if self._begins_with(record):
                    questions += tuple(conflict.question for conflict in record.conflicts)
            if merged.is_file():
                found = Adjudication.model_validate_json(merged.read_text(encoding="utf-8"))
                questions += found.questions if self._begins_with(found) else ()
        except (OSError, UnicodeDecodeError, ValidationError) as problem:
            raise ResultError(
                f"what others left open cannot be read ({str(problem).splitlines()[0]})",
                where=f"{moved.name} or {merged.name} in {layout.root}",
                remedy="Bring the file back from a copy, or move it away if all of it is settled",
            ) from None
        return questions

    def _begins_with(self, record: ReattachRecord | Adjudication) -> bool:
        """Whether the journal is the one that a record was left with, and not one begun after a crash."""
        if record.entries_n is None or record.entries_n > len(self.entries):
            return record.entries_n is None
        first = self.entries[: record.entries_n]
        return record.journal_head == (first[-1].hash if first else self.finished.record.identity)

    def open_among(self, questions: Sequence[OpenQuestion]) -> tuple[OpenQuestion, ...]:
        """Return those of some questions that nobody has settled."""
        settled = {
            (entry.correction.sentence, entry.correction.region)
            for entry in self._state.replay.standing
            if isinstance(entry.correction, Settle)
        }
        return tuple(asked for asked in questions if (asked.sentence, asked.region) not in settled)

    def labels(self, target: Target, region: Region, level: int = 0) -> Labels:
        """Return labels as corrected so far.

        Parameters
        ----------
        target
            Fibers or nuclei.
        region
            In px of the level, inside of it.
        level
            0 is full resolution, each further one has every second pixel.
        """
        return self._edited(target).read(region, level)

    def levels_shape(self, target: Target) -> tuple[tuple[int, int], ...]:
        """Return height and width of every level of the labels' pyramid, finest first; empty without labels."""
        if not isinstance(self._state.objects(target), EditedLabels):
            return ()
        return level_shapes(self.finished.slide.stack.shape)

    def has(self, target: Target, object_id: int) -> bool:
        """Whether there is an object of that number just now."""
        objects = self._state.objects(target)
        return objects is not None and object_id in objects.boxes

    def box_of(self, target: Target, object_id: int) -> Region:
        """Return the bounding box of an object.

        Raises
        ------
        CorrectionError
            Where there is none of that number.
        """
        objects = self._state.objects(target)
        if objects is None or object_id not in objects.boxes:
            raise CorrectionError(f"there is no {target} {object_id}", remedy="Choose one that is shown")
        return objects.boxes[object_id]

    def object_at(self, target: Target, y_px: float, x_px: float) -> int:
        """Return the object at a point, 0 where there is none."""
        height, width = self.finished.slide.stack.shape
        y, x = int(np.floor(y_px)), int(np.floor(x_px))
        has_labels = isinstance(self._state.objects(target), EditedLabels)
        if not has_labels or not (0 <= y < height and 0 <= x < width):
            return 0
        return int(self.labels(target, Region(y, x, y + 1, x + 1))[0, 0])

    def row(self, target: Target, object_id: int) -> dict[str, Any]:
        """Return the row of an object as corrected so far.

        Raises
        ------
        CorrectionError
            Where there is none of that number.
        """
        self.box_of(target, object_id)
        table = self._state.tables[target]
        place = int(np.searchsorted(table[KEY[target]].filled(), object_id))
        return table.select([place]).rows()[0]

    def crop(self, region: Region, channel: int) -> Array:
        """Return the counts of a channel in a region.

        Raises
        ------
        ResultError
            Where the slide's pixels are not there.
        """
        if not self.finished.has_pixels:
            raise ResultError(
                "the pixels of this slide are not there",
                where=str(self.finished.layout.root),
                remedy="Put the input back where it was, or run the slide again with a copy of the image",
            )
        return read_plane(self.finished.slide.stack, channel, region, plane=self.finished.plane)

    def _edited(self, target: Target) -> EditedLabels:
        """Return the labels of a kind.

        Raises
        ------
        CorrectionError
            Where there are none, or outlines of their own in every optical plane.
        """
        objects = self._state.objects(target)
        if isinstance(objects, EditedLabels):
            return objects
        because = (
            objects.because if isinstance(objects, FixedObjects) else f"this slide has no {target} outlines"
        )
        raise CorrectionError(because, remedy="Calls and places can be corrected all the same")
