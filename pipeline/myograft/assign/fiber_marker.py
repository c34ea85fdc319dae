"""How much of a stain a fiber shows: side by side along its outline, or in its middle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from scipy.spatial import cKDTree

from myograft.assign.fiber_settings import CytoplasmSettings, DonorFiberSettings
from myograft.model.arrays import Array, Labels, Mask
from myograft.model.geometry import Region
from myograft.numerics.distance import distance_to

#: Sides that an outline is cut into, of equal length: about 4 um each in a fiber of 60 um.
SIDES = 48

#: Length over which a side is measured: of a small fiber, neighboring sides count with it.
_SIDE_UM = 3.0

#: Thickness of the layers that the band is cut into: about a stained rim.
_LAYER_UM = 1.0

#: Pixels below which the middle of a fiber, or a layer of a side, says nothing.
_LEAST_CORE_PX = 8
_LEAST_LAYER_PX = 2


@dataclass(frozen=True)
class FiberSides:
    """The rim of fibers, side by side, from the outline's first pixel on.

    Parameters
    ----------
    signal
        Stain of a side over the fiber's own middle, in counts, shape (n, SIDES); NaN where it could not be measured.
    facing
        Number of the fiber that a side faces, shape (n, SIDES); 0 where none is near.
    """

    signal: Array
    facing: Array


def fiber_sides(
    fibers: Labels,
    marker: Array,
    ids: Array,
    boxes: Array,
    crop: Region,
    plane_shape: tuple[int, int],
    pixel_size_um: float,
    settings: DonorFiberSettings,
    *,
    nuclei: Labels | None = None,
    autofluorescence: Array | None = None,
) -> FiberSides:
    """Return the stain along the outline of fibers, and whom each side faces.

    Parameters
    ----------
    fibers, marker
        Labels and counts of a part of the plane, shape of `crop`.
    ids, boxes
        Fibers wanted: numbers, and boxes in px of the plane.
    crop
        The part of the plane; it reaches `settings.reach_px` beyond the fibers, or to the plane's border.
    plane_shape
        Height and width of the plane in px; what lies on its border is no outline.
    pixel_size_um
        Edge of a pixel.
    settings
        Widths.
    nuclei
        Labels of nuclei, left out where given: their stain bleeds through.
    autofluorescence
        Counts of an empty channel; what shows there too does not count.

    Notes
    -----
    Each pixel of the band belongs to the nearest pixel of the outline. A side's signal is that of its brightest layer
    parallel to the outline: the rim need not lie where the outline was drawn. The background is the fiber's own middle,
    so that the glow of oxidative fibers raises both and counts for nothing.
    """
    reach = settings.reach_px(pixel_size_um)
    signal = np.full((len(ids), SIDES), np.nan)
    facing = np.zeros((len(ids), SIDES), np.uint32)
    for row, (number, edges) in enumerate(zip(ids.tolist(), boxes.tolist(), strict=True)):
        grown = Region(*edges).grow(reach, plane_shape).intersect(crop)
        window = grown.inside(crop)
        fiber = _Fiber(fibers[window], number, pixel_size_um)
        outline = _outline(fiber.mask)
        side = _side_of(outline)
        facing[row] = _facing(fiber, outline, side, settings.facing_um)
        is_seen = np.ones(grown.shape, bool) if nuclei is None else nuclei[window] == 0
        core = fiber.core(settings.core_depth_um) & is_seen
        if core.sum() < _LEAST_CORE_PX:
            continue
        sides = _Sides(fiber, outline, side, is_seen, settings)
        means = sides.brightest(marker[window]) - _middle(marker[window][core])
        if autofluorescence is not None:
            empty = autofluorescence[window]
            shared = sides.brightest(empty) - _middle(empty[core])
            means -= settings.autofluorescence_share * np.maximum(shared, 0.0)
        means[_on_border(outline, side, grown, plane_shape)] = np.nan
        signal[row] = means
    return FiberSides(signal, facing)


def fiber_cores(
    fibers: Labels,
    marker: Array,
    ids: Array,
    boxes: Array,
    crop: Region,
    pixel_size_um: float,
    settings: CytoplasmSettings,
    *,
    nuclei: Labels | None = None,
) -> Array:
    """Return the counts in the middle of fibers, shape (n,), float64; NaN where there is too little of it.

    Parameters as in `fiber_sides`. The mean of the middle half of the values is taken. The rim is left out, where
    neighbors and connective tissue shine in, and nuclei where they are given. No background is taken off: the gap
    between packed fibers is too narrow to be free of their light, and a slide need not show empty glass. What counts
    is how a fiber differs from the bulk of the others.
    """
    middles = fiber_middles(fibers, marker, ids, boxes, crop, pixel_size_um, settings.core_depth_um, nuclei)
    return np.array([np.nan if values is None else _middle(values) for values in middles])


def fiber_middles(
    fibers: Labels,
    image: Array,
    ids: Array,
    boxes: Array,
    crop: Region,
    pixel_size_um: float,
    core_depth_um: float,
    nuclei: Labels | None = None,
) -> Iterator[Array | None]:
    """Yield the values in the middle of each fiber, None where there is too little of it.

    Parameters as in `fiber_sides`; the rim is left out down to `core_depth_um`, and nuclei where they are given.
    """
    for number, edges in zip(ids.tolist(), boxes.tolist(), strict=True):
        window = Region(*edges).inside(crop)
        core = _Fiber(fibers[window], number, pixel_size_um).core(core_depth_um)
        if nuclei is not None:
            core &= nuclei[window] == 0
        yield image[window][core] if core.sum() >= _LEAST_CORE_PX else None


def _middle(counts: Array) -> float:
    """Return the mean of the middle half of the values: as robust as need be, and finer than whole counts."""
    values = np.sort(counts.astype(np.float64))
    cut = len(values) // 4
    return float(values[cut : len(values) - cut].mean())


class _Fiber:
    """One fiber in a window."""

    def __init__(self, labels: Labels, number: int, pixel_size_um: float) -> None:
        self.labels, self.size_um = labels, pixel_size_um
        self.mask: Mask = labels == number
        # Without the frame, a fiber that fills its window would have no outline.
        inside = distance_to(np.pad(~self.mask, 1, constant_values=True))[1:-1, 1:-1]
        self._inside_um = self.um(inside)

    def um(self, distance_px: Array) -> Array:
        """Return distances to the outline in um, half a pixel next to it."""
        return np.asarray(np.maximum(distance_px - 0.5, 0.0) * self.size_um)

    def core(self, depth_um: float) -> Mask:
        """Return the middle: deeper than `depth_um`, or the deeper half where that is larger."""
        middle_um = float(np.median(self._inside_um[self.mask]))
        deep = self.mask & (self._inside_um >= depth_um)
        deeper = self.mask & (self._inside_um > middle_um)
        return deep if 2 * deep.sum() >= self.mask.sum() or not deeper.any() else deep | deeper

    def band(self, inside_um: float, outside_um: float) -> tuple[Mask, Array]:
        """Return the band along the outline, less what belongs to other fibers, and the height of its pixels.

        The height is the distance to the outline in um, negative inside; pixels of the band in raster order.
        """
        outside = self.um(distance_to(self.mask))
        within = np.where(self.mask, self._inside_um <= inside_um, outside <= outside_um)
        band = within & (self.mask | (self.labels == 0))
        return band, np.where(self.mask, -self._inside_um, outside)[band]

    def others(self, within_um: float) -> Mask:
        """Return pixels of other fibers that are near."""
        near = self.um(distance_to(self.mask)) <= within_um
        return np.asarray(near & (self.labels > 0) & ~self.mask)


def _outline(mask: Mask) -> Array:
    """Return the pixels of the longest outline of a mask in their order, as (y, x), shape (n, 2)."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    longest = max(contours, key=len)
    return np.asarray(longest[:, 0, ::-1], np.int64)


