"""Size and shape of one outline: hull of its pixel corners, Feret diameters, length."""

from __future__ import annotations

import cv2
import numpy as np

from myograft.model.arrays import Array, Mask


def corner_hull(mask: Mask) -> Array:
    """Return the convex hull of the corners of an object's pixels.

    Parameters
    ----------
    mask
        Shape (H, W), at least one pixel True.

    Returns
    -------
    Array
        Corners in order, shape (n, 2), as (y, x) in px; a pixel reaches from its index to its index + 1.

    Examples
    --------
    >>> corner_hull(np.ones((2, 3), bool)).tolist()
    [[2.0, 3.0], [2.0, 0.0], [0.0, 0.0], [0.0, 3.0]]
    """
    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    # A row's outermost corners are all that the hull can touch.
    points = np.concatenate(
        [np.stack([y, x], axis=1) for y in (rows, rows + 1) for x in (first, last)]
    ).astype(np.int32)
    hull = cv2.convexHull(np.ascontiguousarray(points[:, ::-1]))[:, 0, ::-1]
    return np.asarray(hull, np.float64)


def hull_area(hull: Array) -> float:
    """Return the area inside a convex outline (shoelace formula), in squared units of its corners.

    Examples
    --------
    >>> hull_area(np.array([[0.0, 0.0], [0.0, 4.0], [3.0, 4.0], [3.0, 0.0]]))
    12.0
    """
    y, x = hull[:, 0], hull[:, 1]
    return float(abs(np.dot(y, np.roll(x, -1)) - np.dot(x, np.roll(y, -1)))) / 2.0


def min_feret_um(hull_um: Array) -> float:
    """Return the minimal Feret diameter of a convex outline.

    Smallest gap between two parallel lines that hold the outline between them; a fiber cut at a slant looks longer,
    hardly thinner (Briguet et al. 2004, doi:10.1016/j.nmd.2004.06.008). One of the lines lies along an edge of the
    hull (Houle & Toussaint 1988, doi:10.1109/34.6790).

    Parameters
    ----------
    hull_um
        Corners of the convex hull in order, shape ``(n, 2)``, as (y, x) in micrometers, ``n >= 3``.

    Examples
    --------
    >>> min_feret_um(np.array([[0.0, 0.0], [0.0, 4.0], [3.0, 4.0], [3.0, 0.0]]))
    3.0
    """
    edges = np.roll(hull_um, -1, axis=0) - hull_um
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    edges, starts, lengths = edges[lengths > 0], hull_um[lengths > 0], lengths[lengths > 0]
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1) / lengths[:, None]
    heights = np.abs((hull_um[None, :, :] - starts[:, None, :]) @ normals[:, :, None])[:, :, 0]
    return float(heights.max(axis=1).min())


def max_feret_um(hull_um: Array) -> float:
    """Return the maximal Feret diameter: the largest distance of two corners.

    Examples
    --------
    >>> max_feret_um(np.array([[0.0, 0.0], [0.0, 4.0], [3.0, 4.0], [3.0, 0.0]]))
    5.0
    """
    gaps = hull_um[:, None, :] - hull_um[None, :, :]
    return float(np.sqrt(np.square(gaps).sum(axis=2).max()))


#: Weights of a pixel's 2 x 2 neighborhoods for Crofton's formula in four directions.
_SQRT2 = float(np.sqrt(2.0))


def crofton_perimeter(mask: Mask) -> float:
    """Return the length of an outline in px by Crofton's formula: outlines are counted along four directions.

    Counting pixel steps overrates slanted outlines by up to a quarter, whatever the resolution; Crofton's
    formula converges (Legland et al. 2007, doi:10.5566/ias.v26.p83-92).

    Parameters
    ----------
    mask
        Shape (H, W).

    Examples
    --------
    >>> y, x = np.ogrid[-60:61, -60:61]
    >>> round(crofton_perimeter(y**2 + x**2 <= 50**2) / (2 * np.pi * 50), 2)
    1.0
    """
    padded = np.pad(mask, 1)
    across = np.count_nonzero(padded[:, 1:] != padded[:, :-1])
    down = np.count_nonzero(padded[1:] != padded[:-1])
    falling = np.count_nonzero(padded[1:, 1:] != padded[:-1, :-1])
    rising = np.count_nonzero(padded[1:, :-1] != padded[:-1, 1:])
    # Lines of direction d lie 1 px (axes) or 1 / sqrt(2) px (diagonals) apart; four directions, pi / 4 each.
    return float(np.pi / 8.0 * (across + down + (falling + rising) / _SQRT2))
