"""The engine room: the only one that schedules work with Dask."""

from myograft.execute.checkpoint import Shard
from myograft.execute.cluster import Workers
from myograft.execute.engine import Engine, OnProgress, default_workers_n
from myograft.execute.lanes import SlideNeed, Wave, plan_waves
from myograft.execute.machine import free_disk_bytes, free_memory_bytes
from myograft.execute.side_by_side import Died, side_by_side

__all__ = [
    "Died",
    "Engine",
    "OnProgress",
    "Shard",
    "SlideNeed",
    "Wave",
    "Workers",
    "default_workers_n",
    "free_disk_bytes",
    "free_memory_bytes",
    "plan_waves",
    "side_by_side",
]
