"""Whose is the nucleus? Its fiber, where it lies, donor or host and how sure; and which fibers a stain marks."""

from myograft.assign.bleed_through import bleed_through_share, without_bleed_through
from myograft.assign.fiber_calls import FiberCalls, call_cytoplasm, call_rim, stands_apart
from myograft.assign.fiber_marker import FiberSides, fiber_cores, fiber_sides
from myograft.assign.fiber_settings import (
    CytoplasmSettings,
    DonorFiberSettings,
    FiberCallSettings,
    FiberThresholdMethod,
    FiberTypeSettings,
    HyalinizedSettings,
    RareSide,
)
from myograft.assign.hyalinized import eosin_of_fibers, hyalinized_candidates
from myograft.assign.location import locate_nuclei, ray_fraction
from myograft.assign.marker import marker_signal
from myograft.assign.origin import OriginCalls, call_again, call_origin
from myograft.assign.second_population import local_false_discovery
from myograft.assign.settings import (
    AssignSettings,
    BleedThrough,
    MarkerSettings,
    OriginSettings,
    PositionRule,
    PositionSettings,
    ScoresFrom,
    ThresholdMethod,
)
from myograft.assign.spots import spot_heights

__all__ = [
    "AssignSettings",
    "BleedThrough",
    "CytoplasmSettings",
    "DonorFiberSettings",
    "FiberCallSettings",
    "FiberCalls",
    "FiberSides",
    "FiberThresholdMethod",
    "FiberTypeSettings",
    "HyalinizedSettings",
    "MarkerSettings",
    "OriginCalls",
    "OriginSettings",
    "PositionRule",
    "PositionSettings",
    "RareSide",
    "ScoresFrom",
    "ThresholdMethod",
    "bleed_through_share",
    "call_again",
    "call_cytoplasm",
    "call_origin",
    "call_rim",
    "eosin_of_fibers",
    "fiber_cores",
    "fiber_sides",
    "hyalinized_candidates",
    "local_false_discovery",
    "locate_nuclei",
    "marker_signal",
    "ray_fraction",
    "spot_heights",
    "stands_apart",
    "without_bleed_through",
]
