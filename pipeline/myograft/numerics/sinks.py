"""Objects from flows: every pixel follows the flow to its sink, pixels of one sink are one object.

The rules are those of Cellpose (Stringer et al. 2021, doi:10.1038/s41592-020-01018-x, ``cellpose.dynamics``): Euler
steps with bilinear flows, sinks where more than ten pixels end, grown over neighbors where more than two end. Here
positions are whole numbers of 1/65,536 px, so that a pixel's path is the same in whatever tile it is followed, and a
pixel that has come to rest is not moved any more.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from myograft.model.arrays import Array, Labels, Mask

#: Units of a stored flow in one pixel per step: flows are whole numbers, of 16 bits.
FLOW_UNIT = 4096

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


def objects_of_flows(flows: Array, is_object: Mask, steps_n: int = 200) -> Labels:
    """Return objects.

    Parameters
    ----------
    flows
        Steps (y, x) in units of 1 / `FLOW_UNIT` px, shape (2, H, W), int16.
    is_object
        Where objects are, shape (H, W); flows count there alone.
    steps_n
        Steps at most.

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
    ends = np.full(is_object.shape, -1, np.int64)
    arrivals_n = np.zeros(is_object.shape, np.int32)
    _follow(np.ascontiguousarray(flows), np.ascontiguousarray(is_object), steps_n, ends, arrivals_n)
    sinks = _sinks(arrivals_n)
    if not len(sinks):
        return np.zeros(is_object.shape, np.uint32)
    counts = arrivals_n.ravel()[sinks]
    # Where two sinks claim a place the larger has it; of equals, the one further on.
    territory = _grown(arrivals_n, sinks[np.lexsort((sinks, counts))])
    labels = np.where(ends >= 0, territory.ravel()[np.maximum(ends, 0)], 0)
    return labels.astype(np.uint32)


@njit(cache=True, nogil=True)
def _follow(flows: Array, is_object: Array, steps_n: int, ends: Array, arrivals_n: Array) -> None:
    """Write where the path of each pixel ends (flat index), and how many paths end in each pixel."""
    height, width = is_object.shape
    most_y, most_x = (height - 1) << _FRACTION, (width - 1) << _FRACTION
    per_unit = _ONE // FLOW_UNIT
    for start_y in range(height):
        for start_x in range(width):
            if not is_object[start_y, start_x]:
                continue
            y, x = start_y << _FRACTION, start_x << _FRACTION
            for _ in range(steps_n):
                row, column = y >> _FRACTION, x >> _FRACTION
                below, right = min(row + 1, height - 1), min(column + 1, width - 1)
                part_y, part_x = y & (_ONE - 1), x & (_ONE - 1)
                dy, dx = 0, 0
                if is_object[row, column]:
                    share = (_ONE - part_y) * (_ONE - part_x) >> _FRACTION
                    dy += flows[0, row, column] * share
                    dx += flows[1, row, column] * share
                if is_object[row, right]:
                    share = (_ONE - part_y) * part_x >> _FRACTION
                    dy += flows[0, row, right] * share
                    dx += flows[1, row, right] * share
                if is_object[below, column]:
                    share = part_y * (_ONE - part_x) >> _FRACTION
                    dy += flows[0, below, column] * share
                    dx += flows[1, below, column] * share
                if is_object[below, right]:
                    share = part_y * part_x >> _FRACTION
                    dy += flows[0, below, right] * share
                    dx += flows[1, below, right] * share
                dy, dx = dy * per_unit >> _FRACTION, dx * per_unit >> _FRACTION
                if dy * dy + dx * dx < _REST * _REST:
                    break
                y, x = min(max(y + dy, 0), most_y), min(max(x + dx, 0), most_x)
            row, column = y >> _FRACTION, x >> _FRACTION
            ends[start_y, start_x] = row * width + column
            arrivals_n[row, column] += 1


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
