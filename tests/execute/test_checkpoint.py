"""What is done is found again, whole: after a kill, in other shards, and not after a power cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.execute import Shard
from myograft.execute.checkpoint import Checkpoint


def stage(folder, shard=None, name="outline fibers", items_n=20):
    return Checkpoint(folder, shard or Shard()).next_stage(name, items_n)


def files(folder):
    return sorted(path.name for path in folder.glob("*.done"))


def test_answers_are_read_back_once(tmp_path):
    record = stage(tmp_path)
    record.add(3, {"n": 1})
    record.add(0, None)
    assert list(record.new_answers()) == []
    again = stage(tmp_path)
    assert list(again.new_answers()) == [(3, {"n": 1}), (0, None)]
    assert list(again.new_answers()) == []


def test_stages_of_one_name_are_told_apart_by_their_order(tmp_path):
    first = Checkpoint(tmp_path, Shard())
    first.next_stage("pyramid", 2).add(0, "one")
    first.next_stage("pyramid", 2).add(0, "two")
    again = Checkpoint(tmp_path, Shard())
    assert list(again.next_stage("pyramid", 2).new_answers()) == [(0, "one")]
    assert list(again.next_stage("pyramid", 2).new_answers()) == [(0, "two")]


def test_a_stage_of_another_number_of_items_begins_anew(tmp_path):
    stage(tmp_path, items_n=20).add(0, "old")
    assert list(stage(tmp_path, items_n=21).new_answers()) == []


@given(cut=st.integers(1, 200), noise=st.binary(max_size=40))
def test_a_torn_end_costs_no_earlier_answer(tmp_path_factory, cut, noise):
    folder = tmp_path_factory.mktemp("torn")
    record = stage(folder)
    sizes = []
    [path] = [folder / f"001-outline-fibers-20.{1}of{1}.done"]
    for place in range(5):
        record.add(place, "x" * 20 * place)
        sizes.append(path.stat().st_size)
    kept = max(0, sizes[-1] - cut)
    path.write_bytes(path.read_bytes()[:kept] + noise)
    whole_n = sum(size <= kept for size in sizes)
    again = stage(folder)
    assert [place for place, _ in again.new_answers()][:whole_n] == list(range(whole_n))
    again.add(9, "new")
    assert [place for place, _ in stage(folder).new_answers()] == [*range(whole_n), 9]


def test_after_a_power_cut_only_what_was_flushed_is_believed(tmp_path):
    checkpoint = Checkpoint(tmp_path, Shard())
    flushed, unsure = (checkpoint.next_stage(name, 1) for name in ("one", "two"))
    for record in (flushed, unsure):
        record.add(0, "done")
    flushed.mark_flushed()
    for boot in tmp_path.glob("*.boot"):
        machine, _ = json.loads(boot.read_text())
        boot.write_text(json.dumps([machine, "an earlier start"]))
    again = Checkpoint(tmp_path, Shard())
    assert list(again.next_stage("one", 1).new_answers()) == [(0, "done")]
    doubted = again.next_stage("two", 1)
    assert list(doubted.new_answers()) == []
    doubted.add(0, "done anew")
    assert list(Checkpoint(tmp_path, Shard()).next_stage("one", 1).new_answers()) == [(0, "done")]


def test_shards_read_each_other_as_they_write(tmp_path):
    one, two = stage(tmp_path, Shard(1, 2)), stage(tmp_path, Shard(2, 2))
    two.add(1, "two")
    assert list(one.new_answers()) == [(1, "two")]
    one.add(0, "one")
    two.add(3, "two again")
    assert list(one.new_answers()) == [(3, "two again")]
    assert list(two.new_answers()) == [(0, "one")]
    assert len(files(tmp_path)) == 2


@given(st.integers(1, 12), st.integers(0, 200))
def test_every_item_is_exactly_one_shards(count, place):
    assert sum(Shard(number, count).has(place) for number in range(1, count + 1)) == 1


@pytest.mark.parametrize(("number", "count"), [(0, 2), (3, 2), (1, 0)])
def test_there_is_no_other_shard(number, count):
    with pytest.raises(ValueError, match="no shard"):
        Shard(number, count)
