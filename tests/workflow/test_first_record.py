"""Corrections that come from elsewhere: after a kill all of them are there, or none, and a second try works."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from myograft.api import ReadingSetup, open_review
from myograft.errors import OutputError
from myograft.model.biology import Origin
from myograft.model.correction import Target
from myograft.model.result_layout import ResultLayout
from myograft.workflow.adjudicate import adjudicate
from myograft.workflow.events import ignore
from myograft.workflow.reattach import reattach
from myograft.workflow.remeasure import remeasure
from myograft.workflow.study_results import open_results

#: Merges readings, or moves corrections, and dies before a file takes its name for the nth time.
CHILD = """
import os, signal, sys
from pathlib import Path
nth, rename = int(sys.argv[1]), Path.replace
def replace(self, target):
    global nth
    nth -= 1
    if nth == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.replace = replace
from myograft.workflow.adjudicate import adjudicate
from myograft.workflow.reattach import reattach
if sys.argv[2] == "adjudicate":
    adjudicate(Path(sys.argv[3]), ("anna", "ben"), "cleo", "anna")
else:
    reattach(Path(sys.argv[3]), Path(sys.argv[4]), "cleo")
"""


def copy_of(sample_run, folder):
    return Path(shutil.copytree(sample_run.out / "engrafted", folder))


def correct(review):
    for number in (3, 5, 7):
        review.set_origin(number, Origin.DONOR)
    review.delete(Target.FIBER, 20)


@pytest.fixture
def read(sample_run, tmp_path):
    """A slide that two have read; they differ in one nucleus."""
    result = copy_of(sample_run, tmp_path / "read")
    for reader in ("anna", "ben"):
        with open_review(result, reader, setup=ReadingSetup(is_blinded=False)) as review:
            correct(review)
            review.set_origin(9, Origin.DONOR if reader == "anna" else Origin.HOST)
    return result


@pytest.fixture
def corrected(sample_run, tmp_path):
    result = copy_of(sample_run, tmp_path / "corrected")
    with open_review(result, "anna") as review:
        correct(review)
    return result


def killed(nth, *arguments):
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(nth), *map(str, arguments)], capture_output=True, check=False
    )
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()


def tables_of(result):
    return {path.name: path.read_bytes() for path in sorted((result / "tables" / "reviewed").glob("*.csv"))}


# 1: the audit's draw, 2: what is left to ask, 3: the journal, 4: the first reviewed table.
@pytest.mark.parametrize("nth", [2, 3, 4])
def test_readings_that_are_merged_appear_whole_or_not_at_all(read, nth):
    layout = ResultLayout(read)
    layout.audit_design.unlink(missing_ok=True)
    killed(nth, "adjudicate", read)
    if nth < 4:
        assert not layout.journal.exists()
        with open_review(read, "cleo") as record:
            # What was left to ask means nothing without the corrections that it belongs to.
            assert record.questions == ()
        done = adjudicate(read, ("anna", "ben"), "cleo", "anna")
        assert len(done.questions) == 1
    else:
        with pytest.raises(OutputError, match="corrections already"):
            adjudicate(read, ("anna", "ben"), "cleo", "anna")
    with open_review(read, "cleo") as record:
        assert len(record.entries) == 4
        assert len(record.questions) == 1
    (found,), _ = open_results([read])
    assert found.is_reviewed


@pytest.mark.parametrize("nth", [3, 4])
def test_moved_corrections_appear_whole_or_not_at_all(corrected, sample_run, tmp_path, nth):
    new = copy_of(sample_run, tmp_path / "new")
    ResultLayout(new).audit_design.unlink(missing_ok=True)
    killed(nth, "reattach", corrected, new)
    assert ResultLayout(new).journal.exists() is (nth == 4)
    if nth == 3:
        assert reattach(corrected, new, "cleo").applied_n == 4
    else:
        remeasure(new, workers_n=1, on_event=ignore)
    with open_review(new, "cleo") as record:
        assert len(record.entries) == 4
    assert tables_of(new) == tables_of(corrected)
