"""Processes that each do whole jobs, one after another: what one takes with it when it dies is its own job only."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import Any, TypeAlias

from myograft.errors import ClusterError, MyograftError

#: How a process learns its work: told how to speak, it opens what its jobs share and yields what does one of them.
Opens: TypeAlias = Callable[[Callable[[Any], None]], AbstractContextManager[Callable[[Any], Any]]]

#: How long a process may take to end by itself when it is told to.
_PATIENCE_S = 15.0

#: Each process is one thread's work beside its workers; these would start a thread per core in each.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Died:
    """Instead of an answer: the process ended in the midst of the job.

    Parameters
    ----------
    exit_code
        As of `multiprocessing`: negative for the signal that killed it.
    """

    exit_code: int

    @property
    def reason(self) -> str:
        """How it ended, in words."""
        if self.exit_code == -getattr(signal, "SIGKILL", 9):
            return "its process was killed, maybe for lack of memory"
        if self.exit_code < 0:
            return f"its process was ended by signal {-self.exit_code}"
        return f"its process ended by itself with code {self.exit_code}"


def side_by_side(
    opens: Opens, jobs: Sequence[Any], processes_n: int, on_told: Callable[[Any], None]
) -> Generator[tuple[int, Any], None, None]:
    """Yield ``(place, answer)`` of every job as they come; `Died` is the answer where its process did not survive it.

    Processes end with the generator, however it ends, and by themselves when this process is killed.

    Parameters
    ----------
    opens
        Function of a module, or a partial of one: called once in every process. Its jobs may be killed anywhere.
    jobs
        What is done; anything that can be pickled.
    processes_n
        Jobs at once. A process that was killed is not replaced while others are there: it may have been one too many.
    on_told
        Hears, in this process, what jobs tell.

    Raises
    ------
    ClusterError
        Where no process can be started.
    MyograftError
        What `opens` raised; what a job itself raises counts as a defect, and ends all.
    """
    lanes = _Lanes(opens, jobs)
    try:
        lanes.start(min(processes_n, len(jobs)))
        while lanes.open:
            for lane, said in lanes.heard():
                if isinstance(said, _Told):
                    on_told(said.event)
                    continue
                place = lane.place
                lanes.go_on(lane, has_died=isinstance(said, Died))
                if place is not None:
                    yield place, said
    finally:
        lanes.end()


@dataclass(frozen=True, slots=True)
class _Told:
    event: Any


@dataclass(frozen=True, slots=True)
class _Raised:
    problem: BaseException


class _Lane:
    """One of the processes, as its parent sees it; says once that it is ready, then one answer per job."""

    def __init__(self, opens: Opens) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        # No daemon: those may have no workers of their own.
        self._process = context.Process(target=_work, args=(opens, theirs), daemon=False)
        with _environment(_ONE_THREAD):
            self._process.start()
        theirs.close()
        self.place: int | None = None
        self.was_ready = False

    @property
    def fell_over_its_job(self) -> bool:
        """Whether the next job may fare better: what was killed was maybe one process too many."""
        return self.was_ready and self._process.exitcode != -getattr(signal, "SIGKILL", 9)

    def hear(self) -> Any:
        """Return what it says: a `_Told`, an answer, None when it is ready, or `Died`."""
        try:
            said = self.pipe.recv()
        except (EOFError, OSError):
            self.join()
            return Died(self._process.exitcode or 0)
        if isinstance(said, _Raised):
            raise said.problem
        self.was_ready = True
        return said

    def give(self, place: int, job: Any) -> None:
        """Let it begin a job."""
        self.place = place
        with suppress(OSError):  # it has died just now, which is heard next
            self.pipe.send(job)

    def close(self) -> None:
        """Let it end, for it has nothing to do."""
        self.pipe.close()

    def end(self) -> None:
        """Let it close what it has open and end."""
        self._process.terminate()
        self.pipe.close()

    def join(self) -> None:
        """Wait until it has ended, or kill it."""
        self._process.join(_PATIENCE_S)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()


class _Lanes:
    """All processes, and the jobs that wait for one."""

    def __init__(self, opens: Opens, jobs: Sequence[Any]) -> None:
        self._opens = opens
        self._waiting = deque(enumerate(jobs))
        self._closed: list[_Lane] = []
        self.open: list[_Lane] = []

    def start(self, count: int) -> None:
        """Start some more."""
        for _ in range(count):
            self.open.append(_Lane(self._opens))

    def heard(self) -> Iterator[tuple[_Lane, Any]]:
        """Wait, and yield what is said."""
        ready = set(wait([lane.pipe for lane in self.open]))
        for lane in [lane for lane in self.open if lane.pipe in ready]:
            yield lane, lane.hear()

    def go_on(self, lane: _Lane, *, has_died: bool) -> None:
        """Give a lane its next job; close it where there is none, replace it where it has died."""
        if self._waiting and not has_died:
            lane.give(*self._waiting.popleft())
            return
        self.open.remove(lane)
        self._closed.append(lane)
        lane.close()
        if has_died and self._waiting and (not self.open or lane.fell_over_its_job):
            if not lane.was_ready:
                raise ClusterError(
                    "a process that runs slides could not be started",
                    remedy="In a script, call from below `if __name__ == '__main__':`; if memory is short, use fewer "
                    "workers",
                )
            self.start(1)

    def end(self) -> None:
        """End all, also those in the midst of a job."""
        for lane in self.open:
            lane.end()
        for lane in (*self.open, *self._closed):
            lane.join()


def _work(opens: Opens, pipe: Connection) -> None:
    """Do jobs until the pipe is closed: what runs in the process."""
    # Ctrl-C goes to every process of a terminal; the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def tell(event: Any) -> None:
        try:
            pipe.send(_Told(event))
        except OSError:
            raise SystemExit(1) from None  # the parent has gone: no fault of the job

    try:
        with opens(tell) as do:
            pipe.send(None)
            while True:
                try:
                    job = pipe.recv()
                except EOFError:
                    return
                pipe.send(do(job))
    except BrokenPipeError:
        return  # the parent has gone
    except Exception as problem:  # noqa: BLE001  # the parent raises it
        known = isinstance(problem, MyograftError)
        pipe.send(_Raised(problem if known else RuntimeError(traceback.format_exc())))


def _leave(number: int, frame: FrameType | None) -> None:
    """Let every block that is open close what it holds."""
    del number, frame
    raise SystemExit(1)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables that a child reads before any of its own code runs."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
