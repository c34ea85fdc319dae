"""Corrections on the disk: nothing acknowledged is ever lost, nothing broken is taken for whole."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys

import pytest

from myograft import __version__
from myograft.errors import CorrectionError, JournalError, OutputError, UsageError
from myograft.model.biology import Origin
from myograft.model.correction import Accept, Redo, SetOrigin, Target, Undo
from myograft.write import JournalFile, read_journal

IDENTITY = "a" * 64


def call(number):
    return SetOrigin(nucleus_id=number, before=Origin.DONOR, after=Origin.HOST)


def written(path, entries_n, author="Anna Weiß"):
    with JournalFile.open(path, IDENTITY, author) as journal:
        for number in range(1, entries_n + 1):
            journal.append(call(number), why="a vessel", is_audit=number % 2 == 0)
        return journal.entries


def test_an_entry_is_on_the_disk_when_append_returns(tmp_path):
    path = tmp_path / "journal.jsonl"
    with JournalFile.open(path, IDENTITY, "Anna Weiß") as journal:
        entry = journal.append(call(1), why="a vessel", is_audit=True)
        assert read_journal(path, IDENTITY) == (entry,)
    assert (entry.author, entry.why, entry.is_audit, entry.version) == (
        "Anna Weiß",
        "a vessel",
        True,
        __version__,
    )
    assert written(path, 2)[0] == entry
    assert [entry.number for entry in read_journal(path, IDENTITY)] == [1, 2, 3]


def test_no_file_is_no_entry_and_looking_makes_none(tmp_path):
    assert read_journal(tmp_path / "journal.jsonl", IDENTITY) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_half_line(tmp_path, monkeypatch):
    path = tmp_path / "journal.jsonl"
    write = os.write

    def full(descriptor, content):
        if len(content) > 100:
            return write(descriptor, content[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    with JournalFile.open(path, IDENTITY, "anna") as journal:
        journal.append(call(1))
        before = path.read_bytes()
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(
            OutputError, match=r"not recorded, all before it is safe: the disk is full\. Make room"
        ):
            journal.append(call(2))
        assert path.read_bytes() == before
        assert len(journal.entries) == 1
        monkeypatch.setattr(os, "write", write)
        journal.append(call(3))
    assert [entry.correction.nucleus_id for entry in read_journal(path, IDENTITY)] == [1, 3]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_a_flush_that_fails_or_is_interrupted_leaves_no_entry(tmp_path, monkeypatch, error):
    path = tmp_path / "journal.jsonl"
    flush, calls = os.fsync, []

    def fails_once(descriptor):
        calls.append(descriptor)
        if len(calls) == 1:
            raise error
        flush(descriptor)

    with JournalFile.open(path, IDENTITY, "anna") as journal:
        first = journal.append(call(1))
        monkeypatch.setattr(os, "fsync", fails_once)
        with pytest.raises((OutputError, KeyboardInterrupt)):
            journal.append(call(2))
        assert read_journal(path, IDENTITY) == journal.entries == (first,)
        assert journal.append(call(3)).number == 2


def test_a_line_is_one_write_flushed_before_it_is_acknowledged_and_names_before_the_first(
    tmp_path, monkeypatch
):
    """The order of the system's calls is what survives a power cut."""
    path = tmp_path / "readings" / "anna.jsonl"
    happened, names = [], {}
    real = {name: getattr(os, name) for name in ("open", "write", "fsync")}

    def opened(target, *rest, **more):
        descriptor = real["open"](target, *rest, **more)
        names[descriptor] = os.fspath(target)
        return descriptor

    def wrote(descriptor, content):
        happened.append(("write", names[descriptor]))
        return real["write"](descriptor, content)

    def flushed(descriptor):
        happened.append(("flush", names[descriptor]))
        real["fsync"](descriptor)

    with JournalFile.open(path, IDENTITY, "anna") as journal:
        for name, replaced in (("open", opened), ("write", wrote), ("fsync", flushed)):
            monkeypatch.setattr(os, name, replaced)
        journal.append(call(1))
        line = [("write", str(path)), ("flush", str(path))]
        folders = [("flush", str(path.parent)), ("flush", str(tmp_path))]
        assert happened == ([] if sys.platform == "win32" else folders) + line
        happened.clear()
        journal.append(call(2), why="x" * 1_000_000)
        assert happened == line


