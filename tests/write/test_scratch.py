"""Arrays that live for one run come back as they were, and pyramids are looked at without loading them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from myograft.errors import ResultError
from myograft.model.geometry import Calibration, Region
from myograft.write import create_labels, lazy_levels, read_scratch, write_labels_block, write_scratch


@given(
    array=hnp.arrays(np.uint32, hnp.array_shapes(min_dims=2, max_dims=2), elements=st.integers(0, 2**32 - 1))
)
def test_scratch_round_trip(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("scratch") / "tile.bin"
    write_scratch(path, array)
    back = read_scratch(path)
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


def test_lazy_levels_hold_what_was_written(tmp_path):
    labels = np.arange(600 * 700, dtype=np.uint32).reshape(600, 700)
    group = create_labels(
        tmp_path / "image.ome.zarr", "fibers", shape=(600, 700), calibration=Calibration(0.5, None, "test")
    )
    write_labels_block(group, Region(0, 0, 600, 700), labels)
    levels = lazy_levels(group)
    assert levels[0].shape == (600, 700)
    np.testing.assert_array_equal(levels[0].compute(), labels)


def test_no_pyramid_is_a_sentence(tmp_path):
    with pytest.raises(ResultError, match="no pyramid level here"):
        lazy_levels(tmp_path / "absent")
