"""What a review leaves for a study: reviewed tables that hold every correction, or a sentence that they do not."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from myograft.api import ReadingSetup, open_review
from myograft.errors import LockedError, OutputError, ResultError
from myograft.model.biology import Origin
from myograft.model.columns import TableName
from myograft.model.correction import Target
from myograft.model.result_layout import ResultLayout
from myograft.workflow import review_commit
from myograft.workflow.events import ignore
from myograft.workflow.measured_objects import MeasuredObjects
from myograft.workflow.remeasure import remeasure
from myograft.workflow.study_results import open_results

TABLES = (TableName.FIBERS, TableName.NUCLEI, TableName.SECTIONS, TableName.AUDIT_ESTIMATES)

#: Turns the first donor nuclei to hosts, does what it is told, and dies.
CHILD = """
import os, signal, sys
from myograft.api import open_review
from myograft.model.biology import Origin
review = open_review(sys.argv[1], "anna")
donor = (review.nuclei["origin"] == "donor").filled(fill_value=False)
for number in review.nuclei["nucleus_id"].filled()[donor][:3].tolist():
    review.set_origin(number, Origin.HOST)
if sys.argv[2] == "sign":
    review.sign_off("read")
print(review.section["donor_nuclei_n"], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def result(sample_run, tmp_path):
    return Path(shutil.copytree(sample_run.out / "engrafted", tmp_path / "engrafted"))


def killed(result, what):
    """Play a review that is killed; return the donor nuclei that it had acknowledged."""
    child = subprocess.run([sys.executable, "-c", CHILD, str(result), what], capture_output=True, check=False)
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    return int(child.stdout)


def in_study(result):
    """The number of donor nuclei that a study takes, and whether it says that people corrected them."""
    (found,), _ = open_results([result])
    return found.sections.rows()[0]["donor_nuclei_n"], found.is_reviewed


def tables_of(result):
    layout = ResultLayout(result)
    return [layout.table(name, reviewed=True).read_bytes() for name in TABLES]


def test_what_was_signed_is_in_the_study_even_if_the_program_was_killed(result):
    machine_n, is_reviewed = in_study(result)
    assert not is_reviewed
    donor_n = killed(result, "sign")
    assert donor_n == machine_n - 3
    assert in_study(result) == (donor_n, True)


def test_a_study_refuses_tables_that_lack_corrections_until_a_review_is_closed(result):
    donor_n = killed(result, "go on")
    with pytest.raises(ResultError, match=r"do not hold all corrections.*myograft remeasure"):
        open_results([result])
    # Nobody edits anything: looking and closing is enough.
    with open_review(result, "ben"):
        pass
    assert in_study(result) == (donor_n, True)
    closed = tables_of(result)
    remeasure(result, workers_n=1, on_event=ignore)
    assert tables_of(result) == closed
    # Stale tables are not taken either.
    assert killed(result, "go on") == donor_n - 3
    with pytest.raises(ResultError, match="do not hold all corrections"):
        open_results([result])
    remeasure(result, workers_n=1, on_event=ignore)
    assert in_study(result) == (donor_n - 3, True)


def test_tables_without_a_journal_are_no_answer(result):
    killed(result, "sign")
    ResultLayout(result).journal.unlink()
    with pytest.raises(ResultError, match="yet there are reviewed tables"):
        open_results([result])
    with open_review(result, "ben"):
        pass
    assert in_study(result)[1] is False


def test_a_window_that_only_looks_saves_nothing(result):
    with open_review(result, "anna") as review:
        review.set_origin(1, Origin.DONOR)
        with open_review(result, "ben"):
            pass
        assert not ResultLayout(result).reviewed_head.exists()
        with pytest.raises(ResultError, match="open just now"):
            open_results([result])
        with pytest.raises(LockedError, match="anna"):
            remeasure(result, workers_n=1, on_event=ignore)
    assert in_study(result)[1] is True
    before = ResultLayout(result).reviewed_head.stat().st_mtime_ns
    with open_review(result, "ben"):
        pass
    assert ResultLayout(result).reviewed_head.stat().st_mtime_ns == before


def test_an_independent_reading_leaves_the_record_alone(result):
    with open_review(result, "ben", setup=ReadingSetup(is_blinded=False)) as own:
        own.set_origin(1, Origin.DONOR)
        own.sign_off("read")
        own.save()
    assert not ResultLayout(result).reviewed_head.parent.exists()


def test_a_signature_that_cannot_be_saved_stands(result, monkeypatch):
    def full(state):
        raise OutputError("cannot be written: the disk is full")

    with open_review(result, "anna") as review:
        review.set_origin(1, Origin.DONOR)
        with monkeypatch.context() as patched:
            patched.setattr(review_commit, "save_review", full)
            with pytest.raises(OutputError, match=r"signature stands.*disk is full"):
                review.sign_off("read")
        assert review.is_signed
    assert in_study(result)[1] is True


def test_an_edit_that_cannot_be_measured_stands_and_is_measured_later(result, monkeypatch):
    with open_review(result, "anna") as review:
        monkeypatch.setattr(MeasuredObjects, "follow", gone_disk := refuse(times_n=2))
        with pytest.raises(
            OutputError, match=r"acknowledged and stands \(entry 1\).*disk is gone.*open it again"
        ):
            review.delete(Target.FIBER, 3)
        assert gone_disk.calls_n == 2
        assert len(review.entries) == 1
        assert "entry 1 could not be measured" in review.read_only_because
        with pytest.raises(OutputError, match="nothing can be edited"):
            review.undo()
    assert not ResultLayout(result).reviewed_head.exists()
    monkeypatch.undo()
    with open_review(result, "anna") as review:
        assert review.read_only_because is None
        assert 3 not in review.fibers["fiber_id"].filled()
    left = tables_of(result)
    remeasure(result, workers_n=1, on_event=ignore)
    assert tables_of(result) == left


def test_an_edit_that_fails_once_is_measured_on_the_spot(result, monkeypatch):
    with open_review(result, "anna") as review:
        review.set_origin(1, Origin.DONOR)
        monkeypatch.setattr(MeasuredObjects, "follow", refuse(times_n=1))
        change = review.delete(Target.FIBER, 3)
        assert 3 in change.touched.removed_fibers
        assert 3 not in review.fibers["fiber_id"].filled()
        assert review.undo().section["fibers_n"] == change.section["fibers_n"] + 1
    left = tables_of(result)
    remeasure(result, workers_n=1, on_event=ignore)
    assert tables_of(result) == left


def refuse(times_n):
    """A measuring that fails some times, as on a disk that went away."""
    measure = MeasuredObjects.follow

    def follow(self, touches):
        follow.calls_n += 1
        if follow.calls_n <= times_n:
            raise OSError("the disk is gone")
        measure(self, touches)

    follow.calls_n = 0
    return follow
