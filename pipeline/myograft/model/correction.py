"""One human edit as data: what kinds there are, what an entry of the journal records, and which edits are in force.

Designed in decisions/0001; the machine's labels and tables are never changed, replaying the journal over them gives
the reviewed ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from myograft.model.arrays import Mask
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.geometry import Region
from myograft.model.provenance import FORMAT_VERSION, Sha256, UtcTime, canonical_json


class Target(StrEnum):
    """What an edit is about."""

    FIBER = "fiber"
    NUCLEUS = "nucleus"


ObjectId: TypeAlias = Annotated[int, Field(ge=1, le=2**32 - 1)]
"""Number of an object in its label plane."""

Text: TypeAlias = Annotated[str, Field(min_length=1, pattern=r"\S")]
"""A text that says something."""

Pixel: TypeAlias = Annotated[int, Field(ge=0)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=False)


class Pixels(_Record):
    """The exact pixels of an object, row by row; unlike a polygon it means the same in every program.

    Parameters
    ----------
    runs
        ``(y, x_start, x_stop)`` in px of full resolution, half-open, in raster order, neither touching nor empty.
    """

    runs: tuple[tuple[Pixel, Pixel, Pixel], ...] = Field(min_length=1)

    @field_validator("runs")
    @classmethod
    def _canonical(cls, runs: tuple[tuple[int, int, int], ...]) -> tuple[tuple[int, int, int], ...]:
        if any(stop <= start for _, start, stop in runs):
            raise ValueError("a run of pixels must end after it begins")
        if any((y, stop) >= (next_y, start) for (y, _, stop), (next_y, start, _) in pairwise(runs)):
            raise ValueError("runs must be in raster order with gaps between those of one row")
        return runs

    @property
    def box(self) -> Region:
        """Smallest rectangle that holds the pixels."""
        return Region(
            self.runs[0][0],
            min(start for _, start, _ in self.runs),
            self.runs[-1][0] + 1,
            max(stop for _, _, stop in self.runs),
        )

    @property
    def area_px(self) -> int:
        """Number of pixels."""
        return sum(stop - start for _, start, stop in self.runs)

    def to_mask(self, window: Region) -> Mask:
        """Return the part of the pixels inside a window as a boolean image of the window's shape."""
        mask = np.zeros(window.shape, dtype=np.bool_)
        for y, start, stop in self.runs:
            if window.y0 <= y < window.y1:
                mask[y - window.y0, max(0, start - window.x0) : max(0, stop - window.x0)] = True
        return mask

    @classmethod
    def from_mask(cls, mask: Mask, *, y0: int = 0, x0: int = 0) -> Self:
        """Return the true pixels of a boolean image, shape (H, W), whose first pixel is ``(y0, x0)``.

        Raises
        ------
        ValueError
            When no pixel is true.
        """
        edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        rows, starts = np.nonzero(edges == 1)
        stops = np.nonzero(edges == -1)[1]
        runs = zip((rows + y0).tolist(), (starts + x0).tolist(), (stops + x0).tolist(), strict=True)
        return cls(runs=tuple(runs))


class NewObject(_Record):
    """An object that an edit makes; its number is recorded, so that a replay never renumbers."""

    new_id: ObjectId
    pixels: Pixels


class Add(_Record):
    """Draw an object; its pixels are taken from whatever was there."""

    kind: Literal["add"] = "add"
    target: Target
    made: NewObject


class Delete(_Record):
    """Remove an object."""

    kind: Literal["delete"] = "delete"
    target: Target
    object_id: ObjectId


class Merge(_Record):
    """Make one object of several; `bridge` fills the gap between them."""

    kind: Literal["merge"] = "merge"
    target: Target
    object_ids: tuple[ObjectId, ...] = Field(min_length=2)
    new_id: ObjectId
    bridge: Pixels | None = None

    @model_validator(mode="after")
    def _one_of_many(self) -> Self:
        if len(set(self.object_ids)) < len(self.object_ids):
            raise ValueError("an object cannot be merged with itself")
        if self.new_id in self.object_ids:
            raise ValueError("the merged object needs a new number")
        return self


