"""Class-coded levels say for every pixel what the labels and the table of classes say, wherever one looks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.model.geometry import Region
from napari_myograft.reviewed_levels import (
    FINER_LEVELS_N,
    TILE_PX,
    UNKNOWN_CODE,
    ClassCoded,
    LabelTiles,
    rims,
)

SHAPE = (1500, 1100)


class Plane:
    """Labels that count how often they are read."""

    def __init__(self, labels):
        self.labels = labels
        self.reads = []

    def __call__(self, region, level):
        self.reads.append((region, level))
        return self.labels[:: 2**level, :: 2**level][region.slices]


@pytest.fixture
def plane():
    random = np.random.default_rng(1)
    blocks = random.integers(0, 40, size=(SHAPE[0] // 20, SHAPE[1] // 20)).astype(np.uint32)
    return Plane(np.kron(blocks, np.ones((20, 20), np.uint32)))


def coded(plane, **given):
    codes = np.arange(40, dtype=np.uint8) % 7
    return ClassCoded(LabelTiles(plane, (SHAPE, (750, 550))), codes, **given), codes


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_part_of_any_level_is_the_class_of_the_labels(data):
    labels = np.kron(
        np.random.default_rng(2).integers(0, 40, (75, 55)).astype(np.uint32), np.ones((20, 20), np.uint32)
    )
    shown, codes = coded(Plane(labels), is_outlined=False)
    codes[0] = 0
    place = data.draw(st.integers(0, len(shown.levels) - 1))
    level = place - FINER_LEVELS_N
    array = shown.levels[place]
    y0, y1 = sorted(data.draw(st.tuples(*[st.integers(0, array.shape[0])] * 2)))
    x0, x1 = sorted(data.draw(st.tuples(*[st.integers(0, array.shape[1])] * 2)))
    y1, x1 = min(y1, y0 + 1200), min(x1, x0 + 1200)
    rows, columns = np.arange(y0, y1), np.arange(x0, x1)
    if level >= 0:
        expected = codes[labels[:: 2**level, :: 2**level][y0:y1, x0:x1]]
    else:
        expected = codes[labels[np.ix_(rows >> -level, columns >> -level)]]
    np.testing.assert_array_equal(array[y0:y1, x0:x1], expected)


def test_outlines_do_not_depend_on_the_part_that_is_read(plane):
    shown, _ = coded(plane)
    level = shown.levels[FINER_LEVELS_N]
    whole = level[:, :]
    np.testing.assert_array_equal(level[400:900, 333:777], whole[400:900, 333:777])
    assert 0 < (whole > 0).sum() < (plane.labels > 0).sum()


def test_the_border_of_the_image_is_no_rim():
    labels = np.full((5, 5), 3, np.uint32)
    assert not rims(labels).any()
    labels[2, 2] = 4
    assert rims(labels).sum() == 5


def test_levels_go_down_to_a_thumbnail(plane):
    shown, _ = coded(plane)
    assert max(shown.levels[-1].shape) <= 64
    assert shown.levels[0].shape == (SHAPE[0] * 8, SHAPE[1] * 8)


def test_what_is_seen_again_is_not_read_again_until_it_changes(plane):
    shown, _ = coded(plane, is_outlined=False)
    level = shown.levels[FINER_LEVELS_N]
    before = level[0:TILE_PX, 0:TILE_PX]
    reads_n = len(plane.reads)
    level[10:200, 10:200]
    assert len(plane.reads) == reads_n
    plane.labels[0:20, 0:20] = 39
    shown.forget(Region(600, 600, 700, 700))
    np.testing.assert_array_equal(level[0:TILE_PX, 0:TILE_PX], before)
    shown.forget(Region(5, 5, 6, 6))
    assert (level[0:20, 0:20] == 39 % 7).all()


def test_few_tiles_are_kept():
    labels = np.ones((4096, 4096), np.uint32)
    tiles = LabelTiles(
        lambda region, level: labels[:: 2**level, :: 2**level][region.slices], ((4096, 4096),), 8
    )
    assert tiles.read(Region(0, 0, 4096, 4096), 0).all()
    assert sum(tile.nbytes for tile in tiles._kept.values()) <= 8 * 2**20


def test_one_object_is_classed_anew_without_reading_labels(plane):
    shown, _ = coded(plane, is_outlined=False)
    level = shown.levels[FINER_LEVELS_N]
    level[0:500, 0:500]
    reads_n = len(plane.reads)
    shown.set_code({5: 6, 900: 2})
    assert (level[0:500, 0:500][plane.labels[0:500, 0:500] == 5] == 6).all()
    assert len(plane.reads) == reads_n
    assert shown.code_of(900) == 2


def test_an_object_that_nobody_classed_is_shown(plane):
    plane.labels[0:20, 0:20] = 4_000_000
    shown, _ = coded(plane, is_outlined=False)
    assert (shown.levels[FINER_LEVELS_N][0:20, 0:20] == UNKNOWN_CODE).all()
    assert shown.code_of(4_000_000) == UNKNOWN_CODE


@pytest.mark.parametrize("level", [-2, 0, 2])
def test_nothing_is_shown_where_an_edit_window_lies(plane, level):
    plane.labels[:] = 1
    shown, _ = coded(plane, is_outlined=False)
    shown.left_out = Region(100, 200, 300, 600)
    array = shown.levels[level + FINER_LEVELS_N]
    scale = 2.0**-level
    y, x = int(200 * scale), int(400 * scale)
    assert not array[y - 5 : y + 5, x - 5 : x + 5].any()
    y = int(310 * scale)
    assert array[y : y + 5, x : x + 5].all()
