"""How big are fibers, how many nuclei do they hold, how much is donor: numbers with their denominators."""

from myograft.measure.audit import draw_audit, estimate_audit
from myograft.measure.engraftment import DonorRule
from myograft.measure.fiber_stains import StainRule, summarize_fiber_stains
from myograft.measure.fibers import measure_fibers
from myograft.measure.nuclei import count_nuclei_per_fiber, measure_nuclei
from myograft.measure.planes import measure_planes
from myograft.measure.section import summarize_section
from myograft.measure.settings import MeasureSettings, SpaceSettings
from myograft.measure.space import Places, place_nuclei

__all__ = [
    "DonorRule",
    "MeasureSettings",
    "Places",
    "SpaceSettings",
    "StainRule",
    "count_nuclei_per_fiber",
    "draw_audit",
    "estimate_audit",
    "measure_fibers",
    "measure_nuclei",
    "measure_planes",
    "place_nuclei",
    "summarize_fiber_stains",
    "summarize_section",
]
