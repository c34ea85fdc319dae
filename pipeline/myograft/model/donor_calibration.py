"""A donor threshold learned from controls: what it promises, what it was learned from, and what it fits."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, Field, JsonValue

from myograft.model.learned_threshold import FROZEN, PIXEL_SIZE_TOLERANCE, ControlCount, LearnedThreshold

#: Format of the files that are written. Those of the first did not say how autofluorescence, planes and outlines were
#: dealt with; results that were made with them can still be opened.
CURRENT_FORMAT: Final = "myograft donor calibration 2"


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
    autofluorescence
        Name of the empty channel whose signal was taken off; None where none was.
    projection
        How optical planes became the one that nuclei were measured in; None of a single plane, or of linked nuclei.
    outlines
        Settings that decide which nuclei are outlined, and where their outlines lie; empty for given outlines.
    channels_n
        Channels of the image: where they have no names, their number says which one is meant.
    """

    model_config = FROZEN

    channel: str
    image_dtype: str
    pixel_size_um: float = Field(gt=0)
    marker: dict[str, JsonValue]
    nuclei_from: str
    is_linked: bool = False
    autofluorescence: str | None = None
    projection: str | None = None
    outlines: dict[str, JsonValue] = Field(default_factory=dict)
    channels_n: int | None = None

    @property
    def is_named(self) -> bool:
        """Whether the file names the donor channel; else only its number is known."""
        return not self.channel.casefold().startswith("channel ")

    def differences(self, other: MarkerFingerprint) -> list[str]:
        """Return what differs from another slide's, as phrases."""
        told = []
        if self.channel.casefold() != other.channel.casefold():
            told.append(f"the donor channel is {other.channel!r}, here {self.channel!r}")
        elif not self.is_named and self.channels_n != other.channels_n:
            told.append(
                f"its channels have no names, and there are {other.channels_n} of them, here {self.channels_n}: "
                f"{self.channel} need not be the same stain"
            )
        if self.image_dtype != other.image_dtype:
            told.append(f"its pixels are {other.image_dtype}, here {self.image_dtype}")
        if abs(self.pixel_size_um / other.pixel_size_um - 1.0) > PIXEL_SIZE_TOLERANCE:
            told.append(f"its pixels are {other.pixel_size_um:g} um, here {self.pixel_size_um:g} um")
        told += _apart("assign.marker", self.marker, other.marker)
        told += _apart("segment.nuclei", self.outlines, other.outlines)
        compared = [("the autofluorescence taken off is", self.autofluorescence, other.autofluorescence)]
        # A linked stack has no projection of its nuclei: that it is linked says it all.
        if self.is_linked == other.is_linked:
            compared.append(("read.projection is", self.projection, other.projection))
        for what, here, there in compared:
            if (here or "").casefold() != (there or "").casefold():
                told.append(f"{what} {there or 'none'}, here {here or 'none'}")
        if self.nuclei_from != other.nuclei_from:
            told.append(
                f"its nuclei were outlined by {other.nuclei_from[:16]}, here by {self.nuclei_from[:16]}"
            )
        if self.is_linked != other.is_linked:
            ways = {True: "linked through planes", False: "outlined in one plane"}
            told.append(f"its nuclei were {ways[other.is_linked]}, here {ways[self.is_linked]}")
        return told


def _apart(name: str, here: dict[str, JsonValue], there: dict[str, JsonValue]) -> list[str]:
    """Return the settings of a group that differ, as phrases."""
    return [
        f"{name}.{key} is {there.get(key)}, here {here.get(key)}"
        for key in sorted({*here, *there})
        if here.get(key) != there.get(key)
    ]


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

    format: Literal["myograft donor calibration 1", "myograft donor calibration 2"] = CURRENT_FORMAT
    negatives: tuple[ControlSection, ...] = Field(min_length=1)
    positives: tuple[ControlSection, ...] = ()
    host_location: float
    host_scale: float = Field(gt=0)
    fingerprint: MarkerFingerprint
