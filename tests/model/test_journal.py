"""Sealed entries cannot be changed unseen; undo and redo say which edits are in force."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from myograft.model.correction import Delete, Redo, SignOff, Target, Undo
from myograft.model.journal import JournalEntry, check_chain, entry_hash, in_force

FIRST_HASH = "0" * 64


def journal(*edits):
    written, previous = [], FIRST_HASH
    for number, edit in enumerate(edits, start=1):
        moment = datetime(2026, 3, 1, 12, 0, number, tzinfo=UTC)
        entry = JournalEntry(
            number=number, moment=moment, author="Ada", correction=edit, previous_hash=previous
        )
        written.append(entry)
        previous = entry.hash
    return written


EDITS = [Delete(target=Target.FIBER, object_id=n) for n in range(1, 5)]


def test_entries_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        journal(Delete(target=Target.FIBER, object_id=1))[0].author = "somebody else"


def test_a_whole_chain_is_accepted():
    check_chain(journal(*EDITS), FIRST_HASH)
    check_chain([], FIRST_HASH)


@pytest.mark.parametrize(
    ("tamper", "line", "number"),
    [
        (lambda chain: chain[:1] + chain[2:], 2, 3),
        (lambda chain: [chain[1], chain[0], *chain[2:]], 1, 2),
        (lambda chain: [chain[0], *chain], 2, 1),
        (lambda chain: [chain[0].model_copy(update={"author": "Eve"}), *chain[1:]], 2, 2),
    ],
    ids=["removed", "moved", "inserted", "changed"],
)
def test_a_broken_chain_is_noticed(tamper, line, number):
    with pytest.raises(ValueError, match=f"line {line}: journal entry {number} does not follow"):
        check_chain(tamper(journal(*EDITS)), FIRST_HASH)


def test_a_journal_of_another_result_is_noticed():
    with pytest.raises(ValueError, match="journal entry 1 does not follow"):
        check_chain(journal(*EDITS), "1" * 64)


@pytest.mark.parametrize(
    "change",
    [{"author": "Eve"}, {"why": "because"}, {"hash": "0" * 64}, {"is_audit": True}, {"version": "0.0.1"}],
)
def test_a_changed_line_is_noticed(change):
    with pytest.raises(ValueError, match="journal entry 1 was changed"):
        JournalEntry.from_json({**journal(*EDITS)[0].to_json(), **change})


@given(st.sampled_from(["drop", "repeat", "swap", "change"]), st.data())
def test_one_tampered_entry_breaks_a_chain_wherever_it_is(way, data):
    chain = journal(*EDITS, *EDITS)
    place = data.draw(st.integers(0, len(chain) - 2))
    match way:
        case "drop":
            del chain[place]
        case "repeat":
            chain.insert(place, chain[place])
        case "swap":
            chain[place], chain[place + 1] = chain[place + 1], chain[place]
        case "change":
            chain[place] = chain[place].model_copy(update={"is_audit": True})
    with pytest.raises(ValueError, match="does not follow"):
        check_chain(chain, FIRST_HASH)


def test_a_line_of_a_newer_format_is_refused():
    with pytest.raises(ValidationError, match="format_version"):
        JournalEntry.from_json({**journal(*EDITS)[0].to_json(), "format_version": 99})


def test_the_hash_is_the_documented_one():
    """sha256 of the previous hash, a line feed and the canonical JSON; computed with coreutils' sha256sum."""
    assert entry_hash("ab" * 32, {"b": 1, "a": "µ"}) == (
        "5e0f03307751a3771e2fdcf470cb4c67ce703b3753a6a5792f3c9a7f33c1f18f"
    )


def kept(*edits):
    return [entry.number for entry in in_force(journal(*edits))]


def test_undo_is_replay_without_the_last_entry():
    assert kept() == []
    assert kept(*EDITS[:2]) == [1, 2]
    assert kept(*EDITS[:2], Undo(number=2)) == kept(EDITS[0]) == [1]
    assert kept(*EDITS[:2], Undo(number=2), Undo(number=1)) == []
    assert kept(*EDITS[:2], Undo(number=2), Undo(number=1), Redo(number=1)) == [1]
    assert kept(*EDITS[:2], Undo(number=2), EDITS[2], SignOff(meaning="reviewed")) == [1, 4]


@pytest.mark.parametrize(
    "edits",
    [
        [Undo(number=1)],
        [*EDITS[:2], Undo(number=1)],
        [EDITS[0], Redo(number=1)],
        [EDITS[0], Undo(number=1), EDITS[1], Redo(number=1)],
        [EDITS[0], Undo(number=1), Undo(number=2)],
        [EDITS[0], SignOff(meaning="reviewed"), Undo(number=2)],
    ],
)
def test_undo_out_of_order_is_refused(edits):
    with pytest.raises(ValueError, match="which is not next"):
        in_force(journal(*edits))


@given(st.lists(st.sampled_from(["edit", "undo", "redo"]), max_size=20))
def test_undo_and_redo_behave_like_two_stacks(wishes):
    done, undone, edits = [], [], []
    for wish in wishes:
        number = len(edits) + 1
        if wish == "edit":
            edits.append(EDITS[0])
            done, undone = [*done, number], []
        elif wish == "undo" and done:
            edits.append(Undo(number=done[-1]))
            done, undone = done[:-1], [*undone, done[-1]]
        elif wish == "redo" and undone:
            edits.append(Redo(number=undone[-1]))
            done, undone = [*done, undone[-1]], undone[:-1]
    assert kept(*edits) == done
