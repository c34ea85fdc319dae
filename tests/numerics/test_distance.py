"""Distances are exact, and what is said quicker without them is the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from myograft.numerics.distance import depth_within, distance_to, within_two_of_outlines

SHAPES = npst.array_shapes(min_dims=2, max_dims=2, max_side=12)
LABELS = npst.arrays(np.uint32, SHAPES, elements=st.integers(0, 3))


@given(LABELS)
def test_two_pixels_at_outlines_are_those_of_little_depth(labels):
    assert np.array_equal(within_two_of_outlines(labels), depth_within(labels) <= 1.5)


@given(npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_distances_agree_with_every_pair_of_pixels(mask):
    targets = np.argwhere(mask)
    found = distance_to(mask)
    for place in np.ndindex(mask.shape):
        expected = np.sqrt(((targets - place) ** 2).sum(axis=1)).min() if len(targets) else 1e4
        assert np.isclose(found[place], expected, atol=1e-4)
