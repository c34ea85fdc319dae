"""Names in a result folder that come from people."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.errors import UsageError
from myograft.model.result_layout import JournalLayout, ResultLayout

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=15).filter(str.strip)


@given(names, names)
def test_two_readers_never_share_a_journal_also_where_disks_ignore_case(one, other):
    first, second = (ResultLayout(Path("r")).reading(name).name for name in (one, other))
    assert (first.lower() == second.lower()) == (one == other)
    assert set(first) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_%ABCDEF.")


@given(st.sets(names, max_size=4))
def test_readers_are_listed_by_their_names(tmp_path_factory, readers):
    layout = ResultLayout(tmp_path_factory.mktemp("readers"))
    for reader in readers:
        layout.reading_setup(reader).parent.mkdir(exist_ok=True)
        layout.reading_setup(reader).write_text("{}")
        layout.reading(reader).write_text("")
    assert set(layout.readers()) == readers


def test_who_wrote_a_journal_is_a_reader_and_files_of_others_are_not(tmp_path):
    layout = ResultLayout(tmp_path)
    assert layout.readers() == layout.journals() == ()
    (tmp_path / "readings").mkdir()
    layout.reading_setup("carla").write_text("{}")
    for reader in ("Anna", "ben"):
        layout.reading(reader).write_text("")
    for other in ("Notes.jsonl", "a b.jsonl", "%4a.jsonl", ".jsonl"):
        (tmp_path / "readings" / other).write_text("{}")
    assert layout.readers() == ("Anna", "ben")


def test_journals_are_the_record_and_the_readings_that_are_there(tmp_path):
    layout = ResultLayout(tmp_path)
    (tmp_path / "readings").mkdir()
    for path in (layout.journal, layout.reading("ben"), layout.reading("anna")):
        path.write_text("")
    assert layout.journals() == (layout.journal, layout.reading("anna"), layout.reading("ben"))


@pytest.mark.parametrize("device", ["con", "nul", "aux", "prn", "com1", "lpt9"])
def test_no_reader_is_a_device_of_windows(device):
    stem = ResultLayout(Path("r")).reading(device).stem
    assert stem.startswith(("%6", "%7"))
    assert ResultLayout(Path("r")).reading(device + "x").stem == device + "x"


@pytest.mark.parametrize(
    ("reader", "told"), [("", "needs a name"), (" \t", "needs a name"), ("\udcff", "no text"), ("ж" * 34, "too long")]
)  # fmt: skip
def test_names_that_no_file_can_have_are_refused(reader, told):
    layout = ResultLayout(Path("r"))
    for place in (layout.reading, layout.reading_setup):
        with pytest.raises(UsageError, match=rf"{told}.*Give a name"):
            place(reader)


@given(names)
def test_what_lies_beside_a_journal_is_no_other_journals(reader):
    layout = ResultLayout(Path("r"))
    places = JournalLayout(layout.reading(reader))
    beside = {places.lock, places.holder, places.torn, layout.reading_setup(reader), places.journal}
    assert len({path.name for path in beside}) == 5
    assert {path.parent for path in beside} == {Path("r/readings")}
    record = JournalLayout(layout.journal)
    assert [path.name for path in (record.lock, record.holder, record.torn)] == [
        "journal.lock", "journal.holder", "journal.torn",
    ]  # fmt: skip
