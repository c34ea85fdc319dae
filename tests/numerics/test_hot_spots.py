"""Hot spots against brute force; areas against an integral; p values against all labelings."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.numerics.hot_spots import count_in_disk, disk_area_inside, hot_spot_p, hottest_disk

PLANE = (1000.0, 1400.0)


def slow_counts(points, radius):
    return [int((((points - middle) ** 2).sum(axis=1) <= radius**2).sum()) for middle in points]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1400)), min_size=1, max_size=60),
    st.integers(1, 700),
)
def test_the_hottest_disk_by_brute_force(points, radius):
    points = np.array(points, float)
    counts = slow_counts(points, radius)
    spot = hottest_disk(points, float(radius), PLANE)
    assert spot.points_n == max(counts)
    assert spot.center_um == tuple(points[counts.index(max(counts))])
    assert count_in_disk(points, spot.center_um, float(radius)) == spot.points_n
    assert spot.per_mm2 == pytest.approx(1e6 * spot.points_n / spot.area_um2)


def test_nothing_has_no_hot_spot():
    assert hottest_disk(np.zeros((0, 2)), 250.0, PLANE) is None


@settings(deadline=None)
@given(st.floats(0, 1000), st.floats(0, 1400), st.floats(1, 2500))
def test_the_area_is_the_integral_of_the_chords(y, x, radius):
    def chord(at):
        half = np.sqrt(max(radius**2 - (at - y) ** 2, 0.0))
        return max(min(x + half, PLANE[1]) - max(x - half, 0.0), 0.0)

    # By angle, in which the chord has no vertical slope; it has corners where the circle meets a side of the plane.
    corners = [np.sqrt(radius**2 - reach**2) for reach in (x, PLANE[1] - x) if reach < radius]
    low, high = max(y - radius, 0.0), min(y + radius, PLANE[0])
    inner = [y + sign * corner for corner in corners for sign in (-1, 1)]
    ends = np.arcsin(np.clip((np.array(sorted({low, *inner, high})) - y) / radius, -1.0, 1.0))
    nodes, weights = np.polynomial.legendre.leggauss(80)
    area = 0.0
    for first, last in pairwise(ends):
        angles = (first + last) / 2 + (last - first) / 2 * nodes
        places = y + radius * np.sin(angles)
        inside = (places >= low) & (places <= high)
        chords = np.array([chord(place) for place in places]) * radius * np.cos(angles) * inside
        area += (last - first) / 2 * float((weights * chords).sum())
    assert disk_area_inside((y, x), radius, PLANE) == pytest.approx(area, rel=1e-6)


@pytest.mark.parametrize(
    ("center", "part"),
    [((500.0, 700.0), 1.0), ((0.0, 700.0), 0.5), ((500.0, 1400.0), 0.5), ((1000.0, 0.0), 0.25)],
)
def test_parts_of_a_disk(center, part):
    assert disk_area_inside(center, 100.0, PLANE) == pytest.approx(part * np.pi * 100.0**2)


def test_a_disk_larger_than_the_plane_is_the_plane():
    assert disk_area_inside((500.0, 700.0), 5000.0, PLANE) == pytest.approx(PLANE[0] * PLANE[1])


def test_p_is_that_of_all_labelings():
    points = np.array([[0, 0], [0, 9], [9, 0], [90, 90], [500, 0], [0, 500], [500, 500], [900, 900]], float)
    exact = [max(slow_counts(points[list(chosen)], 50.0)) for chosen in combinations(range(8), 3)]
    share = np.mean([count >= 3 for count in exact])
    assert share == pytest.approx(1 / 56)
    assert hot_spot_p(points, np.arange(8) < 3, 50.0, 4999, 0) == pytest.approx(
        share, abs=4 * np.sqrt(share / 4999)
    )


def test_a_hot_spot_is_found_and_a_random_one_is_not():
    random = np.random.default_rng(3)
    points = random.uniform(0.0, 1000.0, (500, 2))
    near = np.hypot(*(points - 300.0).T) < 100.0
    assert hot_spot_p(points, near, 120.0, 199, 0) == 1 / 200
    assert hot_spot_p(points, np.arange(500) < 20, 120.0, 199, 0) > 0.05
