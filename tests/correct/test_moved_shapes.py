"""Shapes that readers left lie over another run's outlines, pixel by pixel; what they replace goes."""

from __future__ import annotations

import numpy as np

from myograft.correct.machine import MachineResult
from myograft.model.correction import (
    Add,
    Delete,
    Merge,
    NewObject,
    Pixels,
    Reshape,
    Split,
    Target,
)
from myograft.model.geometry import Region

FIBER, NUCLEUS = Target.FIBER, Target.NUCLEUS


def rows(*texts):
    """Labels as text, a digit for each pixel."""
    return np.array([[int(letter) for letter in text.replace(".", "0")] for text in texts], np.uint32)


OLD = rows("1111.222", "1111.222", "........", "33334444", "33334444", "........")
EMPTY = np.zeros_like(OLD)


def moved(bench, corrections, new, *, old=OLD):
    results = [MachineResult(bench.edited(fibers), bench.edited(EMPTY)) for fibers in (old, new)]
    return bench.moved(bench.entries(corrections), *results)


def kinds(reattached):
    return [moved.correction.kind for moved in reattached.corrections]


def test_a_removed_object_goes_again(bench):
    new = rows("2222.111", "222..111", "........", "33334444", "33334444", "........")
    reattached, replay = moved(bench, [Delete(target=FIBER, object_id=1)], new)
    assert [m.correction for m in reattached.corrections] == [Delete(target=FIBER, object_id=2)]
    assert reattached.conflicts == ()
    assert set(replay.fibers.boxes) == {1, 3, 4}


def test_a_removed_object_that_is_not_found_again_needs_no_correction(bench):
    new = rows("........", ".....111", "........", "33334444", "33334444", "........")
    reattached, _ = moved(bench, [Delete(target=FIBER, object_id=1)], new)
    assert (reattached.corrections, reattached.conflicts) == ((), ())
    assert [entry.number for entry in reattached.applied] == [1]


def test_another_object_where_one_was_removed_is_asked_about(bench):
    new = rows("11..2222", ".....222", "........", "33334444", "33334444", "........")
    reattached, replay = moved(bench, [Delete(target=FIBER, object_id=1)], new)
    assert reattached.corrections == ()
    (conflict,) = reattached.conflicts
    assert conflict.reason == "the new outlines have fiber 1 there, which the old ones had not"
    assert conflict.region == Region(0, 0, 2, 4)
    assert 1 in replay.fibers.boxes


MERGE = Merge(target=FIBER, object_ids=(3, 4), new_id=5)


def test_a_merge_that_the_new_run_made_too_stays_the_readers(bench):
    new = rows("1111.222", "1111.222", "........", "33333333", "33333333", "........")
    reattached, replay = moved(bench, [MERGE], new)
    assert kinds(reattached) == ["reshape"]
    assert reattached.conflicts == ()
    assert replay.fibers.boxes[3] == Region(3, 0, 5, 8)


def test_a_merge_replaces_what_is_under_it(bench):
    new = rows("1111.222", "1111.222", "........", "33344455", "33344455", "........")
    reattached, replay = moved(bench, [MERGE], new)
    assert kinds(reattached) == ["delete", "delete", "delete", "add"]
    assert reattached.conflicts == ()
    assert bench.whole(replay.fibers)[3:5].tolist() == [[6] * 8] * 2


def test_the_last_shape_counts_and_its_history_stands_with_it(bench):
    edits = [
        MERGE,
        Split(
            target=FIBER,
            object_id=5,
            parts=(
                NewObject(new_id=6, pixels=Pixels.from_mask(OLD == 3)),
                NewObject(new_id=7, pixels=Pixels.from_mask(OLD == 4)),
            ),
        ),
        Delete(target=FIBER, object_id=7),
    ]
    new = rows("1111.222", "1111.222", "........", "3333.444", "3333.444", "........")
    reattached, replay = moved(bench, edits, new)
    assert [(m.correction.kind, m.entry.number) for m in reattached.corrections] == [
        ("delete", 1),
        ("reshape", 2),
    ]
    assert [entry.number for entry in reattached.applied] == [1, 2, 3]
    assert bench.whole(replay.fibers)[3:5].tolist() == [[3, 3, 3, 3, 0, 0, 0, 0]] * 2


def test_a_reshaped_object_keeps_the_readers_shape(bench):
    wanted = Pixels(runs=((0, 0, 6), (1, 0, 6)))
    new = rows("2222.111", "222..111", "........", "33334444", "33334444", "........")
    reattached, replay = moved(bench, [Reshape(target=FIBER, object_id=1, pixels=wanted)], new)
    assert [m.correction for m in reattached.corrections] == [
        Reshape(target=FIBER, object_id=2, pixels=wanted)
    ]
    assert bench.whole(replay.fibers)[:2].tolist() == [[2, 2, 2, 2, 2, 2, 1, 1]] * 2


def test_an_object_drawn_over_what_the_old_run_had_not_is_asked_about_and_stands(bench):
    new = rows("11111222", "11111222", "11111111", "33334444", "33334444", "........")
    drawing = Add(target=FIBER, made=NewObject(new_id=5, pixels=Pixels(runs=((2, 0, 5),))))
    reattached, replay = moved(bench, [drawing], new, old=rows(*["........"] * 6))
    assert kinds(reattached) == ["add"]
    assert [conflict.reason for conflict in reattached.conflicts] == [
        "the new outlines have fiber 1 there, which the old ones had not"
    ]
    assert reattached.applied == ()
    assert bench.whole(replay.fibers)[2].tolist() == [5] * 5 + [1] * 3
