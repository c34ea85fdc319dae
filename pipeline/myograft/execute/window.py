"""The futures in flight of one stage: never more than keep the workers busy, begun again where one fails by chance."""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from distributed import Client, LocalCluster, as_completed
from distributed.scheduler import KilledWorker

from myograft.errors import ClusterError, MyograftError
from myograft.execute.bundle import BundleOutcome, BundleSize, run_bundle
from myograft.execute.cluster import scheduler_lost

#: Bundles in flight per worker: enough to keep it busy, few enough that no graph ever grows with the slide.
_WINDOW_PER_WORKER = 8

#: How often a piece of work is begun before it counts as failed; a `MyograftError` is not chance, and is final.
_ATTEMPTS_N = 3

#: How often workers are looked for where nothing is heard of them, and how long they may be missing.
_LOOK_EVERY_S, _PATIENCE_S = 5.0, 600.0

#: Failed pieces of work after which a stage is given up: something else than a tile is wrong.
_MOST_FAILED_N = 100


class Sent:
    """Where a worker finds what all items share: a file outlives any worker, memory goes with the last one killed.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path


class Kept:
    """What all items share, for a worker that is a thread of this process: packed for every item it would be megabytes.

    Parameters
    ----------
    shared
        What `_run` finds here again, until `drop`.
    """

    _kept: ClassVar[dict[int, Any]] = {}
    _numbers = count()

    def __init__(self, shared: Any) -> None:
        self.number = next(self._numbers)
        self._kept[self.number] = shared

    @property
    def shared(self) -> Any:
        """What all items share."""
        return self._kept[self.number]

    def drop(self) -> None:
        """Forget it."""
        del self._kept[self.number]


class Window:
    """One stage at work.

    Parameters
    ----------
    client, workers_n
        Who does the work, and how many they are at least.
    task, sent, items
        ``task(shared, item)`` for every item; `sent` is what all share, or leads there.
    keeps_on
        Whether what fails for good is put aside in `failed`, and not raised at once.
    """

    def __init__(
        self,
        client: Client,
        workers_n: int,
        task: Callable[[Any, Any], Any],
        sent: Sent | Kept,
        items: Sequence[Any],
        *,
        keeps_on: bool,
    ) -> None:
        self._client, self._task, self._sent, self._items = client, task, sent, items
        self._keeps_on = keeps_on
        workers_n = max(workers_n, sum(client.nthreads().values()))
        self._most_n = _WINDOW_PER_WORKER * workers_n
        self._bundle_size = BundleSize(workers_n)
        # With results: fetching one later would wait for a worker that is gone by then.
        self._running = as_completed(loop=client.loop, with_results=True, raise_errors=False)
        self._bundle_of: dict[Any, tuple[int, ...]] = {}
        self._begun_n: dict[int, int] = {}
        self._suspects: deque[int] = deque()
        self._alone: int | None = None
        self.failed: dict[int, BaseException] = {}

    def completed(self, places: Sequence[int]) -> Iterator[tuple[int, Any]]:
        """Yield places and answers as they come.

        Parameters
        ----------
        places
            Which items are worked on.
        """
        waiting = deque(places)
        self._fill(waiting)
        try:
            while self._bundle_of:
                future, answer = self._next_done()
                yield from self._answers_of(future, answer, self._bundle_of.pop(future), waiting)
                if len(self.failed) >= _MOST_FAILED_N:
                    return
                self._fill(waiting)
        finally:
            # One task failed or the user interrupts: what has not begun shall not begin.
            for future in self._bundle_of:
                future.cancel()

    def _fill(self, waiting: deque[int]) -> None:
        if self._suspects:
            if not self._bundle_of:
                self._alone = self._suspects.popleft()
                self._submit((self._alone,))
            return
        self._alone = None
        while waiting and len(self._bundle_of) < self._most_n:
            pieces_n = self._bundle_size.next(len(waiting))
            self._submit(tuple(waiting.popleft() for _ in range(pieces_n)))

    def _submit(self, bundle: tuple[int, ...]) -> None:
        for place in bundle:
            self._begun_n[place] = self._begun_n.get(place, 0) + 1
        items = [self._items[place] for place in bundle]
        future = self._client.submit(_run, self._task, self._sent, items, pure=False)
        self._bundle_of[future] = bundle
        self._running.add(future)

    def _next_done(self) -> tuple[Any, Any]:
        """Wait for a future and its result; where workers are gone for long, see to it that there are some."""
        heard_at = looked_at = time.monotonic()
        while not self._running.has_ready():
            with self._running.thread_condition:
                self._running.thread_condition.wait(0.1)
            now = time.monotonic()
            if now - looked_at < _LOOK_EVERY_S or self._client.status != "running":
                continue
            looked_at = now
            if self._client.nthreads():
                heard_at = now
            elif now - heard_at > _PATIENCE_S:
                raise ClusterError(
                    f"no worker has been there for {_PATIENCE_S / 60:.0f} minutes",
                    remedy="Start workers and run the same command again: it goes on where this one ended",
                )
            if isinstance(self._client.cluster, LocalCluster):
                # A worker that is killed while it starts is given up by its nanny; this starts what is missing.
                self._client.cluster.scale(len(self._client.cluster.worker_spec))
        done: tuple[Any, Any] = next(self._running)
        return done

    def _answers_of(
        self, future: Any, answer: Any, bundle: tuple[int, ...], waiting: deque[int]
    ) -> Iterator[tuple[int, Any]]:
        """Yield the answers of a bundle; what of it failed is begun again or put aside, what was not begun waits."""
        problem = self._problem_of(future)
        if problem is not None:
            self._lost(bundle, problem)
            return
        done: BundleOutcome = answer
        self._bundle_size.learn(done)
        not_begun = bundle[len(done.outcomes) :]
        for place in not_begun:
            self._begun_n[place] -= 1
        waiting.extendleft(reversed(not_begun))
        for place, outcome in zip(bundle, done.outcomes, strict=False):
            if outcome.problem is None:
                yield place, outcome.answer
            else:
                self._lost((place,), outcome.problem)

    def _lost(self, bundle: tuple[int, ...], problem: BaseException) -> None:
        """Begin again what may be chance.

        Where a worker was killed, nobody knows which of its pieces did it, if any: each begins again with no other
        beside it, so that what kills is told from what was there.
        """
        if isinstance(problem, ClusterError):
            raise problem
        if not isinstance(problem, KilledWorker | CancelledError):
            for place in bundle:
                if self._is_chance(problem, place):
                    self._submit((place,))
                else:
                    self._put_aside(place, problem)
        elif bundle == (self._alone,) and self._begun_n[bundle[0]] >= _ATTEMPTS_N:
            self._put_aside(bundle[0], problem)
        else:
            self._suspects.extendleft(reversed(bundle))

    def _problem_of(self, future: Any) -> BaseException | None:
        """Return why there is no answer; None where there is one."""
        if future.status == "finished":
            return None
        try:
            problem: BaseException | None = future.exception()
        except CancelledError as canceled:
            problem = canceled  # by Dask, when a worker went, or the scheduler
        if self._client.status != "running":
            return scheduler_lost()
        return problem or CancelledError()

    def _is_chance(self, problem: BaseException, place: int) -> bool:
        return self._begun_n[place] < _ATTEMPTS_N and not isinstance(problem, MyograftError)

    def _put_aside(self, place: int, problem: BaseException) -> None:
        if not self._keeps_on:
            raise problem
        self.failed[place] = problem


def _run(task: Callable[[Any, Any], Any], sent: Sent | Kept, items: Sequence[Any]) -> BundleOutcome:
    return run_bundle(task, _fetched(sent.path) if isinstance(sent, Sent) else sent.shared, items)


@lru_cache(maxsize=1)
def _fetched(path: Path) -> Any:
    return pickle.loads(path.read_bytes())  # noqa: S301  # our own, of this run
