"""A threshold of stained fibers learned from controls, and how the stain was measured that it fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from myograft.model.biology import FiberCall, FiberPattern
from myograft.model.channels import Role
from myograft.model.learned_threshold import FROZEN, PIXEL_SIZE_TOLERANCE, ControlCount, LearnedThreshold


class FiberStainFingerprint(BaseModel):
    """How a stain of fibers was measured: scores of two slides compare only where these agree.

    Parameters
    ----------
    role
        What the stain speaks of.
    channel
        Name of its channel.
    image_dtype
        Type of the stored pixels.
    pixel_size_um
        Edge of a pixel.
    pattern
        Whether it lies at the rim or in the cytoplasm.
    event
        Call of the fibers that stand out from the bulk.
    stain
        Settings by which it is measured in a fiber (of ``assign.<role>``).
    empty_channel
        Name of the channel whose glow is taken off; None without one.
    fibers_from
        What outlined the fibers: digest of the weights, or the name of the method.
    outlines
        Settings by which they were outlined (of ``segment.fibers``); none where outlines were given.
    leaves_nuclei_out
        Whether nuclei were outlined, whose pixels are left out.
    """

    model_config = FROZEN

    role: Role
    channel: str
    image_dtype: str
    pixel_size_um: float = Field(gt=0)
    pattern: FiberPattern
    event: FiberCall
    stain: dict[str, JsonValue]
    empty_channel: str | None = None
    fibers_from: str
    outlines: dict[str, JsonValue]
    leaves_nuclei_out: bool

    def differences(self, other: FiberStainFingerprint) -> list[str]:
        """Return what differs from another slide's, as phrases."""
        told = []
        if self.role is not other.role:
            return [f"it is of the stain {other.role}, here {self.role}"]
        if self.channel.casefold() != other.channel.casefold():
            told.append(f"the {self.role} channel is {other.channel!r}, here {self.channel!r}")
        if self.image_dtype != other.image_dtype:
            told.append(f"its pixels are {other.image_dtype}, here {self.image_dtype}")
        if abs(self.pixel_size_um / other.pixel_size_um - 1.0) > PIXEL_SIZE_TOLERANCE:
            told.append(f"its pixels are {other.pixel_size_um:g} um, here {self.pixel_size_um:g} um")
        if self.pattern is not other.pattern:
            told.append(f"its stain was measured as {other.pattern}, here as {self.pattern}")
        if self.event is not other.event:
            told.append(f"its fibers that stand out are {other.event}, here {self.event}")
        told += _differing(f"assign.{self.role}", self.stain, other.stain)
        if (self.empty_channel or "").casefold() != (other.empty_channel or "").casefold():
            told.append(f"its empty channel is {other.empty_channel}, here {self.empty_channel}")
        if self.fibers_from != other.fibers_from:
            told.append(
                f"its fibers were outlined by {other.fibers_from[:16]}, here by {self.fibers_from[:16]}"
            )
        told += _differing("segment.fibers", self.outlines, other.outlines)
        if self.leaves_nuclei_out is not other.leaves_nuclei_out:
            ways = {True: "with nuclei left out", False: "nuclei included"}
            told.append(
                f"its fibers were measured {ways[other.leaves_nuclei_out]}, here {ways[self.leaves_nuclei_out]}"
            )
        return told


def _differing(knobs: str, ours: Mapping[str, JsonValue], others: Mapping[str, JsonValue]) -> list[str]:
    return [
        f"{knobs}.{key} is {others.get(key)}, here {ours.get(key)}"
        for key in sorted({*ours, *others})
        if ours.get(key) != others.get(key)
    ]


class FiberControlSection(ControlCount):
    """A section of fibers that served as a control.

    Parameters
    ----------
    fibers_n
        Fibers with a score.
    """

    fibers_n: int = Field(ge=1)

    @property
    def objects_n(self) -> int:
        """Fibers with a score."""
        return self.fibers_n


class FiberCalibration(LearnedThreshold):
    """What ``myograft calibrate --role`` writes and ``assign.<role>.call.method: calibrated`` reads.

    Parameters
    ----------
    threshold
        Score in standard deviations of the bulk at and above which a fiber is positive, or, where the event is
        ``negative``, at and below which it is negative.
    negatives, positives
        Controls without a fiber that should stand out, and controls of nothing else.
    bulk_location, bulk_scale
        Middle and spread of the negative controls' bulk, in counts.
    fingerprint
        How the stain was measured.
    """

    format: Literal["myograft fiber calibration 1"] = "myograft fiber calibration 1"
    negatives: tuple[FiberControlSection, ...] = Field(min_length=1)
    positives: tuple[FiberControlSection, ...] = ()
    bulk_location: float
    bulk_scale: float = Field(gt=0)
    fingerprint: FiberStainFingerprint
