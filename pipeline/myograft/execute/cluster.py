"""Who does the work: single-threaded workers of this machine, a Dask cluster that runs already, or Slurm jobs."""

from __future__ import annotations

import ctypes
import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import dask
from distributed import Client, LocalCluster, WorkerPlugin
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError

from myograft.errors import ClusterError

#: Longest wait for the first worker: queues of a cluster are slow, an answer of a scheduler is not.
_FIRST_WORKER_S = {"slurm": 3600.0, "scheduler": 120.0}
_ANSWER_S = 20

#: How often workers of this machine are started before that counts as impossible.
_STARTS_N = 3

#: What was on a worker that is killed comes back at once, to begin again alone (`Window`); begun again by Dask, beside
#: others, it would take these along, and cost the start of another worker each time.
_OURS = {
    "distributed.worker.daemon": True,
    "distributed.comm.timeouts.connect": "60s",
    "distributed.scheduler.allowed-failures": 0,
    # Dask looks at what its threads are at 100 times a second, and at its loops 50 times, for pages that nobody opens
    # here: 3 % of the time of two workers on two processors.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
}

#: Dask has its workers give memory back to the system at once, against libraries that keep it. Ours fill and drop
#: arrays all the time: fetched anew each time, they make a tile 1.4 times as slow.
_SPAWNED, _TRIM = "distributed.nanny.pre-spawn-environ", "MALLOC_TRIM_THRESHOLD_"


#: Loggers of Dask that have a level of their own.
_TALKERS = ("distributed", "distributed.client", "tornado.application")


@dataclass(frozen=True)
class Workers:
    """Which workers are asked; without a scheduler and Slurm those of this machine.

    Parameters
    ----------
    count
        Single-threaded workers of this machine, or Slurm jobs; at least 1. A scheduler has its own.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``.
    scheduler_file
        File that a Dask scheduler wrote its address to.
    slurm
        Whether each worker is a Slurm job of its own (extra ``cluster``).
    """

    count: int = 1
    scheduler: str | None = None
    scheduler_file: Path | None = None
    slurm: bool = False

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"an engine needs at least one worker, not {self.count}")
        if sum((self.scheduler is not None, self.scheduler_file is not None, self.slurm)) > 1:
            raise ClusterError(
                "more than one kind of cluster is named",
                where="--scheduler/--scheduler-file/--slurm",
                remedy="Name one of them",
            )

    @property
    def are_elsewhere(self) -> bool:
        """Whether they work with another machine's memory."""
        return bool(self.scheduler or self.scheduler_file or self.slurm)

    @property
    def are_in_process(self) -> bool:
        """Whether the only worker is a thread of this process."""
        return self.count == 1 and not self.are_elsewhere


class OneThread(WorkerPlugin):
    """Keeps libraries of a worker at one thread, also of workers that come later or are started again."""

    name = "myograft-one-thread"

    def setup(self, worker: Any) -> None:
        """Tell the worker's libraries."""
        del worker
        cv2.setNumThreads(1)


@contextmanager
def connected(workers: Workers) -> Iterator[Client]:
    """Yield a client of the workers; those that were started here end with the block.

    Raises
    ------
    ClusterError
        Where no scheduler or worker answers, or the cluster's package is not installed.
    """
    # Dask logs every hiccup, with tracebacks; what matters reaches the user as an error.
    for name in _TALKERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if workers.scheduler is not None or workers.scheduler_file is not None:
        with _elsewhere(workers) as client:
            yield client
        return
    with dask.config.set({**_OURS, _SPAWNED: {**dask.config.get(_SPAWNED), _TRIM: None}}):
        cluster = _slurm(workers) if workers.slurm else _local(workers)
        client = Client(cluster, set_as_default=False)
    try:
        if workers.slurm:
            _wait(client, "slurm", "the Slurm queue")
        client.register_plugin(OneThread())
        yield client
    finally:
        client.close()
        cluster.close()


