"""A replay is what a plain redrawing of the whole plane gives; undo leaves no trace; what cannot be is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.correct.boxes import StoredBoxes
from myograft.correct.fixed_objects import FixedObjects
from myograft.correct.replay import Replay, Touched
from myograft.errors import CorrectionError
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.correction import (
    Accept,
    Add,
    Delete,
    ExcludeRegion,
    Merge,
    NewObject,
    Pixels,
    Redo,
    Reject,
    Reshape,
    SetLocation,
    SetOrigin,
    SetPosition,
    SignOff,
    Split,
    Target,
    Undo,
)
from myograft.model.geometry import Region
from myograft.model.journal import in_force

LABELS = np.array([[1, 1, 0, 0], [1, 1, 0, 2], [0, 0, 0, 2], [3, 3, 3, 3]], np.uint32)
SAID = ("origin", "location", "position", "accepted", "rejected", "areas")


def state(bench, replay):
    """All that a replay says."""
    planes = [replay.fibers, replay.nuclei]
    return (
        [bench.whole(plane).tolist() for plane in planes],
        [dict(plane.boxes) for plane in planes],
        [getattr(replay.calls, name) for name in SAID],
        [entry.number for entry in replay.standing],
    )


def replay_of(bench, fibers, nuclei, corrections):
    replay = Replay(bench.edited(fibers), bench.edited(nuclei))
    touched = [replay.apply(entry) for entry in bench.entries(corrections)]
    return replay, touched


@given(data=st.data())
def test_replay_equals_redrawing_the_whole_plane(bench, data):
    fibers, nuclei, corrections = data.draw(bench.reviews())
    replay, _ = replay_of(bench, fibers, nuclei, corrections)
    for plane, start, target in ((replay.fibers, fibers, "fiber"), (replay.nuclei, nuclei, "nucleus")):
        expected = bench.replayed(start, corrections, Target(target))
        np.testing.assert_array_equal(bench.whole(plane), expected)
        assert plane.boxes == bench.boxes_of(expected)
    assert tuple(getattr(replay.calls, name) for name in SAID) == bench.said(corrections)
    assert [entry.number for entry in replay.standing] == [n for n, _ in bench.standing(corrections)[0]]
    assert replay.standing == in_force(bench.entries(corrections))


@given(data=st.data())
def test_replay_of_nothing_is_the_machine(bench, data):
    fibers, nuclei = data.draw(bench.planes())
    replay, _ = replay_of(bench, fibers, nuclei, ())
    np.testing.assert_array_equal(bench.whole(replay.fibers), fibers)
    np.testing.assert_array_equal(bench.whole(replay.nuclei), nuclei)
    assert list(replay.fibers.edited_chunks()) == []
    assert not any(bool(getattr(replay.calls, name)) for name in ("origin", "location", "position", "areas"))


@given(data=st.data())
def test_undo_leaves_the_replay_without_the_last_and_redo_restores(bench, data):
    fibers, nuclei, corrections = data.draw(bench.reviews())
    replay, _ = replay_of(bench, fibers, nuclei, corrections)
    if replay.next_undo is None:
        return
    before, last, number = state(bench, replay), replay.next_undo, len(corrections) + 1
    without = [entry.correction for entry in replay.standing[:-1]]
    undo, redo = bench.entries([*corrections, Undo(number=last.number), Redo(number=last.number)])[-2:]
    undone = replay.apply(undo)
    assert state(bench, replay)[:3] == state(bench, replay_of(bench, fibers, nuclei, without)[0])[:3]
    assert number == undo.number
    redone = replay.apply(redo)
    assert state(bench, replay) == before
    assert (undone.fiber_region, undone.nucleus_region) == (redone.fiber_region, redone.nucleus_region)


@given(data=st.data())
def test_replay_is_deterministic_and_does_not_depend_on_chunks(bench, data):
    fibers, nuclei, corrections = data.draw(bench.reviews())
    first, touched = replay_of(bench, fibers, nuclei, corrections)
    again = Replay(bench.edited(fibers, 16), bench.edited(nuclei, 64))
    assert [again.apply(entry) for entry in bench.entries(corrections)] == touched
    assert state(bench, again) == state(bench, first)


@given(data=st.data())
def test_touched_names_what_changed(bench, data):
    fibers, nuclei, corrections = data.draw(bench.reviews(kinds=(*bench.shapes, "undo", "redo")))
    replay = Replay(bench.edited(fibers), bench.edited(nuclei))
    for entry in bench.entries(corrections):
        before = [bench.whole(replay.fibers), bench.whole(replay.nuclei)]
        touched = replay.apply(entry)
        seen = (
            (replay.fibers, touched.fiber_region, touched.fiber_ids, touched.removed_fibers),
            (replay.nuclei, touched.nucleus_region, touched.nucleus_ids, touched.removed_nuclei),
        )
        for old, (plane, region, ids, removed) in zip(before, seen, strict=True):
            new = bench.whole(plane)
            differs = old != new
            assert region == bench.boxes_of(differs).get(1)
            assert ids == (set(old[differs].tolist()) | set(new[differs].tolist())) - {0}
            assert removed == set(old[differs].tolist()) - set(new.ravel().tolist()) - {0}


@given(data=st.data())
def test_a_refused_edit_changes_nothing(bench, data):
    fibers, nuclei, corrections = data.draw(bench.reviews())
    replay, _ = replay_of(bench, fibers, nuclei, corrections)
    before = state(bench, replay)
    gone = replay.fibers.next_id
    refused = [
        Delete(target=Target.FIBER, object_id=gone),
        Undo(number=len(corrections) + 1),
        Redo(number=len(corrections) + 1),
        Accept(target=Target.NUCLEUS, object_id=replay.nuclei.next_id),
    ]
    for entry in bench.entries(refused):
        with pytest.raises(CorrectionError):
            replay.apply(entry)
    assert state(bench, replay) == before


def pixels(*runs):
    return Pixels(runs=runs)


def new(number, *runs):
    return NewObject(new_id=number, pixels=pixels(*runs))


FIBER, NUCLEUS = Target.FIBER, Target.NUCLEUS


@pytest.mark.parametrize(
    ("correction", "sentence"),
    [
        (Delete(target=FIBER, object_id=9), "there is no fiber 9"),
        (Reshape(target=NUCLEUS, object_id=4, pixels=pixels((0, 0, 1))), "there is no nucleus 4"),
        (Merge(target=FIBER, object_ids=(1, 9), new_id=10), "there is no fiber 9"),
        (Merge(target=FIBER, object_ids=(1, 2), new_id=3), "the number 3 of a new fiber was used before"),
        (Merge(target=FIBER, object_ids=(1, 2), new_id=4, bridge=pixels((0, 2, 5))), "outside of the plane"),
        (Add(target=FIBER, made=new(2, (0, 0, 1))), "Number new objects from 4 on"),
        (Add(target=FIBER, made=new(4, (4, 0, 1))), "pixels up to y 4, x 0: pixels lie outside of the plane"),
        (Reshape(target=FIBER, object_id=1, pixels=pixels((0, 3, 5))), "outside of the plane of 4 x 4 px"),
        (
            Split(target=FIBER, object_id=1, parts=(new(4, (0, 0, 2)), new(5, (1, 0, 3)))),
            "a part lies outside of the fiber 1",
        ),
        (
            Split(target=FIBER, object_id=3, parts=(new(4, (3, 0, 2)), new(5, (9, 0, 3)))),
            "a part lies outside of the fiber 3",
        ),
        (Split(target=FIBER, object_id=1, parts=(new(4, (0, 0, 2)), new(3, (1, 0, 2)))), "used before"),
        (SetOrigin(nucleus_id=8, before=None, after=Origin.DONOR), "there is no nucleus 8"),
        (
            SetLocation(nucleus_id=1, before=None, after=Location.IN_FIBER, fiber_before=None, fiber_after=8),
            "there is no fiber 8",
        ),
        (SetPosition(nucleus_id=1, before=None, after=Position.CENTRAL), "nucleus 1 lies in no fiber"),
        (Reject(target=FIBER, object_id=7, reason=ExclusionReason.FOLD), "there is no fiber 7"),
        (Undo(number=1), "there is nothing to undo"),
        (Redo(number=1), "there is nothing to redo"),
    ],
)
def test_what_cannot_be_is_refused(bench, correction, sentence):
    replay = Replay(bench.edited(LABELS), bench.edited(LABELS))
    with pytest.raises(CorrectionError, match=sentence):
        replay.check(correction)
    with pytest.raises(CorrectionError, match=sentence):
        replay.apply(bench.entries([correction])[0])


def test_undo_and_redo_name_the_next(bench):
    edits = [Delete(target=FIBER, object_id=1), Delete(target=FIBER, object_id=2)]
    replay, _ = replay_of(bench, LABELS, LABELS, edits)
    with pytest.raises(CorrectionError, match=r"edit 1 is not the next to undo\. Undo edit 2 first"):
        replay.check(Undo(number=1))
    replay.apply(bench.entries([*edits, Undo(number=2)])[-1])
    assert replay.next_redo.number == 2
    replay.apply(bench.entries([*edits, Undo(number=2), Accept(target=FIBER, object_id=2)])[-1])
    with pytest.raises(CorrectionError, match="there is nothing to redo"):
        replay.check(Redo(number=2))


def test_a_number_used_by_an_undone_edit_is_not_given_again(bench):
    edits = [Add(target=FIBER, made=new(4, (0, 2, 4))), Undo(number=1)]
    replay, _ = replay_of(bench, LABELS, LABELS, edits)
    assert (replay.fibers.next_id, replay.nuclei.next_id) == (5, 4)
    with pytest.raises(CorrectionError, match="Number new objects from 5 on"):
        replay.check(Add(target=FIBER, made=new(4, (0, 2, 4))))


def test_a_signature_changes_nothing_and_keeps_what_can_be_redone(bench):
    edits = [Delete(target=FIBER, object_id=1), Undo(number=1), SignOff(meaning="reviewed")]
    replay, touched = replay_of(bench, LABELS, LABELS, edits)
    assert touched[-1] == Touched()
    replay.apply(bench.entries([*edits, Redo(number=1)])[-1])
    assert 1 not in replay.fibers.boxes


def test_the_last_edit_takes_pixels_from_whoever_had_them(bench):
    added = Add(target=FIBER, made=new(4, (0, 0, 4), (1, 0, 4)))
    replay, touched = replay_of(bench, LABELS, LABELS, [added])
    assert bench.whole(replay.fibers).tolist() == [[4] * 4, [4] * 4, [0, 0, 0, 2], [3] * 4]
    assert touched[0].removed_fibers == {1}
    assert touched[0].fiber_ids == {1, 2, 4}
    assert touched[0].fiber_region == Region(0, 0, 2, 4)
    assert replay.fibers.boxes[2] == Region(2, 3, 3, 4)


def test_nuclei_placed_in_a_fiber_that_goes_are_touched(bench):
    edits = [
        SetLocation(nucleus_id=2, before=None, after=Location.IN_FIBER, fiber_before=None, fiber_after=3),
        SetPosition(nucleus_id=2, before=None, after=Position.CENTRAL),
        Delete(target=FIBER, object_id=3),
        Undo(number=3),
    ]
    replay, touched = replay_of(bench, LABELS, LABELS, edits[:3])
    assert touched[0].fiber_ids == {3}
    assert touched[2].nucleus_ids == {2}
    assert replay.calls.place_of(2, replay.fibers.boxes) is None
    # What was said of a fiber that is gone does not count, so the nucleus is in no fiber now.
    with pytest.raises(CorrectionError, match="lies in no fiber"):
        replay.check(SetPosition(nucleus_id=2, before=None, after=Position.PERIPHERAL))
    assert replay.apply(bench.entries(edits)[-1]).nucleus_ids == {2}
    assert replay.calls.place_of(2, replay.fibers.boxes) == (Location.IN_FIBER, 3)


def test_an_area_touches_what_may_lie_in_it(bench):
    area = ExcludeRegion(outline=((2.5, 0.0), (2.5, 4.0), (4.0, 4.0)), reason=ExclusionReason.FOLD)
    _, touched = replay_of(bench, LABELS, LABELS, [area])
    assert touched[0] == Touched(fiber_ids=frozenset({2, 3}), nucleus_ids=frozenset({2, 3}))


def test_nuclei_of_a_stack_can_be_called_but_not_redrawn(bench):
    replay = Replay(bench.edited(LABELS), FixedObjects(StoredBoxes.of({5: Region(0, 0, 2, 2)})))
    calls = [
        SetOrigin(nucleus_id=5, before=None, after=Origin.DONOR),
        Accept(target=NUCLEUS, object_id=5),
        Delete(target=FIBER, object_id=1),
    ]
    for entry in bench.entries(calls):
        replay.apply(entry)
    assert replay.calls.origin == {5: Origin.DONOR}
    with pytest.raises(CorrectionError, match=r"cannot be redrawn in one\. Say what the nucleus is"):
        replay.check(Delete(target=NUCLEUS, object_id=5))


def test_a_result_without_nuclei_says_so(bench):
    replay = Replay(bench.edited(LABELS), None)
    with pytest.raises(CorrectionError, match="this result has no nucleus labels to edit"):
        replay.check(Delete(target=NUCLEUS, object_id=1))
    with pytest.raises(CorrectionError, match="there is no nucleus 1"):
        replay.check(SetOrigin(nucleus_id=1, before=None, after=None))
    area = ExcludeRegion(outline=((0.0, 0.0), (0.0, 4.0), (4.0, 4.0)), reason=ExclusionReason.FOLD)
    assert replay.apply(bench.entries([area])[0]).nucleus_ids == set()


@settings(max_examples=20)
@given(data=st.data())
def test_long_journals(bench, data):
    fibers, nuclei, corrections = data.draw(bench.reviews(most=60))
    replay, _ = replay_of(bench, fibers, nuclei, corrections)
    np.testing.assert_array_equal(bench.whole(replay.fibers), bench.replayed(fibers, corrections, FIBER))
