"""A threshold learned from controls: what it promises, and how many objects of the controls it calls."""

from __future__ import annotations

from abc import abstractmethod

from pydantic import BaseModel, ConfigDict, Field, model_validator

from myograft.model.provenance import Sha256, UtcTime

#: Pixel sizes of controls and slides may differ by this part.
PIXEL_SIZE_TOLERANCE = 0.1

FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ControlCount(BaseModel):
    """A section that served as a control.

    Parameters
    ----------
    slide_id, section_id
        Its keys.
    input_sha256
        Digest of its image.
    called_n
        Objects at or beyond the threshold.
    """

    model_config = FROZEN

    slide_id: str
    section_id: str
    input_sha256: Sha256
    called_n: int = Field(ge=0)

    @property
    @abstractmethod
    def objects_n(self) -> int:
        """Objects with a score."""

    @model_validator(mode="after")
    def _part_of_all(self) -> ControlCount:
        if self.called_n > self.objects_n:
            raise ValueError("called_n is a part of all objects of a control")
        return self


class LearnedThreshold(BaseModel):
    """A threshold chosen from controls, with the rates of wrong calls that they support.

    Parameters
    ----------
    threshold
        Score from which an object is called, in standard deviations of the bulk.
    max_false_positive_rate
        The rate that was asked for.
    rate_bound
        Upper bound of the rate that was reached, with the confidence below, objects taken as independent.
    rate_bound_by_section
        The same with sections taken as independent and not objects; None from one section.
    confidence
        Of both bounds.
    negatives, positives
        Controls in which no object is to be called, and controls in which all are.
    created
        Moment, UTC.
    version
        Version of myograft.
    """

    model_config = FROZEN

    threshold: float
    max_false_positive_rate: float = Field(gt=0, lt=1)
    rate_bound: float = Field(gt=0, le=1)
    rate_bound_by_section: float | None = Field(default=None, gt=0, le=1)
    confidence: float = Field(default=0.95, gt=0, lt=1)
    negatives: tuple[ControlCount, ...] = Field(min_length=1)
    positives: tuple[ControlCount, ...] = ()
    created: UtcTime
    version: str

    @property
    def false_positive_n(self) -> int:
        """Objects of the negative controls at or beyond the threshold."""
        return sum(section.called_n for section in self.negatives)

    @property
    def negative_n(self) -> int:
        """Objects of the negative controls."""
        return sum(section.objects_n for section in self.negatives)

    @property
    def found_n(self) -> int | None:
        """Objects of the positive controls at or beyond the threshold; None without a positive control."""
        return sum(section.called_n for section in self.positives) if self.positives else None

    @property
    def positive_n(self) -> int | None:
        """Objects of the positive controls; None without a positive control."""
        return sum(section.objects_n for section in self.positives) if self.positives else None

    @property
    def sensitivity(self) -> float | None:
        """Part of the objects of the positive controls that is called; None without a positive control."""
        found, everything = self.found_n, self.positive_n
        return None if found is None or everything is None else found / everything