def release_memory(client: Client, forget: Callable[[], None] | None = None) -> None:
    """Have workers and this process give back what they keep for their next array: it may be another's turn to need it.

    Where there is no C library that can, and of workers that are just being started again, nothing is asked.

    Parameters
    ----------
    client
        Of the workers.
    forget
        Drops what workers have loaded, and can load again, before.
    """
    client.run(_release, forget, on_error="ignore")
    _release(None)  # messages and answers have come and gone


def _release(forget: Callable[[], None] | None) -> None:
    if forget is not None:
        forget()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def scheduler_lost() -> ClusterError:
    """Return the error of a run whose scheduler is gone."""
    return ClusterError(
        "the connection to the scheduler was lost",
        remedy="Run the same command again: it goes on where this one ended",
    )


@contextmanager
def heard(client: Client) -> Iterator[None]:
    """Tell whatever Dask raises for want of a scheduler as that.

    Raises
    ------
    ClusterError
        Where the scheduler is gone, or goes.
    """
    try:
        yield
    except (CommClosedError, ClosedClientError) as problem:
        raise scheduler_lost() from problem
    except OSError as problem:
        # A connection that is refused or times out is an error like that of a disk.
        if client.status == "running":
            raise
        raise scheduler_lost() from problem


def _local(workers: Workers) -> LocalCluster:
    started_n = 0
    while True:
        started_n += 1
        try:
            return LocalCluster(
                n_workers=workers.count,
                threads_per_worker=1,
                processes=not workers.are_in_process,
                # Any free port: two runs on one machine must not get in each other's way.
                dashboard_address="127.0.0.1:0",
                memory_limit=0,
                silence_logs=logging.CRITICAL,
            )
        except RuntimeError as problem:
            # One that is killed while it starts takes the others along: whoever kills one later kills just that.
            if started_n == _STARTS_N:
                raise ClusterError(
                    f"the {workers.count} workers could not be started ({problem})",
                    remedy="In a script, call from below `if __name__ == '__main__':`; if memory is short, use fewer "
                    "workers",
                ) from problem


def _slurm(workers: Workers) -> Any:
    try:
        jobqueue = importlib.import_module("dask_jobqueue")
    except ModuleNotFoundError:
        raise ClusterError(
            "dask-jobqueue is not installed, which starts workers as Slurm jobs",
            where="--slurm",
            remedy='Install it with: python -m pip install "myograft[cluster]"',
        ) from None
    try:
        # Queue, account, time and memory are the site's: dask-jobqueue reads them from its own YAML file.
        cluster = jobqueue.SLURMCluster(cores=1, processes=1)
        cluster.scale(jobs=workers.count)
    except (ValueError, RuntimeError, OSError) as problem:
        raise ClusterError(
            f"Slurm workers could not be started ({problem})",
            where="--slurm",
            remedy="Set memory, walltime, queue and account in ~/.config/dask/jobqueue.yaml, or use --shard in an "
            "array job",
        ) from problem
    return cluster


@contextmanager
def _elsewhere(workers: Workers) -> Iterator[Client]:
    where = workers.scheduler or str(workers.scheduler_file)
    if workers.scheduler_file is not None and not workers.scheduler_file.is_file():
        raise ClusterError(
            "there is no such file",
            where=where,
            remedy="Start the scheduler with: dask scheduler --scheduler-file FILE",
        )
    try:
        client = Client(
            address=workers.scheduler,
            scheduler_file=None if workers.scheduler_file is None else str(workers.scheduler_file),
            set_as_default=False,
            timeout=_ANSWER_S,
        )
    except (OSError, TimeoutError, ValueError, KeyError) as problem:
        raise ClusterError(
            f"no Dask scheduler answers ({type(problem).__name__}: {problem})",
            where=where,
            remedy="Check that `dask scheduler` runs there and that this machine can reach its port",
        ) from problem
    try:
        with heard(client):
            _wait(client, "scheduler", where)
            client.register_plugin(OneThread())
        yield client
    finally:
        client.close()


def _wait(client: Client, kind: str, where: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_FIRST_WORKER_S[kind])
    except TimeoutError:
        raise ClusterError(
            f"no worker came within {_FIRST_WORKER_S[kind]:.0f} s",
            where=where,
            remedy="Start workers with `dask worker`, in an environment with this version of myograft",
        ) from None
