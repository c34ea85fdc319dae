"""Which object of one tile is which of the next? Labels per tile become labels per plane."""

from myograft.stitch.agreement import SeamAgreement, compare_seam, neighbor_pairs
from myograft.stitch.objects import TileObjects, join_objects, tile_objects
from myograft.stitch.settings import StitchSettings
from myograft.stitch.union import Stitching, leave_out, relabel, stitch

__all__ = [
    "SeamAgreement",
    "StitchSettings",
    "Stitching",
    "TileObjects",
    "compare_seam",
    "join_objects",
    "leave_out",
    "neighbor_pairs",
    "relabel",
    "stitch",
    "tile_objects",
]
