"""The engine room: the only one that schedules work with Dask."""

from myograft.execute.checkpoint import Shard
from myograft.execute.cluster import Workers
from myograft.execute.engine import Engine, OnProgress, default_workers_n

__all__ = ["Engine", "OnProgress", "Shard", "Workers", "default_workers_n"]
