"""Speed and memory per stage: ``make bench``. Prints a table; asserts only what must not depend on the machine."""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile

from myograft.api import BatchRequest, load_settings, run_batch
from myograft.phantom import Phantom, PhantomSpec

pytestmark = pytest.mark.slow

NAMES = ("laminin", "DAPI", "human lamin A/C")


def slide(path: Path, edge_px: int) -> Path:
    """A phantom of 2,048 px mirrored until it fills the plane: as hard to segment, quicker to make."""
    phantom = Phantom(PhantomSpec(2048, 2048, 0.5, seed=5))
    part = phantom.region(phantom.whole).pixels[0]
    times = edge_px // 4096
    block = np.concatenate([part, part[:, ::-1]], axis=1)
    block = np.concatenate([block, block[:, :, ::-1]], axis=2)

    def tiles():
        for channel in block:
            for y in range(0, edge_px, 512):
                for x in range(0, edge_px, 512):
                    yield channel[y % 4096 : y % 4096 + 512, x % 4096 : x % 4096 + 512]

    assert times >= 1
    tifffile.imwrite(
        path, tiles(), shape=(3, edge_px, edge_px), dtype=np.uint16, tile=(512, 512), compression="zlib", ome=True,
        bigtiff=edge_px > 8192,
        metadata={"axes": "CYX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.5,
                  "PhysicalSizeYUnit": "µm", "Channel": {"Name": list(NAMES)}},
    )  # fmt: skip
    return path


class PeakMemory:
    """Largest memory of this process and its workers together, in MiB, while the block runs."""

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
        while not self._stop.wait(0.2):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.peak_mib = max(self.peak_mib, total / 2**20)


def measured(path: Path, out: Path, queue) -> None:
    """Run in a process of its own, so that one run's memory is not another's."""
    settings = load_settings("laminin_dapi_lamin_ac")
    with PeakMemory() as memory:
        begun = time.perf_counter()
        outcome = run_batch(BatchRequest((path,), out, settings, workers_n=2))
        seconds = time.perf_counter() - begun
    queue.put((outcome.failed_n, seconds, memory.peak_mib))


def run(path: Path, out: Path):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=measured, args=(path, out, queue))
    process.start()
    failed_n, seconds, peak_mib = queue.get()
    process.join()
    assert failed_n == 0
    record = json.loads((out / path.name.removesuffix(".ome.tif") / "run.json").read_text(encoding="utf-8"))
    return seconds, peak_mib, record["timings_s"]


@pytest.mark.timeout(3600)
def test_memory_does_not_grow_with_the_plane(tmp_path):
    peaks = {}
    for edge_px in (4096, 8192, 16384):
        path = slide(tmp_path / f"s{edge_px}.ome.tif", edge_px)
        seconds, peaks[edge_px], stages = run(path, tmp_path / "out")
        megapixels = edge_px**2 / 1e6
        print(
            f"\n{edge_px} x {edge_px} x 3: {seconds:.0f} s, {megapixels / seconds:.2f} MPix/s, {peaks[edge_px]:.0f} MiB"
        )
        for stage, took in stages.items():
            print(f"  {stage:<20} {took:8.1f} s {megapixels / max(took, 1e-3):8.2f} MPix/s")
        path.unlink()
    # What grows is the list of objects, a few hundred bytes each.
    assert peaks[16384] < 1.5 * peaks[4096]
