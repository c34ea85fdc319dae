"""Which object of one tile is which of the next? Labels per tile become labels per plane."""

from myograft.stitch.agreement import SeamAgreement, compare_seam, neighbor_pairs
from myograft.stitch.link_planes import Linking, link_planes, linked_objects
from myograft.stitch.objects import TileObjects, join_objects, tile_objects
from myograft.stitch.plane_sums import SharedPixels, add_shared, add_stain, count_shared, sum_stain
from myograft.stitch.settings import NucleiOfStack, PlaneSettings, StitchSettings, links_planes
from myograft.stitch.union import Stitching, leave_out, relabel, stitch

__all__ = [
    "Linking",
    "NucleiOfStack",
    "PlaneSettings",
    "SeamAgreement",
    "SharedPixels",
    "StitchSettings",
    "Stitching",
    "TileObjects",
    "add_shared",
    "add_stain",
    "compare_seam",
    "count_shared",
    "join_objects",
    "leave_out",
    "link_planes",
    "linked_objects",
    "links_planes",
    "neighbor_pairs",
    "relabel",
    "stitch",
    "sum_stain",
    "tile_objects",
]
