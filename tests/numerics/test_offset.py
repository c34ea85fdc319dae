"""Moved outlines: by the distance asked for, never into each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from myograft.numerics.offset import moved_outlines


@settings(deadline=None)
@given(st.integers(0, 2**31), st.floats(1.0, 5.0))
def test_growing_reaches_all_that_is_near_and_no_further(seed, offset_px):
    labels = np.zeros((30, 32), np.uint32)
    random = np.random.default_rng(seed)
    for number in range(1, 6):
        y, x = random.integers(0, 30, 2)
        labels[y : y + 3, x : x + 4] = number
    grown = moved_outlines(labels, offset_px)
    away = ndimage.distance_transform_edt(labels == 0)
    # All that is as near as what is furthest, which is about as far as asked for.
    reach = away[grown > 0].max()
    assert abs(reach - offset_px) < 0.7
    assert np.array_equal(grown > 0, away <= reach)
    assert np.array_equal(grown[labels > 0], labels[labels > 0])
    for number in set(np.unique(labels)) - {0}:
        own = ndimage.distance_transform_edt(labels != number)
        assert (own[grown == number] <= away[grown == number] + 1e-9).all()


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 6), st.integers(0, 6))
def test_a_part_grows_as_the_whole(seed, row, column):
    random = np.random.default_rng(seed)
    labels = np.where(random.random((40, 40)) < 0.03, random.integers(1, 9, (40, 40)), 0).astype(np.uint32)
    whole, part = moved_outlines(labels, 4.0), moved_outlines(labels[row:, column:], 4.0)
    assert np.array_equal(part[5:, 5:], whole[row + 5 :, column + 5 :])


def test_a_disk_changes_its_radius():
    y, x = np.mgrid[:101, :101]
    disk = (np.hypot(y - 50, x - 50) <= 30).astype(np.uint32)
    for offset_px in (-6.0, -2.5, -1.25, 0.0, 1.25, 2.5, 2.71, 3.0, 8.0):
        radius = np.sqrt(moved_outlines(disk, offset_px).sum() / np.pi)
        assert abs(radius - np.sqrt(disk.sum() / np.pi) - offset_px) < 0.25, (radius, offset_px)
