"""A channel that is read in parts is the channel that was written."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.api import open_result


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_parts_and_the_whole_are_what_lazy_levels_hold(sample_run, channel):
    result = open_result(sample_run.out / "engrafted")
    levels = result.channel_levels(channel)
    assert len(levels) == len(result.image_levels) > 1
    for level, lazy in zip(levels, result.image_levels, strict=True):
        expected = np.asarray(lazy[channel])
        assert (level.shape, level.dtype, level.ndim, level.size) == (
            expected.shape, expected.dtype, expected.ndim, expected.size,
        )  # fmt: skip
        assert np.array_equal(np.asarray(level), expected)
        part = (..., slice(3, 40, 2), slice(5, 9))
        assert np.array_equal(level[part], expected[part])
        assert np.array_equal(level[0], expected[0])
