"""Whatever is painted in a window, the corrections it gives leave the plane as it was painted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.correct.replay import Replay
from myograft.correct.window import corrections_of
from myograft.model.correction import Add, Delete, NewObject, Reshape, Target
from myograft.model.geometry import Region

FIBER = Target.FIBER
LABELS = np.array([[1, 1, 0, 0], [1, 1, 0, 2], [0, 0, 0, 2], [3, 3, 3, 3]], np.uint32)


def painted(bench, labels, region, after, *, before=None, earlier=()):
    """Paint a window over a plane; its corrections, and the plane before and after they were made."""
    replay = Replay(bench.edited(labels), None)
    for entry in bench.entries(earlier):
        replay.apply(entry)
    old = bench.whole(replay.fibers)
    opened = old[region.slices] if before is None else before
    corrections = corrections_of(opened, np.asarray(after, np.uint32), region, FIBER, replay.fibers)
    for entry in bench.entries(corrections):
        replay.apply(entry)
    return corrections, old, bench.whole(replay.fibers)


@given(data=st.data())
def test_the_plane_is_left_as_it_was_painted(bench, data):
    labels, _, earlier = data.draw(bench.reviews(kinds=bench.shapes, most=4))
    earlier = [edit for edit in earlier if edit.target is FIBER]
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    height, width = labels.shape
    y0, x0 = int(random.integers(height)), int(random.integers(width))
    region = Region(y0, x0, int(random.integers(y0, height)) + 1, int(random.integers(x0, width)) + 1)
    after = bench.replayed(labels, earlier, FIBER)[region.slices].copy()
    for _ in range(data.draw(st.integers(0, 6))):
        y, x = random.integers(0, after.shape[0]), random.integers(0, after.shape[1])
        there = random.random(after.shape) < random.choice([0.3, 1.1])
        there[: y // 2], there[:, : x // 2] = False, False
        after[there] = random.integers(0, 14)
    if random.random() < 0.3:  # two objects change places
        one, other = random.integers(1, 6, 2)
        after = np.where(after == one, other, np.where(after == other, one, after))
    corrections, old, new = painted(bench, labels, region, after, earlier=earlier)
    made = [edit.made for edit in corrections if isinstance(edit, Add)]
    wanted = old.copy()
    wanted[region.slices] = after
    new_ids = {part.new_id for part in made}
    np.testing.assert_array_equal(np.isin(new, list(new_ids)) | (new == wanted), True)
    for part in made:
        # Of a new object the pixels are those of one painted number.
        (number,) = set(wanted[new == part.new_id].tolist())
        inside = np.zeros(wanted.shape, bool)
        inside[region.slices] = wanted[region.slices] == number
        np.testing.assert_array_equal(new == part.new_id, inside)
        assert number
        assert not ((old == number) & (wanted == number))[region.slices].any()


@given(data=st.data())
def test_what_was_not_painted_gives_no_correction(bench, data):
    labels, _ = data.draw(bench.planes())
    region = Region(0, 0, *labels.shape)
    assert painted(bench, labels, region, labels)[0] == ()


def test_kinds_of_what_was_painted(bench):
    after = [[1, 0, 0, 9], [1, 0, 0, 9], [0, 0, 0, 0], [3, 3, 3, 3]]
    corrections, _, new = painted(bench, LABELS, Region(0, 0, 4, 4), after)
    assert [edit.kind for edit in corrections] == ["delete", "reshape", "add"]
    assert isinstance(corrections[0], Delete)
    assert isinstance(corrections[1], Reshape)
    assert corrections[0].object_id == 2
    assert corrections[2].made.new_id == 4
    assert new.tolist() == [[1, 0, 0, 4], [1, 0, 0, 4], [0, 0, 0, 0], [3, 3, 3, 3]]


def test_an_object_that_reaches_out_of_the_window_keeps_what_lies_there(bench):
    corrections, _, new = painted(bench, LABELS, Region(0, 0, 2, 4), [[0, 0, 0, 0], [1, 1, 2, 0]])
    assert [(edit.kind, edit.object_id) for edit in corrections] == [("reshape", 1), ("reshape", 2)]
    assert new.tolist() == [[0, 0, 0, 0], [1, 1, 2, 0], [0, 0, 0, 2], [3, 3, 3, 3]]


def test_the_number_of_an_object_that_the_window_does_not_show_is_a_new_object(bench):
    corrections, _, new = painted(bench, LABELS, Region(0, 0, 1, 4), [[1, 1, 3, 3]])
    assert [edit.kind for edit in corrections] == ["add"]
    assert new.tolist() == [[1, 1, 4, 4], [1, 1, 0, 2], [0, 0, 0, 2], [3, 3, 3, 3]]


def test_objects_that_change_places_are_new_ones(bench):
    after = [[2, 2, 0, 0], [2, 2, 0, 1], [0, 0, 0, 1], [3, 3, 3, 3]]
    corrections, _, new = painted(bench, LABELS, Region(0, 0, 4, 4), after)
    assert [edit.kind for edit in corrections] == ["delete", "delete", "add", "add"]
    assert new.tolist() == [[5, 5, 0, 0], [5, 5, 0, 4], [0, 0, 0, 4], [3, 3, 3, 3]]


def test_what_changed_while_the_window_was_open_stays(bench):
    region = Region(0, 0, 4, 4)
    after = LABELS.copy()
    after[0, 3] = 2
    _, _, new = painted(
        bench, LABELS, region, after, before=LABELS, earlier=[Delete(target=FIBER, object_id=3)]
    )
    assert new.tolist() == [[1, 1, 0, 2], [1, 1, 0, 2], [0, 0, 0, 2], [0, 0, 0, 0]]


def test_a_number_that_an_undone_edit_used_is_not_given_again(bench):
    pixels = Add(
        target=FIBER, made=NewObject(new_id=4, pixels=bench.any_pixels(np.random.default_rng(0), (4, 4)))
    )
    earlier = [pixels, Delete(target=FIBER, object_id=4)]
    corrections, _, _ = painted(bench, np.zeros((4, 4)) + 3, Region(0, 0, 1, 1), [[4]], earlier=earlier)
    assert corrections[-1].made.new_id == 5


@pytest.mark.parametrize("number", [1, 2])
def test_covering_an_object_wholly_deletes_it_first(bench, number):
    after = np.full((4, 4), 3, np.uint32)
    corrections, _, new = painted(bench, LABELS, Region(0, 0, 4, 4), after)
    assert Delete(target=FIBER, object_id=number) in corrections
    np.testing.assert_array_equal(new, after)
