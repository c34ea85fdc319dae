"""How a reader reads a slide on his own: blinded or not, in which order, all of it or a part."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from myograft.model.provenance import FORMAT_VERSION


class ReadingSetup(BaseModel):
    """An independent reading.

    Parameters
    ----------
    is_blinded
        Whether names, arms, time points and the machine's calls are hidden.
    seed
        Seed of the random order and of the part that is read; equal seeds give two readers the same.
    subset_fraction
        Part of the nuclei that is read.
    format_version
        Format of this record.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    is_blinded: bool = True
    seed: int = Field(default=1, ge=0)
    subset_fraction: float = Field(default=1.0, gt=0.0, le=1.0)
    format_version: int = Field(default=FORMAT_VERSION, ge=1, le=FORMAT_VERSION)
