"""What another run or other readers left open, one question after the other until each is settled."""

from __future__ import annotations

from myograft.api import Review
from myograft.errors import MyograftError
from myograft.model.open_question import OpenQuestion


class OpenQuestions:
    """The questions of one review; read once, since nobody else writes while it is open.

    Parameters
    ----------
    review
        The review. An independent reading has no questions.
    """

    def __init__(self, review: Review) -> None:
        self._review = review
        self.problem: str | None = None
        self.all: tuple[OpenQuestion, ...] = ()
        self.current: OpenQuestion | None = None
        try:
            self.all = review.questions
        except MyograftError as problem:
            self.problem = problem.sentence

    @property
    def open(self) -> tuple[OpenQuestion, ...]:
        """Those that nobody has settled."""
        return self._review.open_among(self.all)

    def next(self) -> OpenQuestion | None:
        """Go to the open question after the current one, from the first again at the end; None where none is open."""
        left = self.open
        if not left:
            self.current = None
            return None
        start = 0 if self.current is None else self.all.index(self.current) + 1
        following = [asked for asked in (*self.all[start:], *self.all[:start]) if asked in left]
        self.current = following[0]
        return self.current

    def refresh(self) -> None:
        """Follow an edit: what is settled is no longer the current one, what an undo opens again is."""
        left = self.open
        if self.current is not None and self.current not in left:
            self.current = None
