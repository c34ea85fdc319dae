"""One human edit as data: the closed list of kinds, each with all that a replay needs.

Designed in decisions/0001: the machine's labels and tables are never changed; the journal's edits, replayed
over them, give the reviewed ones.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from myograft.model.arrays import Mask
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.geometry import Region


class Target(StrEnum):
    """What an edit is about."""

    FIBER = "fiber"
    NUCLEUS = "nucleus"


ObjectId: TypeAlias = Annotated[int, Field(ge=1, le=2**32 - 1)]
"""Number of an object in its label plane."""

Text: TypeAlias = Annotated[str, Field(min_length=1, pattern=r"\S")]
"""A text that says something."""

Pixel: TypeAlias = Annotated[int, Field(ge=0)]


class Record(BaseModel):
    """What all parts of a journal have in common: frozen, checked, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Pixels(Record):
    """The exact pixels of an object, row by row; unlike a polygon it means the same in every program.

    Parameters
    ----------
    runs
        ``(y, x_start, x_stop)`` in px of full resolution, half-open, in raster order; runs of one
        row neither touch nor overlap.
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


class NewObject(Record):
    """An object that an edit makes; its number is recorded, so that a replay never renumbers."""

    new_id: ObjectId
    pixels: Pixels


class Add(Record):
    """Draw an object; its pixels are taken from whatever was there."""

    kind: Literal["add"] = "add"
    target: Target
    made: NewObject


class Delete(Record):
    """Remove an object."""

    kind: Literal["delete"] = "delete"
    target: Target
    object_id: ObjectId


class Merge(Record):
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


class Split(Record):
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


class Reshape(Record):
    """Give an object these pixels; they are taken from whatever was there."""

    kind: Literal["reshape"] = "reshape"
    target: Target
    object_id: ObjectId
    pixels: Pixels


class SetOrigin(Record):
    """Call a nucleus donor or host, or (None) leave its origin open."""

    kind: Literal["origin"] = "origin"
    nucleus_id: ObjectId
    before: Origin | None
    after: Origin | None


class SetLocation(Record):
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


class SetPosition(Record):
    """Say where inside its fiber a nucleus lies."""

    kind: Literal["position"] = "position"
    nucleus_id: ObjectId
    before: Position | None
    after: Position


class _Area(Record):
    outline: tuple[tuple[float, float], ...] = Field(min_length=3)
    """Corners ``(y, x)`` in px of full resolution, in order."""


class ExcludeRegion(_Area):
    """Leave everything whose centroid lies in an area out of all measures."""

    kind: Literal["exclude"] = "exclude"
    reason: ExclusionReason


class IncludeRegion(_Area):
    """Take an area back in; the later of two entries about a place decides."""

    kind: Literal["include"] = "include"


class Accept(Record):
    """Confirm an object and all that is said about it: somebody looked."""

    kind: Literal["accept"] = "accept"
    target: Target
    object_id: ObjectId


class Reject(Record):
    """Keep an object but leave it out of sizes and their summaries."""

    kind: Literal["reject"] = "reject"
    target: Target
    object_id: ObjectId
    reason: ExclusionReason


class Settle(Record):
    """State that a question others left open is settled: by the edits before, or because nothing needs to change."""

    kind: Literal["settle"] = "settle"
    sentence: Text
    region: Region
    """Where, in px of full resolution; with the sentence it says which question."""


class Undo(Record):
    """Take the last edit in force out of force."""

    kind: Literal["undo"] = "undo"
    number: int = Field(ge=1)


class Redo(Record):
    """Put the edit undone last back in force."""

    kind: Literal["redo"] = "redo"
    number: int = Field(ge=1)


class SignOff(Record):
    """State what the signature of the entry's author means, for everything up to here (21 CFR 11.50)."""

    kind: Literal["sign_off"] = "sign_off"
    meaning: Text


Correction: TypeAlias = Annotated[
    Add | Delete | Merge | Split | Reshape
    | SetOrigin | SetLocation | SetPosition
    | ExcludeRegion | IncludeRegion | Accept | Reject | Settle
    | Undo | Redo | SignOff,
    Field(discriminator="kind"),
]  # fmt: skip
"""Any of the closed list of edits."""
