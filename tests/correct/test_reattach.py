"""After another run nothing that readers did is lost: it stands, or somebody is asked; what they drew is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.correct.boxes import StoredBoxes
from myograft.correct.fixed_objects import FixedObjects
from myograft.correct.machine import MachineResult
from myograft.correct.reattach import reattach
from myograft.correct.replay import Replay
from myograft.errors import CorrectionError
from myograft.model.biology import Location, Origin, Position
from myograft.model.correction import (
    Accept,
    Add,
    Delete,
    Merge,
    Reshape,
    SetOrigin,
    Split,
    Target,
    Undo,
)
from myograft.model.geometry import Region
from myograft.model.journal import in_force

FIBER, NUCLEUS = Target.FIBER, Target.NUCLEUS
LABELS = np.array([[1, 1, 0, 2]] * 6, np.uint32)


def any_machine(bench, random, fibers, nuclei):
    """A run's result with calls at random."""
    numbers = [int(n) for n in np.unique(nuclei) if n]
    inside = [int(n) for n in np.unique(fibers) if n]
    location = {}
    for number in numbers:
        is_inside = inside and random.random() < 0.6
        location[number] = (
            (Location.IN_FIBER, int(random.choice(inside))) if is_inside else (Location.INTERSTITIAL, None)
        )
    return MachineResult(
        bench.edited(fibers),
        bench.edited(nuclei),
        origin={n: [None, *Origin][random.integers(3)] for n in numbers},
        location=location,
        position={n: list(Position)[random.integers(2)] for n in numbers if location[n][1]},
    )


def drawn(corrections):
    """Objects that corrections drew or gave a shape."""
    objects = set()
    for edit in corrections:
        match edit:
            case Add():
                objects |= {(edit.target, edit.made.new_id)}
            case Merge():
                objects |= {(edit.target, edit.new_id)}
            case Split():
                objects |= {(edit.target, part.new_id) for part in edit.parts}
            case Reshape():
                objects |= {(edit.target, edit.object_id)}
    return objects


@given(data=st.data())
def test_every_entry_stands_or_is_asked_about_and_drawn_pixels_are_there(bench, data):
    fibers, nuclei, corrections = data.draw(bench.reviews())
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    others = [bench.any_labels(random, fibers.shape) for _ in Target]
    if random.random() < 0.5:  # much as before
        others = [np.where(random.random(fibers.shape) < 0.9, fibers, 0), np.roll(nuclei, 1, axis=0)]
    old, new = any_machine(bench, random, fibers, nuclei), any_machine(bench, random, *others)
    standing = in_force(bench.entries(corrections))
    before = [bench.whole(plane).copy() for plane in (old.fibers, old.nuclei, new.fibers, new.nuclei)]
    reattached, replay = bench.moved(standing, old, new)
    assert sorted(
        [e.number for e in reattached.applied] + [conflict.entry.number for conflict in reattached.conflicts]
    ) == [entry.number for entry in standing]
    assert {reissued.entry.number for reissued in reattached.corrections} <= {
        entry.number for entry in standing
    }
    for target, plane, start, machine in (
        (FIBER, replay.fibers, fibers, others[0]),
        (NUCLEUS, replay.nuclei, nuclei, others[1]),
    ):
        left = bench.replayed(start, corrections, target)
        labels, covered = bench.whole(plane), np.zeros(start.shape, bool)
        for shaped, number in drawn(entry.correction for entry in standing):
            if shaped is target and (left == number).any():
                (here,) = set(labels[left == number].tolist())
                assert here
                np.testing.assert_array_equal(labels == here, left == number)
                covered |= left == number
        assert ((labels == machine) | (labels == 0))[~covered].all()
    after = [bench.whole(plane) for plane in (old.fibers, old.nuclei, new.fibers, new.nuclei)]
    np.testing.assert_array_equal(np.stack(before), np.stack(after))


