"""What is an object? One file per method, all behind one protocol."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from myograft.segment.cellpose import load_cellpose
from myograft.segment.empty_outlines import are_empty, light_inside
from myograft.segment.fibers_watershed import FiberWatershed, FiberWatershedSettings
from myograft.segment.inference import KIND_PROPERTY, OUTSIDE_PROPERTY, EngineName, Network, load_network
from myograft.segment.method import FieldMethod, SegmentationMethod
from myograft.segment.network import FlowNetwork
from myograft.segment.network_settings import (
    AnyNetworkSettings,
    FiberCellposeSettings,
    FiberNetworkSettings,
    NucleusCellposeSettings,
    NucleusNetworkSettings,
)
from myograft.segment.nuclei_watershed import NucleusWatershed, NucleusWatershedSettings

FiberSegmentation: TypeAlias = Annotated[
    FiberNetworkSettings | FiberCellposeSettings | FiberWatershedSettings, Field(discriminator="method")
]
NucleusSegmentation: TypeAlias = Annotated[
    NucleusNetworkSettings | NucleusCellposeSettings | NucleusWatershedSettings, Field(discriminator="method")
]

__all__ = [
    "KIND_PROPERTY",
    "OUTSIDE_PROPERTY",
    "AnyNetworkSettings",
    "EngineName",
    "FiberCellposeSettings",
    "FiberNetworkSettings",
    "FiberSegmentation",
    "FiberWatershed",
    "FiberWatershedSettings",
    "FieldMethod",
    "FlowNetwork",
    "Network",
    "NucleusCellposeSettings",
    "NucleusNetworkSettings",
    "NucleusSegmentation",
    "NucleusWatershed",
    "NucleusWatershedSettings",
    "SegmentationMethod",
    "are_empty",
    "default_fibers",
    "default_nuclei",
    "fiber_method",
    "light_inside",
    "load_cellpose",
    "load_network",
    "nucleus_method",
]


def default_fibers() -> FiberSegmentation:
    """Return the settings of the default method for fibers."""
    return FiberNetworkSettings()


def default_nuclei() -> NucleusSegmentation:
    """Return the settings of the default method for nuclei."""
    return NucleusNetworkSettings()


def fiber_method(settings: FiberSegmentation) -> SegmentationMethod | FlowNetwork:
    """Return the machine that the settings turn."""
    match settings:
        case FiberNetworkSettings() | FiberCellposeSettings():
            return FlowNetwork(settings)
        case FiberWatershedSettings():
            return FiberWatershed(settings)


def nucleus_method(settings: NucleusSegmentation) -> SegmentationMethod | FlowNetwork:
    """Return the machine that the settings turn."""
    match settings:
        case NucleusNetworkSettings() | NucleusCellposeSettings():
            return FlowNetwork(settings)
        case NucleusWatershedSettings():
            return NucleusWatershed(settings)
