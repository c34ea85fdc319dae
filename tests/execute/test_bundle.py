"""What is quick goes to a worker together; what is slow, broken or deadly costs no other piece of its bundle."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.errors import IncompleteError, InputError
from myograft.execute import Engine
from myograft.execute.bundle import BundleOutcome, BundleSize, Outcome, run_bundle


class StubbornError(Exception):
    """An error that cannot travel."""

    def __init__(self) -> None:
        super().__init__("cannot be packed")
        self.lock = threading.Lock()


def double(shared, item):
    return 2 * item


def nap(shared, item):
    time.sleep(0.15)
    return item


def fail_at_multiples(shared, item):
    if item % shared == 0:
        raise InputError(f"piece {item} is broken", where="slide.tif")
    return item


def kill_at(shared, item):
    if item == shared:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_a_worker_stops_in_time_and_says_how_far_it_came():
    done = run_bundle(nap, None, [1, 2, 3, 4])
    assert [outcome.answer for outcome in done.outcomes] == [1, 2]
    assert done.seconds >= 0.3


def test_an_error_of_one_piece_is_told_with_its_place_in_the_code():
    done = run_bundle(fail_at_multiples, 2, [1, 2, 3])
    assert [outcome.answer for outcome in done.outcomes] == [1, None, 3]
    problem = done.outcomes[1].problem
    assert "fail_at_multiples" in problem.__notes__[0]
    assert isinstance(problem, InputError)
    assert "piece 2 is broken" in str(problem)


def test_an_error_that_does_not_travel_is_told_by_its_name():
    def stubborn(shared, item):
        raise StubbornError

    [outcome] = run_bundle(stubborn, None, [1]).outcomes
    assert str(outcome.problem) == "StubbornError: cannot be packed"


@given(
    workers_n=st.integers(1, 64),
    waiting_n=st.integers(1, 10**6),
    took=st.lists(st.floats(0, 1e4), max_size=5),
)
def test_bundles_never_leave_workers_idle(workers_n, waiting_n, took):
    size = BundleSize(workers_n)
    for seconds in took:
        size.learn(BundleOutcome((Outcome(),), seconds))
    chosen = size.next(waiting_n)
    assert 1 <= chosen <= waiting_n
    assert chosen == 1 or chosen * workers_n * 4 <= waiting_n


def test_quick_pieces_travel_together(monkeypatch):
    with Engine(1) as engine:
        sent, submit = [], engine._connected.submit
        monkeypatch.setattr(
            engine._connected, "submit", lambda *given, **more: sent.append(1) or submit(*given, **more)
        )
        assert engine.over("double", double, shared=None, items=range(2000)) == list(range(0, 4000, 2))
    assert len(sent) < 400


@pytest.mark.parametrize("workers_n", [1, 2])
def test_broken_pieces_of_bundles_are_named_and_no_other_is_lost(tmp_path, workers_n):
    with (
        Engine(workers_n) as engine,
        engine.remembering(tmp_path),
        pytest.raises(IncompleteError, match=r"4 of 400 pieces .* 100: .*piece 100 is broken"),
    ):
        engine.over("fail", fail_at_multiples, shared=100, items=range(400))
    told = []
    with Engine(workers_n, lambda *progress: told.append(progress)) as engine, engine.remembering(tmp_path):
        answers = engine.over("fail", fail_at_multiples, shared=1000, items=[-item for item in range(1, 401)])
    assert [place for place, answer in enumerate(answers) if answer < 0] == [0, 100, 200, 300]
    assert told[0] == ("fail", 396, 400)


def test_a_piece_that_kills_its_worker_takes_none_of_its_bundle_along(tmp_path):
    with (
        Engine(2) as engine,
        engine.remembering(tmp_path),
        pytest.raises(IncompleteError, match=r"1 of 300 pieces of 'kill' failed: 250: its worker was killed"),
    ):
        engine.over("kill", kill_at, shared=250, items=range(300))
