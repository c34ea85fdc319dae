"""The futures in flight of one stage: never more than keep the workers busy, begun again where one fails by chance."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from functools import lru_cache
from itertools import count, islice
from pathlib import Path
from typing import Any, ClassVar

from distributed import Client, as_completed
from distributed.scheduler import KilledWorker

from myograft.errors import ClusterError, MyograftError

#: Futures in flight per worker: enough to keep it busy, few enough that no graph ever grows with the slide.
_WINDOW_PER_WORKER = 8

#: How often a piece of work is begun before it counts as failed; a `MyograftError` is not chance, and is final.
_ATTEMPTS_N = 3

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
        self._size = _WINDOW_PER_WORKER * max(workers_n, sum(client.nthreads().values()))
        self._running = as_completed(loop=client.loop)
        self._place_of: dict[Any, int] = {}
        self._begun_n: dict[int, int] = {}
        self.failed: dict[int, BaseException] = {}

    def completed(self, places: Sequence[int]) -> Iterator[tuple[int, Any]]:
        """Yield places and answers as they come.

        Parameters
        ----------
        places
            Which items are worked on.
        """
        waiting = iter(places)
        for place in islice(waiting, self._size):
            self._submit(place)
        try:
            for future in self._running:
                place = self._place_of.pop(future)
                problem = self._problem_of(future)
                if problem is None:
                    yield place, future.result()
                elif self._is_chance(problem, place):
                    self._submit(place)
                    continue
                else:
                    self._put_aside(place, problem)
                    if len(self.failed) >= _MOST_FAILED_N:
                        return
                following = next(waiting, None)
                if following is not None:
                    self._submit(following)
        finally:
            # One task failed or the user interrupts: what has not begun shall not begin.
            for future in self._place_of:
                future.cancel()

    def _submit(self, place: int) -> None:
        self._begun_n[place] = self._begun_n.get(place, 0) + 1
        future = self._client.submit(_run, self._task, self._sent, self._items[place], pure=False)
        self._place_of[future] = place
        self._running.add(future)

    def _problem_of(self, future: Any) -> BaseException | None:
        """Return why there is no answer; None where there is one."""
        if future.status == "finished":
            return None
        try:
            problem: BaseException | None = future.exception()
        except CancelledError as canceled:
            problem = canceled  # by Dask, when a worker went, or the scheduler
        if self._client.status != "running":
            return ClusterError(
                "the connection to the scheduler was lost",
                remedy="Run the same command again: it goes on where this one ended",
            )
        return problem or CancelledError()

    def _is_chance(self, problem: BaseException, place: int) -> bool:
        # Dask has begun what killed its worker several times already.
        return self._begun_n[place] < _ATTEMPTS_N and not isinstance(problem, MyograftError | KilledWorker)

    def _put_aside(self, place: int, problem: BaseException) -> None:
        if not self._keeps_on or isinstance(problem, ClusterError):
            raise problem
        self.failed[place] = problem


def _run(task: Callable[[Any, Any], Any], sent: Sent | Kept, item: Any) -> Any:
    return task(_fetched(sent.path) if isinstance(sent, Sent) else sent.shared, item)


@lru_cache(maxsize=1)
def _fetched(path: Path) -> Any:
    return pickle.loads(path.read_bytes())  # noqa: S301  # our own, of this run
