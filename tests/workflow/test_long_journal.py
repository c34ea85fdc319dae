"""A journal of some hundred entries: what it touched is measured once when it is opened, and as all would be."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from myograft.api import open_review
from myograft.correct import split_by_line
from myograft.errors import CorrectionError
from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import (
    Accept,
    Delete,
    ExcludeRegion,
    Merge,
    NewObject,
    SetOrigin,
    Split,
    Target,
    Undo,
)
from myograft.workflow.events import ignore
from myograft.workflow.finished import open_finished
from myograft.workflow.first_record import first_record
from myograft.workflow.measured_objects import MeasuredObjects
from myograft.workflow.remeasure import remeasure

ENTRIES_N = 300


def halves(labels, number):
    box = labels.boxes[number]
    line = ((box.y0 - 2.0, (box.x0 + box.x1) / 2), (box.y1 + 2.0, (box.x0 + box.x1) / 2 + 2.0))
    pieces = split_by_line(labels.pixels_of(number), line)
    return tuple(NewObject(new_id=labels.next_id + place, pixels=part) for place, part in enumerate(pieces))


def an_edit(record, random):
    """An edit of what the ones before have left."""
    target = Target(random.choice(list(Target)))
    labels = record.state.objects(target)
    one, other = (int(number) for number in random.choice(sorted(labels.boxes), 2, replace=False))
    y, x = (int(corner) for corner in random.integers(0, 300, 2))
    nucleus = int(random.choice(sorted(record.state.objects(Target.NUCLEUS).boxes)))
    last = record.state.replay.next_undo
    makers = [
        lambda: SetOrigin(nucleus_id=nucleus, before=None, after=Origin.DONOR),
        lambda: Accept(target=target, object_id=one),
        lambda: Delete(target=target, object_id=one),
        lambda: Split(target=target, object_id=one, parts=halves(labels, one)),
        lambda: Merge(target=target, object_ids=(one, other), new_id=labels.next_id, bridge=None),
        lambda: ExcludeRegion(outline=((y, x), (y, x + 30), (y + 30, x)), reason=ExclusionReason.FOLD),
        lambda: Undo(number=last.number),
    ]
    weights = np.array([4, 4, 1, 2, 1, 0.2, 2 if last else 0])
    return makers[random.choice(len(makers), p=weights / weights.sum())]()


@pytest.fixture
def result(sample_run, tmp_path):
    result = Path(shutil.copytree(sample_run.out / "engrafted", tmp_path / "engrafted"))
    finished = open_finished(result)
    with first_record(finished, "anna") as record:
        random = np.random.default_rng(4)
        while len(record.entries) < ENTRIES_N:
            with suppress(CorrectionError):  # a piece that its line does not cut
                record.take(an_edit(record, random))
        record.publish_entries()
    return result


def test_what_a_long_journal_touched_is_measured_once(result, monkeypatch):
    measure, calls = MeasuredObjects.follow, []

    def follow(self, touches):
        calls.append(len(touches))
        measure(self, touches)

    monkeypatch.setattr(MeasuredObjects, "follow", follow)
    with open_review(result, "ben") as review:
        assert len(review.entries) == ENTRIES_N
        assert calls == [ENTRIES_N]
    tables = result / "tables" / "reviewed"
    left = {path.name: path.read_bytes() for path in tables.iterdir()}
    remeasure(result, workers_n=1, on_event=ignore)
    assert {path.name: path.read_bytes() for path in tables.iterdir()} == left
