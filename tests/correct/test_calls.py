"""The last word about a subject counts; taken back, the one before stands again; areas decide by place."""

from __future__ import annotations

import numpy as np

from myograft.correct.calls import Calls
from myograft.model.biology import ExclusionReason, Location, Origin
from myograft.model.correction import (
    Accept,
    ExcludeRegion,
    IncludeRegion,
    Reject,
    SetLocation,
    SetOrigin,
    Target,
)

LEFT = ((0.0, 0.0), (0.0, 5.0), (10.0, 5.0), (10.0, 0.0))
TOP = ((0.0, 0.0), (0.0, 10.0), (5.0, 10.0), (5.0, 0.0))


def test_the_last_word_counts_and_can_be_taken_back():
    calls = Calls()
    words = [
        SetOrigin(nucleus_id=1, before=None, after=Origin.DONOR),
        SetOrigin(nucleus_id=1, before=Origin.DONOR, after=None),
    ]
    for word in words:
        calls.say(word)
    assert calls.origin == {1: None}
    calls.take_back(words[1])
    assert calls.origin == {1: Origin.DONOR}
    calls.take_back(words[0])
    assert calls == Calls()


def test_of_accept_and_reject_the_later_counts():
    calls = Calls()
    reject = Reject(target=Target.FIBER, object_id=4, reason=ExclusionReason.TORN)
    calls.say(reject)
    calls.say(Accept(target=Target.FIBER, object_id=4))
    assert (calls.accepted[Target.FIBER], calls.rejected[Target.FIBER]) == ({4}, {})
    calls.say(reject)
    assert (calls.accepted[Target.FIBER], calls.rejected[Target.FIBER]) == (set(), {4: ExclusionReason.TORN})
    calls.take_back(reject)
    assert calls.accepted == {Target.FIBER: {4}, Target.NUCLEUS: set()}


def test_fibers_and_nuclei_are_told_apart():
    calls = Calls()
    calls.say(Accept(target=Target.FIBER, object_id=4))
    calls.say(Reject(target=Target.NUCLEUS, object_id=4, reason=ExclusionReason.OTHER))
    assert calls.accepted[Target.FIBER] == {4}
    assert calls.rejected == {Target.FIBER: {}, Target.NUCLEUS: {4: ExclusionReason.OTHER}}


def test_a_place_in_a_fiber_that_is_gone_does_not_count():
    calls = Calls()
    place = (Location.IN_FIBER, 3)
    calls.say(SetLocation(nucleus_id=1, before=None, after=place[0], fiber_before=None, fiber_after=3))
    calls.say(
        SetLocation(nucleus_id=2, before=None, after=Location.BORDER, fiber_before=None, fiber_after=None)
    )
    assert [calls.place_of(n, {3}) for n in (1, 2, 9)] == [place, (Location.BORDER, None), None]
    assert [calls.place_of(n, ()) for n in (1, 2, 9)] == [None, (Location.BORDER, None), None]


def test_the_later_area_decides_about_a_place():
    calls = Calls()
    assert calls.exclusion_at(1, 1) is None
    calls.say(ExcludeRegion(outline=LEFT, reason=ExclusionReason.FOLD))
    calls.say(ExcludeRegion(outline=TOP, reason=ExclusionReason.TORN))
    points = np.array([[2.0, 2.0], [8.0, 2.0], [2.0, 8.0], [8.0, 8.0]])
    assert calls.exclusions_at(points) == [
        ExclusionReason.TORN, ExclusionReason.FOLD, ExclusionReason.TORN, None,
    ]  # fmt: skip
    calls.say(IncludeRegion(outline=LEFT))
    assert calls.exclusions_at(points) == [None, None, ExclusionReason.TORN, None]
    calls.take_back(calls.areas[-1])
    assert calls.exclusion_at(8.0, 2.0) is ExclusionReason.FOLD
