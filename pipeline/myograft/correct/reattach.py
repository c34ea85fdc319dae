"""After another run of the same slide: corrections moved to its objects, manual ones win, conflicts queued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Self

from myograft.correct.calls import CallEdit
from myograft.correct.checks import Objects
from myograft.correct.edited_labels import EditedLabels
from myograft.correct.machine import MachineResult
from myograft.correct.moved_calls import CallMover, object_of
from myograft.correct.moved_shapes import MovedShapes, ShapeHistory, ShapeMover
from myograft.correct.overlap import Finder
from myograft.correct.strokes import ShapeEdit, stroke_of
from myograft.errors import CorrectionError
from myograft.model.correction import (
    Add,
    Correction,
    Delete,
    ExcludeRegion,
    IncludeRegion,
    Merge,
    Redo,
    Reshape,
    Settle,
    SignOff,
    Split,
    Target,
    Undo,
)
from myograft.model.geometry import Region
from myograft.model.journal import JournalEntry


@dataclass(frozen=True)
class Reissued:
    """A correction for the new journal.

    Parameters
    ----------
    correction
        In terms of the new result's objects.
    entry
        The old entry it comes from.
    why
        Reason to record: whose correction it was, and what its author gave as the reason.
    """

    correction: Correction
    entry: JournalEntry
    why: str


@dataclass(frozen=True)
class Conflict:
    """An old entry that somebody must look at.

    Parameters
    ----------
    entry
        The old entry; corrections that come from it are made all the same, until somebody has looked.
    reason
        What the new run has that the entry's author cannot have seen, as a sentence without the final period.
    region
        Where, in px of full resolution.
    """

    entry: JournalEntry
    reason: str
    region: Region


@dataclass(frozen=True)
class Reattached:
    """What becomes of corrections in another run's result.

    Parameters
    ----------
    corrections
        To be made in this order.
    applied
        Old entries that stand without a question; some need no correction, because a later one says
        all, or the new run agrees.
    conflicts
        All other entries, in order.
    """

    corrections: tuple[Reissued, ...]
    applied: tuple[JournalEntry, ...]
    conflicts: tuple[Conflict, ...]


def reattach(standing: Sequence[JournalEntry], old: MachineResult, new: MachineResult) -> Reattached:
    """Move corrections from one run's result to another's of the same slide.

    Objects are the same where they share more than half of what both cover. Shapes that readers left are put over the
    new outlines pixel by pixel; what is the same as one of them takes its shape, and what lies mostly under them, or is
    the same as an object they removed, goes. Calls move to the same object. An entry is a conflict where its object is
    not there (none, several or a much different one is), or where the new run says or outlines something else than both
    the reader and the old run.

    Parameters
    ----------
    standing
        Entries in force of the old journal, in order.
    old, new
        What either run found and said, without corrections; both label planes of the same size.

    Raises
    ------
    CorrectionError
        When the results do not lie over each other.
    """
    sides = {target: _Side.of(target, standing, old, new) for target in Target}
    corrections: list[tuple[Correction, int]] = [
        (edit, number) for side in sides.values() for number, edit in side.moved.edits
    ]
    calls = CallMover(
        old,
        {target: side.left for target, side in sides.items()},
        new,
        {target: side.drawn_over for target, side in sides.items()},
        {target: side.moved.new_ids for target, side in sides.items()},
    )
    calls.look_ahead(e.correction for e in standing if isinstance(e.correction, CallEdit))
    doubts: dict[int, tuple[Sequence[str], Region]] = {}
    for entry in standing:
        match entry.correction:
            case Add() | Delete() | Merge() | Split() | Reshape():
                side = sides[entry.correction.target]
                doubts[entry.number] = side.moved.surprises.get(entry.number, ()), side.places[entry.number]
            case Settle():
                doubts[entry.number] = (), Region(0, 0, 0, 0)  # another run has its own questions
            case Undo() | Redo() | SignOff():
                raise ValueError(f"entry {entry.number} is not one that is in force: {entry.correction.kind}")
            case _:
                moved = calls.move(entry.correction)
                corrections += [(call, entry.number) for call in moved.calls]
                doubts[entry.number] = moved.doubts, _place_of(entry.correction, sides)
    entries = {entry.number: entry for entry in standing}
    return Reattached(
        tuple(
            Reissued(correction, entries[number], _why(entries[number])) for correction, number in corrections
        ),
        tuple(entry for entry in standing if not doubts[entry.number][0]),
        tuple(
            Conflict(entries[number], "; ".join(reasons), region)
            for number, (reasons, region) in doubts.items()
            if reasons
        ),
    )


@dataclass(frozen=True)
class _Side:
    """Either the fibers or the nuclei of both results."""

    moved: MovedShapes
    places: Mapping[int, Region]
    left: Finder | None
    drawn_over: Finder | None

    @classmethod
    def of(
        cls, target: Target, standing: Sequence[JournalEntry], old: MachineResult, new: MachineResult
    ) -> Self:
        before, after = old.objects(target), new.objects(target)
        edits = [
            (entry.number, entry.correction)
            for entry in standing
            if isinstance(entry.correction, ShapeEdit) and entry.correction.target is target
        ]
        if not isinstance(before, EditedLabels):
            if edits:
                raise ValueError(f"entry {edits[0][0]} draws in a result without {target} labels")
            return cls(MovedShapes(), {}, _finder(before), _finder(after))
        history = ShapeHistory(before, edits)
        if not isinstance(after, EditedLabels):
            sentence = f"the new result has no {target} labels to draw in"
            moved = MovedShapes(surprises={number: [sentence] for number, _ in edits})
            return cls(moved, history.places, Finder(history.left), _finder(after))
        _check_sizes(before.shape, after.shape)
        moved, drawn_over = ShapeMover(target, history, after).move(), after.unedited()
        for _, edit in moved.edits:
            drawn_over.apply(stroke_of(edit))
        return cls(moved, history.places, Finder(history.left), Finder(drawn_over))


def _finder(objects: Objects) -> Finder | None:
    return None if objects is None else Finder(objects)


def _check_sizes(old: tuple[int, int], new: tuple[int, int]) -> None:
    if old != new:
        raise CorrectionError(
            f"places do not correspond: the old result has {old[0]} x {old[1]} px, the new one {new[0]} x {new[1]} px",
            remedy="Run the slide again with the region and resolution of the old result",
        )


def _place_of(call: CallEdit, sides: Mapping[Target, _Side]) -> Region:
    """Return where the object of a call lies, or lay."""
    if isinstance(call, ExcludeRegion | IncludeRegion):
        rows, columns = zip(*call.outline, strict=True)
        corners = floor(min(rows)), floor(min(columns)), ceil(max(rows)), ceil(max(columns))
        return Region(*corners)
    target, number = object_of(call)
    left = sides[target].left
    return (left.objects.boxes.get(number) if left else None) or Region(0, 0, 0, 0)


def _why(entry: JournalEntry) -> str:
    origin = f"moved from entry {entry.number} of {entry.author} to a new run"
    return f"{origin}: {entry.why}" if entry.why else origin