@given(data=st.data())
def test_calls_stand_in_a_run_that_is_the_same(bench, data):
    kinds = ("origin", "location", "position", "accept", "reject", "exclude", "include")
    fibers, nuclei, corrections = data.draw(bench.reviews(kinds=kinds))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    machine = any_machine(bench, random, fibers, nuclei)
    # The random calls of a position take it for granted that the machine has given one.
    machine = replace(machine, position=dict.fromkeys(machine.location, Position.CENTRAL))
    reattached, replay = bench.moved(bench.entries(corrections), machine, machine)
    assert reattached.conflicts == ()
    old = Replay(bench.edited(fibers), bench.edited(nuclei))
    for entry in bench.entries(corrections):
        old.apply(entry)
    assert replay.calls == old.calls


@given(data=st.data())
def test_shapes_meet_no_surprise_in_a_run_that_is_the_same(bench, data):
    fibers, nuclei, corrections = data.draw(bench.reviews(kinds=bench.shapes))
    machine = MachineResult(bench.edited(fibers), bench.edited(nuclei))
    reattached, replay = bench.moved(bench.entries(corrections), machine, machine)
    assert reattached.conflicts == ()
    assert len(reattached.applied) == len(corrections)
    left = bench.replayed(fibers, corrections, FIBER)
    gone = set(np.unique(fibers).tolist()) - set(np.unique(left).tolist()) - {0}
    reshaped = [r.correction for r in reattached.corrections if isinstance(r.correction, Reshape)]
    # What readers removed stays away, unless it has now the shape of what they drew in its place.
    assert gone & set(replay.fibers.boxes) <= {edit.object_id for edit in reshaped if edit.target is FIBER}


def test_nuclei_of_a_stack_are_found_by_their_boxes(bench):
    boxes = [{4: Region(0, 0, 10, 10), 5: Region(0, 20, 9, 29)}, {1: Region(1, 0, 11, 10)}]
    results = [MachineResult(bench.edited(LABELS), FixedObjects(StoredBoxes.of(box))) for box in boxes]
    edits = [SetOrigin(nucleus_id=n, before=None, after=Origin.DONOR) for n in (4, 5)]
    reattached = reattach(bench.entries(edits), *results)
    assert [m.correction.nucleus_id for m in reattached.corrections] == [1]
    assert [conflict.entry.number for conflict in reattached.conflicts] == [2]


def test_a_new_run_without_labels_drops_nothing(bench):
    edits = [Delete(target=FIBER, object_id=1), Accept(target=FIBER, object_id=2)]
    old, new = MachineResult(bench.edited(LABELS), None), MachineResult(None, None)
    reattached = reattach(bench.entries(edits), old, new)
    assert [conflict.reason for conflict in reattached.conflicts] == [
        "the new result has no fiber labels to draw in",
        "the new result has no fiber labels",
    ]
    assert (reattached.corrections, reattached.applied) == ((), ())


def test_reasons_tell_where_a_correction_comes_from(bench):
    entry = bench.entries([Delete(target=FIBER, object_id=1)])[0].model_copy(
        update={"author": "Ada", "why": "a vessel"}
    )
    machine = MachineResult(bench.edited(LABELS), None)
    (reissued,) = reattach([entry], machine, machine).corrections
    assert reissued.why == "moved from entry 1 of Ada to a new run: a vessel"
    silent = entry.model_copy(update={"why": ""})
    assert reattach([silent], machine, machine).corrections[0].why == "moved from entry 1 of Ada to a new run"


def test_results_that_do_not_lie_over_each_other_are_refused(bench):
    old, new = MachineResult(bench.edited(LABELS), None), MachineResult(bench.edited(LABELS[:3]), None)
    with pytest.raises(CorrectionError, match="the old result has 6 x 4 px, the new one 3 x 4 px"):
        reattach([], old, new)


def test_only_entries_in_force_can_be_moved(bench):
    machine = MachineResult(bench.edited(LABELS), None)
    with pytest.raises(ValueError, match="entry 1 is not one that is in force: undo"):
        reattach(bench.entries([Undo(number=1)]), machine, machine)
    with pytest.raises(ValueError, match="entry 1 draws in a result without nucleus labels"):
        reattach(bench.entries([Delete(target=NUCLEUS, object_id=1)]), machine, machine)
