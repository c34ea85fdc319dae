"""How big are fibers, how many nuclei do they hold, how much is donor: numbers with their denominators."""

from myograft.measure.audit import draw_audit, reading_order
from myograft.measure.audit_estimate import estimate_audit
from myograft.measure.dense_places import OpenArea, open_area_of
from myograft.measure.engraftment import DonorRule
from myograft.measure.fiber_stains import StainRule, summarize_fiber_stains
from myograft.measure.fibers import measure_fibers
from myograft.measure.nuclei import count_nuclei_per_fiber, measure_nuclei
from myograft.measure.planes import measure_planes
from myograft.measure.reviewed import DrawnFrom, Readings, estimate_reviewed, summarize_review
from myograft.measure.seams import Seams, compare_at_seams, measure_seams
from myograft.measure.section import summarize_section
from myograft.measure.settings import MeasureSettings, SpaceSettings
from myograft.measure.space import Places, place_nuclei

__all__ = [
    "DonorRule",
    "DrawnFrom",
    "MeasureSettings",
    "OpenArea",
    "Places",
    "Readings",
    "Seams",
    "SpaceSettings",
    "StainRule",
    "compare_at_seams",
    "count_nuclei_per_fiber",
    "draw_audit",
    "estimate_audit",
    "estimate_reviewed",
    "measure_fibers",
    "measure_nuclei",
    "measure_planes",
    "measure_seams",
    "open_area_of",
    "place_nuclei",
    "reading_order",
    "summarize_fiber_stains",
    "summarize_review",
    "summarize_section",
]
