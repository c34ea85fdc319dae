"""What readers said moves to the same object; where the runs differ, their word wins and somebody is asked."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.correct.machine import MachineResult
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.correction import (
    Accept,
    Add,
    Delete,
    ExcludeRegion,
    NewObject,
    Pixels,
    Reject,
    SetLocation,
    SetOrigin,
    SetPosition,
    Target,
)
from myograft.model.geometry import Region

FIBER, NUCLEUS = Target.FIBER, Target.NUCLEUS


def rows(*texts):
    """Labels as text, a digit for each pixel."""
    return np.array([[int(letter) for letter in text.replace(".", "0")] for text in texts], np.uint32)


OLD = rows("1111.222", "1111.222", "........", "33334444", "33334444", "........")
NUCLEI = rows("11......", "11......", "........", "22......", "22......", "........")
NEW_NUCLEI = rows("22......", "22......", "........", "11......", "11......", "........")


def moved_calls(bench, corrections, *, new=NEW_NUCLEI, old_calls=None, new_calls=None, fibers=OLD):
    old = MachineResult(bench.edited(OLD), bench.edited(NUCLEI), **(old_calls or {}))
    results = old, MachineResult(bench.edited(fibers), bench.edited(new), **(new_calls or {}))
    return bench.moved(bench.entries(corrections), *results)


def kinds(reattached):
    return [reissued.correction.kind for reissued in reattached.corrections]


def test_calls_move_to_the_same_object(bench):
    edits = [
        SetOrigin(nucleus_id=1, before=Origin.HOST, after=Origin.DONOR),
        Reject(target=NUCLEUS, object_id=2, reason=ExclusionReason.FOLD),
        Reject(target=FIBER, object_id=4, reason=ExclusionReason.TORN),
        ExcludeRegion(outline=((0.0, 0.0), (0.0, 4.0), (4.0, 4.0)), reason=ExclusionReason.FOLD),
    ]
    calls = {"origin": {1: Origin.HOST, 2: Origin.HOST}}
    reattached, replay = moved_calls(bench, edits, old_calls=calls, new_calls=calls)
    assert reattached.conflicts == ()
    assert reattached.corrections[0].correction == SetOrigin(
        nucleus_id=2, before=Origin.HOST, after=Origin.DONOR
    )
    assert replay.calls.origin == {2: Origin.DONOR}
    assert replay.calls.rejected == {NUCLEUS: {1: ExclusionReason.FOLD}, FIBER: {4: ExclusionReason.TORN}}
    assert replay.calls.areas == [edits[-1]]


def test_a_call_about_an_object_that_is_drawn_moves_with_its_drawing(bench):
    drawing = Add(target=NUCLEUS, made=NewObject(new_id=3, pixels=Pixels(runs=((5, 3, 6),))))
    edits = [drawing, SetOrigin(nucleus_id=3, before=None, after=Origin.DONOR)]
    new = np.where(NEW_NUCLEI == 1, 9, NEW_NUCLEI)
    _, replay = moved_calls(bench, edits, new=new)
    assert replay.calls.origin == {10: Origin.DONOR}
    assert replay.nuclei.boxes[10] == Region(5, 3, 6, 6)


def test_a_call_about_an_object_that_was_removed_has_no_say(bench):
    edits = [
        SetOrigin(nucleus_id=1, before=None, after=Origin.DONOR),
        Delete(target=NUCLEUS, object_id=1),
    ]
    reattached, _ = moved_calls(bench, edits)
    assert kinds(reattached) == ["delete"]
    assert reattached.conflicts == ()


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (rows(*["........"] * 6), "the new outlines have no nucleus like 1, and nothing lies there"),
        (
            rows("12......", "12......", *["........"] * 4),
            "the new outlines have no nucleus like 1, but 1 and 2 lie there",
        ),
    ],
    ids=["none", "two"],
)
def test_a_call_without_its_object_is_asked_about(bench, new, reason):
    call = SetOrigin(nucleus_id=1, before=None, after=Origin.DONOR)
    reattached, _ = moved_calls(bench, [call], new=new)
    (conflict,) = reattached.conflicts
    assert (conflict.reason, conflict.region) == (reason, Region(0, 0, 2, 2))
    assert reattached.corrections == ()


@pytest.mark.parametrize(
    ("old_says", "new_says", "is_asked"),
    [
        (Origin.HOST, Origin.HOST, False),
        (Origin.HOST, Origin.DONOR, False),
        (Origin.DONOR, Origin.HOST, True),
        (None, Origin.HOST, True),
    ],
)
def test_the_readers_call_wins_and_news_is_asked_about(bench, old_says, new_says, is_asked):
    call = SetOrigin(nucleus_id=1, before=old_says, after=Origin.DONOR)
    reattached, replay = moved_calls(
        bench, [call], old_calls={"origin": {1: old_says}}, new_calls={"origin": {2: new_says}}
    )
    assert replay.calls.origin == {2: Origin.DONOR}
    assert bool(reattached.conflicts) is is_asked
    assert bool(reattached.applied) is not is_asked
    if is_asked:
        assert (
            reattached.conflicts[0].reason
            == "the new run says of whose it is host, where donor was confirmed"
        )


def test_what_was_confirmed_stays(bench):
    old_calls = {
        "origin": {1: Origin.DONOR},
        "location": {1: (Location.IN_FIBER, 1)},
        "position": {1: Position.CENTRAL},
    }
    new_calls = {
        "origin": {2: Origin.HOST},
        "location": {2: (Location.BORDER, None)},
        "position": {2: Position.PERIPHERAL},
    }
    reattached, replay = moved_calls(
        bench, [Accept(target=NUCLEUS, object_id=1)], old_calls=old_calls, new_calls=new_calls
    )
    assert kinds(reattached) == ["origin", "location", "position", "accept"]
    assert replay.calls.origin == {2: Origin.DONOR}
    assert replay.calls.location == {2: (Location.IN_FIBER, 1)}
    assert replay.calls.position == {2: Position.CENTRAL}
    assert replay.calls.accepted[NUCLEUS] == {2}
    assert "border, where in_fiber 1 was confirmed" in reattached.conflicts[0].reason


def test_a_confirmed_nucleus_of_which_the_new_run_says_the_same_stands(bench):
    says = {"origin": Origin.DONOR, "location": (Location.IN_FIBER, 1), "position": Position.CENTRAL}
    old_calls, new_calls = ({key: {n: value} for key, value in says.items()} for n in (1, 2))
    reattached, _ = moved_calls(
        bench, [Accept(target=NUCLEUS, object_id=1)], old_calls=old_calls, new_calls=new_calls
    )
    assert kinds(reattached) == ["accept"]
    assert reattached.conflicts == ()


def test_places_move_with_their_fiber(bench):
    edits = [
        SetLocation(nucleus_id=1, before=None, after=Location.IN_FIBER, fiber_before=None, fiber_after=3),
        SetPosition(nucleus_id=1, before=None, after=Position.CENTRAL),
        SetLocation(nucleus_id=2, before=None, after=Location.IN_FIBER, fiber_before=None, fiber_after=1),
        SetPosition(nucleus_id=2, before=None, after=Position.CENTRAL),
    ]
    fibers = rows(*["........"] * 3, "77774444", "77774444", "........")
    reattached, replay = moved_calls(bench, edits, fibers=fibers)
    assert replay.calls.location == {2: (Location.IN_FIBER, 7)}
    assert [(conflict.entry.number, conflict.reason) for conflict in reattached.conflicts] == [
        (3, "the new outlines have no fiber like 1, and nothing lies there"),
        (4, "nucleus 1 lies in no fiber, so it is neither central nor peripheral"),
    ]


def test_a_nucleus_confirmed_outside_of_fibers_has_no_position_to_keep(bench):
    place = {1: (Location.INTERSTITIAL, None)}
    old_calls = {"location": place, "position": {1: Position.CENTRAL}}
    new_calls = {"location": {2: (Location.IN_FIBER, 3)}, "position": {2: Position.PERIPHERAL}}
    reattached, replay = moved_calls(
        bench, [Accept(target=NUCLEUS, object_id=1)], old_calls=old_calls, new_calls=new_calls
    )
    assert kinds(reattached) == ["location", "accept"]
    assert replay.calls.location == {2: (Location.INTERSTITIAL, None)}
