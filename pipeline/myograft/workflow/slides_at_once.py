"""How many slides of a batch run beside each other: their sizes and what they need of this machine's memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psutil

from myograft.config import RunSettings
from myograft.execute import SlideNeed, Wave, plan_waves
from myograft.read import open_stack
from myograft.tiling import tile_plane
from myograft.workflow.run import region_of

_MIB = 2**20

#: Memory of a process that only schedules and writes, of one that works, and of a tile in work per pixel of its.
_MAIN_MIB, _WORKER_MIB, _TILE_PX_BYTES = 500.0, 450.0, 120

#: Part of the free memory that slides may be planned into.
_USABLE = 0.85


def waves_of(
    inputs: Sequence[Path],
    settings: RunSettings,
    region: tuple[int, int, int, int] | None,
    workers_n: int,
) -> list[Wave]:
    """Return which inputs run beside each other on this machine.

    Parameters
    ----------
    inputs, settings, region
        As in a `BatchRequest`.
    workers_n
        Workers of this machine in all.
    """
    needs = [_need_of(path, settings, region) for path in inputs]
    return plan_waves(needs, workers_n, _USABLE * psutil.virtual_memory().available / _MIB)


def _need_of(path: Path, settings: RunSettings, region: tuple[int, int, int, int] | None) -> SlideNeed:
    """Return what a slide needs; of one that cannot be opened little, for it fails at once."""
    try:
        shape = open_stack(path, settings.read, region=region_of(region)).shape
    except Exception:  # noqa: BLE001  # whatever is wrong with one slide is told when its turn comes
        shape = (1, 1)
    tiles = tile_plane(shape, settings.tiling.tile_px, 0)
    widest_px = max(tile.owns.shape[0] * tile.owns.shape[1] for tile in tiles)
    worker_mib = _WORKER_MIB + widest_px * _TILE_PX_BYTES / _MIB
    return SlideNeed(len(tiles), _MAIN_MIB + worker_mib, _MAIN_MIB, worker_mib)
