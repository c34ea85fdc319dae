"""How a review is opened: the result, a reader's journal, and the random audit drawn once for the result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from myograft.errors import CorrectionError, JournalError, OutputError, ResultError
from myograft.measure import draw_audit
from myograft.model.audit import AuditDesign
from myograft.model.correction import Target
from myograft.model.journal import JournalEntry
from myograft.model.reading import ReadingSetup
from myograft.workflow.finished import Finished, open_finished
from myograft.workflow.open_journal import open_journal
from myograft.workflow.review import Review
from myograft.workflow.review_state import ReviewState, has_calls
from myograft.write import write_text

#: Nuclei of each section that a review asks to be read at random, and the seed of their draw: with 200 nuclei of
#: which one in a hundred is called wrongly, a false rate is known to within some 1.5 percent points.
AUDIT_N, AUDIT_SEED = 200, 1


def open_review(path: Path | str, reader: str, *, setup: ReadingSetup | None = None) -> Review:
    """Open a result for one reader.

    Parameters
    ----------
    path
        The result of one slide.
    reader
        Name of the reader; every correction carries it.
    setup
        None to correct the result itself; otherwise an independent reading with a journal of its own.

    Returns
    -------
    Review
        Where nothing can be written, or another reader is at work, `Review.read_only_because` says so.

    Raises
    ------
    ResultError
        Where the folder is no whole result of this version.
    JournalError
        Where the journal is broken.
    UsageError
        Where the reader has no name, or the reading was begun with another setup.
    """
    finished = open_finished(path)
    journal = open_journal(finished.layout, finished.record.identity, reader, setup)
    try:
        state = replayed(finished, journal.entries, is_writable=journal.read_only_because is None)
    except BaseException:
        journal.close()
        raise
    return Review(finished, journal, state)


def replayed(finished: Finished, entries: Sequence[JournalEntry], *, is_writable: bool) -> ReviewState:
    """Return what a journal leaves of a result.

    Raises
    ------
    JournalError
        Where an entry cannot be applied to this result.
    """
    design = _audit_design(finished, is_writable=is_writable) if has_calls(finished) else None
    try:
        return ReviewState(finished, entries, design)
    except CorrectionError as problem:
        raise JournalError(
            f"a correction cannot be made on this result ({problem.what})",
            where=str(finished.layout.root),
            remedy="Bring journal and result back from one copy; they do not belong together",
        ) from None


def _audit_design(finished: Finished, *, is_writable: bool) -> AuditDesign:
    """Return how the random audit was drawn: once for a result, so that all its readers read the same nuclei."""
    path, record = finished.layout.audit_design, finished.record
    if path.is_file():
        try:
            design = AuditDesign.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValidationError) as problem:
            raise ResultError(
                f"how the random audit was drawn cannot be read ({str(problem).splitlines()[0]})",
                where=str(path),
                remedy="Bring the file back from a copy; without it nobody knows what the readings stand for",
            ) from None
        if design.identity == record.identity:
            return design
        raise ResultError(
            "the random audit was drawn for another result",
            where=str(path),
            remedy="Move the file away if nobody has read its nuclei yet",
        )
    design = AuditDesign(
        identity=record.identity,
        slide_id=record.slide_id,
        seed=AUDIT_SEED,
        strata=draw_audit(finished.tables[Target.NUCLEUS], {}, AUDIT_N, AUDIT_SEED),
        read_before={},
    )
    if is_writable:
        try:
            write_text(path, json.dumps(design.model_dump(mode="json"), indent=1) + "\n")
        except OutputError:
            # A result that cannot be written is still looked at; the draw is the same each time.
            return design
    return design
