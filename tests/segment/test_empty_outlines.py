"""A rim around bare glass is no fiber; in doubt it is one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.numerics.distance import depth_within
from myograft.segment import are_empty, light_inside

LEVEL = 0.4


def section(seed, fibers_n=60, holes_n=4):
    """Fibers of two types, and holes a little brighter than glass (100 counts)."""
    random = np.random.default_rng(seed)
    fibers = 100.0 + random.choice([14.0, 26.0], fibers_n) * random.uniform(0.9, 1.1, fibers_n)
    return np.concatenate([fibers, 100.0 + random.uniform(0.0, 5.0, holes_n)])


@given(st.integers(0, 1000), st.floats(0.01, 50.0), st.booleans(), st.floats(-1e3, 1e3))
def test_holes_are_told_whatever_the_scale_and_whether_tissue_is_bright_or_dark(seed, gain, is_dark, offset):
    gain = -gain if is_dark else gain
    empty = are_empty(gain * section(seed) + offset, gain * 100.0 + offset, LEVEL)
    assert empty.tolist() == [False] * 60 + [True] * 4


@given(st.integers(0, 1000))
def test_the_order_of_objects_does_not_matter(seed):
    light = section(seed)
    order = np.random.default_rng(seed).permutation(len(light))
    np.testing.assert_array_equal(
        are_empty(light[order], 100.0, LEVEL), are_empty(light, 100.0, LEVEL)[order]
    )


@pytest.mark.parametrize(
    "light",
    [
        np.linspace(101.0, 140.0, 80),  # nothing parts the faintest from the others
        np.full(60, 100.0),  # fibers as dark as glass, as a clean membrane stain shows them
        section(0)[-10:],  # too few to know what fibers show
        np.zeros(0),
    ],
)
def test_in_doubt_nothing_is_empty(light):
    assert not are_empty(light, 100.0, LEVEL).any()


def test_no_level_keeps_all():
    assert not are_empty(section(1), 100.0, 0.0).any()


@settings(deadline=None)
@given(st.integers(5, 12), st.floats(0.0, 100.0))
def test_rims_do_not_count_as_inside(radius, inside):
    y, x = np.mgrid[-20:21, -20:21]
    distance = np.hypot(y, x)
    labels = (distance <= radius).astype(np.uint32) * 2
    image = np.where(np.abs(distance - radius) < radius * 0.4, 1e6, inside)
    light = light_inside(labels, image, depth_within(labels))
    assert light.tolist()[:2] == [0.0, 0.0]
    assert light[2] == pytest.approx(inside)


def test_nothing_outlined_shows_nothing():
    nothing = np.zeros((4, 5), np.uint32)
    assert light_inside(nothing, np.ones((4, 5)), depth_within(nothing)).tolist() == [0.0]
