"""Processes beside each other: answers come, what dies takes its own job along, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from myograft.errors import ClusterError, InputError, OutputError
from myograft.execute import Died, Engine, side_by_side


@contextmanager
def squares(folder, tell):
    """Tell every job; some end their own process."""
    (folder / f"{os.getpid()}.open").touch()

    def do(job):
        tell((os.getpid(), job))
        if job == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if job == "leave":
            os._exit(7)
        if job == "defect":
            raise ValueError("seven")
        if job == "wait":
            time.sleep(600)
        return job * job

    try:
        yield do
    finally:
        (folder / f"{os.getpid()}.closed").touch()


@contextmanager
def refusing(tell):
    raise OutputError("there is no room", remedy="Make some")
    yield


@contextmanager
def dying(tell):
    os._exit(3)
    yield


@contextmanager
def with_workers(tell):
    with Engine(2) as engine:

        def do(job):
            return engine.over("wait", sleep, shared=None, items=[job, job])

        yield do


def sleep(shared, item):
    time.sleep(item)


def children(parent=None):
    """Return processes of one, else of this one, that are work, not bookkeeping of Python's."""
    found = []
    for child in (parent or psutil.Process()).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def all_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=20)
    return not alive


@pytest.fixture(autouse=True)
def nothing_left():
    before = set(children())
    yield
    assert all_gone([child for child in children() if child not in before])


def run(opens, jobs, processes_n=2, on_told=lambda event: None):
    with closing(side_by_side(opens, jobs, processes_n, on_told)) as answers:
        return dict(answers)


def test_answers_and_what_is_told_come_from_more_than_one_process(tmp_path):
    told = []
    answers = run(partial(squares, tmp_path), range(9), 3, told.append)
    assert answers == {place: place * place for place in range(9)}
    assert sorted(job for _, job in told) == list(range(9))
    assert len(list(tmp_path.glob("*.open"))) == len(list(tmp_path.glob("*.closed"))) == 3


def test_a_process_that_is_killed_takes_its_own_job_along(tmp_path):
    answers = run(partial(squares, tmp_path), [1, "kill", 3, 4, "kill", 6])
    assert {place for place, answer in answers.items() if isinstance(answer, Died)} == {1, 4}
    assert "killed, maybe for lack of memory" in answers[1].reason
    assert (answers[0], answers[2], answers[3], answers[5]) == (1, 9, 16, 36)
    # The one that was one too many is not started again, the last one is.
    assert len(list(tmp_path.glob("*.open"))) == 3


def test_a_process_that_falls_over_its_job_is_replaced(tmp_path):
    answers = run(partial(squares, tmp_path), ["leave", 2, "leave", 4])
    assert answers[0] == Died(7)
    assert "ended by itself with code 7" in answers[0].reason
    assert (answers[1], answers[3]) == (4, 16)


def test_a_defect_of_a_job_ends_all_and_is_shown(tmp_path):
    with pytest.raises(RuntimeError, match="ValueError: seven"):
        run(partial(squares, tmp_path), ["wait", "defect"])


def test_what_cannot_be_opened_is_a_sentence():
    with pytest.raises(OutputError, match="there is no room"):
        run(refusing, [1, 2])


def test_processes_that_never_start_are_a_sentence():
    with pytest.raises(ClusterError, match="could not be started"):
        run(dying, [1, 2])


def test_an_interruption_lets_every_process_close_what_it_has_open(tmp_path):
    def interrupt(event):
        if event[1] == "wait":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(partial(squares, tmp_path), [1, "wait", "wait"], on_told=interrupt)
    # The second process may not have come so far yet.
    opened, closed = (sorted(path.stem for path in tmp_path.glob(f"*.{name}")) for name in ("open", "closed"))
    assert opened == closed
    assert opened


def test_kills_leave_no_workers_behind(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import test_side_by_side as test\n"
        "if __name__ == '__main__':\n"
        "    test.run(test.with_workers, [600, 600])\n"
    )
    with subprocess.Popen([sys.executable, script]) as process:
        try:
            parent, until = psutil.Process(process.pid), time.monotonic() + 90
            while len(children(parent)) < 6 and time.monotonic() < until:
                time.sleep(0.2)
            seen = children(parent)
            assert len(seen) == 6, "two processes with two workers each"
            lane = next(child for child in parent.children() if child in seen)
            its_workers = children(lane)
            assert len(its_workers) == 2
            lane.kill()
            assert all_gone(its_workers)
            assert len(children(parent)) == 3
        finally:
            process.kill()
    assert all_gone(seen)


def test_a_known_problem_of_a_job_is_raised_as_it_is():
    with pytest.raises(InputError, match="no such slide"):
        run(partial(_missing), [1])


@contextmanager
def _missing(tell):
    def do(job):
        raise InputError("no such slide", remedy="Look again")

    yield do
