"""The engine answers in order for any number of workers, tells progress, and passes errors on."""

from __future__ import annotations

import os

import pytest

from myograft.errors import InputError
from myograft.execute import Engine


def multiply(shared: int, item: int) -> int:
    return shared * item


def process_id(shared: None, item: int) -> int:
    return os.getpid()


def fail_on_seven(shared: None, item: int) -> int:
    if item == 7:
        raise InputError("tile 7 is broken", where="slide.tif", remedy="Scan it again")
    return item


@pytest.mark.parametrize("workers_n", [1, 2])
def test_answers_come_in_the_order_of_the_items(workers_n):
    with Engine(workers_n) as engine:
        assert engine.over("multiply", multiply, shared=3, items=range(100)) == [3 * i for i in range(100)]


def test_two_workers_are_processes_of_their_own():
    with Engine(2) as engine:
        ids = set(engine.over("ids", process_id, shared=None, items=range(32)))
    assert os.getpid() not in ids
    assert len(ids) == 2


def test_progress_is_told_after_every_item():
    told = []
    with Engine(1, lambda *progress: told.append(progress)) as engine:
        engine.over("count", multiply, shared=1, items=[5, 6])
    assert told == [("count", 0, 2), ("count", 1, 2), ("count", 2, 2)]


@pytest.mark.parametrize("workers_n", [1, 2])
def test_an_error_keeps_its_sentence_and_the_engine_lives_on(workers_n):
    with Engine(workers_n) as engine:
        with pytest.raises(InputError, match=r"slide\.tif: tile 7 is broken\. Scan it again\."):
            engine.over("fail", fail_on_seven, shared=None, items=range(200))
        assert engine.over("multiply", multiply, shared=2, items=[1]) == [2]


def test_no_items_is_no_work():
    with Engine(1) as engine:
        assert engine.over("nothing", multiply, shared=1, items=[]) == []


def test_an_engine_needs_a_worker():
    with pytest.raises(ValueError, match="at least one worker"):
        Engine(0)
