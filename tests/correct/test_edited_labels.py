"""Edits lie over labels that are only read: any block of any level is what the whole plane would give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.correct.edited_labels import EditedLabels
from myograft.correct.replay import Replay
from myograft.correct.strokes import Stroke
from myograft.errors import CorrectionError
from myograft.model.correction import Pixels, Target
from myograft.model.geometry import Region
from myograft.write.pyramid import halve_nearest


@given(data=st.data(), chunk_px=st.sampled_from([8, 16, 24]))
def test_every_level_is_the_halved_plane(bench, data, chunk_px):
    fibers, nuclei, corrections = data.draw(bench.reviews())
    replay = Replay(bench.edited(fibers, chunk_px), bench.edited(nuclei, chunk_px))
    for entry in bench.entries(corrections):
        replay.apply(entry)
    level_labels = bench.replayed(fibers, corrections, Target.FIBER)
    for level in range(len(bench.ArraySource(fibers).levels)):
        height, width = level_labels.shape
        y0, x0 = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
        region = Region(y0, x0, data.draw(st.integers(y0, height)), data.draw(st.integers(x0, width)))
        np.testing.assert_array_equal(replay.fibers.read(region, level), level_labels[region.slices])
        level_labels = halve_nearest(level_labels)


@given(data=st.data())
def test_edited_chunks_over_the_base_are_the_plane(bench, data):
    fibers, nuclei, corrections = data.draw(bench.reviews())
    replay = Replay(bench.edited(fibers), bench.edited(nuclei))
    for entry in bench.entries(corrections):
        replay.apply(entry)
    labels = np.array(fibers)
    homes = []
    for home, chunk in replay.fibers.edited_chunks():
        labels[home.slices] = chunk
        homes.append(home)
    np.testing.assert_array_equal(labels, bench.whole(replay.fibers))
    assert homes == sorted(homes)


@given(data=st.data())
def test_pixels_of_every_object(bench, data):
    fibers, nuclei, corrections = data.draw(bench.reviews())
    replay = Replay(bench.edited(fibers), bench.edited(nuclei))
    for entry in bench.entries(corrections):
        replay.apply(entry)
    labels = bench.whole(replay.fibers)
    for number in replay.fibers.boxes:
        mask = replay.fibers.pixels_of(number).to_mask(Region(0, 0, *labels.shape))
        np.testing.assert_array_equal(mask, labels == number)


def square(y0, x0, side=4):
    return Pixels(runs=tuple((y, x0, x0 + side) for y in range(y0, y0 + side)))


def big_plane(bench):
    labels = np.zeros((64, 64), np.uint32)
    labels[2:6, 2:6], labels[30:34, 30:34] = 1, 2
    source = bench.ArraySource(labels)
    return source, EditedLabels(source, bench.boxes_of(labels), 2, 8)


def test_a_coarse_view_reads_no_fine_labels(bench):
    source, plane = big_plane(bench)
    plane.apply(Stroke(painted=((square(40, 40), 3),)))
    source.reads.clear()
    plane.read(Region(0, 0, 8, 8), 3)
    assert {level for _, level in source.reads} == {3}


def test_an_edit_reads_only_where_it_is(bench):
    source, plane = big_plane(bench)
    plane.apply(Stroke(renumbered=((2, 0),), painted=((square(40, 40), 3),)))
    assert {region for region, _ in source.reads} == {
        Region(24, 24, 32, 32), Region(24, 32, 32, 40), Region(32, 24, 40, 32), Region(32, 32, 40, 40),
        Region(40, 40, 48, 48),
    }  # fmt: skip


def test_chunks_side_by_side_are_read_at_once(bench):
    source, plane = big_plane(bench)
    plane.apply(Stroke(renumbered=((2, 0),)))
    assert source.reads == [(Region(24, 24, 40, 40), 0)]
    source.reads.clear()
    plane.read(Region(2, 2, 20, 20))
    assert source.reads == [(Region(0, 0, 24, 24), 0)]


def test_chunks_are_decoded_once(bench):
    source, plane = big_plane(bench)
    for _ in range(3):
        plane.read(Region(0, 0, 20, 20))
        plane.apply(Stroke(painted=((square(3, 3), 3),)))
        plane.take_back()
    assert len(source.reads) == len(set(source.reads))


def test_nothing_is_held_after_all_is_taken_back(bench):
    _, plane = big_plane(bench)
    boxes = dict(plane.boxes)
    plane.apply(Stroke(painted=((square(0, 0, 8), 3),)))
    assert 1 not in plane.boxes
    plane.apply(Stroke(renumbered=((3, 0),)))
    plane.take_back()
    plane.take_back()
    assert list(plane.edited_chunks()) == []
    assert plane.boxes == boxes
    with pytest.raises(IndexError):
        plane.take_back()


def test_the_base_is_never_changed(bench):
    source, plane = big_plane(bench)
    before = source.levels[0].copy()
    plane.apply(Stroke(renumbered=((1, 0),), painted=((square(30, 30), 3),)))
    block = plane.read(Region(0, 0, 64, 64))
    block[:] = 7
    np.testing.assert_array_equal(source.levels[0], before)
    np.testing.assert_array_equal(bench.whole(plane.unedited()), before)
    assert bench.whole(plane).max() == 3


def test_the_box_of_an_object_shrinks_to_what_is_left(bench):
    _, plane = big_plane(bench)
    plane.apply(Stroke(painted=((square(0, 0, 4), 3),)))
    assert plane.boxes[1] == Region(2, 2, 6, 6)
    plane.apply(Stroke(painted=((Pixels(runs=((4, 2, 4), (5, 2, 4))), 4),)))
    assert plane.boxes[1] == Region(2, 4, 6, 6)


@pytest.mark.parametrize("region", [Region(0, 0, 65, 64), Region(0, -1, 5, 5), Region(60, 0, 64, 70)])
def test_a_block_outside_of_the_plane_is_refused(bench, region):
    with pytest.raises(ValueError, match="leaves the plane"):
        big_plane(bench)[1].read(region)
    with pytest.raises(ValueError, match="leaves the plane"):
        big_plane(bench)[1].read(Region(0, 0, 17, 16), 2)


def test_what_is_not_there_has_no_pixels(bench):
    with pytest.raises(CorrectionError, match=r"there is no object 9\. Choose one that is shown\."):
        big_plane(bench)[1].pixels_of(9)


def test_a_chunk_must_fit_its_coarse_view(bench):
    with pytest.raises(ValueError, match="multiple of 8 px, not 12"):
        bench.edited(np.zeros((4, 4)), 12)
