"""One writer at a time, whoever asks and however the last one ended."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import threading

import pytest
from filelock import FileLock

from myograft.errors import LockedError, OutputError
from myograft.model.result_layout import JournalLayout
from myograft.write.lock import WriterLock

HOLDER = """
import sys
from pathlib import Path
from myograft.model.result_layout import JournalLayout
from myograft.write.lock import WriterLock
lock = WriterLock.take(JournalLayout(Path(sys.argv[1])), "Anna Weiß")
print("taken", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def places(tmp_path):
    return JournalLayout(tmp_path / "journal.jsonl")


def test_another_process_is_refused_told_who_and_let_in_when_the_first_is_killed(places):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(places.journal)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout.readline().strip() == b"taken"
        with pytest.raises(
            LockedError, match=r"Anna Weiß \(on .*, process \d+, since 2.*close the other window"
        ):
            WriterLock.take(places, "ben")
        assert json.loads(places.holder.read_text(encoding="utf-8"))["process"] == first.pid
        first.kill()
    # the note of the one who was killed is still there and means nothing
    assert places.holder.exists()
    lock = WriterLock.take(places, "ben")
    with pytest.raises(LockedError, match=r"ben \(on"):
        WriterLock.take(places, "carla")
    lock.release()
    assert not places.holder.exists()


def test_a_second_window_of_this_program_is_refused_also_from_another_thread(places):
    lock, refused = WriterLock.take(places, "anna"), []

    def ask():
        try:
            WriterLock.take(places, "ben").release()
        except LockedError as problem:
            refused.append(problem.what)

    ask()
    for _ in range(2):
        asking = threading.Thread(target=ask)
        asking.start()
        asking.join()
    assert len(refused) == 3
    lock.release()
    ask()
    assert len(refused) == 3


def test_a_lock_taken_in_one_thread_is_given_back_in_another(places):
    taken = []
    taking = threading.Thread(target=lambda: taken.append(WriterLock.take(places, "anna")))
    taking.start()
    taking.join()
    taken[0].release()
    taken[0].release()
    WriterLock.take(places, "ben").release()


def test_a_note_that_says_nothing_is_another_program(places):
    with FileLock(places.lock):
        for text in ("", "[]", '{"reader": "anna"}', "{"):
            places.holder.write_text(text)
            with pytest.raises(LockedError, match="another program is correcting"):
                WriterLock.take(places, "ben")


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_is_refused_rather_than_trusted(places, monkeypatch, number):
    def no_locks(self):
        raise OSError(number, "no locks")

    monkeypatch.setattr(FileLock, "_acquire", no_locks)
    with pytest.raises(OutputError, match=r"no locks, so two windows .* Copy the result to another disk"):
        WriterLock.take(places, "anna")
    assert not places.holder.exists()


def test_a_note_that_cannot_be_written_leaves_no_lock(places):
    places.holder.mkdir()
    with pytest.raises(OutputError, match="nothing can be corrected here"):
        WriterLock.take(places, "anna")
    places.holder.rmdir()
    WriterLock.take(places, "anna").release()
