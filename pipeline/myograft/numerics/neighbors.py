"""How many other points lie near each point, for many radii in one pass."""

from __future__ import annotations

import numpy as np
from numba import njit

from myograft.model.arrays import Array

#: Rounding must not carry two points that are a radius apart into cells that do not touch.
_SLACK = 1.0 + 1e-9


def neighbors_n(points_um: Array, radii_um: Array) -> Array:
    """Return how many other points lie within each radius of each point.

    Parameters
    ----------
    points_um
        Points (y, x), shape ``(n, 2)``.
    radii_um
        Radii, more than 0 and ascending, shape ``(k,)``; points on the rim are in.

    Returns
    -------
    Array
        Whole numbers, shape ``(n, k)``.

    Notes
    -----
    A k-d tree would be asked once per radius; here the distance of a pair is looked at once. 350,000 points in
    400 mm^2 and 20 radii up to 400 um take about 4 s.

    Examples
    --------
    >>> neighbors_n(np.array([[0.0, 0.0], [0.0, 3.0], [4.0, 0.0]]), np.array([3.0, 5.0])).tolist()
    [[1, 2], [1, 2], [0, 2]]
    """
    counts = np.zeros((len(points_um), len(radii_um)), np.int32)
    if not len(points_um):
        return counts
    points = np.ascontiguousarray(points_um, np.float64)
    corner = points.min(axis=0)
    # No more cells than points: few that are far apart would be lost among empty ones.
    longer_um = float((points - corner).max())
    edge_um = max(float(radii_um[-1]), longer_um / np.sqrt(len(points))) * _SLACK
    cells = ((points - corner) / edge_um).astype(np.int64)
    rows_n, columns_n = (cells.max(axis=0) + 1).tolist()
    number = cells[:, 0] * columns_n + cells[:, 1]
    order = np.argsort(number, kind="stable")
    begins = np.searchsorted(number[order], np.arange(rows_n * columns_n + 1))
    found = np.zeros_like(counts)
    _count(points[order], cells[order], begins, columns_n, np.square(radii_um, dtype=np.float64), found)
    counts[order] = found
    return counts


@njit(cache=True, nogil=True)
def _count(points: Array, cells: Array, begins: Array, columns_n: int, squares: Array, counts: Array) -> None:
    """Count neighbors of points that are sorted by cell, row after row; no neighbor is farther than the next cell."""
    rows_n = (len(begins) - 1) // columns_n
    last = len(squares) - 1
    for at in range(len(points)):
        y, x = points[at]
        row, column = cells[at]
        left, right = max(column - 1, 0), min(column + 1, columns_n - 1)
        for near in range(max(row - 1, 0), min(row + 2, rows_n)):
            for other in range(begins[near * columns_n + left], begins[near * columns_n + right + 1]):
                square = (points[other, 0] - y) ** 2 + (points[other, 1] - x) ** 2
                if square <= squares[last] and other != at:
                    # Most pairs are far apart: the fitting radius is looked for from the largest down.
                    fits = last
                    while fits > 0 and square <= squares[fits - 1]:
                        fits -= 1
                    counts[at, fits] += 1
        for k in range(1, last + 1):
            counts[at, k] += counts[at, k - 1]
