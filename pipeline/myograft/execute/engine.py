"""How a task runs over many tiles: a sliding window of futures, what is done kept, what fails tried again."""

from __future__ import annotations

import os
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import cv2
from distributed import Client

from myograft.errors import ClusterError
from myograft.execute.checkpoint import Checkpoint, Shard, StageRecord
from myograft.execute.cluster import Workers, connected, heard, release_memory
from myograft.execute.failures import incomplete, place_of
from myograft.execute.window import Kept, Sent, Window

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Answer = TypeVar("Answer")

_LOOK_EVERY_S = 0.5


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

    Every task is one thread's work, so that the same numbers come out for any number of workers.

    Parameters
    ----------
    workers
        Their number on this machine (one lives in this process, more are processes of their own), or where they are.
    on_progress
        Told after each finished item; None for silence.
    shard
        Part of the items that this process does; the others are waited for.
    patience_s
        How long other shards may be silent.

    Examples
    --------
    >>> with Engine(1) as engine:
    ...     engine.over("add", _add, shared=10, items=[1, 2, 3])
    [11, 12, 13]
    """

    def __init__(
        self,
        workers: Workers | int,
        on_progress: OnProgress | None = None,
        shard: Shard | None = None,
        patience_s: float = 3600.0,
    ) -> None:
        self._workers = Workers(workers) if isinstance(workers, int) else workers
        self._on_progress = on_progress
        self.shard = shard or Shard()
        self.patience_s = patience_s
        self._client: Client | None = None
        self._open = ExitStack()
        self._folder: Path | None = None
        self._checkpoint: Checkpoint | None = None
        self._threads_before = cv2.getNumThreads()

    @property
    def workers(self) -> Workers:
        """Who does the work."""
        return self._workers

    def __enter__(self) -> Self:
        self._client = self._open.enter_context(connected(self._workers))
        if not self._workers.are_in_process:
            folder = self._open.enter_context(tempfile.TemporaryDirectory(prefix="myograft-"))
            self._folder = Path(folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        cv2.setNumThreads(self._threads_before)

    @contextmanager
    def remembering(self, folder: Path) -> Iterator[None]:
        """Keep every answer in a folder, and take from it what an earlier, killed run has left there.

        Parameters
        ----------
        folder
            On a disk that all workers and shards share. Its answers must be those of the same question.
        """
        before, self._checkpoint = self._checkpoint, Checkpoint(folder, self.shard)
        try:
            yield
        finally:
            self._checkpoint = before

    def over(
        self,
        stage: str,
        task: Callable[[Shared, Item], Answer],
        *,
        shared: Shared,
        items: Sequence[Item],
        forget: Callable[[], None] | None = None,
    ) -> list[Answer]:
        """Run `task(shared, item)` for every item.

        Parameters
        ----------
        stage
            Name of the work, for progress.
        task
            Function of a module, so that workers can import it; returns small answers and owns what it writes. It may
            be run again for an item, and must then leave the same behind.
        shared
            What all items have in common; sent to each worker once.
        items
            One per call.
        forget
            Drops what the task has loaded and keeps; run in every worker that can be reached when the stage is through,
            before memory is given back. None where nothing is loaded, or it will soon be asked again.

        Returns
        -------
        list
            Answers in the order of the items, whatever the order of their completion.

        Raises
        ------
        MyograftError
            Where every item failed, the first one's; without a folder to remember in the first one's at once.
        IncompleteError
            Where some items failed for good: names them. The others are done and kept.
        ClusterError
            Where the workers, or other shards, are gone.
        """
        answers: dict[int, Answer] = {}
        record = None if self._checkpoint is None else self._checkpoint.next_stage(stage, len(items))
        if record is not None:
            answers.update(record.new_answers())
        self._tell(stage, len(answers), len(items))
        mine = [place for place in range(len(items)) if place not in answers and self.shard.has(place)]
        if mine:
            with self._sent(shared) as sent, heard(self._connected):
                window = Window(
                    self._connected, self._workers.count, task, sent, items, keeps_on=record is not None
                )
                for place, answer in window.completed(mine):
                    if record is not None:
                        record.add(place, answer)
                    answers[place] = answer
                    self._tell(stage, len(answers), len(items))
                release_memory(self._connected, forget)
            if window.failed:
                raise incomplete(stage, items, window.failed, len(answers))
        if record is not None and self._checkpoint is not None:
            self._wait_for_others(stage, record, answers, items)
            self._checkpoint.end_stage(record)
        return [answers[place] for place in range(len(items))]

    def once(self, stage: str, action: Callable[[], object]) -> None:
        """Run what only one process may do, and only once in a run that is remembered; other shards wait for it.

        Parameters
        ----------
        stage
            Name of the work.
        action
            What is done, in this process; where it was killed half-way it is done again.
        """
        if self._checkpoint is None:
            action()
            return
        record = self._checkpoint.next_stage(stage, 1)
        answers: dict[int, Any] = dict(record.new_answers())
        if not answers and self.shard.is_first:
            action()
            record.add(0, None)
            answers[0] = None
        self._wait_for_others(stage, record, answers, [stage])

    @property
    def _connected(self) -> Client:
        if self._client is None:
            raise RuntimeError("an engine runs inside its with block")
        return self._client

    def meet(self, stage: str) -> None:
        """Wait until every shard has come here."""
        if self.shard.count > 1:
            self.over(stage, _nothing, shared=None, items=range(self.shard.count))

    def _tell(self, stage: str, done_n: int, total_n: int) -> None:
        if self._on_progress is not None:
            self._on_progress(stage, done_n, total_n)

    def _wait_for_others(
        self, stage: str, record: StageRecord, answers: dict[int, Answer], items: Sequence[Any]
    ) -> None:
        heard_at = time.monotonic()
        while len(answers) < len(items):
            before_n = len(answers)
            answers.update(record.new_answers())
            if len(answers) > before_n:
                heard_at = time.monotonic()
                self._tell(stage, len(answers), len(items))
            elif time.monotonic() - heard_at > self.patience_s:
                missing = next(place for place in range(len(items)) if place not in answers)
                silent = sorted(
                    {place % self.shard.count + 1 for place in range(len(items)) if place not in answers}
                )
                raise ClusterError(
                    f"shard {', '.join(map(str, silent))} of {self.shard.count} has been silent for "
                    f"{self.patience_s / 60:.0f} minutes in '{stage}'; the first missing piece is "
                    f"{place_of(items[missing])}",
                    remedy="Start the shards that ended again with the same command; what is done is kept",
                )
            else:
                time.sleep(_LOOK_EVERY_S)

    @contextmanager
    def _sent(self, shared: Any) -> Iterator[Sent | Kept]:
        """Yield what leads a worker to what all items share."""
        if self._folder is None:
            kept = Kept(shared)
            try:
                yield kept
            finally:
                kept.drop()
            return
        folder = self._folder if self._checkpoint is None else self._checkpoint.folder
        path = folder / f"shared-{os.getpid()}-{time.monotonic_ns()}.pickle"
        path.write_bytes(pickle.dumps(shared, protocol=pickle.HIGHEST_PROTOCOL))
        try:
            yield Sent(path)
        finally:
            path.unlink(missing_ok=True)


def _nothing(shared: None, item: int) -> None:
    del shared, item


def _add(shared: int, item: int) -> int:
    """Add two numbers: the task of the docstring's example."""
    return shared + item
