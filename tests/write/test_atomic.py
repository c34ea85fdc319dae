"""A file or folder is whole or absent, also when something goes wrong in the middle."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from myograft.errors import LockedError, OutputError
from myograft.write import (
    JournalFile,
    check_no_corrections,
    output_errors,
    publish_folder,
    replace_file,
    write_text,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_with_missing_folders(tmp_path):
    write_text(tmp_path / "a" / "b.txt", "µm\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "µm\n".encode()
    assert names(tmp_path / "a") == ["b.txt"]


def test_an_exception_in_the_middle_leaves_the_old_file_and_no_draft(tmp_path):
    target = tmp_path / "run.json"
    write_text(target, "old")

    def stop_in_the_middle():
        with replace_file(target) as draft:
            draft.write_text("half", encoding="utf-8")
            assert names(tmp_path) == sorted([draft.name, "run.json"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stop_in_the_middle()
    assert target.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["run.json"]


@pytest.mark.parametrize("call", ["fsync", "open"])
def test_a_full_disk_is_told_in_a_sentence(tmp_path, monkeypatch, call):
    target = tmp_path / "run.json"

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OutputError) as caught:
        write_text(target, "text")
    monkeypatch.undo()
    assert caught.value.sentence == (
        f"{target}: cannot be written: the disk is full. "
        "Free some space or choose another folder with --out, then run again."
    )
    assert names(tmp_path) == []


SCRIPT = """
import resource, sys
from pathlib import Path
from myograft.errors import LockedError, OutputError
from myograft.model.columns import TableName
from myograft.model.table import from_rows
from myograft.write import write_table, write_text
folder = Path(sys.argv[1])
table = from_rows(TableName.FIBERS, [{"slide_id": str(n), "fiber_id": n} for n in range(5000)])
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for write in (lambda: write_text(folder / "text", "x" * 10_000), lambda: write_table(table, folder)):
    try:
        write()
    except OutputError as error:
        sys.stdout.write(error.sentence + chr(10))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes to test with")
def test_a_disk_that_really_refuses_leaves_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path], capture_output=True, text=True, check=True, timeout=120
    )
    sentences = done.stdout.splitlines()
    assert len(sentences) == 2
    assert sentences[0].startswith(f"{tmp_path / 'text'}: cannot be written: the file is larger than")
    assert sentences[1].startswith(
        f"{tmp_path / 'fibers.parquet'}: cannot be written: the file is larger than"
    )
    assert names(tmp_path) == []


def test_a_file_in_the_way_of_a_folder(tmp_path):
    (tmp_path / "slide").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match=r"a file is in the way of a folder|File exists"):
        write_text(tmp_path / "slide" / "run.json", "")


def test_unknown_errors_keep_the_system_s_words():
    sentence = r"^image: cannot be written: Input/output error\. Check the disk"
    with pytest.raises(OutputError, match=sentence), output_errors("image"):
        raise OSError(errno.EIO, "Input/output error")


def make_folder(path, text):
    path.mkdir()
    (path / "run.json").write_text(text, encoding="utf-8")
    return path


def test_publish_a_new_folder(tmp_path):
    publish_folder(make_folder(tmp_path / ".s.draft", "new"), tmp_path / "s")
    assert names(tmp_path) == ["s"]


def test_publish_replaces_an_old_result(tmp_path):
    make_folder(tmp_path / "s", "old")
    make_folder(tmp_path / ".s.old", "left by a killed run")
    publish_folder(make_folder(tmp_path / ".s.draft", "new"), tmp_path / "s")
    assert names(tmp_path) == ["s"]
    assert (tmp_path / "s" / "run.json").read_text(encoding="utf-8") == "new"


def test_publish_after_a_kill_between_the_renames(tmp_path):
    make_folder(tmp_path / ".s.old", "old")
    publish_folder(make_folder(tmp_path / ".s.draft", "new"), tmp_path / "s")
    assert names(tmp_path) == ["s"]


def test_a_failed_publish_puts_the_old_result_back(tmp_path):
    make_folder(tmp_path / "s", "old")
    with pytest.raises(OutputError, match="No such file"):
        publish_folder(tmp_path / ".absent", tmp_path / "s")
    assert names(tmp_path) == ["s"]
    assert (tmp_path / "s" / "run.json").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("journal", ["journal.jsonl", "readings/anna.jsonl"])
def test_corrections_by_people_are_never_deleted(tmp_path, journal):
    make_folder(tmp_path / "s", "old")
    (tmp_path / "s" / journal).parent.mkdir(exist_ok=True)
    (tmp_path / "s" / journal).write_text("{}\n", encoding="utf-8")
    draft = make_folder(tmp_path / ".s.draft", "new")
    with pytest.raises(OutputError, match=rf"holds corrections by people \({journal}\)"):
        publish_folder(draft, tmp_path / "s")
    assert names(tmp_path) == [".s.draft", "s"]
    assert (tmp_path / "s" / "run.json").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("journal", ["journal.jsonl", "readings/anna.jsonl"])
def test_a_result_that_is_open_to_be_corrected_is_not_replaced(tmp_path, journal):
    make_folder(tmp_path / "s", "old")
    draft = make_folder(tmp_path / ".s.draft", "new")
    with JournalFile.open(tmp_path / "s" / journal, "0" * 64, "anna"):
        for refused in (
            lambda: check_no_corrections(tmp_path / "s"),
            lambda: publish_folder(draft, tmp_path / "s"),
        ):
            with pytest.raises(LockedError, match=r"open: anna \(on .*Close it first"):
                refused()
        assert names(tmp_path) == [".s.draft", "s"]
    publish_folder(draft, tmp_path / "s")
    assert (tmp_path / "s" / "run.json").read_text(encoding="utf-8") == "new"
    assert names(tmp_path) == ["s"]


def test_strokes_that_wait_are_corrections(tmp_path):
    make_folder(tmp_path / "s", "old")
    (tmp_path / "s" / "journal.strokes.npz").write_bytes(b"strokes")
    with pytest.raises(OutputError, match=r"strokes that wait to be committed \(journal.strokes.npz\)"):
        publish_folder(make_folder(tmp_path / ".s.draft", "new"), tmp_path / "s")
