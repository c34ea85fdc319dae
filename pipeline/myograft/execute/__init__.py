"""The engine room: the only one that schedules work with Dask."""

from myograft.execute.engine import Engine, OnProgress, default_workers_n

__all__ = ["Engine", "OnProgress", "default_workers_n"]
