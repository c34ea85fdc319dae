"""Two readings merged into the record: what both say stands, what they differ in is asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from myograft.api import ReadingSetup, open_review
from myograft.correct import Touched
from myograft.errors import InputError, OutputError, UsageError
from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import Target
from myograft.workflow.adjudicate import adjudicate
from myograft.workflow.tell_journal import in_words

OWN = ReadingSetup(is_blinded=False)


@pytest.fixture
def result(sample_run, tmp_path):
    """A slide that anna and ben have read on their own."""
    copy = Path(shutil.copytree(sample_run.out / "engrafted", tmp_path / "engrafted"))
    for reader in ("anna", "ben"):
        with open_review(copy, reader, setup=OWN) as review:
            review.set_origin(3, Origin.DONOR)
            review.set_origin(5, Origin.DONOR if reader == "anna" else Origin.HOST)
            review.accept(Target.NUCLEUS, 7)
            review.reject(Target.NUCLEUS, 8, ExclusionReason.NOT_A_FIBER)
            review.reject(Target.FIBER, 12, ExclusionReason.OBLIQUE)
            review.accept(Target.FIBER, 13)
            if reader == "anna":
                review.set_origin(9, Origin.DONOR)
                box = review.box_of(Target.FIBER, 20)
                middle = (box.x0 + box.x1) / 2
                review.split(Target.FIBER, 20, ((box.y0 - 1, middle), (box.y1 + 1, middle)))
    return copy


def test_what_both_say_stands_and_the_rest_is_asked(result):
    done = adjudicate(result, ("anna", "ben"), "cleo", None)
    assert done.agreed_n == 5
    with open_review(result, "cleo") as record:
        assert record.questions == done.questions
        assert {entry.author for entry in record.entries} == {"cleo"}
        assert {entry.why for entry in record.entries} == {"anna and ben agree"}
        assert record.row(Target.NUCLEUS, 3)["origin"] == "donor"
        assert record.row(Target.NUCLEUS, 7)["is_reviewed"]
        assert record.row(Target.NUCLEUS, 8)["is_excluded"]
        assert record.row(Target.FIBER, 12)["exclusion_reason"] == "oblique"
        # Nobody decides for them, and what one alone has read is no agreement.
        assert not record.row(Target.NUCLEUS, 5)["is_reviewed"]
        assert not record.row(Target.NUCLEUS, 9)["is_reviewed"]
        assert record.row(Target.FIBER, 20)["fiber_id"] == 20
    asked = {(question.target, question.object_id): question.sentence for question in done.questions}
    assert asked[Target.NUCLEUS, 5] == "origin of a nucleus: anna says donor, ben says host"


def test_outlines_of_one_reader_are_taken_where_that_is_asked(result):
    adjudicate(result, ("anna", "ben"), "cleo", "anna")
    with open_review(result, "cleo") as record, open_review(result, "anna", setup=OWN) as anna:
        whole = record.finished.slide.stack.whole
        ours, hers = record.labels(Target.FIBER, whole), anna.labels(Target.FIBER, whole)
        assert len(record.fibers) == len(anna.fibers)
        for number in anna.fibers["fiber_id"].filled()[anna.fibers["is_drawn"].filled()].tolist():
            numbers = set(ours[hers == number].tolist())
            assert len(numbers) == 1
            assert (ours == numbers.pop()).sum() == (hers == number).sum()
        assert any(entry.why == "as anna drew it" for entry in record.entries)


def test_bad_input_is_a_sentence(result):
    with pytest.raises(UsageError, match="named twice"):
        adjudicate(result, ("anna", "anna"), "cleo", None)
    with pytest.raises(UsageError, match="none of the two"):
        adjudicate(result, ("anna", "ben"), "cleo", "dora")
    with pytest.raises(InputError, match="dora has not read"):
        adjudicate(result, ("anna", "dora"), "cleo", None)
    adjudicate(result, ("anna", "ben"), "cleo", None)
    with pytest.raises(OutputError, match="corrections already"):
        adjudicate(result, ("anna", "ben"), "cleo", None)


def test_the_command_says_what_is_left(result, capsys):
    from myograft.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["adjudicate", str(result), "--readers", "anna", "ben", "--reader", "cleo"])
    assert not ended.value.code
    told = capsys.readouterr().out
    assert "5 objects stand as anna and ben agree" in told
    assert "origin of a nucleus: anna says donor, ben says host" in told
    with pytest.raises(SystemExit) as ended:
        main(["adjudicate", str(result), "--readers", "anna"])
    assert ended.value.code == 2


def test_a_question_is_open_until_it_is_settled(result):
    adjudicate(result, ("anna", "ben"), "cleo", None)
    with open_review(result, "anna", setup=OWN) as own:
        assert own.questions == ()
    with open_review(result, "cleo") as record:
        first, *rest = asked = record.questions
        before = dict(record.section)
        assert record.open_among(asked) == asked
        change = record.settle(first, why="ben is right")
        assert change.touched == Touched()
        assert record.open_among(asked) == tuple(rest)
        record.undo()
        assert record.open_among(asked) == asked
        record.redo()
        assert record.section == before
    with open_review(result, "cleo") as again:
        assert again.open_among(again.questions) == tuple(rest)
        assert in_words(again.entries[-3].correction) == f"settled: {first.sentence}"
