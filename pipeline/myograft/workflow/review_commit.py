"""A review that writes: every edit is checked, on the disk, applied and measured before it returns."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from myograft.correct import Touched
from myograft.errors import OutputError
from myograft.model.correction import Correction
from myograft.model.journal import JournalEntry
from myograft.workflow.finished import Finished
from myograft.workflow.open_journal import OpenJournal
from myograft.workflow.origin_readings import audited_nuclei, nucleus_read
from myograft.workflow.review_state import ReviewState
from myograft.workflow.review_view import ReviewView
from myograft.workflow.reviewed_tables import is_saved
from myograft.workflow.save_review import save_review


@dataclass(frozen=True)
class Change:
    """What an edit did.

    Parameters
    ----------
    entry
        The line of the journal.
    touched
        Objects and pixels that are not what they were.
    section, estimate
        Row of the sections table, and of the estimate of donor nuclei, as they are now.
    """

    entry: JournalEntry
    touched: Touched
    section: dict[str, Any]
    estimate: dict[str, Any]


class CommittingReview(ReviewView):
    """A result under review, and the journal that its edits are written to."""

    def __init__(self, finished: Finished, journal: OpenJournal, state: ReviewState) -> None:
        super().__init__(finished, journal, state)
        self._is_saved = is_saved(finished.layout, journal.entries)

    def commit(self, edit: Correction, *, why: str = "", is_audit: bool = False) -> Change:
        """Check an edit, write it down, let it take effect.

        Parameters
        ----------
        edit
            What.
        why
            Comment.
        is_audit
            Whether the reader was led to a nucleus because it was drawn at random. A nucleus that was read so once is
            read so ever after.

        Raises
        ------
        CorrectionError
            Where the edit cannot be made; nothing was changed.
        OutputError
            Where it cannot be written; nothing was changed. Or it is in the journal and cannot be measured: then it
            stands, and nothing can be edited until the result is opened again.
        """
        if self.unmeasured_because is not None:
            raise OutputError(
                f"nothing can be edited: {self.unmeasured_because}",
                where=str(self.finished.layout.root),
                remedy="Close the result and open it again",
            )
        self._state.replay.check(edit)
        is_audit = is_audit or self._is_audited(edit)
        entry = self._journal.append(edit, why=why, is_audit=is_audit)
        self._is_saved = False
        # Whatever happens now, nothing is written that lacks this entry.
        self.unmeasured_because = "it was interrupted while it measured"
        try:
            touched = self._apply(entry)
            change = Change(entry, touched, self.section, self.estimate)
        except Exception as problem:
            told = str(problem) or type(problem).__name__
            self.unmeasured_because = f"entry {entry.number} could not be measured ({told})"
            raise OutputError(
                f"this correction is acknowledged and stands (entry {entry.number}), but cannot be measured ({told})",
                where=str(self.finished.layout.root),
                remedy="Close the result and open it again: it is measured then",
            ) from problem
        self.unmeasured_because = None
        return change

    def _apply(self, entry: JournalEntry) -> Touched:
        """Let an entry take effect; where measuring it fails, everything is replayed and measured once more."""
        try:
            return self._state.apply([entry])[0]
        except Exception:  # noqa: BLE001  # whatever it was, a second failure is told
            self._state = ReviewState(self.finished, self.entries, self._state.design)
            return self._state.touched_by(entry.number)

    def _is_audited(self, edit: Correction) -> bool:
        """Whether an edit reads a nucleus once more that was read because it was drawn at random."""
        number = nucleus_read(edit)
        return number is not None and number in audited_nuclei(self._state.replay.standing)

    def save(self) -> None:
        """Write reviewed labels and tables as they are now; an independent reading has none.

        Raises
        ------
        OutputError
            Where they cannot be written; the journal holds every edit all the same.
        """
        if self.setup is None:
            save_review(self._state)
            self._is_saved = True

    def close(self) -> None:
        """Save where the disk does not hold what the journal says, also after a crash, and let others write.

        A review is not saved when it is opened: after a crash a reader is not to wait, and until somebody closes it the
        seal says that the tables are behind.
        """
        try:
            if not self._is_saved and self.read_only_because is None:
                self.save()
        finally:
            self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
