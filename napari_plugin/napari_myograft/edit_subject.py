"""Which object an edit was about, so that it can be shown: after a merge the merged one, after an undo what is back."""

from __future__ import annotations

from collections.abc import Sequence

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
from myograft.model.journal import JournalEntry

Subject = tuple[Target, int] | None


def subject_of(entry: JournalEntry, entries: Sequence[JournalEntry]) -> Subject:
    """Return the object to show after an edit; None where it was about an area, or took the object away.

    Parameters
    ----------
    entry
        The edit.
    entries
        The whole journal, which an undo or redo points into.
    """
    match entry.correction:
        case Undo(number=number):
            return _before(entries[number - 1].correction)
        case Redo(number=number):
            return _after(entries[number - 1].correction)
        case other:
            return _after(other)


def _after(edit: Correction) -> Subject:
    """Return what there is once an edit is in force."""
    match edit:
        case Add():
            return edit.target, edit.made.new_id
        case Merge():
            return edit.target, edit.new_id
        case Split():
            return edit.target, edit.parts[0].new_id
        case Delete():
            return None
        case _:
            return _named(edit)


def _before(edit: Correction) -> Subject:
    """Return what there is once an edit is out of force."""
    match edit:
        case Add():
            return None
        case Merge():
            return edit.target, edit.object_ids[0]
        case _:
            return _named(edit)


def _named(edit: Correction) -> Subject:
    match edit:
        case Delete() | Split() | Reshape() | Accept() | Reject():
            return edit.target, edit.object_id
        case SetOrigin() | SetLocation() | SetPosition():
            return Target.NUCLEUS, edit.nucleus_id
        case Add() | Merge() | ExcludeRegion() | IncludeRegion() | Settle() | Undo() | Redo() | SignOff():
            return None
