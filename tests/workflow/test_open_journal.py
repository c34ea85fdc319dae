"""Whose journal is opened, and what happens where nobody may write."""

from __future__ import annotations

import pytest

from myograft.errors import OutputError, ResultError, UsageError
from myograft.model.biology import Origin
from myograft.model.correction import SetOrigin
from myograft.model.reading import ReadingSetup
from myograft.model.result_layout import ResultLayout
from myograft.workflow.open_journal import open_journal

IDENTITY = "a" * 64
BLIND = ReadingSetup(is_blinded=True, seed=3)
CALL = SetOrigin(nucleus_id=1, before=None, after=Origin.DONOR)


@pytest.fixture
def layout(tmp_path):
    return ResultLayout(tmp_path)


def test_a_second_window_looks_only_and_says_who_writes(layout):
    first = open_journal(layout, IDENTITY, "anna", None)
    first.append(CALL)
    second = open_journal(layout, IDENTITY, "ben", None)
    assert "anna (on " in second.read_only_because
    assert second.entries == first.entries
    with pytest.raises(OutputError, match=r"nothing can be edited: .*anna"):
        second.append(CALL)
    second.close()
    first.close()
    assert open_journal(layout, IDENTITY, "ben", None).read_only_because is None


def test_readings_do_not_lock_the_record_or_one_another(layout):
    opened = [open_journal(layout, IDENTITY, name, setup) for name, setup in (
        ("anna", None), ("anna", BLIND), ("ben", BLIND),
    )]  # fmt: skip
    assert [journal.read_only_because for journal in opened] == [None, None, None]
    for journal in opened:
        journal.append(CALL)
        journal.close()
    assert layout.readers() == ("anna", "ben")
    assert len(layout.journals()) == 3


def test_a_torn_line_is_told_to_whoever_opens_next(layout):
    journal = open_journal(layout, IDENTITY, "anna", None)
    journal.append(CALL)
    journal.close()
    with layout.journal.open("ab") as file:
        file.write(b'{"num')
    (note,) = open_journal(layout, IDENTITY, "ben", None).notes
    assert "torn" in note
    assert "journal.torn" in note


def test_a_reading_goes_on_as_it_was_begun(layout):
    open_journal(layout, IDENTITY, "anna", BLIND).close()
    with pytest.raises(UsageError, match=r"begun otherwise \(blinded, seed 3"):
        open_journal(layout, IDENTITY, "anna", ReadingSetup(is_blinded=False))


def test_a_reading_whose_setup_was_lost_is_not_begun_anew(layout):
    journal = open_journal(layout, IDENTITY, "anna", BLIND)
    journal.append(CALL)
    journal.close()
    layout.reading_setup("anna").unlink()
    with pytest.raises(
        ResultError, match=r"set up cannot be read.*nobody knows whether the reading was blinded"
    ):
        open_journal(layout, IDENTITY, "anna", ReadingSetup(is_blinded=False))
    assert not layout.reading_setup("anna").exists()
