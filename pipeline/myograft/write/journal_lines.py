"""What the lines of a journal say, and which of them are broken; nothing here changes a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from myograft import __version__
from myograft.errors import CorrectionError, JournalError
from myograft.model.correction import Correction, Redo, Undo
from myograft.model.journal import JournalEntry, check_chain, in_force
from myograft.model.provenance import FORMAT_VERSION
from myograft.write.atomic import cause_of

_REMEDY = "Bring the file back from a copy; corrections are only ever added by myograft, never edited by hand"


@dataclass(frozen=True)
class JournalContent:
    """A journal as it lies on the disk, checked.

    Parameters
    ----------
    entries
        Its entries, the chain of which holds.
    torn
        What follows the last whole line, as a crash leaves it; empty where there is nothing.
    is_ended
        Whether the last entry's line ends in a line feed; one that lacks nothing else is an entry all the same.
    size
        Bytes of the file.
    """

    entries: tuple[JournalEntry, ...]
    torn: bytes
    is_ended: bool
    size: int


def line_of(entry: JournalEntry) -> bytes:
    """Return the line of an entry, its line feed included.

    Raises
    ------
    UnicodeEncodeError
        Where a text of the entry is none.
    """
    return (json.dumps(entry.to_json(), ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def next_line(
    before: Sequence[JournalEntry],
    previous_hash: str,
    author: str,
    correction: Correction,
    *,
    why: str,
    is_audit: bool,
    where: Path,
) -> tuple[JournalEntry, bytes]:
    """Return the entry that follows others, made now, and its line.

    Parameters
    ----------
    before
        The entries before.
    previous_hash
        Hash of the last of them, or the identity of the result.
    author, correction, why, is_audit
        The entry.
    where
        The journal, for the error's sake.

    Raises
    ------
    CorrectionError
        Where the edit is none: an undo that is not next, a comment that is no text.
    """
    try:
        entry = JournalEntry(
            number=len(before) + 1,
            moment=datetime.now(UTC),
            author=author,
            correction=correction,
            why=why,
            is_audit=is_audit,
            version=__version__,
            previous_hash=previous_hash,
        )
        if isinstance(correction, Undo | Redo):
            in_force((*before, entry))
        return entry, line_of(entry)
    except ValueError as problem:
        raise CorrectionError(
            f"this cannot be recorded ({str(problem).splitlines()[0]})",
            where=str(where),
            remedy="Nothing was changed; make the correction another way",
        ) from None


def read_journal(path: Path, first_hash: str) -> tuple[JournalEntry, ...]:
    """Return the entries of a journal, without touching it; none where there is no file.

    A last line that a crash tore, which was never acknowledged, is left out.

    Parameters
    ----------
    path
        The journal.
    first_hash
        Identity of the result it belongs to.

    Raises
    ------
    JournalError
        Where a line was changed, removed, inserted or moved, or the journal is another result's.
    """
    return look_at_journal(path, first_hash).entries


def look_at_journal(path: Path, first_hash: str) -> JournalContent:
    """Return the entries of a journal and how its file ends, without touching it.

    Parameters
    ----------
    path
        The journal.
    first_hash
        Identity of the result it belongs to.

    Raises
    ------
    JournalError
        Where a line was changed, removed, inserted or moved, or the journal is another result's.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    except OSError as problem:
        raise JournalError(
            f"the journal cannot be read: {cause_of(problem)}",
            where=str(path),
            remedy="See to it that you may read the file",
        ) from None
    *lines, tail = content.split(b"\n")
    # What is cut off anywhere is no JSON any more. An end that is, lacks its line feed only: it is a line like others.
    is_whole = bool(tail) and _is_json(tail)
    if is_whole:
        lines.append(tail)
    entries = tuple(_entry_of(line, number, path) for number, line in enumerate(lines, start=1))
    _check(entries, first_hash, path)
    return JournalContent(entries, b"" if is_whole else tail, not is_whole, len(content))


def _check(entries: tuple[JournalEntry, ...], first_hash: str, path: Path) -> None:
    if entries and entries[0].number == 1 and entries[0].previous_hash != first_hash:
        raise JournalError(
            "this journal belongs to another result, or the slide was run again with other settings",
            where=str(path),
            remedy="Put it back beside its own result; corrections move to a new run with: myograft reattach OLD NEW",
        )
    try:
        check_chain(entries, first_hash)
        in_force(entries)
    except ValueError as problem:
        raise JournalError(
            f"the journal was changed after it was written: {problem}", where=str(path), remedy=_REMEDY
        ) from None


def _entry_of(line: bytes, number: int, path: Path) -> JournalEntry:
    try:
        values: Any = json.loads(line)
        version = values.get("format_version") if isinstance(values, dict) else None
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise JournalError(
                f"line {number} has format {version}, this version reads up to {FORMAT_VERSION}",
                where=str(path),
                remedy="Update myograft",
            )
        return JournalEntry.from_json(values)
    except (ValueError, TypeError, RecursionError) as problem:
        reason = str(problem).splitlines()[0]
        raise JournalError(
            f"line {number} of the journal is broken ({reason})", where=str(path), remedy=_REMEDY
        ) from None


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
