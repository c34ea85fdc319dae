"""A review that ends in the middle: killed at any moment, opened twice, on a disk that cannot be written."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from myograft.api import ReadingSetup, open_review
from myograft.errors import JournalError, OutputError, UsageError
from myograft.model.biology import Origin
from myograft.model.columns import TableName
from myograft.model.correction import Target
from myograft.model.result_layout import ResultLayout
from myograft.workflow.events import ignore
from myograft.workflow.remeasure import remeasure
from myograft.write import WriterLock, read_journal, read_provenance

CHILD = """
import sys
import numpy as np
from myograft.api import open_review
from myograft.errors import CorrectionError
from myograft.model.biology import Origin
from myograft.model.correction import Target
random = np.random.default_rng(int(sys.argv[2]))
with open_review(sys.argv[1], "anna") as review:
    print("open", flush=True)
    while True:
        fiber, nucleus = (int(random.choice(table[key].filled()))
                          for table, key in ((review.fibers, "fiber_id"), (review.nuclei, "nucleus_id")))
        box = review.box_of(Target.FIBER, fiber)
        middle = (box.x0 + box.x1) / 2
        edits = [
            lambda: review.set_origin(nucleus, Origin.DONOR),
            lambda: review.split(Target.FIBER, fiber, ((box.y0 - 1, middle), (box.y1 + 1, middle))),
            lambda: review.accept(Target.NUCLEUS, nucleus),
            review.undo,
        ]
        try:
            change = edits[random.integers(len(edits))]()
        except CorrectionError:
            continue
        print(change.entry.number, change.entry.hash, flush=True)
        if change.entry.number % 7 == 0:
            review.save()
"""


@pytest.fixture
def result(sample_run, tmp_path):
    return Path(shutil.copytree(sample_run.out / "engrafted", tmp_path / "engrafted"))


def killed_once(result, seed):
    """Play a scripted review, kill it at a moment, and return what it acknowledged."""
    random = np.random.default_rng(seed)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(result), str(seed)], stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"open\n"
        # Every third may be killed within its first edit; the others have said something that may not be lost.
        first = child.stdout.readline() if seed % 3 else b""
        time.sleep(random.uniform(0.0, 0.6))
        child.send_signal(signal.SIGKILL)
        lines = (first + child.stdout.read()).split(b"\n")[:-1]
    return {int(number): seal.decode() for number, seal in (line.split() for line in lines)}


def check_kills(result, times_n):
    layout = ResultLayout(result)
    identity = read_provenance(layout.provenance).identity
    acknowledged = {}
    for seed in range(times_n):
        acknowledged |= killed_once(result, seed)
    found = {entry.number: entry.hash for entry in read_journal(layout.journal, identity)}
    assert acknowledged
    assert acknowledged.items() <= found.items()
    # No step of recovery: the next session goes on, and what it leaves is what the journal says.
    with open_review(result, "ben") as review:
        assert {entry.number: entry.hash for entry in review.entries} == found
        review.accept(Target.FIBER, int(review.fibers["fiber_id"].filled()[0]))
    names = (TableName.FIBERS, TableName.NUCLEI, TableName.SECTIONS)
    left = [layout.table(name, reviewed=True).read_bytes() for name in names]
    remeasure(result, workers_n=1, on_event=ignore)
    assert [layout.table(name, reviewed=True).read_bytes() for name in names] == left


def test_a_killed_review_loses_nothing_that_was_acknowledged(result):
    check_kills(result, 3)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_review_killed_at_100_moments_loses_nothing(result):
    check_kills(result, 100)


def test_a_second_window_looks_and_is_told_who_corrects(result):
    with open_review(result, "anna") as first:
        first.set_origin(1, Origin.DONOR)
        with open_review(result, "ben") as second:
            assert "anna" in second.read_only_because
            assert second.read_only_because in second.notes
            assert second.entries == first.entries
            with pytest.raises(OutputError, match=r"nothing can be edited.*anna"):
                second.set_origin(1, Origin.HOST)
            assert second.nuclei["origin"][0] == "donor"
    with open_review(result, "ben") as alone:
        assert alone.read_only_because is None
        assert alone.set_origin(1, Origin.HOST).entry.number == 2


def test_a_result_on_a_disk_that_cannot_be_written_is_open_to_look_at(result, monkeypatch):
    with open_review(result, "anna") as review:
        review.set_origin(1, Origin.DONOR)

    def refuse(path, holder):
        raise OutputError("cannot be written: the disk is read-only", where=str(path))

    monkeypatch.setattr(WriterLock, "take", refuse)
    with open_review(result, "anna") as review:
        assert "read-only" in review.read_only_because
        assert len(review.entries) == 1
        with pytest.raises(OutputError, match="nothing can be edited"):
            review.undo()


def test_two_readers_read_for_themselves_at_the_same_time(result):
    setup = ReadingSetup(is_blinded=True, seed=3, subset_fraction=0.5)
    with open_review(result, "anna", setup=setup) as one, open_review(result, "ben", setup=setup) as other:
        one.set_origin(2, Origin.DONOR)
        other.set_origin(2, Origin.HOST)
    layout = ResultLayout(result)
    assert layout.readers() == ("anna", "ben")
    assert not layout.journal.exists()
    assert not (result / "tables" / "reviewed").exists()
    with pytest.raises(UsageError, match=r"begun otherwise.*blinded, seed 3, part 0.5"):
        open_review(result, "anna", setup=ReadingSetup(is_blinded=False))
    with open_review(result, "anna", setup=setup) as again:
        assert again.nuclei["origin"][1] == "donor"


def test_a_reader_needs_a_name(result):
    with pytest.raises(UsageError, match="needs a name"):
        open_review(result, "  ")


def test_a_broken_journal_is_reported_and_its_lock_given_back(result):
    with open_review(result, "anna") as review:
        review.set_origin(1, Origin.DONOR)
    path = ResultLayout(result).journal
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"donor", b"hosts"))
    with pytest.raises(JournalError, match="line 1"):
        open_review(result, "anna")
    path.write_bytes(whole)
    with open_review(result, "anna") as review:
        assert review.read_only_because is None
