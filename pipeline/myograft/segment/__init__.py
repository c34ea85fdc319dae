"""What is an object? One file per method, all behind one protocol."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from myograft.segment.fibers_watershed import FiberWatershed, FiberWatershedSettings
from myograft.segment.method import SegmentationMethod
from myograft.segment.nuclei_watershed import NucleusWatershed, NucleusWatershedSettings

# A second method joins here as `FiberWatershedSettings | OtherSettings`, told apart by its `method`.
FiberSegmentation: TypeAlias = Annotated[FiberWatershedSettings, Field()]
NucleusSegmentation: TypeAlias = Annotated[NucleusWatershedSettings, Field()]

__all__ = [
    "FiberSegmentation",
    "FiberWatershed",
    "FiberWatershedSettings",
    "NucleusSegmentation",
    "NucleusWatershed",
    "NucleusWatershedSettings",
    "SegmentationMethod",
    "default_fibers",
    "default_nuclei",
    "fiber_method",
    "nucleus_method",
]


def default_fibers() -> FiberSegmentation:
    """Return the settings of the default method for fibers."""
    return FiberWatershedSettings()


def default_nuclei() -> NucleusSegmentation:
    """Return the settings of the default method for nuclei."""
    return NucleusWatershedSettings()


def fiber_method(settings: FiberSegmentation) -> SegmentationMethod:
    """Return the machine that the settings turn."""
    return FiberWatershed(settings)


def nucleus_method(settings: NucleusSegmentation) -> SegmentationMethod:
    """Return the machine that the settings turn."""
    return NucleusWatershed(settings)
