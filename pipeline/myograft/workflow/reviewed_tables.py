"""Whether the reviewed tables say what the journal says: a save leaves a seal that names the journal's last entry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from myograft.errors import ResultError
from myograft.model.journal import JournalEntry, in_force
from myograft.model.provenance import FORMAT_VERSION
from myograft.model.result_layout import ResultLayout
from myograft.workflow.finished import LABELS
from myograft.workflow.ground import REVIEWED
from myograft.write import output_errors, read_journal, write_text


@contextmanager
def sealing(layout: ResultLayout, head: str) -> Iterator[None]:
    """Seal what is written inside the block; where the program dies in between, no seal says that it is whole.

    Parameters
    ----------
    layout
        The result.
    head
        Hash of the last entry that the reviewed tables and labels hold.

    Raises
    ------
    OutputError
        Where the seal cannot be written.
    """
    seal = layout.reviewed_head
    with output_errors(seal):
        seal.unlink(missing_ok=True)
    yield
    # Where no correction stands, the folder is gone: there is nothing to seal.
    if seal.parent.is_dir():
        write_text(seal, json.dumps({"format_version": FORMAT_VERSION, "journal_head": head}) + "\n")


def is_saved(layout: ResultLayout, entries: Sequence[JournalEntry]) -> bool:
    """Whether reviewed tables and labels are those that a journal leaves; where none of it stands, there are none.

    Parameters
    ----------
    layout
        The result.
    entries
        Its journal.
    """
    if not in_force(entries):
        labels = [layout.labels(f"{name}{REVIEWED}") for name in LABELS.values()]
        return not any(path.exists() for path in (layout.reviewed_head.parent, *labels))
    return _sealed_head(layout) == entries[-1].hash


def holds_review(layout: ResultLayout, identity: str) -> bool:
    """Whether people corrected a result, so that its reviewed tables count.

    Parameters
    ----------
    layout
        The result.
    identity
        Its identity, which begins the journal.

    Raises
    ------
    JournalError
        Where the journal is broken.
    ResultError
        Where the reviewed tables do not hold what the journal says: neither they nor the machine's are the answer.
    """
    entries = read_journal(layout.journal, identity)
    if is_saved(layout, entries):
        return bool(in_force(entries))
    if not in_force(entries):
        what = "no correction stands in the journal, and yet there are reviewed tables"
    else:
        what = "the reviewed tables do not hold all corrections of the journal"
    raise ResultError(
        f"{what} (a review was killed, is open just now, or files were moved)",
        where=str(layout.root),
        remedy=f"Close the review, or make the tables anew with: myograft remeasure {layout.root}",
    )


def _sealed_head(layout: ResultLayout) -> str | None:
    """Return the last entry that the reviewed tables hold; None where nobody knows."""
    try:
        head = json.loads(layout.reviewed_head.read_text(encoding="utf-8"))["journal_head"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(head)