class Split(_Record):
    """Make several objects of one; pixels that no part has become background."""

    kind: Literal["split"] = "split"
    target: Target
    object_id: ObjectId
    parts: tuple[NewObject, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _many_of_one(self) -> Self:
        new_ids = {part.new_id for part in self.parts}
        if len(new_ids) < len(self.parts) or self.object_id in new_ids:
            raise ValueError("each part needs a new number of its own")
        runs = sorted(run for part in self.parts for run in part.pixels.runs)
        if any(y == next_y and stop > start for (y, _, stop), (next_y, start, _) in pairwise(runs)):
            raise ValueError("parts must not overlap")
        return self


class Reshape(_Record):
    """Give an object these pixels; they are taken from whatever was there."""

    kind: Literal["reshape"] = "reshape"
    target: Target
    object_id: ObjectId
    pixels: Pixels


class SetOrigin(_Record):
    """Call a nucleus donor or host, or (None) leave its origin open."""

    kind: Literal["origin"] = "origin"
    nucleus_id: ObjectId
    before: Origin | None
    after: Origin | None


class SetLocation(_Record):
    """Say where a nucleus lies, and in which fiber."""

    kind: Literal["location"] = "location"
    nucleus_id: ObjectId
    before: Location | None
    after: Location
    fiber_before: ObjectId | None
    fiber_after: ObjectId | None

    @model_validator(mode="after")
    def _fiber_is_named(self) -> Self:
        if self.after is Location.IN_FIBER and self.fiber_after is None:
            raise ValueError("a nucleus in a fiber needs the fiber's number")
        return self


class SetPosition(_Record):
    """Say where inside its fiber a nucleus lies."""

    kind: Literal["position"] = "position"
    nucleus_id: ObjectId
    before: Position | None
    after: Position


class _Area(_Record):
    outline: tuple[tuple[float, float], ...] = Field(min_length=3)
    """Corners ``(y, x)`` in px of full resolution, in order."""


class ExcludeRegion(_Area):
    """Leave everything whose centroid lies in an area out of all measures."""

    kind: Literal["exclude"] = "exclude"
    reason: ExclusionReason


class IncludeRegion(_Area):
    """Take an area back in; the later of two entries about a place decides."""

    kind: Literal["include"] = "include"


class Accept(_Record):
    """Confirm an object and all that is said about it: somebody looked."""

    kind: Literal["accept"] = "accept"
    target: Target
    object_id: ObjectId


class Reject(_Record):
    """Keep an object but leave it out of sizes and their summaries."""

    kind: Literal["reject"] = "reject"
    target: Target
    object_id: ObjectId
    reason: ExclusionReason


class Undo(_Record):
    """Take the last edit in force out of force."""

    kind: Literal["undo"] = "undo"
    number: int = Field(ge=1)


class Redo(_Record):
    """Put the edit undone last back in force."""

    kind: Literal["redo"] = "redo"
    number: int = Field(ge=1)


class SignOff(_Record):
    """State what the signature of the entry's author means, for everything up to here (21 CFR 11.50)."""

    kind: Literal["sign_off"] = "sign_off"
    meaning: Text


Correction: TypeAlias = Annotated[
    Add | Delete | Merge | Split | Reshape
    | SetOrigin | SetLocation | SetPosition
    | ExcludeRegion | IncludeRegion | Accept | Reject
    | Undo | Redo | SignOff,
    Field(discriminator="kind"),
]  # fmt: skip
"""Any of the closed list of edits."""


def entry_hash(previous_hash: str, payload: Mapping[str, Any]) -> str:
    """Return the SHA-256 that seals an entry and, through the previous one's, all before it.

    Parameters
    ----------
    previous_hash
        Hash of the previous entry; for the first entry the identity of the result
        (:attr:`myograft.model.provenance.Provenance.identity`), so that a journal cannot slip to another result.
    payload
        The entry as JSON values, without its own hash.
    """
    return hashlib.sha256(f"{previous_hash}\n{canonical_json(dict(payload))}".encode()).hexdigest()


class JournalEntry(_Record):
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
        Names the first entry that does not follow the one before.
    """
    previous = first_hash
    for position, entry in enumerate(entries, start=1):
        if entry.number != position or entry.previous_hash != previous:
            raise ValueError(f"journal entry {entry.number} does not follow the entry before it")
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
