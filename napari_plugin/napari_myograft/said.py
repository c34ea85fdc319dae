"""What readers said of each object, as far as it stands, found without a walk through the journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from myograft.api import Review
from myograft.model.correction import (
    Accept,
    Correction,
    ExcludeRegion,
    IncludeRegion,
    Redo,
    Reject,
    SetLocation,
    SetOrigin,
    SetPosition,
    SignOff,
    Target,
    Undo,
)
from myograft.model.journal import JournalEntry

Thing: TypeAlias = tuple[Target, int]


class Said:
    """The calls and areas of one journal, by what they are about; follows the journal as it grows.

    Cards and galleries ask at every repaint: a journal of thousands must not be read each time. What is asked for
    takes in the new entries first, each of them once.

    Parameters
    ----------
    review
        The review.
    """

    def __init__(self, review: Review) -> None:
        self._review = review
        self._known_n = 0
        self._standing: list[JournalEntry] = []
        self._undone: list[JournalEntry] = []
        self._by_thing: dict[Thing | None, list[JournalEntry]] = {}

    def of(self, target: Target, object_id: int) -> Sequence[JournalEntry]:
        """Return what was said of an object and stands, the first first."""
        self._read_on()
        return self._by_thing.get((target, object_id), ())

    def all_of(self, target: Target) -> Iterator[tuple[int, Sequence[JournalEntry]]]:
        """Return every object of a kind that something was said of, with what."""
        self._read_on()
        for thing, entries in self._by_thing.items():
            if thing is not None and thing[0] is target and entries:
                yield thing[1], entries

    @property
    def areas(self) -> list[ExcludeRegion | IncludeRegion]:
        """Areas that were left out or taken back in, in order."""
        self._read_on()
        edits = (entry.correction for entry in self._by_thing.get(None, ()))
        return [edit for edit in edits if isinstance(edit, (ExcludeRegion, IncludeRegion))]

    def _read_on(self) -> None:
        """Take in new entries; the same walk as `journal.in_force`, with an end to go on from."""
        entries = self._review.entries
        for entry in entries[self._known_n :]:
            match entry.correction:
                case Undo():
                    self._undone.append(self._take_back())
                case Redo():
                    self._put(self._undone.pop())
                case SignOff():
                    pass
                case _:
                    self._put(entry)
                    self._undone.clear()
        self._known_n = len(entries)

    def _put(self, entry: JournalEntry) -> None:
        self._standing.append(entry)
        is_about, thing = _about(entry.correction)
        if is_about:
            self._by_thing.setdefault(thing, []).append(entry)

    def _take_back(self) -> JournalEntry:
        # The last one that stands is the last one of its object too.
        entry = self._standing.pop()
        is_about, thing = _about(entry.correction)
        if is_about:
            self._by_thing[thing].pop()
        return entry


def _about(edit: Correction) -> tuple[bool, Thing | None]:
    """Return whether an edit says something of an object or an area, and of which object."""
    match edit:
        case SetOrigin(nucleus_id=number) | SetLocation(nucleus_id=number) | SetPosition(nucleus_id=number):
            return True, (Target.NUCLEUS, number)
        case Accept(target=target, object_id=number) | Reject(target=target, object_id=number):
            return True, (target, number)
        case ExcludeRegion() | IncludeRegion():
            return True, None
        case _:
            return False, None
