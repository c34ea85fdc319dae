"""Where most points of a kind lie within one disk, how much of that disk was looked at, and whether chance does it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from myograft.model.arrays import Array
from myograft.numerics.neighbors import neighbors_n
from myograft.numerics.relabeling import relabelings, upper_p


@dataclass(frozen=True)
class HotSpot:
    """The disk around a point that holds most points.

    Parameters
    ----------
    points_n
        Points in it, the one in the middle included.
    center_um
        Its middle (y, x).
    area_um2
        Its area inside the plane.
    """

    points_n: int
    center_um: tuple[float, float]
    area_um2: float

    @property
    def per_mm2(self) -> float:
        """Points over the area that was looked at."""
        return self.points_n / (self.area_um2 * 1e-6)


def hottest_disk(points_um: Array, radius_um: float, plane_um: tuple[float, float]) -> HotSpot | None:
    """Return the disk with most points among the disks around every point; None without a point.

    Parameters
    ----------
    points_um
        Points (y, x) in the plane, shape ``(n, 2)``; of disks with as many points the first counts.
    radius_um
        Radius of the disks, more than 0; points on the rim are in.
    plane_um
        Height and width of the plane.

    Notes
    -----
    Disks are counted as they are: one that the border of the plane cuts can hold fewer points. Its density is taken
    over the part inside the plane.
    """
    if not len(points_um):
        return None
    counts = _within(points_um, radius_um)
    at = int(counts.argmax())
    y, x = (float(part) for part in points_um[at])
    return HotSpot(int(counts[at]), (y, x), disk_area_inside((y, x), radius_um, plane_um))


def hot_spot_p(points_um: Array, is_donor: Array, radius_um: float, relabelings_n: int, seed: int) -> float:
    """Return how often relabeled donor nuclei gather in one disk as the observed ones do, or more.

    Parameters
    ----------
    points_um
        Centroids (y, x) of the nuclei that were called, shape ``(n, 2)``.
    is_donor
        Shape ``(n,)``, at least one of them.
    radius_um
        Radius of the disks, which lie around every donor nucleus.
    relabelings_n, seed
        Draws of the null hypothesis, see `relabelings`.

    Notes
    -----
    The largest count is compared with the largest counts, so that having searched the whole section is paid for (a
    scan statistic, Kulldorff 1997, doi:10.1080/03610929708831995, with disks of one size).
    """
    found = int(_within(points_um[is_donor], radius_um).max())
    draws = relabelings(len(points_um), int(is_donor.sum()), relabelings_n, seed)
    return upper_p(found, np.array([_within(points_um[chosen], radius_um).max() for chosen in draws]))


def count_in_disk(points_um: Array, center_um: tuple[float, float], radius_um: float) -> int:
    """Return how many points lie in a disk, its rim included."""
    return int(cKDTree(points_um).query_ball_point(center_um, radius_um, return_length=True))


def disk_area_inside(
    center_um: tuple[float, float], radius_um: float, plane_um: tuple[float, float]
) -> float:
    """Return the area of a disk inside the plane.

    Parameters
    ----------
    center_um
        Middle (y, x) of the disk.
    radius_um
        Its radius, more than 0.
    plane_um
        Height and width of the plane, which begins at (0, 0).

    Examples
    --------
    >>> round(disk_area_inside((0.0, 0.0), 2.0, (100.0, 100.0)) / np.pi, 6)
    1.0
    """
    (low_y, low_x), (high_y, high_x) = (
        tuple((edge - center) / radius_um for edge, center in zip(edges, center_um, strict=True))
        for edges in ((0.0, 0.0), plane_um)
    )
    return (
        _below(high_y, high_x) - _below(low_y, high_x) - _below(high_y, low_x) + _below(low_y, low_x)
    ) * radius_um**2


def _below(y: float, x: float) -> float:
    """Return the area of the unit disk that lies below `y` and left of `x`."""
    y, x = float(np.clip(y, -1.0, 1.0)), float(np.clip(x, -1.0, 1.0))

    def half(at: float) -> float:
        # Area between the circle's upper half and its diameter, left of `at`, up to a constant.
        return 0.5 * (at * float(np.sqrt(1.0 - at * at)) + float(np.arcsin(at)))

    # The level y meets the circle at -reach and reach; beyond these it cuts nothing off, or all.
    reach = float(np.sqrt(1.0 - y * y))
    middle = float(np.clip(x, -reach, reach))
    area = y * (middle + reach) + half(middle) - half(-reach)
    if y > 0.0:
        area += 2.0 * (half(min(x, -reach)) - half(-1.0)) + 2.0 * (half(max(x, reach)) - half(reach))
    return area


def _within(points_um: Array, radius_um: float) -> Array:
    """Return how many points lie within a radius of each point, itself included."""
    return np.asarray(neighbors_n(points_um, np.array([radius_um]))[:, 0] + 1)
