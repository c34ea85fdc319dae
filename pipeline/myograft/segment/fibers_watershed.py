"""Fibers by a watershed: lines of stain are walls, the room between them is a fiber if it looks like one."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from skimage.segmentation import watershed

from myograft.model.arrays import Array, Image, Labels, Mask
from myograft.model.settings import Settings, knob
from myograft.numerics.distance import depth_within, distance_to
from myograft.numerics.pieces import largest_pieces
from myograft.segment.fields import relative_to_surroundings, ridges, smooth, tops
from myograft.segment.method import TunedMethod
from myograft.segment.regions import merge_weak, neighbor_area, shapes


class FiberWatershedSettings(Settings):
    """Fibers by a watershed on the sarcolemma stain."""

    method: Literal["watershed"] = knob("watershed", "Name of the method.")
    working_um_per_px: float = knob(0.75, "Resolution the method works at.", unit="um/px", gt=0.1, le=4.0)
    halo_um: float = knob(
        150.0,
        "Margin a tile reads beyond what it owns; at least the largest fiber's diameter.",
        unit="um",
        ge=10.0,
        le=1000.0,
    )
    rim_um: float = knob(1.6, "Half width of the stained rim between two fibers.", unit="um", gt=0.2, le=10.0)
    wall_level: float = knob(
        0.9,
        "Strength of a line of stain, over the root mean square of its surroundings, from which it is a wall.",
        unit="1",
        gt=0.0,
        le=5.0,
    )
    split_prominence: float = knob(
        0.2,
        "Depth of the neck (natural logarithm of a ratio of widths) from which a room is two fibers.",
        unit="1",
        gt=0.0,
        le=3.0,
    )
    pocket_level: float = knob(
        0.8,
        "Strength of a line of stain that closes off a pocket, such as the room of a nucleus between two fibers.",
        unit="1",
        gt=0.0,
        le=5.0,
    )
    merge_below: float = knob(
        0.3,
        "Two neighbors with less than this part of their contact on stain are one fiber, if convex together.",
        unit="1",
        ge=0.0,
        le=1.0,
    )
    min_area_um2: float = knob(50.0, "Smallest fiber.", unit="um^2", ge=1.0)
    max_area_um2: float = knob(25_000.0, "Largest fiber.", unit="um^2", gt=1.0)
    min_solidity: float = knob(
        0.85, "Least solidity (area over convex hull) of a fiber.", unit="1", ge=0.0, le=1.0
    )
    min_aspect: float = knob(
        0.35, "Least minimal over maximal Feret diameter of a fiber.", unit="1", ge=0.0, le=1.0
    )
    min_tissue_fraction: float = knob(
        0.8, "Least part of a fiber within the tissue mask.", unit="1", ge=0.0, le=1.0
    )
    min_rim_fraction: float = knob(
        0.6, "Least part of a fiber's outline that lies on stain.", unit="1", ge=0.0, le=1.0
    )
    max_interior: float = knob(
        0.35,
        "Largest stain inside a fiber, as a part of the stain on its outline.",
        unit="1",
        gt=0.0,
        le=2.0,
    )
    min_relative_area: float = knob(
        0.1,
        "Least area of a fiber, as a part of its neighbors' mean area: smaller is a gap where large fibers meet.",
        unit="1",
        ge=0.0,
        le=1.0,
    )
    boundary_offset_um: float = knob(
        -0.5,
        "How far the outline lies outside (negative: inside) of the middle of the stain between two fibers. "
        "Declare it when sizes are compared with another tool's.",
        unit="um",
        ge=-10.0,
        le=0.0,
    )


class FiberWatershed(TunedMethod[FiberWatershedSettings]):
    """Fibers by a watershed on the sarcolemma stain."""

    def segment(self, image: Image, um_per_px: float, tissue: Mask) -> Labels:
        """Return fibers; see `SegmentationMethod`."""
        knobs = self.settings
        stain = np.clip(image, 0.0, 2.0)
        rim_px = knobs.rim_um / um_per_px
        lines = ridges(stain, (0.75 * rim_px, 1.25 * rim_px))
        walls = relative_to_surroundings(lines, _SURROUNDINGS_UM / um_per_px, _NOISE_FLOOR)
        room = smooth(distance_to(walls > knobs.wall_level) * np.float32(um_per_px), 1.0 / um_per_px)
        # On a logarithm, a neck of 70 % is a neck of 70 % in a small fiber and in a large one.
        markers = tops(np.log(np.maximum(room, 0.5)), knobs.split_prominence)
        markers[room < _LEAST_ROOM_UM] = 0
        if not markers.any():
            return np.zeros(image.shape, np.uint32)
        landscape = np.minimum(walls, 3.0) - 0.15 * np.minimum(room, 20.0)
        regions = np.asarray(watershed(landscape, markers), np.uint32)
        is_strong = _thick(walls > 0.6 * knobs.wall_level)
        regions = merge_weak(
            regions,
            is_strong,
            weakest=knobs.merge_below,
            solidity=_MERGED_SOLIDITY,
            max_area_px=knobs.max_area_um2 / um_per_px**2,
        )
        bodies = _without_pockets(regions, walls > knobs.pocket_level, knobs.rim_um / um_per_px)
        bodies = _opened(bodies, -knobs.boundary_offset_um / um_per_px, _SPUR_UM / um_per_px)
        area_px = np.bincount(bodies.ravel(), minlength=int(regions.max()) + 1)
        is_fiber = self._is_fiber(bodies, smooth(stain, 0.7 / um_per_px), is_strong, um_per_px, tissue)
        least_px = knobs.min_relative_area * neighbor_area(regions, area_px)
        # Of a fiber that the image cuts, half may be missing.
        least_px[_at_border(regions)] /= 2.0
        is_gap = area_px < least_px
        is_fiber &= ~is_gap[: len(is_fiber)]
        return np.where(is_fiber[bodies], bodies, 0).astype(np.uint32)

    def _is_fiber(
        self, bodies: Labels, stain: Image, is_strong: Array, um_per_px: float, tissue: Mask
    ) -> Array:
        """Return, by number, which bodies look like fibers; 0 is never one."""
        knobs = self.settings
        found = shapes(bodies, stain, is_strong)
        numbers_n = int(bodies.max()) + 1
        in_tissue = np.bincount(bodies.ravel(), tissue.ravel(), minlength=numbers_n)
        # The least size is asked of whole fibers, after stitching; a part at a tile's rim may be smaller.
        passes = (
            (found.area_px * um_per_px**2 <= knobs.max_area_um2)
            & (found.solidity >= knobs.min_solidity)
            # Of a fiber that the image cuts, a sliver may be left.
            & ((found.aspect >= knobs.min_aspect) | np.isin(found.label, _at_border(bodies)))
            & (found.rim >= knobs.min_rim_fraction)
            & (found.interior <= knobs.max_interior * found.edge)
            & (in_tissue[found.label] >= knobs.min_tissue_fraction * found.area_px)
        )
        is_fiber = np.zeros(numbers_n, bool)
        is_fiber[found.label[passes]] = True
        return is_fiber


#: Reach of the surroundings that a line of stain is compared with, in um.
_SURROUNDINGS_UM = 25.0

#: Strength of lines in noise on empty glass.
_NOISE_FLOOR = 0.03

#: Room that a fiber needs around its middle, in um: less is a gap in double-contoured stain.
_LEAST_ROOM_UM = 2.5

#: Half width of the thinnest part of a fiber, in um; thinner is a spur into the room between fibers.
_SPUR_UM = 3.0

#: Solidity that two regions must have together to be one fiber.
_MERGED_SOLIDITY = 0.92


def _at_border(labels: Labels) -> Array:
    """Return the numbers that touch the border of the array."""
    return np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))


def _thick(mask: Mask) -> Mask:
    """Return a mask widened by two pixels: an outline runs beside the ridge."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)), bool)


