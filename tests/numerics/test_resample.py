"""One grid for the whole plane: a part and the whole give the same bits."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from myograft.numerics.resample import downsample_mean, upsample_labels, working_factor


@given(st.integers(1, 7), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31))
def test_means_are_means(factor, height, width, seed):
    image = np.random.default_rng(seed).integers(0, 65535, (height, width)).astype(np.uint16)
    small = downsample_mean(image, factor)
    assert small.shape == (-(-height // factor), -(-width // factor))
    for i, j in ((0, 0), (small.shape[0] - 1, small.shape[1] - 1)):
        block = image[i * factor : (i + 1) * factor, j * factor : (j + 1) * factor]
        assert np.isclose(small[i, j], block.mean(dtype=np.float64), rtol=1e-5)


@given(st.integers(2, 6), st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**31))
def test_a_part_on_the_grid_is_the_same_bits(factor, row, column, seed):
    image = np.random.default_rng(seed).normal(size=(60, 61)).astype(np.float32)
    part = downsample_mean(image[row * factor :, column * factor :], factor)
    assert np.array_equal(part, downsample_mean(image, factor)[row:, column:])


@given(st.integers(1, 5), st.integers(0, 2**31))
def test_upsampled_labels_keep_their_middle_and_invent_nothing(factor, seed):
    labels = np.random.default_rng(seed).integers(0, 4, (6, 7)).astype(np.uint32)
    labels = np.kron(labels, np.ones((3, 3), np.uint32))
    fine = upsample_labels(labels, factor, (labels.shape[0] * factor, labels.shape[1] * factor))
    assert set(np.unique(fine)) <= set(np.unique(labels))
    middle = factor // 2
    assert np.array_equal(fine[middle::factor, middle::factor][1::3, 1::3], labels[1::3, 1::3])


def test_a_disk_keeps_its_area():
    y, x = np.mgrid[:60, :60]
    disk = ((y - 30) ** 2 + (x - 30) ** 2 <= 20**2).astype(np.uint32)
    fine = upsample_labels(disk, 4, (240, 240))
    assert abs(int(fine.sum()) / 16 - int(disk.sum())) / int(disk.sum()) < 0.01


def test_working_factor_is_at_least_one():
    assert working_factor(2.0, 0.5) == 1
    assert working_factor(0.25, 1.0) == 4
