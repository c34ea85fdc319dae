"""Outlines moved outwards or inwards by a distance: stains and tools differ in where they draw the line."""

from __future__ import annotations

import numpy as np
from numba import njit

from myograft.model.arrays import Array, Labels
from myograft.numerics.distance import depth_within


def moved_outlines(labels: Labels, offset_px: float) -> Labels:
    """Return labels grown (positive) or shrunk (negative) by a distance; objects that meet stop at each other.

    Parameters
    ----------
    labels
        Shape (H, W), 0 is background.
    offset_px
        Distance in px. Shrinking, the border of the array is no outline.

    Notes
    -----
    A pixel between two objects goes to the nearer; of equally near ones to that whose nearest pixel comes first, row
    by row, so that a part of the plane and the whole give the same outlines.

    Examples
    --------
    >>> moved_outlines(np.array([[0, 0, 4, 0, 0]], np.uint32), 1.0).tolist()
    [[0, 4, 4, 4, 0]]
    """
    if offset_px < 0:
        return np.where(depth_within(labels) > -offset_px, labels, 0).astype(np.uint32)
    # Half a pixel lies between a pixel's middle and the outline.
    most = offset_px + 0.5
    reach = int(most)
    if reach == 0:
        return labels.astype(np.uint32)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    square = y**2 + x**2
    order = np.lexsort((x.ravel(), y.ravel(), square.ravel()))
    order = order[(square.ravel()[order] > 0) & (square.ravel()[order] <= most**2)]
    steps = np.stack([y.ravel()[order], x.ravel()[order]], axis=1).astype(np.int64)
    grown = np.zeros(labels.shape, np.uint32)
    _grow(np.ascontiguousarray(labels, np.uint32), steps, grown)
    return grown


@njit(cache=True, nogil=True)
def _grow(labels: Array, steps: Array, grown: Array) -> None:
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            grown[y, x] = labels[y, x]
            if labels[y, x]:
                continue
            for index in range(len(steps)):
                v, u = y + steps[index, 0], x + steps[index, 1]
                if 0 <= v < height and 0 <= u < width and labels[v, u]:
                    grown[y, x] = labels[v, u]
                    break