def _side_of(outline: Array) -> Array:
    """Return the side that each pixel of an outline belongs to, by the length of the way to it."""
    steps = np.hypot(*np.diff(outline, axis=0, append=outline[:1]).T)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.minimum((way[:-1] / max(way[-1], 1.0) * SIDES).astype(np.intp), SIDES - 1))


class _Sides:
    """Which pixels belong to which side and layer of a fiber's rim."""

    def __init__(
        self, fiber: _Fiber, outline: Array, side: Array, is_seen: Mask, settings: DonorFiberSettings
    ) -> None:
        band, height_um = fiber.band(settings.rim_inside_um, settings.rim_outside_um)
        layer = np.floor(height_um / max(_LAYER_UM, fiber.size_um)).astype(np.intp)
        self._band = band
        pixels = np.argwhere(band)
        _, nearest = cKDTree(outline).query(pixels)
        lowest = int(layer.min())
        self._layers_n = int(layer.max()) - lowest + 1
        self._place = (layer - lowest) * SIDES + side[nearest]
        self._is_seen = is_seen[band]
        # Sides of a small fiber are measured together with their neighbors.
        length_um = max(len(outline) * fiber.size_um / SIDES, 1e-9)
        self._reach = min(max(0, ceil((_SIDE_UM / length_um - 1.0) / 2.0)), SIDES // 2 - 1)
        self._pixels_n = self._sums(self._is_seen)

    def _sums(self, values: Array) -> Array:
        """Return sums per layer and side, shape (layers, SIDES)."""
        cells = np.bincount(self._place, values, minlength=self._layers_n * SIDES)
        table = cells.reshape(self._layers_n, SIDES)
        return np.asarray(sum(np.roll(table, k, axis=1) for k in range(-self._reach, self._reach + 1)))

    def brightest(self, counts: Array) -> Array:
        """Return the mean counts of each side's brightest layer, shape (SIDES,); NaN where none has enough pixels."""
        totals = self._sums(np.where(self._is_seen, counts[self._band], 0).astype(np.float64))
        known = self._pixels_n >= _LEAST_LAYER_PX
        means = np.where(known, totals / np.maximum(self._pixels_n, 1), -np.inf).max(axis=0)
        return np.where(np.isfinite(means), means, np.nan)


def _facing(fiber: _Fiber, outline: Array, side: Array, facing_um: float) -> Array:
    """Return the fiber that most of each side's pixels face, shape (SIDES,)."""
    answer = np.zeros(SIDES, np.uint32)
    others = fiber.others(facing_um)
    if not others.any():
        return answer
    pixels = np.argwhere(others)
    distance, nearest = cKDTree(pixels).query(outline)
    # The tree measures between the middles of pixels: one pixel more than between outlines.
    is_near = fiber.um(np.asarray(distance) - 0.5) <= facing_um
    numbers = fiber.labels[others][nearest]
    for place in range(SIDES):
        faced, counts = np.unique(numbers[(side == place) & is_near], return_counts=True)
        if len(faced):
            answer[place] = faced[counts.argmax()]
    return answer


def _on_border(outline: Array, side: Array, window: Region, plane_shape: tuple[int, int]) -> Mask:
    """Return which sides lie on the plane's border, where a fiber is cut and has no outline."""
    y, x = outline[:, 0] + window.y0, outline[:, 1] + window.x0
    cut = (y == 0) | (x == 0) | (y == plane_shape[0] - 1) | (x == plane_shape[1] - 1)
    return np.bincount(side, cut, minlength=SIDES) > 0
