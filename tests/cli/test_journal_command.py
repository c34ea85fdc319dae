"""``myograft journal``: what a reader of the record is told, also of one that was tampered with."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from myograft.model.biology import ExclusionReason, Location, Origin
from myograft.model.channels import Role
from myograft.model.correction import Delete, Merge, Reject, SetLocation, SetOrigin, SignOff, Target, Undo
from myograft.model.geometry import Calibration
from myograft.model.provenance import Provenance
from myograft.model.result_layout import ResultLayout
from myograft.write import JournalFile, write_provenance

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORD = Provenance(
    slide_id="m1",
    input_path="m1.tif",
    input_sha256="ab" * 32,
    input_bytes=12,
    versions={},
    settings={},
    calibration=Calibration(0.5, None, "OME-XML"),
    channels=("laminin",),
    roles={Role.SARCOLEMMA: 0},
    role_reasons={Role.SARCOLEMMA: "name"},
    image_axes="YX",
    image_shape=(9, 9),
    image_dtype="uint16",
    started=NOON,
    finished=NOON,
)
EDITS = (
    (Delete(target=Target.FIBER, object_id=7), "a vessel"),
    (Merge(target=Target.FIBER, object_ids=(3, 4), new_id=9), ""),
    (SetOrigin(nucleus_id=5, before=Origin.DONOR, after=None), "too faint"),
    (
        SetLocation(
            nucleus_id=6, before=Location.IN_FIBER, after=Location.BORDER, fiber_before=3, fiber_after=None
        ),
        "",
    ),
    (Undo(number=4), ""),
    (Reject(target=Target.FIBER, object_id=8, reason=ExclusionReason.TORN), ""),
)


@pytest.fixture
def layout(tmp_path):
    write_provenance(RECORD, tmp_path / "m1" / "run.json")
    return ResultLayout(tmp_path / "m1")


def correct(path, edits=EDITS, author="Anna Weiß"):
    with JournalFile.open(path, RECORD.identity, author) as journal:
        for edit, why in edits:
            journal.append(edit, why=why, is_audit=isinstance(edit, SetOrigin))
        return journal.entries


def without_times(text):
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "T", text).splitlines()


def test_a_journal_is_told_line_by_line(layout, myograft):
    entries = correct(layout.journal)
    done = myograft("journal", layout.root)
    assert done.code == 0
    assert without_times(done.out) == [
        "    1  T  Anna Weiß: deleted fiber 7 (a vessel)",
        "    2  T  Anna Weiß: merged fiber 3 and 4 to 9",
        "    3  T  Anna Weiß: called nucleus 5 open (was donor) (too faint) [audit]",
        "    4  T  Anna Weiß: placed nucleus 6 border (was in_fiber of fiber 3) [undone]",
        "    5  T  Anna Weiß: undid 4",
        "    6  T  Anna Weiß: rejected fiber 8: torn",
        "nobody has signed",
        f"6 entries, nothing was changed since; hash of the last one: {entries[-1].hash}",
    ]


def test_signatures_are_told_with_what_came_after(layout, myograft):
    correct(layout.journal, [*EDITS[:2], (SignOff(meaning="reviewed"), "")])
    assert "Anna Weiß signed at T for everything before entry 3: reviewed" in without_times(
        myograft("journal", layout.root).out
    )
    assert "later than" not in myograft("journal", layout.root).out
    correct(layout.journal, [(SignOff(meaning="I agree"), ""), EDITS[0]], author="ben")
    told = without_times(myograft("journal", layout.root).out)
    assert "ben signed at T for everything before entry 4: I agree" in told
    assert "1 entry is later than the last signature" in told


def test_no_comment_passes_for_an_entry_or_moves_the_cursor(layout, myograft):
    why = "fine\n    2  2026-03-01 12:00:00 UTC  Eve: signed\x1b[2K\r\u202eabc"
    correct(layout.journal, [(EDITS[0][0], why)], author="An\nna")
    told = without_times(myograft("journal", layout.root).out)
    assert told[0] == ("    1  T  An na: deleted fiber 7 (fine 2 T Eve: signed\\x1b[2K \\u202eabc)")
    assert len(told) == 3


def test_an_independent_reading_is_told_by_its_readers_name(layout, myograft):
    correct(layout.journal)
    correct(layout.reading("Ben O."), EDITS[:1], author="Ben O.")
    assert "1 entry, nothing was changed" in myograft("journal", layout.root, "--reader", " Ben O. ").out
    refused = myograft("journal", layout.root, "--reader", "carla")
    assert refused.code == 1
    assert "carla has not read this slide independently; Ben O. has. Leave --reader out" in refused.err


def test_json_is_the_entries_and_nothing_else(layout, myograft):
    entries = correct(layout.journal)
    lines = myograft("journal", layout.root, "--json").out.splitlines()
    assert [json.loads(line) for line in lines] == [entry.to_json() for entry in entries]


def test_no_journal_is_no_correction(layout, myograft):
    done = myograft("journal", layout.root)
    assert (done.code, done.out.splitlines()) == (
        0,
        [
            "nobody has signed",
            f"0 entries, nothing was changed since; hash of the last one: {RECORD.identity}",
        ],
    )
    assert not layout.journal.exists()


def test_a_hash_kept_elsewhere_is_found_or_missed(layout, myograft):
    entries = correct(layout.journal)
    kept = [RECORD.identity, entries[2].hash, entries[-1].hash.upper()]
    assert [myograft("journal", layout.root, "--expect-hash", known).code for known in kept] == [0, 0, 0]
    content = layout.journal.read_bytes().splitlines(keepends=True)
    layout.journal.write_bytes(b"".join(content[:-1]))
    assert myograft("journal", layout.root).code == 0
    missed = myograft("journal", layout.root, "--expect-hash", entries[-1].hash)
    assert missed.code == 1
    assert "lines were cut from its end" in missed.err
    layout.journal.unlink()
    assert myograft("journal", layout.root, "--expect-hash", entries[0].hash).code == 1


def test_a_hash_that_is_none_is_a_wrong_usage(layout, myograft):
    refused = myograft("journal", layout.root, "--expect-hash", "abc123")
    assert refused.code == 2
    assert "--expect-hash: 'abc123' is no hash. Give all 64 digits" in refused.err


def test_a_torn_last_line_is_told_and_left_alone(layout, myograft):
    correct(layout.journal)
    with layout.journal.open("ab") as file:
        file.write(b'{"number":7')
    before = layout.journal.read_bytes()
    done = myograft("journal", layout.root)
    assert done.code == 0
    assert "the last line is torn (11 bytes)" in done.out
    assert "6 entries" in done.out
    assert layout.journal.read_bytes() == before


def test_another_results_journal_is_refused_with_a_sentence(layout, myograft):
    correct(layout.journal)
    other = RECORD.model_copy(update={"slide_id": "m2"})
    write_provenance(other, layout.provenance)
    refused = myograft("journal", layout.root)
    assert refused.code == 1
    assert "belongs to another result" in refused.err
    assert "myograft reattach OLD NEW" in refused.err


def test_a_folder_that_is_no_result_is_a_sentence(tmp_path, myograft):
    refused = myograft("journal", tmp_path)
    assert refused.code == 1
    assert "not finished: its record is missing" in refused.err
