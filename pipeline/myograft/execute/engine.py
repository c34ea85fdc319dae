"""How a task runs over many tiles: a sliding window of futures on a local Dask cluster."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import cv2
import dask
from distributed import Client, LocalCluster, as_completed

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Answer = TypeVar("Answer")

#: Futures in flight per worker: enough to keep it busy, few enough that no graph ever grows with the slide.
_WINDOW_PER_WORKER = 8


class OnProgress(Protocol):
    """Told after each finished piece of work."""

    def __call__(self, stage: str, done_n: int, total_n: int) -> None:
        """Receive the stage's name and how much of it is done."""


def default_workers_n() -> int:
    """Return how many single-threaded workers suit this machine: one per core this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


class Engine:
    """Runs tasks over items with single-threaded Dask workers.

    One worker lives in this process; more are processes of their own. Every task is one thread's work, so that
    the same numbers come out for any number of workers.

    Parameters
    ----------
    workers_n
        Number of workers, at least 1.
    on_progress
        Told after each finished item; None for silence.

    Examples
    --------
    >>> with Engine(workers_n=1) as engine:
    ...     engine.over("add", _add, shared=10, items=[1, 2, 3])
    [11, 12, 13]
    """

    def __init__(self, workers_n: int, on_progress: OnProgress | None = None) -> None:
        if workers_n < 1:
            raise ValueError(f"an engine needs at least one worker, not {workers_n}")
        self._workers_n = workers_n
        self._on_progress = on_progress
        self._client: Client | None = None
        self._cluster: LocalCluster | None = None
        self._threads_before = cv2.getNumThreads()

    def __enter__(self) -> Self:
        # Workers log every hiccup of their own shutdown; what matters reaches the user as an error.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        in_process = self._workers_n == 1
        with dask.config.set({"distributed.worker.daemon": True, "distributed.comm.timeouts.connect": "60s"}):
            self._cluster = LocalCluster(
                n_workers=self._workers_n,
                threads_per_worker=1,
                processes=not in_process,
                # Any free port: two runs on one machine must not get in each other's way.
                dashboard_address="127.0.0.1:0",
                memory_limit=0,
                silence_logs=logging.CRITICAL,
            )
            self._client = Client(self._cluster, set_as_default=False)
        self._client.run(cv2.setNumThreads, 1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()
        cv2.setNumThreads(self._threads_before)

    def over(
        self,
        stage: str,
        task: Callable[[Shared, Item], Answer],
        *,
        shared: Shared,
        items: Sequence[Item],
    ) -> list[Answer]:
        """Run `task(shared, item)` for every item.

        Parameters
        ----------
        stage
            Name of the work, for progress.
        task
            Function of a module, so that workers can import it; returns small answers and owns what it writes.
        shared
            What all items have in common; sent to each worker once.
        items
            One per call.

        Returns
        -------
        list
            Answers in the order of the items, whatever the order of their completion.

        Raises
        ------
        MyograftError
            The first error a task raised; work not yet started is dropped.
        """
        answers: list[Any] = [None] * len(items)
        self._tell(stage, 0, len(items))
        for done_n, (position, answer) in enumerate(self._completed(task, shared, items), start=1):
            answers[position] = answer
            self._tell(stage, done_n, len(items))
        return answers

    def _tell(self, stage: str, done_n: int, total_n: int) -> None:
        if self._on_progress is not None:
            self._on_progress(stage, done_n, total_n)

    def _completed(
        self, task: Callable[[Shared, Item], Answer], shared: Shared, items: Sequence[Item]
    ) -> Iterator[tuple[int, Answer]]:
        if self._client is None:
            raise RuntimeError("an engine runs inside its with block")
        if not items:
            return
        client = self._client
        # Sent once and pinned here: sending it with each task would cost more than small tasks themselves.
        everywhere = client.scatter(shared, broadcast=True, hash=False)
        waiting = iter(enumerate(items))
        position_of: dict[Any, int] = {}

        def submit_next() -> None:
            for position, item in waiting:
                future = client.submit(task, everywhere, item, pure=False)
                position_of[future] = position
                running.add(future)
                return

        running = as_completed(loop=client.loop)
        for _ in range(_WINDOW_PER_WORKER * self._workers_n):
            submit_next()
        try:
            for future in running:
                answer = future.result()
                position = position_of.pop(future)
                submit_next()
                yield position, answer
        finally:
            # One task failed or the user interrupts: what has not begun shall not begin.
            for future in position_of:
                future.cancel()


def _add(shared: int, item: int) -> int:
    """Add two numbers: the task of the docstring's example."""
    return shared + item
