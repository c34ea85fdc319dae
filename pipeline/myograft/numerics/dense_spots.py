"""Where points lie denser than the area open to them allows: a scan with disks, against random placement in it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.measure import label

from myograft.model.arrays import Array
from myograft.numerics.relabeling import upper_p

#: Part of random placements that may show a dense disk anywhere.
_LEVEL = 0.05

#: Points that a disk must be expected to hold to be looked at: in slivers of open area a single point is no crowd.
_LEAST_EXPECTED = 1.0


@dataclass(frozen=True, slots=True)
class DenseSpots:
    """Places that hold more points than their open area would by chance.

    Parameters
    ----------
    p
        How often random placement shows a disk as unusual as the most unusual one, anywhere.
    spots_n
        Connected places of dense disks.
    area_um2
        Area of the middles of dense disks.
    points_n, expected, center_um
        Points in the most unusual disk, their number by chance, and its middle (y, x); None where no disk holds more
        than by chance.
    """

    p: float
    spots_n: int
    area_um2: float
    points_n: int | None
    expected: float | None
    center_um: tuple[float, float] | None


def dense_spots(
    points_um: Array,
    open_um2: Array,
    cell_um: float,
    radius_um: float,
    *,
    least_ratio: float,
    draws_n: int,
    seed: int,
) -> DenseSpots | None:
    """Scan for disks with more points than random placement in the open area has anywhere.

    Parameters
    ----------
    points_um
        Points (y, x), shape (n, 2).
    open_um2
        Area that is open to points in each cell of a grid that begins at (0, 0), shape (h, w).
    cell_um
        Edge of a cell.
    radius_um
        Radius of the disks.
    least_ratio
        Points over expectation that a disk must have to be dense, beside being unusual.
    draws_n, seed
        Random placements.

    Returns
    -------
    DenseSpots or None
        None without a point in the open area, or where no disk is expected to hold one.

    Notes
    -----
    A scan statistic (Kulldorff 1997, doi:10.1080/03610929708831995) with disks of one size around the cells: the
    likelihood ratio of a disk that holds more than its share of the open area. The null hypothesis places as many
    points as there are anew, each anywhere in the open area alike; the largest ratio is compared with the largest
    ratios, so that having looked everywhere is paid for. A disk is dense where its ratio exceeds 95 % of these.
    """
    cells = np.floor(points_um / cell_um).astype(np.intp)
    inside = (cells >= 0).all(axis=1) & (cells < open_um2.shape).all(axis=1)
    at = np.ravel_multi_index(tuple(cells[inside].T), open_um2.shape)
    at = at[open_um2.ravel()[at] > 0.0]
    points_n = len(at)
    if not points_n:
        return None
    disk = _disk(radius_um / cell_um)
    share = _sums(open_um2.astype(np.float64), disk) / open_um2.sum()
    expected = points_n * share
    is_seen = (expected >= _LEAST_EXPECTED) & (expected < points_n * (1.0 - 1e-9)) & (open_um2 > 0.0)
    if not is_seen.any():
        return None

    def ratios(where: Array) -> tuple[Array, Array]:
        counts = np.bincount(where, minlength=open_um2.size).reshape(open_um2.shape)
        found = np.rint(_sums(counts.astype(np.float64), disk))
        return found, np.where(is_seen, _log_ratio(found, expected, points_n), 0.0)

    found, observed = ratios(at)
    random, edges = np.random.default_rng(seed), np.cumsum(open_um2, dtype=np.float64)
    drawn = np.empty(draws_n)
    for draw in range(draws_n):
        placed = np.searchsorted(edges, random.random(points_n) * edges[-1], side="right")
        drawn[draw] = ratios(placed)[1].max()
    is_dense = (observed > np.quantile(drawn, 1.0 - _LEVEL)) & (found >= least_ratio * expected)
    top = np.unravel_index(int(observed.argmax()), observed.shape)
    has_top = observed[top] > 0.0
    return DenseSpots(
        p=upper_p(float(observed[top]), drawn),
        spots_n=int(label(is_dense, connectivity=2).max()),
        area_um2=float(is_dense.sum()) * cell_um**2,
        points_n=int(found[top]) if has_top else None,
        expected=float(expected[top]) if has_top else None,
        center_um=((float(top[0]) + 0.5) * cell_um, (float(top[1]) + 0.5) * cell_um) if has_top else None,
    )


def _disk(radius: float) -> Array:
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.asarray(y**2 + x**2 <= radius**2, np.float64)


def _sums(values: Array, disk: Array) -> Array:
    """Return sums over the disk around each cell; beyond the grid there is nothing."""
    return np.asarray(cv2.filter2D(values, cv2.CV_64F, disk, borderType=cv2.BORDER_CONSTANT))


def _log_ratio(found: Array, expected: Array, all_n: int) -> Array:
    """Return the logarithm of the likelihood ratio of an excess inside; 0 where there is none."""
    is_more = found > expected
    within, beyond = np.maximum(found, 1.0), np.maximum(all_n - found, 1e-300)
    chance, rest = np.maximum(expected, 1e-300), np.maximum(all_n - expected, 1e-300)
    ratio = found * np.log(within / chance) + np.where(
        found < all_n, (all_n - found) * np.log(beyond / rest), 0.0
    )
    return np.asarray(np.where(is_more, ratio, 0.0))
