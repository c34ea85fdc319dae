"""The ordered edits: what one line of the journal records, how lines are sealed, which edits are in force."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import Field

from myograft.model.correction import Correction, Record, Redo, SignOff, Text, Undo
from myograft.model.provenance import FORMAT_VERSION, Sha256, UtcTime, canonical_json


def entry_hash(previous_hash: str, payload: Mapping[str, Any]) -> str:
    """Return the SHA-256 that seals an entry and, through the previous one's, all before it.

    Parameters
    ----------
    previous_hash
        Hash of the previous entry; for the first entry the identity of the result
        (:attr:`myograft.model.provenance.Provenance.identity`): a journal cannot slip to another result.
    payload
        The entry as JSON values, without its own hash.
    """
    return hashlib.sha256(f"{previous_hash}\n{canonical_json(dict(payload))}".encode()).hexdigest()


class JournalEntry(Record):
    """One line of the journal: who, when, what (with before and after) and why, sealed by a hash.

    Parameters
    ----------
    number
        Position in the journal, from 1.
    moment
        When, in UTC.
    author
        Who.
    correction
        What.
    why
        Reason in the author's words; empty where the edit speaks for itself.
    is_audit
        Whether a nucleus was read because it was drawn at random, not by choice.
    version
        Version of myograft that wrote it.
    previous_hash
        Hash of the entry before.
    format_version
        Format of the journal.
    """

    number: int = Field(ge=1)
    moment: UtcTime
    author: Text
    correction: Correction
    why: str = ""
    is_audit: bool = False
    version: Text = "unknown"
    previous_hash: Sha256
    format_version: int = Field(default=FORMAT_VERSION, ge=1, le=FORMAT_VERSION)

    @property
    def hash(self) -> str:
        """Seal of this entry."""
        return entry_hash(self.previous_hash, self.model_dump(mode="json"))

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, the hash among them."""
        return {**self.model_dump(mode="json"), "hash": self.hash}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the entry that :meth:`to_json` gave.

        Raises
        ------
        ValueError
            When a field is missing, unknown or wrong, or when the entry does not have the recorded hash.
        """
        fields = dict(values)
        recorded = fields.pop("hash", None)
        entry = cls.model_validate(fields)
        if recorded != entry.hash:
            raise ValueError(f"journal entry {entry.number} was changed after it was written")
        return entry


def check_chain(entries: Sequence[JournalEntry], first_hash: str) -> None:
    """Check that no entry was removed, inserted or moved.

    Parameters
    ----------
    entries
        The whole journal.
    first_hash
        Identity of the result the journal belongs to.

    Raises
    ------
    ValueError
        Names the first entry that does not follow the one before, and its line.
    """
    previous = first_hash
    for position, entry in enumerate(entries, start=1):
        if entry.number != position or entry.previous_hash != previous:
            raise ValueError(
                f"line {position}: journal entry {entry.number} does not follow the entry before it"
            )
        previous = entry.hash


def in_force(entries: Sequence[JournalEntry]) -> tuple[JournalEntry, ...]:
    """Return the edits to replay: undone ones, and the undo and redo entries themselves, left out.

    Parameters
    ----------
    entries
        The whole journal, in order.

    Raises
    ------
    ValueError
        When an undo does not name the last edit in force, or a redo not the edit undone last.
    """
    standing: list[JournalEntry] = []
    undone: list[JournalEntry] = []
    for entry in entries:
        match entry.correction:
            case Undo(number=number):
                _move_last(number, standing, undone, entry)
            case Redo(number=number):
                _move_last(number, undone, standing, entry)
            case SignOff():
                continue
            case _:
                standing.append(entry)
                undone.clear()  # a new edit ends what could be redone
    return tuple(standing)


def _move_last(
    number: int, source: list[JournalEntry], destination: list[JournalEntry], entry: JournalEntry
) -> None:
    if not source or source[-1].number != number:
        raise ValueError(
            f"journal entry {entry.number} would {entry.correction.kind} entry {number}, which is not next"
        )
    destination.append(source.pop())
