"""Pieces of labels: what falls apart, what encloses a hole."""

from __future__ import annotations

import numpy as np
from numba import njit
from skimage import measure

from myograft.model.arrays import Array, Labels


def largest_pieces(labels: Labels) -> Labels:
    """Return labels in which of every object only its largest connected piece is left.

    Of equal pieces the one found last, row by row, stays.

    Parameters
    ----------
    labels
        Shape (H, W), 0 is background.

    Examples
    --------
    >>> largest_pieces(np.array([[4, 4, 0, 4]], np.uint32)).tolist()
    [[4, 4, 0, 0]]
    """
    pieces = measure.label(labels, background=0, connectivity=1)
    size = np.bincount(pieces.ravel())
    owner = _owner_of(pieces, labels, len(size))
    # By owner, then size: the last piece of each owner is its largest.
    order = np.lexsort((size, owner))
    is_largest = np.ones(len(order), bool)
    is_largest[:-1] = owner[order][:-1] != owner[order][1:]
    kept = np.zeros(len(size), bool)
    kept[order[is_largest]] = True
    kept[0] = False
    return np.where(kept[pieces], labels, 0).astype(np.uint32)


def without_holes(labels: Labels) -> Labels:
    """Return labels in which background that one object encloses belongs to it.

    Background that touches the border of the array, or two objects, stays background.

    Parameters
    ----------
    labels
        Shape (H, W), 0 is background.

    Examples
    --------
    >>> without_holes(np.array([[2, 2, 2], [2, 0, 2], [2, 2, 2]], np.uint32))[1].tolist()
    [2, 2, 2]
    """
    rooms = measure.label(labels == 0, background=0, connectivity=1)
    rooms_n = int(rooms.max()) + 1
    least, most = np.full(rooms_n, np.iinfo(np.int64).max), np.zeros(rooms_n, np.int64)
    _around(rooms, labels, least, most)
    for edge in (rooms[0], rooms[-1], rooms[:, 0], rooms[:, -1]):
        most[edge] = 0
    is_hole = (least == most) & (most > 0)
    is_hole[0] = False
    filler = np.where(is_hole, most, 0).astype(np.uint32)
    return np.where(labels == 0, filler[rooms], labels).astype(np.uint32)


@njit(cache=True, nogil=True)
def _around(rooms: Array, labels: Array, least: Array, most: Array) -> None:
    """Find the smallest and the largest label that each room of background touches by a face."""
    height, width = rooms.shape
    for y in range(height):
        for x in range(width):
            room = rooms[y, x]
            if room == 0:
                continue
            for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if v < 0 or u < 0 or v >= height or u >= width or labels[v, u] == 0:
                    continue
                number = np.int64(labels[v, u])
                least[room], most[room] = min(least[room], number), max(most[room], number)


def _owner_of(pieces: Array, labels: Labels, pieces_n: int) -> Array:
    owner = np.zeros(pieces_n, np.int64)
    owner[pieces.ravel()] = labels.ravel()
    return owner
