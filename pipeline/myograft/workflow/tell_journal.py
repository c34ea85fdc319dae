"""A journal in words: every correction a line, who signed, and whether the chain holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from myograft.errors import InputError, JournalError, UsageError
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
    Undo,
)
from myograft.model.journal import JournalEntry, in_force
from myograft.model.result_layout import ResultLayout
from myograft.write import look_at_journal, read_provenance


@dataclass(frozen=True)
class ToldJournal:
    """A journal, checked and put in words.

    Parameters
    ----------
    path
        Where it lies.
    entries
        Its entries.
    lines
        One line per entry; what is not in force any more is marked.
    notes
        Who signed, and what else is to be known, as sentences.
    head
        Hash of the last entry, which covers all before; the identity of the result where there is none.
    """

    path: Path
    entries: tuple[JournalEntry, ...]
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    head: str


def tell_journal(result: Path, reader: str | None = None, expected_hash: str | None = None) -> ToldJournal:
    """Read a journal, check its chain and put it in words.

    Parameters
    ----------
    result
        The result of one slide.
    reader
        Whose independent reading; None for the result's own record.
    expected_hash
        A hash that was kept elsewhere, such as in a signed report; the result's identity where that was before the
        first correction.

    Raises
    ------
    UsageError
        Where the expected hash is none.
    InputError
        Where that reader has no reading here.
    JournalError
        Where the chain is broken, or the expected hash is no part of it: then lines were cut from the end.
    """
    layout = ResultLayout(result)
    record = read_provenance(layout.provenance)
    path = _path_of(layout, reader)
    content = look_at_journal(path, record.identity)
    hashes = [record.identity, *(entry.hash for entry in content.entries)]
    if expected_hash is not None:
        _check_holds(_hash_of(expected_hash), hashes, path)
    notes = _signatures(content.entries)
    if content.torn:
        notes.append(
            f"the last line is torn ({len(content.torn)} bytes), as a crash leaves it before a correction is "
            "acknowledged; it is put aside when the result is next opened to be corrected"
        )
    return ToldJournal(path, content.entries, tuple(_lines(content.entries)), tuple(notes), hashes[-1])


def _path_of(layout: ResultLayout, reader: str | None) -> Path:
    if reader is None:
        return layout.journal
    name, readers = reader.strip(), layout.readers()
    if name not in readers:
        raise InputError(
            f"{reader} has not read this slide independently; {', '.join(readers) or 'nobody'} has",
            where=str(layout.root),
            remedy="Leave --reader out for the result's own record, or give one of these names",
        )
    return layout.reading(name)


def _hash_of(text: str) -> str:
    found = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", found):
        raise UsageError(
            f"{text!r} is no hash",
            where="--expect-hash",
            remedy="Give all 64 digits that myograft journal printed",
        )
    return found


def _check_holds(expected: str, hashes: Sequence[str], path: Path) -> None:
    if expected not in hashes:
        raise JournalError(
            f"no entry of the journal has the hash {expected[:12]}...: lines were cut from its end, or it is "
            "another journal",
            where=str(path),
            remedy="Bring the file back from a copy",
        )


def _signatures(entries: Sequence[JournalEntry]) -> list[str]:
    """Return who signed what, and what came after."""
    signed = [entry for entry in entries if isinstance(entry.correction, SignOff)]
    said = [
        f"{_plain(entry.author)} signed at {_moment(entry)} for everything before entry {entry.number}: "
        f"{_plain(entry.correction.meaning)}"
        for entry in signed
        if isinstance(entry.correction, SignOff)
    ]
    if not signed:
        return ["nobody has signed"]
    later_n = len(entries) - signed[-1].number
    if later_n:
        said.append(
            f"{later_n} {'entry is' if later_n == 1 else 'entries are'} later than the last signature"
        )
    return said


def _lines(entries: Sequence[JournalEntry]) -> list[str]:
    standing = {entry.number for entry in in_force(entries)}
    lines = []
    for entry in entries:
        is_move = isinstance(entry.correction, Undo | Redo | SignOff)
        marks = [] if is_move or entry.number in standing else ["undone"]
        marks += ["audit"] if entry.is_audit else []
        mark = f" [{', '.join(marks)}]" if marks else ""
        why = f" ({_plain(entry.why)})" if entry.why else ""
        words = _plain(in_words(entry.correction))
        lines.append(f"{entry.number:>5}  {_moment(entry)}  {_plain(entry.author)}: {words}{why}{mark}")
    return lines


def _moment(entry: JournalEntry) -> str:
    return entry.moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _plain(text: str) -> str:
    r"""Return a person's text on one line, that no comment passes for an entry or moves the cursor.

    Examples
    --------
    >>> _plain("a vessel\n    2  Eve: signed")
    'a vessel 2 Eve: signed'
    """
    joined = " ".join(text.split())
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in joined
    )


def in_words(edit: Correction) -> str:
    """Return what an edit does, in words.

    Examples
    --------
    >>> in_words(Delete(target="fiber", object_id=7))
    'deleted fiber 7'
    """
    match edit:
        case Add() | Delete() | Merge() | Split() | Reshape():
            return _shape_in_words(edit)
        case SetOrigin() | SetLocation() | SetPosition():
            return _call_in_words(edit)
        case ExcludeRegion() | IncludeRegion() | Accept() | Reject():
            return _judgment_in_words(edit)
        case Settle():
            return f"settled: {edit.sentence}"
        case SignOff():
            return f"signed: {edit.meaning}"
        case Undo() | Redo():
            return f"{'undid' if isinstance(edit, Undo) else 'redid'} {edit.number}"
        case _:
            assert_never(edit)


def _shape_in_words(edit: Add | Delete | Merge | Split | Reshape) -> str:
    match edit:
        case Add():
            return f"drew {edit.target} {edit.made.new_id} ({edit.made.pixels.area_px:,} px)"
        case Delete():
            return f"deleted {edit.target} {edit.object_id}"
        case Merge():
            merged = " and ".join(map(str, edit.object_ids))
            return f"merged {edit.target} {merged} to {edit.new_id}"
        case Split():
            parts = " and ".join(str(part.new_id) for part in edit.parts)
            return f"split {edit.target} {edit.object_id} into {parts}"
        case Reshape():
            return f"reshaped {edit.target} {edit.object_id} ({edit.pixels.area_px:,} px)"
        case _:
            assert_never(edit)


def _call_in_words(edit: SetOrigin | SetLocation | SetPosition) -> str:
    was = f"(was {edit.before or 'open'})"
    match edit:
        case SetOrigin():
            return f"called nucleus {edit.nucleus_id} {edit.after or 'open'} {was}"
        case SetLocation():
            fiber, before = (
                "" if number is None else f" of fiber {number}"
                for number in (edit.fiber_after, edit.fiber_before)
            )
            return (
                f"placed nucleus {edit.nucleus_id} {edit.after}{fiber} (was {edit.before or 'open'}{before})"
            )
        case SetPosition():
            return f"placed nucleus {edit.nucleus_id} {edit.after} {was}"
        case _:
            assert_never(edit)


def _judgment_in_words(edit: ExcludeRegion | IncludeRegion | Accept | Reject) -> str:
    match edit:
        case ExcludeRegion():
            return f"excluded an area of {len(edit.outline)} corners: {edit.reason}"
        case IncludeRegion():
            return f"included an area of {len(edit.outline)} corners again"
        case Accept():
            return f"accepted {edit.target} {edit.object_id}"
        case Reject():
            return f"rejected {edit.target} {edit.object_id}: {edit.reason}"
        case _:
            assert_never(edit)
