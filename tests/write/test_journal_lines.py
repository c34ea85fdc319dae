"""What a crash tore is put aside; what a hand changed is reported, with its line, and left alone."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.errors import JournalError
from myograft.model.biology import Origin
from myograft.model.correction import SetOrigin, Undo
from myograft.model.journal import JournalEntry
from myograft.write import JournalFile, look_at_journal, read_journal

IDENTITY = "a" * 64


def call(number):
    return SetOrigin(nucleus_id=number, before=Origin.DONOR, after=Origin.HOST)


def written(path, entries_n, author="Anna Weiß"):
    with JournalFile.open(path, IDENTITY, author) as journal:
        for number in range(1, entries_n + 1):
            journal.append(call(number), why="a vessel", is_audit=number % 2 == 0)
        return journal.entries


def check_torn_at(path, content, entries, cut, rest=b""):
    """Cut a whole journal at a byte, as a crash does, and look at what is left: before and after it is opened."""
    path.write_bytes(content[:cut] + rest)
    ends = [0, *(place + 1 for place, byte in enumerate(content) if byte == ord("\n"))]
    is_whole = cut + 1 in ends and not rest  # a line that lacks only its line feed
    kept_n = sum(0 < end <= cut for end in ends) + is_whole
    torn = b"" if is_whole else content[max(end for end in ends if end <= cut) : cut] + rest
    assert read_journal(path, IDENTITY) == entries[:kept_n]
    assert path.read_bytes() == content[:cut] + rest
    with JournalFile.open(path, IDENTITY, "ben") as journal:
        assert journal.entries == entries[:kept_n]
        assert path.read_bytes() == content[: ends[kept_n]]
        assert (journal.healed is None) == (not torn)
        added = journal.append(call(9))
    assert read_journal(path, IDENTITY) == (*entries[:kept_n], added)
    aside = path.with_suffix(".torn")
    assert (aside.read_bytes() if aside.exists() else b"") == (torn + b"\n" if torn else b"")


@pytest.fixture
def quick_disk(monkeypatch):
    """No flushes: a thousand files would take minutes."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def test_a_tail_torn_at_any_byte_costs_no_earlier_entry(tmp_path, quick_disk):
    entries = written(tmp_path / "whole.jsonl", 3)
    content = (tmp_path / "whole.jsonl").read_bytes()
    for cut in range(len(content)):
        folder = tmp_path / str(cut)
        folder.mkdir()
        check_torn_at(folder / "journal.jsonl", content, entries, cut)


# bytes that a power cut leaves: zeros, or what lay there before; no line feed, which would end a line
@settings(deadline=None, max_examples=50)
@given(cut=st.integers(0, 5000), rest=st.binary(min_size=1, max_size=50) | st.just(b"\x00" * 4096))
def test_garbage_after_the_last_line_is_put_aside(tmp_path_factory, cut, rest):
    path = tmp_path_factory.mktemp("torn") / "journal.jsonl"
    rest = b"\x00" + rest.replace(b"\n", b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        entries = written(path, 2)
        content = path.read_bytes()
        check_torn_at(path, content, entries, min(cut, len(content)), rest)


def test_what_a_second_crash_tears_is_kept_beside_the_first(tmp_path):
    path = tmp_path / "journal.jsonl"
    written(path, 1)
    for half in (b'{"number":2,"mo', b'{"number'):
        with path.open("ab") as file:
            file.write(half)
        with JournalFile.open(path, IDENTITY, "ben") as journal:
            assert journal.healed == (
                "the last line of the journal was torn, as a crash leaves it before a correction is acknowledged; it "
                "was put aside in journal.torn, and all before it is there"
            )
    assert path.with_suffix(".torn").read_bytes() == b'{"number":2,"mo\n{"number\n'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda line: line.replace(b"vessel", b"vestal"), "line 3.*changed after it was written"),
        (
            lambda line: line.replace(b'"format_version":1', b'"format_version":9'),
            "line 3 has format 9.*Update",
        ),
        (lambda line: line.replace(b'"number":3', b'"number":4'), "line 3.*changed"),
    ],
)
def test_a_last_line_changed_by_hand_is_not_taken_for_torn(tmp_path, change, told):
    """Editors leave the last line feed out."""
    path = tmp_path / "journal.jsonl"
    written(path, 3)
    *lines, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines) + change(last).rstrip(b"\n"))
    before = path.read_bytes()
    with pytest.raises(JournalError, match=told):
        JournalFile.open(path, IDENTITY, "ben")
    assert path.read_bytes() == before
    assert not path.with_suffix(".torn").exists()


def swapped(lines):
    return [lines[1], lines[0], lines[2]]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: [lines[0], lines[1].replace(b"vessel", b"vestal"), lines[2]], "line 2.*changed"),
        (lambda lines: [lines[0], lines[2]], "line 2: journal entry 3 does not follow"),
        (lambda lines: lines[1:], "line 1: journal entry 2 does not follow"),
        (lambda lines: [lines[0], *lines], "line 2: journal entry 1 does not follow"),
        (swapped, "line 1: journal entry 2 does not follow"),
        (lambda lines: [*lines, b""], "line 4.*broken"),
        (lambda lines: [*lines, b"[" * 100_000], "line 4.*broken"),
        (lambda lines: [lines[0], b"# a note", lines[1], lines[2]], "line 2.*broken"),
        (lambda lines: [lines[0], b"[]", lines[1], lines[2]], "line 2.*broken"),
        (lambda lines: [lines[0].replace(b'"format_version":1', b'"format_version":9'), *lines[1:]], "format 9"),
    ],
)  # fmt: skip
def test_a_journal_edited_by_hand_is_reported_and_left_alone(tmp_path, change, told):
    path = tmp_path / "journal.jsonl"
    written(path, 3)
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(change(lines)) + b"\n")
    before = path.read_bytes()
    for opening in (read_journal, lambda path, identity: JournalFile.open(path, identity, "ben")):
        with pytest.raises(JournalError, match=told):
            opening(path, IDENTITY)
    assert path.read_bytes() == before
    # The lock is free again.
    path.unlink()
    JournalFile.open(path, IDENTITY, "ben").close()


def test_the_journal_of_another_result_is_refused(tmp_path):
    written(tmp_path / "journal.jsonl", 2)
    with pytest.raises(JournalError, match=r"another result.*reattach"):
        read_journal(tmp_path / "journal.jsonl", "b" * 64)


def test_a_sealed_line_that_undoes_what_is_not_next_is_reported(tmp_path):
    path = tmp_path / "journal.jsonl"
    (last,) = written(path, 1)
    forged = JournalEntry(
        number=2, moment=last.moment, author="Eve", correction=Undo(number=7), previous_hash=last.hash
    )
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(forged.to_json()) + "\n")
    with pytest.raises(JournalError, match="entry 2 would undo entry 7"):
        read_journal(path, IDENTITY)


def test_looking_says_how_the_file_ends(tmp_path):
    path = tmp_path / "journal.jsonl"
    entries = written(path, 2)
    with path.open("ab") as file:
        file.write(b"{")
    content = look_at_journal(path, IDENTITY)
    assert (content.entries, content.torn, content.is_ended) == (entries, b"{", True)
