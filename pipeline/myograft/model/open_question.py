"""What a reader must settle that others, or another run, left open."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from myograft.model.correction import ObjectId, Target
from myograft.model.geometry import Region
from myograft.model.provenance import FORMAT_VERSION, Sha256


class OpenQuestion(BaseModel):
    """Something to look at.

    Parameters
    ----------
    sentence
        What is open.
    region
        Where, in px of full resolution.
    target, object_id
        The object it is about, in numbers of the result; None where it has none there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sentence: str
    region: Region
    target: Target | None = None
    object_id: ObjectId | None = None


class Adjudication(BaseModel):
    """How independent readings became the result's record.

    Parameters
    ----------
    readers
        Whose readings.
    hashes
        Hash of the last entry of each.
    outlines_of
        Reader whose outlines were taken; None where none was.
    agreed_n
        Objects that they agree on, which the record says now.
    questions
        What they differ in.
    entries_n, journal_head
        How many entries the record began with, and the hash of the last of them; None in records that do not say.
    format_version
        Format of this record.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    readers: tuple[str, ...]
    hashes: tuple[str | None, ...]
    outlines_of: str | None
    agreed_n: int = Field(ge=0)
    questions: tuple[OpenQuestion, ...]
    entries_n: int | None = Field(default=None, ge=0)
    journal_head: Sha256 | None = None
    format_version: int = Field(default=FORMAT_VERSION, ge=1, le=FORMAT_VERSION)
