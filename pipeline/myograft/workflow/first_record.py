"""The first corrections of a result, come from elsewhere: all appear, with what is left to ask, or none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from myograft.correct import Touched
from myograft.model.correction import Correction
from myograft.model.journal import JournalEntry
from myograft.model.open_question import Adjudication
from myograft.model.reattached import ReattachRecord
from myograft.workflow.finished import Finished
from myograft.workflow.open_review import replayed
from myograft.workflow.review_state import ReviewState
from myograft.workflow.save_review import save_review
from myograft.write import JournalDraft, write_text

Left = TypeVar("Left", ReattachRecord, Adjudication)


class FirstRecord:
    """Corrections that are taken one by one and appear together.

    Parameters
    ----------
    state
        What they have come to.
    journal
        Where they are gathered.
    """

    def __init__(self, state: ReviewState, journal: JournalDraft) -> None:
        self.state = state
        self._journal = journal
        self._touches: list[Touched] = []

    def take(self, edit: Correction, *, why: str = "", is_audit: bool = False) -> None:
        """Check a correction and let it take effect; what it touched is measured later, with all others.

        Raises
        ------
        CorrectionError
            Where it cannot be made.
        """
        self.state.replay.check(edit)
        entry = self._journal.append(edit, why=why, is_audit=is_audit)
        self._touches.append(self.state.take(entry))

    @property
    def entries(self) -> tuple[JournalEntry, ...]:
        """Corrections so far, as the journal will hold them."""
        return self._journal.entries

    def publish_entries(self) -> None:
        """Let the journal appear, and nothing that follows from it.

        Raises
        ------
        OutputError
            Where it cannot be written.
        """
        self._journal.publish()

    def measure(self) -> ReviewState:
        """Measure what was touched so far, and return what it has come to."""
        self.state.measure(self._touches)
        self._touches = []
        return self.state

    def publish(self, left: Left, path: Path) -> Left:
        """Let corrections and what is left to ask appear, then write the reviewed tables.

        What is left to ask comes first and names the journal that it belongs to: without that it means nothing
        (`ReviewView.questions`), so that a program that dies in between leaves nothing, and can be started once more.

        Parameters
        ----------
        left
            What is left to ask.
        path
            Where it lies.

        Raises
        ------
        OutputError
            Where something cannot be written.
        """
        journal = self._journal
        left = left.model_copy(update={"entries_n": len(journal.entries), "journal_head": journal.head})
        content = json.dumps(left.model_dump(mode="json"), indent=1, ensure_ascii=False)
        write_text(path, content + "\n")
        self.publish_entries()
        save_review(self.measure())
        return left


@contextmanager
def first_record(finished: Finished, author: str) -> Iterator[FirstRecord]:
    """Begin the record of a result that nobody has corrected.

    Raises
    ------
    LockedError
        Where somebody corrects it just now.
    OutputError
        Where it holds corrections already, or nothing can be written.
    """
    identity = finished.record.identity
    with JournalDraft.begin(finished.layout.journal, identity, author.strip()) as journal:
        yield FirstRecord(replayed(finished, (), is_writable=True), journal)
