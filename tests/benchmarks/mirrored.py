"""Slides of any size from one phantom, mirrored until it fills the plane: as hard to segment, quicker to make."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import tifffile

from myograft.phantom import Phantom, PhantomSpec

CELL_PX = 2048
NAMES = ("laminin", "DAPI", "human lamin A/C")


@dataclass(frozen=True)
class Mirrored:
    """A slide and its truth: every cell of `CELL_PX` is the phantom, mirrored where its row or column is odd.

    Parameters
    ----------
    path, edge_px
        The slide.
    fibers
        True labels of the phantom, shape (CELL_PX, CELL_PX).
    """

    path: Path
    edge_px: int
    fibers: np.ndarray

    def cells(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """Yield row and column in px of each whole cell, and its true labels."""
        for y in range(0, self.edge_px - CELL_PX + 1, CELL_PX):
            for x in range(0, self.edge_px - CELL_PX + 1, CELL_PX):
                yield y, x, self.fibers[:: -1 if y // CELL_PX % 2 else 1, :: -1 if x // CELL_PX % 2 else 1]


def mirrored_slide(path: Path, edge_px: int) -> Mirrored:
    """Write a slide of three stains, a multiple of 512 px wide."""
    phantom = Phantom(PhantomSpec(CELL_PX, CELL_PX, 0.5, seed=5))
    part = phantom.region(phantom.whole)
    block = np.concatenate([part.pixels[0], part.pixels[0][:, ::-1]], axis=1)
    block = np.concatenate([block, block[:, :, ::-1]], axis=2)
    period = 2 * CELL_PX

    def tiles() -> Iterator[np.ndarray]:
        for channel in block:
            for y in range(0, edge_px, 512):
                for x in range(0, edge_px, 512):
                    yield channel[y % period : y % period + 512, x % period : x % period + 512]

    tifffile.imwrite(
        path, tiles(), shape=(3, edge_px, edge_px), dtype=np.uint16, tile=(512, 512), compression="zlib", ome=True,
        bigtiff=edge_px > 8192,
        metadata={"axes": "CYX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.5,
                  "PhysicalSizeYUnit": "µm", "Channel": {"Name": list(NAMES)}},
    )  # fmt: skip
    return Mirrored(path, edge_px, part.fibers)


class PeakMemory:
    """Largest memory of this process and its workers together, in MiB, while the block runs.

    Proportional set size (what processes share is counted once) where the system tells it; files in the page cache
    that nobody maps do not count.
    """

    def __enter__(self):
        self.peak_mib = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()

    def _watch(self):
        me = psutil.Process()
        while not self._stop.wait(0.5):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    memory = process.memory_full_info()
                except psutil.Error:
                    continue
                total += getattr(memory, "pss", memory.rss)
            self.peak_mib = max(self.peak_mib, total / 2**20)
