"""One grid for the whole plane: a part and the whole give the same bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.numerics import resample
from myograft.numerics.resample import (
    downsample_labels,
    downsample_mean,
    resample_labels,
    upsample_image,
    upsample_labels,
)


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


@settings(deadline=None)
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


def test_a_height_puts_the_outline_between_pixels():
    y, x = np.mgrid[:60, :60]
    for radius in (20.0, 20.3, 20.7):
        height = radius - np.hypot(y - 30.2, x - 29.6)
        fine = upsample_labels(
            (height > 0).astype(np.uint32), 4, (240, 240), np.round(1000 * height).astype(np.int64)
        )
        assert np.sqrt(fine.sum() / 16 / np.pi) == pytest.approx(radius, abs=0.01)
        v, u = (np.mgrid[:240, :240] + 0.5) / 4 - 0.5
        assert ((np.hypot(v - 30.2, u - 29.6) < radius) == (fine > 0)).mean() > 0.999


def test_where_height_and_labels_differ_the_labels_are_right():
    labels = np.zeros((9, 9), np.uint32)
    labels[3:6, 3:6] = 7
    fine = upsample_labels(labels, 3, (27, 27), np.where(labels > 0, -500, 500))
    assert np.array_equal(fine[1::3, 1::3], labels)


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**31))
def test_a_part_of_finer_labels_is_the_same(factor, row, column, seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, (20, 21)).astype(np.uint32)
    height = random.integers(-900, 900, labels.shape)
    whole = upsample_labels(labels, factor, (20 * factor, 21 * factor), height)
    part = upsample_labels(
        labels[row:, column:],
        factor,
        ((20 - row) * factor, (21 - column) * factor),
        height[row:, column:],
    )
    assert np.array_equal(part[factor:, factor:], whole[(row + 1) * factor :, (column + 1) * factor :])


@given(st.integers(1, 4), st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**31))
def test_a_part_of_a_finer_image_is_the_same_bits(factor, row, column, seed):
    image = np.random.default_rng(seed).normal(size=(24, 25)).astype(np.float32)
    whole = upsample_image(image, factor)
    part = upsample_image(image[row:, column:], factor)
    inner = 2 * factor
    assert np.array_equal(part[inner:, inner:], whole[row * factor + inner :, column * factor + inner :])


@given(st.integers(1, 4), st.floats(-2, 2), st.floats(-2, 2))
def test_a_finer_image_of_a_slope_is_the_slope(factor, down, right):
    y, x = np.mgrid[:12, :14].astype(np.float32)
    fine = upsample_image((down * y + right * x).astype(np.float32), factor)
    v, u = np.mgrid[: 12 * factor, : 14 * factor]
    expected = down * ((v + 0.5) / factor - 0.5) + right * ((u + 0.5) / factor - 0.5)
    inner = np.s_[2 * factor : -2 * factor, 2 * factor : -2 * factor]
    assert np.allclose(fine[inner], expected[inner], atol=1e-4)


@given(st.integers(1, 4), st.integers(0, 2**31))
def test_coarser_labels_keep_whole_pixels_and_invent_nothing(factor, seed):
    labels = np.random.default_rng(seed).integers(0, 4, (6, 7)).astype(np.uint32)
    fine = np.kron(labels, np.ones((factor, factor), np.uint32))
    assert np.array_equal(downsample_labels(fine, factor, labels.shape), labels)


@given(st.integers(1, 4), st.integers(1, 11), st.integers(1, 11))
def test_coarser_labels_fit_the_coarser_image(factor, height, width):
    labels = np.full((height, width), 5, np.uint32)
    shape = downsample_mean(labels, factor).shape
    assert (downsample_labels(labels, factor, shape) == 5).all()
    assert downsample_labels(labels, factor, shape).shape == shape


@given(st.integers(2, 4), st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**31))
def test_a_part_of_coarser_labels_is_the_same(factor, row, column, seed):
    labels = np.random.default_rng(seed).integers(0, 3, (12 * factor, 13 * factor)).astype(np.uint32)
    part = labels[row * factor :, column * factor :]
    shape = (12 - row, 13 - column)
    whole = downsample_labels(labels, factor, (12, 13))
    assert np.array_equal(downsample_labels(part, factor, shape, (row, column)), whole[row:, column:])


def test_coarser_labels_keep_areas():
    y, x = np.mgrid[:240, :240]
    disk = ((y - 117.3) ** 2 + (x - 121.8) ** 2 <= 80**2).astype(np.uint32)
    for factor in (2, 3, 4):
        coarse = downsample_labels(disk, factor, (240 // factor, 240 // factor))
        assert abs(int(coarse.sum()) * factor**2 / int(disk.sum()) - 1.0) < 0.01


def coarser(labels, factor, origin):
    """Which number the upper median of a square is, and whether it fills half of it; the definition, slowly."""
    labels = np.pad(labels, [(0, -length % factor) for length in labels.shape], mode="edge")
    rows, columns = (length // factor for length in labels.shape)
    found = np.zeros((rows, columns), np.uint32)
    for y, x in np.ndindex(rows, columns):
        square = np.sort(labels[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor], axis=None)
        most = square[len(square) // 2]
        twice = 2 * np.count_nonzero(square == most)
        is_even = (y + x + sum(origin)) % 2 == 0
        found[y, x] = most if twice > len(square) or (twice == len(square) and is_even) else 0
    return found


@given(
    st.integers(1, 4), st.integers(1, 30), st.integers(1, 12), st.integers(0, 1), st.integers(0, 2**32 - 1)
)
def test_coarser_labels_are_what_fills_half_of_a_square(factor, height, width, odd, seed):
    labels = np.random.default_rng(seed).integers(0, 3, (height, width)).astype(np.uint32)
    expected = coarser(labels, factor, (odd, 0))
    assert np.array_equal(downsample_labels(labels, factor, expected.shape, (odd, 0)), expected)


@pytest.mark.parametrize(("finer", "by"), [(1, 1), (3, 1), (1, 2), (3, 2), (2, 3), (4, 3), (3, 4)])
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_finer_and_coarser_strip_by_strip_is_one_after_the_other(finer, by, data):
    height, width = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 12)))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    labels = np.kron(random.integers(0, 3, (height, width)), np.ones((2, 2))).astype(np.uint32)
    level = random.integers(-900, 900, labels.shape)
    fine_shape = tuple(length * finer for length in labels.shape)
    # The last pixel of a plane may hold fewer of the finest ones.
    shape = tuple(-(-length // by) for length in fine_shape)
    origin = data.draw(st.tuples(st.integers(0, 1), st.integers(0, 1)))
    expected = downsample_labels(upsample_labels(labels, finer, fine_shape, level), by, shape, origin)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resample, "_STRIP", data.draw(st.integers(1, 9)))
        assert np.array_equal(resample_labels(labels, finer, by, shape, level, origin), expected)
