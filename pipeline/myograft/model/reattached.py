"""What was left to ask when corrections were moved to another run's result."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from myograft.model.geometry import Region
from myograft.model.open_question import OpenQuestion
from myograft.model.provenance import FORMAT_VERSION, Sha256


class OpenConflict(BaseModel):
    """A correction that somebody must look at again.

    Parameters
    ----------
    number, author, correction, why
        The old entry: its number, who made it, what it was in words, and the author's comment.
    reason
        What the new run has that its author cannot have seen.
    region
        Where, in px of full resolution.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1)
    author: str
    correction: str
    why: str
    reason: str
    region: Region

    @property
    def question(self) -> OpenQuestion:
        """The same for who reviews."""
        why = f" ({self.why})" if self.why else ""
        return OpenQuestion(
            sentence=f"{self.author} {self.correction}{why}: {self.reason}", region=self.region
        )


class ReattachRecord(BaseModel):
    """How corrections came from an older result.

    Parameters
    ----------
    old_identity
        Identity of the older result.
    old_hash
        Hash of the last entry of its journal.
    applied_n
        Old entries that stand without a question.
    conflicts
        All other ones.
    entries_n, journal_head
        How many entries the record began with, and the hash of the last of them; None in records that do not say.
    format_version
        Format of this record.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    old_identity: Sha256
    old_hash: Sha256
    applied_n: int = Field(ge=0)
    conflicts: tuple[OpenConflict, ...]
    entries_n: int | None = Field(default=None, ge=0)
    journal_head: Sha256 | None = None
    format_version: int = Field(default=FORMAT_VERSION, ge=1, le=FORMAT_VERSION)
