"""Outlines moved outwards or inwards by a distance: stains and tools differ in where they draw the line."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit
from scipy.spatial import ConvexHull

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
    Growing by the pixels of a disk moves an outline, over all its directions, by the perimeter of the disk's hull over
    2 pi (Steiner's formula and Cauchy's): of all such disks that is taken whose hull comes nearest to the distance, so
    that areas do not depend on the size of the pixels.

    A pixel between two objects goes to the nearer; of equally near ones to that whose nearest pixel comes first, row
    by row, so that a part of the plane and the whole give the same outlines.

    Examples
    --------
    >>> moved_outlines(np.array([[0, 0, 4, 0, 0]], np.uint32), 1.0).tolist()
    [[0, 4, 4, 4, 0]]
    """
    most = _square_of_disk(abs(offset_px))
    if most == 0:
        return labels.astype(np.uint32)
    y, x, square = _squares(most)
    order = np.lexsort((x.ravel(), y.ravel(), square.ravel()))
    order = order[(square.ravel()[order] > 0) & (square.ravel()[order] <= most)]
    steps = np.stack([y.ravel()[order], x.ravel()[order]], axis=1).astype(np.int64)
    moved, known = np.zeros(labels.shape, np.uint32), np.ascontiguousarray(labels, np.uint32)
    if offset_px > 0:
        _grow(known, steps, moved)
    else:
        _shrink(known, depth_within(known) <= most**0.5 + 1.0, steps, moved)
    return moved


@lru_cache(maxsize=64)
def _square_of_disk(distance_px: float) -> int:
    """Return the squared radius of the disk of pixels that moves outlines by about this distance; 0 for none."""
    y, x, square = _squares(int((distance_px + 2.0) ** 2))
    # A disk's hull lies within it, and at most a pixel and a half further in.
    radii = [radius for radius in np.unique(square).tolist() if radius >= distance_px**2 - 1]
    moves = {}
    for radius in radii:
        moves[radius] = 0.0
        if radius:
            disk = np.stack([y[square <= radius], x[square <= radius]], axis=1)
            moves[radius] = float(ConvexHull(disk).area) / (2.0 * np.pi)
    return int(min(moves, key=lambda radius: abs(moves[radius] - distance_px)))


def _squares(most: int) -> tuple[Array, Array, Array]:
    """Return rows, columns and squared distances of pixels around one, as far as a squared distance."""
    reach = int(most**0.5)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return y, x, y**2 + x**2


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


@njit(cache=True, nogil=True)
def _shrink(labels: Array, is_near: Array, steps: Array, kept: Array) -> None:
    """Keep what has no other label within the steps; only what is near an outline can have one."""
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            kept[y, x] = labels[y, x]
            if not labels[y, x] or not is_near[y, x]:
                continue
            for index in range(len(steps)):
                v, u = y + steps[index, 0], x + steps[index, 1]
                if 0 <= v < height and 0 <= u < width and labels[v, u] != labels[y, x]:
                    kept[y, x] = 0
                    break
