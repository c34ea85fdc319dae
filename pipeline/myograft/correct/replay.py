"""Everything the journal's entries in force say: corrected labels and what people said, entry by entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from myograft.correct.calls import CallEdit, Calls
from myograft.correct.checks import Objects, check_call, check_shape
from myograft.correct.edited_labels import Changed, EditedLabels
from myograft.correct.strokes import ShapeEdit, stroke_of
from myograft.errors import CorrectionError
from myograft.model.correction import (
    Accept,
    Add,
    Correction,
    Delete,
    ExcludeRegion,
    IncludeRegion,
    Merge,
    Redo,
    Reject,
    Reshape,
    SetLocation,
    SetOrigin,
    SetPosition,
    Settle,
    SignOff,
    Split,
    Target,
    Undo,
)
from myograft.model.geometry import Region
from myograft.model.journal import JournalEntry


@dataclass(frozen=True)
class Touched:
    """What an entry changed, so that no more must be measured again.

    Parameters
    ----------
    fiber_region, nucleus_region
        Box of the pixels that changed in either plane; None where none did.
    fiber_ids, nucleus_ids
        Objects that were made, changed or removed, or that something else is said of now; of an area all whose boxes
        reach into its box.
    removed_fibers, removed_nuclei
        Those of them that have no pixel left.
    """

    fiber_region: Region | None = None
    nucleus_region: Region | None = None
    fiber_ids: frozenset[int] = frozenset()
    nucleus_ids: frozenset[int] = frozenset()
    removed_fibers: frozenset[int] = frozenset()
    removed_nuclei: frozenset[int] = frozenset()


class Replay:
    """The state that a journal leaves, built entry by entry; an undo leaves it as if the edit had never been.

    Parameters
    ----------
    fibers, nuclei
        The result's objects, without edits; None where it has none.
    """

    def __init__(self, fibers: Objects, nuclei: Objects) -> None:
        self.fibers, self.nuclei = fibers, nuclei
        self.calls = Calls()
        self._standing: list[JournalEntry] = []
        self._undone: list[JournalEntry] = []

    @property
    def standing(self) -> tuple[JournalEntry, ...]:
        """Entries in force, as :func:`myograft.model.journal.in_force` gives them."""
        return tuple(self._standing)

    @property
    def next_undo(self) -> JournalEntry | None:
        """The entry that an undo would name."""
        return self._standing[-1] if self._standing else None

    @property
    def next_redo(self) -> JournalEntry | None:
        """The entry that a redo would name."""
        return self._undone[-1] if self._undone else None

    def check(self, correction: Correction) -> None:
        """Check that an edit can be made now; changes nothing.

        Raises
        ------
        CorrectionError
            Where it cannot: objects that are not there, numbers used before, pixels outside, undo out of order.
        """
        match correction:
            case Undo():
                _check_next(correction, self.next_undo, "undo")
            case Redo():
                _check_next(correction, self.next_redo, "redo")
            case SignOff() | Settle():
                pass  # they say something of entries, not of objects
            case Add() | Delete() | Merge() | Split() | Reshape():
                check_shape(correction, self._objects(correction.target))
            case _:
                check_call(correction, self.fibers, self.nuclei, self.calls)

    def apply(self, entry: JournalEntry) -> Touched:
        """Let an entry take effect.

        Parameters
        ----------
        entry
            The next one of the journal, undo, redo and sign-off among them.

        Returns
        -------
        Touched
            What must be measured again.

        Raises
        ------
        CorrectionError
            Where it cannot be (see :meth:`check`); nothing has changed then.
        """
        self.check(entry.correction)
        match entry.correction:
            case SignOff():
                return Touched()
            case Undo():
                undone = self._standing.pop()
                self._undone.append(undone)
                return self._move(undone.correction, is_forward=False)
            case Redo():
                redone = self._undone.pop()
                self._standing.append(redone)
                return self._move(redone.correction, is_forward=True)
            case _:
                self._undone.clear()  # a new edit ends what could be redone
                self._standing.append(entry)
                return self._move(entry.correction, is_forward=True)

    def _move(self, edit: Correction, *, is_forward: bool) -> Touched:
        match edit:
            case Add() | Delete() | Merge() | Split() | Reshape():
                return self._change_shape(edit, is_forward=is_forward)
            case Settle():
                return Touched()
            case Undo() | Redo() | SignOff():
                raise ValueError(f"an entry of kind {edit.kind} has no effect of its own")
            case _:
                (self.calls.say if is_forward else self.calls.take_back)(edit)
                return self._spoken_of(edit)

    def _change_shape(self, edit: ShapeEdit, *, is_forward: bool) -> Touched:
        labels = self._objects(edit.target)
        if not isinstance(labels, EditedLabels):
            raise TypeError(f"an edit of {edit.target} pixels passed the check without labels")
        changed = labels.apply(stroke_of(edit)) if is_forward else labels.take_back()
        if edit.target is Target.NUCLEUS:
            return Touched(
                nucleus_region=changed.region, nucleus_ids=changed.ids, removed_nuclei=changed.removed
            )
        return Touched(
            fiber_region=changed.region,
            fiber_ids=changed.ids,
            nucleus_ids=self._placed_in(changed),
            removed_fibers=changed.removed,
        )

    def _placed_in(self, changed: Changed) -> frozenset[int]:
        """Return the nuclei that somebody placed in fibers that came or went, wherever they lie."""
        came_or_went = changed.made | changed.removed
        return frozenset(
            nucleus_id for nucleus_id, (_, fiber) in self.calls.location.items() if fiber in came_or_went
        )

    def _spoken_of(self, call: CallEdit) -> Touched:
        match call:
            case SetOrigin() | SetPosition():
                return Touched(nucleus_ids=frozenset({call.nucleus_id}))
            case SetLocation():
                fibers = frozenset(
                    fiber for fiber in (call.fiber_before, call.fiber_after) if fiber is not None
                )
                return Touched(fiber_ids=fibers, nucleus_ids=frozenset({call.nucleus_id}))
            case Accept() | Reject():
                number = frozenset({call.object_id})
                is_fiber = call.target is Target.FIBER
                return Touched(fiber_ids=number) if is_fiber else Touched(nucleus_ids=number)
            case ExcludeRegion() | IncludeRegion():
                return Touched(
                    fiber_ids=_inside(call.outline, self.fibers),
                    nucleus_ids=_inside(call.outline, self.nuclei),
                )

    def _objects(self, target: Target) -> Objects:
        return self.fibers if target is Target.FIBER else self.nuclei


def _check_next(correction: Undo | Redo, following: JournalEntry | None, verb: str) -> None:
    if following is None:
        raise CorrectionError(f"there is nothing to {verb}", remedy="Go on with the review")
    if following.number != correction.number:
        raise CorrectionError(
            f"edit {correction.number} is not the next to {verb}",
            remedy=f"{verb.capitalize()} edit {following.number} first",
        )


def _inside(outline: Sequence[tuple[float, float]], objects: Objects) -> frozenset[int]:
    """Return the objects whose boxes reach into the box of an area: all whose centroid may lie in it."""
    if objects is None:
        return frozenset()
    rows, columns = zip(*outline, strict=True)
    return objects.boxes.reaching((min(rows), min(columns)), (max(rows), max(columns)))
