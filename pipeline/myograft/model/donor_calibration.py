"""A donor threshold learned from controls: what it promises, what it was learned from, and what it fits."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from myograft.model.provenance import Sha256, UtcTime

#: Pixel sizes of controls and slides may differ by this part.
_PIXEL_SIZE_TOLERANCE = 0.1

_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MarkerFingerprint(BaseModel):
    """How a donor marker was measured: scores of two slides compare only where these agree.

    Parameters
    ----------
    channel
        Name of the donor channel.
    image_dtype
        Type of the stored pixels.
    pixel_size_um
        Edge of a pixel.
    marker
        Settings by which the marker of a nucleus is measured (``assign.marker``).
    nuclei_from
        What outlined the nuclei: digest of the weights, or the name of the method.
    is_linked
        Whether nuclei were linked through optical planes, and each measured in a plane of its own.
    """

    model_config = _FROZEN

    channel: str
    image_dtype: str
    pixel_size_um: float = Field(gt=0)
    marker: dict[str, JsonValue]
    nuclei_from: str
    is_linked: bool = False

    def differences(self, other: MarkerFingerprint) -> list[str]:
        """Return what differs from another slide's, as phrases."""
        told = []
        if self.channel.casefold() != other.channel.casefold():
            told.append(f"the donor channel is {other.channel!r}, here {self.channel!r}")
        if self.image_dtype != other.image_dtype:
            told.append(f"its pixels are {other.image_dtype}, here {self.image_dtype}")
        if abs(self.pixel_size_um / other.pixel_size_um - 1.0) > _PIXEL_SIZE_TOLERANCE:
            told.append(f"its pixels are {other.pixel_size_um:g} um, here {self.pixel_size_um:g} um")
        told += [
            f"assign.marker.{key} is {other.marker.get(key)}, here {self.marker.get(key)}"
            for key in sorted({*self.marker, *other.marker})
            if self.marker.get(key) != other.marker.get(key)
        ]
        if self.nuclei_from != other.nuclei_from:
            told.append(
                f"its nuclei were outlined by {other.nuclei_from[:16]}, here by {self.nuclei_from[:16]}"
            )
        if self.is_linked != other.is_linked:
            ways = {True: "linked through planes", False: "outlined in one plane"}
            told.append(f"its nuclei were {ways[other.is_linked]}, here {ways[self.is_linked]}")
        return told


class ControlSection(BaseModel):
    """A section that served as a control.

    Parameters
    ----------
    slide_id, section_id
        Its keys.
    input_sha256
        Digest of its image.
    nuclei_n
        Nuclei with a score.
    called_n
        Those at or above the threshold.
    """

    model_config = _FROZEN

    slide_id: str
    section_id: str
    input_sha256: Sha256
    nuclei_n: int = Field(ge=1)
    called_n: int = Field(ge=0)

    @model_validator(mode="after")
    def _part_of_all(self) -> ControlSection:
        if self.called_n > self.nuclei_n:
            raise ValueError("called_n is a part of nuclei_n")
        return self


class DonorCalibration(BaseModel):
    """What ``myograft calibrate`` writes and ``assign.origin.method: calibrated`` reads.

    Parameters
    ----------
    threshold
        Score at and above which a nucleus is donor, in host standard deviations.
    max_false_positive_rate
        The rate that was asked for.
    rate_bound
        Upper bound of the rate that was reached, with the confidence below, nuclei taken as independent.
    rate_bound_by_section
        The same with sections taken as independent and not nuclei; None from one section.
    confidence
        Of both bounds.
    negatives, positives
        Controls without donor nuclei, and controls with nothing else.
    host_location, host_scale
        Middle and spread of the controls' host signal, in counts over background.
    fingerprint
        How the marker was measured.
    created
        Moment, UTC.
    version
        Version of myograft.
    """

    model_config = _FROZEN

    format: Literal["myograft donor calibration 1"] = "myograft donor calibration 1"
    threshold: float
    max_false_positive_rate: float = Field(gt=0, lt=1)
    rate_bound: float = Field(gt=0, le=1)
    rate_bound_by_section: float | None = Field(default=None, gt=0, le=1)
    confidence: float = Field(default=0.95, gt=0, lt=1)
    negatives: tuple[ControlSection, ...] = Field(min_length=1)
    positives: tuple[ControlSection, ...] = ()
    host_location: float
    host_scale: float = Field(gt=0)
    fingerprint: MarkerFingerprint
    created: UtcTime
    version: str

    @property
    def false_positive_n(self) -> int:
        """Control nuclei at or above the threshold."""
        return sum(section.called_n for section in self.negatives)

    @property
    def negative_n(self) -> int:
        """Control nuclei without donor."""
        return sum(section.nuclei_n for section in self.negatives)

    @property
    def found_n(self) -> int | None:
        """Donor control nuclei at or above the threshold; None without a positive control."""
        return sum(section.called_n for section in self.positives) if self.positives else None

    @property
    def positive_n(self) -> int | None:
        """Donor control nuclei; None without a positive control."""
        return sum(section.nuclei_n for section in self.positives) if self.positives else None

    @property
    def sensitivity(self) -> float | None:
        """Part of the donor control nuclei that is called; None without a positive control."""
        found, everything = self.found_n, self.positive_n
        return None if found is None or everything is None else found / everything
