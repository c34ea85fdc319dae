"""Objects from flows: every pixel follows the flow to its sink, pixels of one sink are one object.

The rules are those of Cellpose (Stringer et al. 2021, doi:10.1038/s41592-020-01018-x, ``cellpose.dynamics``): Euler
steps with bilinear flows, sinks where more than ten pixels end, grown over neighbors where more than two end. Here
positions are whole numbers of 1/65,536 px, so that a pixel's path is the same in whatever tile it is followed, and a
pixel that has come to rest is not moved any more. Of four pixels one is followed to its end; the others go a few steps
by themselves, away from outlines, and from there with the one that starts next to them, for there paths run together.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from myograft.model.arrays import Array, Labels, Mask

#: Units of a stored flow in one pixel per step: flows are whole numbers, of 16 bits.
_FLOW_DIGITS = 12
FLOW_UNIT = 1 << _FLOW_DIGITS

#: Binary digits of a position's fraction of a pixel.
_FRACTION = 16
_ONE = 1 << _FRACTION

#: A pixel rests when its step is shorter than this, in units of a position (a step squared below 1e-5 px^2).
_REST = 207

#: Pixels that must end in a place for it to be a sink, and to be part of one.
_SINK_MORE_THAN = 10
_PART_MORE_THAN = 2

#: Half the edge of the square in which the largest count makes a sink, and of the square a sink may grow over.
_SINK_REACH_PX = 2
_GROWTH_PX = 5

#: Steps that every path goes by itself: near an outline a neighbor may belong to another object.
_ALONE = 4

#: Paths that are followed side by side; their positions fit into the fastest memory.
_BLOCK = 512


def objects_of_flows(
    flows: Array, is_object: Mask, steps_n: int = 200, origin: tuple[int, int] = (0, 0)
) -> Labels:
    """Return objects.

    Parameters
    ----------
    flows
        Steps (y, x) in units of 1 / `FLOW_UNIT` px, shape (2, H, W), int16.
    is_object
        Where objects are, shape (H, W); flows count there alone.
    steps_n
        Steps at most.
    origin
        Place (y, x) of the first pixel in the plane, so that each tile follows the same pixels to their end.

    Returns
    -------
    Labels
        Shape (H, W); a pixel whose path ends at no sink is background.

    Examples
    --------
    >>> flows = np.zeros((2, 5, 11), np.int16)
    >>> flows[1] = np.sign(5 - np.arange(11)) * FLOW_UNIT
    >>> flows[0] = (np.sign(2 - np.arange(5)) * FLOW_UNIT)[:, None]
    >>> int(objects_of_flows(flows, np.ones((5, 11), bool)).min())
    1
    """
    height, width = is_object.shape
    # Both flows of a pixel in one number, so that one product weights both; none outside of objects; one row and
    # one column more for interpolation.
    packed = np.zeros((height + 1, width + 1), np.int64)
    _pack(flows, is_object, packed)
    ends = np.full(is_object.size, -1, np.int64)
    arrivals_n = np.zeros(is_object.size, np.int32)
    leads = np.zeros(is_object.shape, bool)
    leads[origin[0] % 2 :: 2, origin[1] % 2 :: 2] = True
    for starts in (np.flatnonzero(is_object & leads), np.flatnonzero(is_object & ~leads)):
        known = _ends_nearby(ends.reshape(is_object.shape), origin).ravel()
        _follow(packed.ravel(), starts, known, height, width, steps_n, ends, arrivals_n)
    arrived = arrivals_n.reshape(is_object.shape)
    sinks = _sinks(arrived)
    if not len(sinks):
        return np.zeros(is_object.shape, np.uint32)
    # Where two sinks claim a place the larger has it; of equals, the one further on.
    territory = _grown(arrived, sinks[np.lexsort((sinks, arrivals_n[sinks]))])
    labels = np.where(ends >= 0, territory.ravel()[np.maximum(ends, 0)], 0)
    return labels.reshape(is_object.shape).astype(np.uint32)


@njit(cache=True, nogil=True)
def _pack(flows: Array, is_object: Array, packed: Array) -> None:
    height, width = is_object.shape
    for y in range(height):
        for x in range(width):
            if is_object[y, x]:
                packed[y, x] = (np.int64(flows[0, y, x]) << 32) + np.int64(flows[1, y, x])


def _ends_nearby(ends: Array, origin: tuple[int, int]) -> Array:
    """Return for every pixel where the leading pixel above it, to its left, or both, ends."""
    near = ends.copy()
    y0, x0 = origin[0] % 2, origin[1] % 2
    lower, right = near[y0 + 1 :: 2], near[:, x0 + 1 :: 2]
    lower[:] = near[y0::2][: len(lower)]
    right[:] = near[:, x0::2][:, : right.shape[1]]
    return near


@njit(cache=True, nogil=True)
def _follow(
    packed: Array,
    starts: Array,
    known: Array,
    height: int,
    width: int,
    steps_n: int,
    ends: Array,
    arrivals_n: Array,
) -> None:
    """Write where the path of each start ends (flat indices), and how many paths end in each pixel.

    From the fifth step on a path ends where it is `known` (not negative) that paths from the same place end.

    Paths are followed a block at a time, one step of each after the other: a processor works on several of them at
    once, where the steps of one path wait for each other.
    """
    most_y, most_x = (height - 1) << _FRACTION, (width - 1) << _FRACTION
    line, one = np.uint64(width + 1), np.uint64(1)
    ys, xs = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64)
    whose = np.empty(_BLOCK, np.int64)
    for first in range(0, len(starts), _BLOCK):
        moving_n = min(_BLOCK, len(starts) - first)
        for k in range(moving_n):
            whose[k] = starts[first + k]
            ys[k], xs[k] = (whose[k] // width) << _FRACTION, (whose[k] % width) << _FRACTION
        for step in range(steps_n):
            kept = 0
            for k in range(moving_n):
                y, x = ys[k], xs[k]
                if step >= _ALONE:
                    end = known[(y >> _FRACTION) * width + (x >> _FRACTION)]
                    if end >= 0:
                        ends[whose[k]] = end
                        arrivals_n[end] += 1
                        continue
                part_y, part_x = y & (_ONE - 1), x & (_ONE - 1)
                rest_y, rest_x = _ONE - part_y, _ONE - part_x
                # Unsigned, so that no index has to be checked for counting from the end.
                at = np.uint64(y >> _FRACTION) * line + np.uint64(x >> _FRACTION)
                under = at + line
                both = packed[at] * (rest_y * rest_x >> _FRACTION)
                both += packed[at + one] * (rest_y * part_x >> _FRACTION)
                both += packed[under] * (part_y * rest_x >> _FRACTION)
                both += packed[under + one] * (part_y * part_x >> _FRACTION)
                dx = np.int64(np.int32(both))
                dy = (both - dx) >> 32
                dy, dx = dy >> _FLOW_DIGITS, dx >> _FLOW_DIGITS
                whose[kept] = whose[k]
                if dy * dy + dx * dx < _REST * _REST:
                    end = (y >> _FRACTION) * width + (x >> _FRACTION)
                    ends[whose[k]] = end
                    arrivals_n[end] += 1
                else:
                    ys[kept], xs[kept] = min(max(y + dy, 0), most_y), min(max(x + dx, 0), most_x)
                    kept += 1
            moving_n = kept
        for k in range(moving_n):
            end = (ys[k] >> _FRACTION) * width + (xs[k] >> _FRACTION)
            ends[whose[k]] = end
            arrivals_n[end] += 1


@njit(cache=True, nogil=True)
def _sinks(arrivals_n: Array) -> Array:
    """Return the flat indices of local maxima of the arrivals, row by row."""
    height, width = arrivals_n.shape
    found = []
    for y in range(height):
        for x in range(width):
            count = arrivals_n[y, x]
            if count <= _SINK_MORE_THAN:
                continue
            is_top = True
            for v in range(max(0, y - _SINK_REACH_PX), min(height, y + _SINK_REACH_PX + 1)):
                for u in range(max(0, x - _SINK_REACH_PX), min(width, x + _SINK_REACH_PX + 1)):
                    if arrivals_n[v, u] > count:
                        is_top = False
            if is_top:
                found.append(y * width + x)
    flat = np.zeros(len(found), np.int64)
    for index, place in enumerate(found):
        flat[index] = place
    return flat


@njit(cache=True, nogil=True)
def _grown(arrivals_n: Array, sinks: Array) -> Array:
    """Return whose each place is: a sink's number from 1, in the order given; later ones take from earlier ones."""
    height, width = arrivals_n.shape
    territory = np.zeros((height, width), np.uint32)
    edge = 2 * _GROWTH_PX + 1
    for index in range(len(sinks)):
        y0, x0 = sinks[index] // width - _GROWTH_PX, sinks[index] % width - _GROWTH_PX
        own = np.zeros((edge + 2, edge + 2), np.bool_)
        own[_GROWTH_PX + 1, _GROWTH_PX + 1] = True
        for _ in range(_GROWTH_PX):
            wider = own.copy()
            for v in range(edge):
                for u in range(edge):
                    y, x = y0 + v, x0 + u
                    if y < 0 or x < 0 or y >= height or x >= width or arrivals_n[y, x] <= _PART_MORE_THAN:
                        continue
                    if own[v : v + 3, u : u + 3].any():
                        wider[v + 1, u + 1] = True
            own = wider
        for v in range(edge):
            for u in range(edge):
                if own[v + 1, u + 1]:
                    territory[y0 + v, x0 + u] = index + 1
    return territory
