"""Distances between pixels, to the last bit the same on every run."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

from myograft.model.arrays import Array, Image, Labels, Mask

#: Distance where there is nothing to be near to, in px.
FAR_PX = 1e4


def distance_to(mask: Mask) -> Image:
    """Return the distance of every pixel to the nearest True pixel, in px; `FAR_PX` where there is none.

    Parameters
    ----------
    mask
        Shape (H, W).

    Notes
    -----
    OpenCV's transform differs in its last bits from run to run; squared distances are whole numbers, and rounding
    them makes the answer exact.

    Examples
    --------
    >>> distance_to(np.array([[True, False, False]])).tolist()
    [[0.0, 1.0, 2.0]]
    """
    if not mask.any():
        return np.full(mask.shape, FAR_PX, np.float32)
    distance = np.asarray(
        cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32
    )
    _make_exact(distance.reshape(-1))
    return distance


@njit(cache=True, nogil=True)
def _make_exact(distance: Array) -> None:
    """Round the squares of distances to whole numbers, in place."""
    for at in range(len(distance)):
        far = np.float64(distance[at])
        distance[at] = np.float32(np.sqrt(np.rint(far * far)))


def depth_within(labels: Labels) -> Image:
    """Return how deep each pixel lies in its label, in px: half a pixel at its outline; background has a depth too.

    Parameters
    ----------
    labels
        Shape (H, W); the border of the array is no outline.

    Examples
    --------
    >>> depth_within(np.array([[5, 5, 5, 0, 0]], np.uint32)).tolist()
    [[2.5, 1.5, 0.5, 0.5, 1.5]]
    """
    return distance_to(_at_outlines(labels)) + np.float32(0.5)


def within_two_of_outlines(labels: Labels) -> Mask:
    """Return where `depth_within` is 1.5 px at most, without distances: two pixels on either side of an outline.

    Parameters
    ----------
    labels
        Shape (H, W); the border of the array is no outline.

    Examples
    --------
    >>> within_two_of_outlines(np.array([[5, 5, 5, 0, 0, 0]], np.uint32)).tolist()
    [[False, True, True, True, True, False]]
    """
    first = _at_outlines(labels)
    near = first.copy()
    near[1:] |= first[:-1]
    near[:-1] |= first[1:]
    near[:, 1:] |= first[:, :-1]
    near[:, :-1] |= first[:, 1:]
    return near


def _at_outlines(labels: Labels) -> Mask:
    borders = np.zeros(labels.shape, bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    borders[:, 1:] |= across
    borders[:, :-1] |= across
    borders[1:] |= down
    borders[:-1] |= down
    return borders
