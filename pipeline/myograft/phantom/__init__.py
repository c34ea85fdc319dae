"""Simulated muscle with known truth: tissue, nuclei, stains, optics; a function of a seed and a place."""

from myograft.phantom.panel import HARD_SEEDS, PANELS, Panel
from myograft.phantom.phantom import BLOCK_PX, Phantom, PhantomPart
from myograft.phantom.spec import PhantomSpec
from myograft.phantom.truth import DEPTH_COLUMNS, FIBER_COLUMNS, NUCLEUS_COLUMNS, TruthTally

__all__ = [
    "BLOCK_PX",
    "DEPTH_COLUMNS",
    "FIBER_COLUMNS",
    "HARD_SEEDS",
    "NUCLEUS_COLUMNS",
    "PANELS",
    "Panel",
    "Phantom",
    "PhantomPart",
    "PhantomSpec",
    "TruthTally",
]
