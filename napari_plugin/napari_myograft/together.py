"""Edits that were made by one press, so that one press takes all of them back."""

from __future__ import annotations

from collections.abc import Sequence

from myograft.api import Change, Review
from myograft.model.correction import Redo, Undo


class Together:
    """Remembers which entries one press made; in a later session each is taken back by itself.

    Parameters
    ----------
    review
        The review.
    """

    def __init__(self, review: Review) -> None:
        self._review = review
        self._groups: list[range] = []

    def remember(self, changes: Sequence[Change]) -> None:
        """Remember what one press made; its entries lie one after the other, for nobody else writes."""
        if len(changes) > 1:
            self._groups.append(range(changes[0].entry.number, changes[-1].entry.number + 1))

    def undo(self) -> tuple[Change, ...]:
        """Take the last edit back, with all that was made by the same press."""
        first = self._review.undo()
        number = _number(first)
        return (first, *(self._review.undo() for _ in range(number - self._group_of(number).start)))

    def redo(self) -> tuple[Change, ...]:
        """Put what was taken back last in force again, with all that was made by the same press."""
        first = self._review.redo()
        number = _number(first)
        return (first, *(self._review.redo() for _ in range(self._group_of(number).stop - 1 - number)))

    def _group_of(self, number: int) -> range:
        return next((group for group in self._groups if number in group), range(number, number + 1))


def _number(change: Change) -> int:
    """Return which entry an undo or redo is about."""
    edit = change.entry.correction
    if not isinstance(edit, (Undo, Redo)):
        raise TypeError(f"{edit.kind} takes nothing back")
    return edit.number
