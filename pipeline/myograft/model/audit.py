"""An audit of donor calls: which nuclei a person is asked to read, drawn how, and what was known before."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from myograft.model.provenance import FORMAT_VERSION, Sha256

_FROZEN = ConfigDict(frozen=True, extra="forbid")


class Reading(StrEnum):
    """What a person says of a nucleus."""

    DONOR = "donor"
    HOST = "host"
    UNCLEAR = "unclear"


class CallStratum(StrEnum):
    """What the machine said, as far as it matters for drawing."""

    DONOR = "donor"
    NEAR = "near"
    HOST = "host"


class DrawnStratum(BaseModel):
    """Nuclei of one section that the machine called alike and nobody had read, and those drawn from them.

    Parameters
    ----------
    section_id
        The section.
    call
        What the machine said.
    all_n
        Nuclei it holds.
    nucleus_ids
        Numbers of those drawn, in the order drawn.
    """

    model_config = _FROZEN

    section_id: str
    call: CallStratum
    all_n: int = Field(ge=0)
    nucleus_ids: tuple[int, ...]

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> DrawnStratum:
        if len(set(self.nucleus_ids)) < len(self.nucleus_ids) or len(self.nucleus_ids) > self.all_n:
            raise ValueError("a sample holds every nucleus once, and none that is not there")
        return self


class AuditDesign(BaseModel):
    """How the nuclei to be read were drawn; without it readings are no sample.

    Parameters
    ----------
    identity
        Identity of the result (:attr:`myograft.model.provenance.Provenance.identity`).
    slide_id
        Its slide.
    seed
        Seed of the draw.
    strata
        Every nucleus with an origin is in one of them, but for those read before.
    read_before
        What was known of nuclei when the sample was drawn, by number.
    format_version
        Format of this record.
    """

    model_config = _FROZEN

    identity: Sha256
    slide_id: str
    seed: int
    strata: tuple[DrawnStratum, ...]
    read_before: dict[int, Reading]
    format_version: int = Field(default=FORMAT_VERSION, ge=1, le=FORMAT_VERSION)
