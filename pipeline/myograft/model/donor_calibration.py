"""A donor threshold learned from controls: what it promises, what it was learned from, and what it fits."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from myograft.model.learned_threshold import FROZEN, PIXEL_SIZE_TOLERANCE, ControlCount, LearnedThreshold


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

    model_config = FROZEN

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
        if abs(self.pixel_size_um / other.pixel_size_um - 1.0) > PIXEL_SIZE_TOLERANCE:
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


class ControlSection(ControlCount):
    """A section of nuclei that served as a control.

    Parameters
    ----------
    nuclei_n
        Nuclei with a score.
    """

    nuclei_n: int = Field(ge=1)

    @property
    def objects_n(self) -> int:
        """Nuclei with a score."""
        return self.nuclei_n


class DonorCalibration(LearnedThreshold):
    """What ``myograft calibrate`` writes and ``assign.origin.method: calibrated`` reads.

    Nuclei at and above the threshold, in host standard deviations, are donor.

    Parameters
    ----------
    negatives, positives
        Controls without donor nuclei, and controls with nothing else.
    host_location, host_scale
        Middle and spread of the controls' host signal, in counts over background.
    fingerprint
        How the marker was measured.
    """

    format: Literal["myograft donor calibration 1"] = "myograft donor calibration 1"
    negatives: tuple[ControlSection, ...] = Field(min_length=1)
    positives: tuple[ControlSection, ...] = ()
    host_location: float
    host_scale: float = Field(gt=0)
    fingerprint: MarkerFingerprint
