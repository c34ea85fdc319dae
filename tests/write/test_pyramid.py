"""Four pixels become one: rounded means for images, picked numbers for labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from myograft.write.ngff import level_shapes
from myograft.write.pyramid import halve_mean, halve_nearest


@given(st.integers(1, 5000), st.integers(1, 5000))
@example(1, 512)
@example(513, 1)
def test_levels_end_within_one_screen(height, width):
    shapes = level_shapes((height, width))
    assert shapes[0] == (height, width)
    assert max(shapes[-1]) <= 512
    assert all(max(shape) > 512 for shape in shapes[:-1])


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_mean_of_the_pixels_that_are_there(height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 2**16, (2, height, width)).astype(np.uint16)
    coarse = halve_mean(pixels)
    for y, x in np.ndindex(coarse.shape[1:]):
        block = pixels[:, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2].astype(np.int64)
        number = block[0].size
        assert coarse[:, y, x].tolist() == ((2 * block.sum((1, 2)) + number) // (2 * number)).tolist()
    assert halve_nearest(pixels).shape == coarse.shape


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "int32"])
def test_extremes_do_not_overflow(dtype):
    for value in (np.iinfo(dtype).min, np.iinfo(dtype).max):
        pixels = np.full((3, 3), value, dtype=dtype)
        np.testing.assert_array_equal(halve_mean(pixels), np.full((2, 2), value, dtype=dtype))