def _without_pockets(regions: Labels, walls: Mask, reach_px: float) -> Labels:
    """Return regions without the rooms that a line of stain closes off from their largest room.

    Where two fibers make room for a nucleus or a capillary, each has a rim of its own; the watershed runs along one
    of the two and leaves the room to one fiber.

    Parameters
    ----------
    regions
        Shape (H, W).
    walls
        Lines of stain.
    reach_px
        How far a body reaches into its wall.
    """
    core = largest_pieces(np.where(walls, 0, regions).astype(np.uint32))
    near = distance_to(core > 0)
    return np.where((core > 0) | (walls & (near <= reach_px)), regions, 0).astype(np.uint32)


def _opened(labels: Labels, margin_px: float, spur_px: float) -> Labels:
    """Return labels without a margin and without spurs.

    Parameters
    ----------
    labels
        Shape (H, W).
    margin_px
        Pixels nearer than this to another label are dropped.
    spur_px
        Half width of the thinnest part that stays.
    """
    inside = depth_within(labels)
    core = inside > margin_px + spur_px
    # What lies within a spur's half width of the core, less half a pixel for the grid, belongs to the body.
    reach = distance_to(core)
    return np.where((inside > margin_px) & (reach <= spur_px + 0.5), labels, 0).astype(np.uint32)
