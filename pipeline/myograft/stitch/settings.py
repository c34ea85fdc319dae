"""Knobs of the stitching: over tiles, and through optical planes."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from myograft.model.settings import Settings, knob
from myograft.model.stack import Stack


class NucleiOfStack(StrEnum):
    """How nuclei of a stack of optical planes are told apart."""

    PROJECTION = "projection"
    LINKED = "linked"


class PlaneSettings(Settings):
    """How nuclei are followed through the optical planes of a stack; without effect on a single plane."""

    nuclei: NucleiOfStack = knob(
        NucleiOfStack.PROJECTION,
        "projection: nuclei are outlined in the plane that fibers are outlined in (read.projection), and two above "
        "each other are one. linked: nuclei are outlined in every plane and linked from plane to plane, each counted "
        "once; takes as many times longer as there are planes.",
    )
    least_overlap: float = knob(
        0.5,
        "Least part of the smaller of two outlines in neighboring planes that the other covers for both to be one "
        "nucleus.",
        unit="1",
        gt=0.0,
        le=1.0,
    )
    bridged_planes_n: int = knob(
        1,
        "Planes in a row in which a nucleus may have been missed between two outlines of it.",
        unit="1",
        ge=0,
        le=3,
    )
    valley: float = knob(
        0.9,
        "Nuclei right above each other are parted where the stain of the outline falls to this part, or less, of the "
        "most on both sides; 0 parts none.",
        unit="1",
        ge=0.0,
        lt=1.0,
    )
    end_level: float = knob(
        0.5,
        "Where a nucleus ends along z: outlines with less than this part of the brightness of its brightest one are "
        "its blur, and left out.",
        unit="1",
        ge=0.0,
        lt=1.0,
    )
    least_height: float = knob(
        0.3,
        "Least planes that a nucleus shows in, as a part of what is typical in the stack (median by volume); what "
        "shows in fewer is left out, unless it reaches the first or last plane, where a nucleus may be cut. 0 keeps "
        "all.",
        unit="1",
        ge=0.0,
        le=1.0,
    )
    longest_um: float = knob(
        30.0,
        "Longest nucleus along z: what is longer is parted where it is faintest between two brighter places, however "
        "little. Needs the distance between planes.",
        unit="um",
        gt=0.0,
        le=1000.0,
    )


class StitchSettings(Settings):
    """How tiles agree on an object, and planes on a nucleus."""

    min_agreement: float = knob(
        0.5,
        "Least overlap (intersection over union, in the strip that two tiles both read) at which they see one object.",
        unit="1",
        gt=0.0,
        le=1.0,
    )
    planes: PlaneSettings = Field(
        default_factory=PlaneSettings, description="How nuclei are followed through optical planes."
    )


def links_planes(stack: Stack, settings: StitchSettings) -> bool:
    """Whether nuclei are followed through the planes of an image; of a single plane there is nothing to follow."""
    return stack.planes_n > 1 and settings.planes.nuclei is NucleiOfStack.LINKED
