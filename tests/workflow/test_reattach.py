"""Corrections taken along to another run: manual calls win, doubts are queued, none is dropped."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from myograft.api import open_review
from myograft.cli import main
from myograft.errors import InputError, OutputError, ResultError
from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import Target
from myograft.model.journal import in_force
from myograft.model.reattached import ReattachRecord
from myograft.workflow.reattach import reattach


@pytest.fixture(scope="module")
def other_run(tmp_path_factory, engrafted_path, run_again):
    """The same slide outlined by another method, so that outlines differ and numbers too."""
    return run_again(
        tmp_path_factory.mktemp("other"), "segment.fibers.method=watershed", paths=[engrafted_path]
    ).out / "engrafted"  # fmt: skip


@pytest.fixture
def results(sample_run, other_run, tmp_path):
    old = Path(shutil.copytree(sample_run.out / "engrafted", tmp_path / "old"))
    return old, Path(shutil.copytree(other_run, tmp_path / "new"))


def overlapping(review, target, other, number):
    """The other review's object that shares most pixels with one."""
    box = review.box_of(target, number)
    mine = review.labels(target, box) == number
    found, counts = np.unique(other.labels(target, box)[mine], return_counts=True)
    return int(found[counts.argmax()])


def test_calls_move_to_the_same_nuclei_and_shapes_over_the_new_outlines(results):
    old, new = results
    with open_review(old, "anna") as review:
        donor = (review.nuclei["origin"] == "donor").filled(fill_value=False)
        flipped = int(review.nuclei["nucleus_id"].filled()[donor][2])
        review.set_origin(flipped, Origin.HOST, why="a macrophage")
        sized = ~review.fibers["is_excluded"].filled()
        first, second = review.fibers["fiber_id"].filled()[sized][[3, 8]].tolist()
        review.delete(Target.FIBER, first)
        box = review.box_of(Target.FIBER, second)
        middle = (box.x0 + box.x1) / 2
        parts = review.split(
            Target.FIBER, second, ((box.y0 - 1, middle), (box.y1 + 1, middle))
        ).entry.correction.parts
        review.exclude(((0, 0), (0, 60), (60, 60), (60, 0)), ExclusionReason.FOLD)
        standing = in_force(review.entries)
    record = reattach(old, new, "ben")
    assert record.applied_n + len(record.conflicts) == len(standing)
    with open_review(old, "anna") as before, open_review(new, "ben") as after:
        same = overlapping(before, Target.NUCLEUS, after, flipped)
        assert after.row(Target.NUCLEUS, same)["origin"] == "host"
        whys = [entry.why for entry in after.entries]
        assert any("anna" in why and "a macrophage" in why for why in whys)
        assert {entry.author for entry in after.entries} == {"ben"}
        whole = after.finished.slide.stack.whole
        mine, theirs = before.labels(Target.FIBER, whole), after.labels(Target.FIBER, whole)
        for part in parts:
            numbers = np.unique(theirs[mine == part.new_id])
            assert len(numbers) == 1
            assert numbers[0]
            assert (theirs == numbers[0]).sum() == (mine == part.new_id).sum()
        assert after.section["excluded_area_mm2"] == before.section["excluded_area_mm2"] > 0
        ours = ReattachRecord.model_validate_json(
            after.finished.layout.reattached.read_text(encoding="utf-8")
        )
        assert ours == record
        assert [question.region for question in after.questions] == [
            conflict.region for conflict in record.conflicts
        ]
        assert all("anna" in question.sentence for question in after.questions)
        assert before.questions == ()
        after.finished.layout.reattached.write_text("{}")
        with pytest.raises(ResultError, match="left open cannot be read"):
            assert after.questions


def test_what_cannot_be_moved_is_said(results, sample_run, tmp_path, capsys):
    old, new = results
    with pytest.raises(InputError, match="no correction stands"):
        reattach(old, new, "ben")
    with open_review(old, "anna") as review:
        review.accept(Target.FIBER, 1)
    with pytest.raises(InputError, match="not of the same slide"):
        reattach(old, sample_run.out / "negative_control", "ben")
    with pytest.raises(SystemExit) as ended:
        main(["reattach", str(old), str(new), "--reader", "ben"])
    assert not ended.value.code
    assert "corrections stand in" in capsys.readouterr().out
    with pytest.raises(OutputError, match="corrections already"):
        reattach(old, new, "ben")
