"""Speed and memory per stage: ``make bench``. Prints a table; asserts only what must not depend on the machine."""

from __future__ import annotations

import json
import multiprocessing
import time
from pathlib import Path

import pytest
from mirrored import PeakMemory, mirrored_slide

from myograft.api import BatchRequest, load_settings, run_batch

pytestmark = pytest.mark.slow


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
        path = mirrored_slide(tmp_path / f"s{edge_px}.ome.tif", edge_px).path
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
