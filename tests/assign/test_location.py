"""A nucleus has one fiber and one place; drawn cases, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.assign import AssignSettings, PositionSettings, locate_nuclei, ray_fraction
from myograft.model.geometry import Region
from myograft.numerics.labels import objects_of

PLANE = (80, 100)


def two_fibers():
    fibers = np.zeros(PLANE, np.uint32)
    fibers[10:50, 10:50] = 1
    fibers[10:50, 50:90] = 2
    return fibers


def nucleus(y, x, half=2):
    plane = np.zeros(PLANE, np.uint32)
    plane[y - half : y + half, x - half : x + half] = 1
    return plane


def locate(nuclei, fibers, settings=None, size_um=1.0):
    found, around = objects_of(nuclei), objects_of(fibers)
    columns = locate_nuclei(
        nuclei,
        fibers,
        found.label,
        found.box,
        Region(0, 0, *PLANE),
        around,
        size_um,
        settings or AssignSettings(),
    )
    return [{name: values[i] for name, values in columns.items()} for i in range(len(found))]


def test_a_nucleus_across_two_fibers_is_counted_in_one_at_most():
    [row] = locate(nucleus(30, 50), two_fibers())
    assert row["overlap_fraction"] == 0.5
    assert row["fiber_id"] == 1
    assert row["location"] == "border"


@pytest.mark.parametrize(
    ("y", "x", "location", "position"),
    [
        (30, 30, "in_fiber", "central"),
        (30, 13, "in_fiber", "peripheral"),
        (70, 50, "interstitial", None),
        (10, 30, "border", None),
    ],
)
def test_drawn_places(y, x, location, position):
    [row] = locate(nucleus(y, x), two_fibers())
    assert row["location"] == location
    assert (None if np.ma.is_masked(row["position"]) else row["position"]) == position


def test_distance_is_signed_and_null_beyond_the_search():
    [inside] = locate(nucleus(30, 30), two_fibers(), size_um=0.5)
    assert inside["border_distance_um"] == pytest.approx(10.0, abs=0.5)
    [outside] = locate(nucleus(60, 30), two_fibers(), size_um=0.5)
    assert outside["border_distance_um"] == pytest.approx(-5.0, abs=0.5)
    [far] = locate(nucleus(75, 30), two_fibers(), AssignSettings(search_um=10.0))
    assert np.ma.is_masked(far["border_distance_um"])
    assert np.ma.is_masked(far["fiber_id"])


def test_a_healthy_nucleus_near_the_membrane_is_not_doubtful():
    """Most in-fiber nuclei lie within 3 um of it (SCIENCE, section 4)."""
    [row] = locate(nucleus(30, 12), two_fibers())
    assert row["location"] == "in_fiber"


def test_the_rule_by_distance():
    settings = AssignSettings(position=PositionSettings(rule="distance", distance_cut_um=6.0))
    assert locate(nucleus(30, 30), two_fibers(), settings)[0]["position"] == "central"
    assert locate(nucleus(30, 14), two_fibers(), settings)[0]["position"] == "peripheral"


@given(st.integers(0, 2**31), st.integers(1, 40))
def test_every_nucleus_has_one_place(seed, count):
    random = np.random.default_rng(seed)
    nuclei = np.zeros(PLANE, np.uint32)
    for number in range(1, count + 1):
        y, x = random.integers(3, PLANE[0] - 3), random.integers(3, PLANE[1] - 3)
        nuclei[y - 2 : y + 2, x - 2 : x + 2] = number
    for row in locate(nuclei, two_fibers()):
        assert row["location"] in {"in_fiber", "border", "interstitial"}
        assert 0.0 <= row["overlap_fraction"] <= 1.0
        assert np.ma.is_masked(row["position"]) == (row["location"] != "in_fiber")
        assert np.ma.is_masked(row["fiber_id"]) == (row["overlap_fraction"] == 0.0)


@given(st.integers(-18, 18), st.integers(-18, 18))
def test_the_ray_grows_from_the_middle_to_the_rim(dy, dx):
    y, x = np.mgrid[:41, :41] - 20
    disk = y**2 + x**2 <= 19**2
    fraction = ray_fraction(disk, (20.0 + dy, 20.0 + dx))
    expected = np.hypot(dy, dx) / 19.5
    if expected <= 1.0:
        assert fraction == pytest.approx(expected, abs=0.06)