def refuse(monkeypatch, error, name):
    """Let the disk refuse to open a file of that name for writing; works for root too."""
    real = os.open

    def opened(target, flags, *rest, **more):
        if os.fspath(target).endswith(name) and flags & (os.O_RDWR | os.O_WRONLY):
            raise OSError(error, os.strerror(error))
        return real(target, flags, *rest, **more)

    monkeypatch.setattr(os, "open", opened)


@pytest.mark.parametrize(
    ("error", "told"), [(errno.EROFS, "the disk is read-only"), (errno.EACCES, "there is no permission")]
)
@pytest.mark.parametrize("name", ["journal.lock", "journal.jsonl"])
def test_what_cannot_be_written_is_said_before_the_first_edit(tmp_path, monkeypatch, error, told, name):
    path = tmp_path / "journal.jsonl"
    entries = written(path, 2)
    refuse(monkeypatch, error, name)
    with pytest.raises(OutputError, match=f"nothing can be corrected here: {told}"):
        JournalFile.open(path, IDENTITY, "anna")
    assert read_journal(path, IDENTITY) == entries
    monkeypatch.undo()
    JournalFile.open(path, IDENTITY, "anna").close()


def test_a_file_in_the_way_of_the_folder_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="nothing can be corrected here"):
        JournalFile.open(tmp_path / "file" / "journal.jsonl", IDENTITY, "anna")


def test_a_journal_that_another_program_changes_meanwhile_is_not_added_to(tmp_path):
    path = tmp_path / "journal.jsonl"
    with JournalFile.open(path, IDENTITY, "anna") as journal:
        journal.append(call(1))
        with path.open("ab") as file:
            file.write(b"note\n")
        with pytest.raises(JournalError, match="another program"):
            journal.append(call(2))


def test_a_journal_that_was_moved_away_is_not_begun_anew(tmp_path):
    path = tmp_path / "journal.jsonl"
    with JournalFile.open(path, IDENTITY, "anna") as journal:
        journal.append(call(1))
        path.rename(tmp_path / "moved.jsonl")
        with pytest.raises(JournalError, match="moved away or deleted"):
            journal.append(call(2))
        assert not path.exists()
        (tmp_path / "moved.jsonl").rename(path)
        assert journal.append(call(2)).number == 2


def test_a_closed_journal_takes_nothing(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = JournalFile.open(path, IDENTITY, "anna")
    journal.close()
    journal.close()
    with pytest.raises(OutputError, match="was closed"):
        journal.append(call(1))
    assert not path.exists()


def test_an_edit_that_is_none_is_refused_and_the_next_recorded(tmp_path):
    path = tmp_path / "journal.jsonl"
    with JournalFile.open(path, IDENTITY, "anna") as journal:
        journal.append(call(1))
        for edit, why in ((Undo(number=2), ""), (Redo(number=1), ""), (call(2), "\udcff")):
            with pytest.raises(CorrectionError, match="cannot be recorded"):
                journal.append(edit, why=why)
        journal.append(Undo(number=1))
        journal.append(Redo(number=1))
    assert [entry.number for entry in read_journal(path, IDENTITY)] == [1, 2, 3]


@pytest.mark.parametrize("author", ["", "  ", "\udcff"])
def test_an_author_needs_a_name(tmp_path, author):
    with pytest.raises(UsageError, match="needs a name"):
        JournalFile.open(tmp_path / "journal.jsonl", IDENTITY, author)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such permissions")
def test_the_journal_is_no_program(tmp_path):
    written(tmp_path / "journal.jsonl", 1)
    assert not (tmp_path / "journal.jsonl").stat().st_mode & stat.S_IXUSR


def test_accepting_and_calling_are_kept_apart(tmp_path):
    path = tmp_path / "journal.jsonl"
    with JournalFile.open(path, IDENTITY, "anna") as journal:
        journal.append(Accept(target=Target.FIBER, object_id=3))
    line = json.loads(path.read_text(encoding="utf-8"))
    assert line["correction"] == {"kind": "accept", "target": "fiber", "object_id": 3}
