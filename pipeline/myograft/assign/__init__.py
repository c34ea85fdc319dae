"""Whose is the nucleus? Its fiber, where it lies, donor or host and how sure."""

from myograft.assign.location import locate_nuclei, ray_fraction
from myograft.assign.marker import marker_signal
from myograft.assign.origin import OriginCalls, call_origin, local_false_discovery
from myograft.assign.settings import (
    AssignSettings,
    MarkerSettings,
    OriginSettings,
    PositionRule,
    PositionSettings,
    ThresholdMethod,
)

__all__ = [
    "AssignSettings",
    "MarkerSettings",
    "OriginCalls",
    "OriginSettings",
    "PositionRule",
    "PositionSettings",
    "ThresholdMethod",
    "call_origin",
    "local_false_discovery",
    "locate_nuclei",
    "marker_signal",
    "ray_fraction",
]
