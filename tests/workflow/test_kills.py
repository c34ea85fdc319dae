"""kill -9 at random moments: of the run, its workers, and a scheduler elsewhere.

``pytest -m slow -s tests/workflow/test_kills.py``
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from myograft.model.result_layout import OutputLayout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

#: Kills of the run and of its workers, and of a scheduler in a process of its own.
KILLS_N, SCHEDULER_KILLS_N = 40, 10

PROGRAM = Path(sys.executable).with_name("myograft")


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A phantom of 2,048 x 2,048 px."""
    folder = tmp_path_factory.mktemp("phantom")
    subprocess.run([PROGRAM, "phantom", folder / "slide.ome.tif", "--seed", "11"], check=True)
    return folder / "slide.ome.tif"


def command(image, out, *workers):
    settings = ["--config", "laminin_dapi_lamin_ac", "--set", "tiling.tile_px=512"]
    return [PROGRAM, "run", image, "--out", out, *settings, *(workers or ("--workers", "2"))]


def content(out):
    layout = OutputLayout(out).slide("slide")
    parts = [*(layout.root / "tables" / "machine").iterdir(), *(layout.image / "labels").rglob("*")]
    return {part.relative_to(layout.root).as_posix(): part.read_bytes() for part in parts if part.is_file()}


def kill(process, random, *, is_worker):
    """Kill the run, scheduler and all, or one of its workers; whether it was there to be killed."""
    try:
        workers = [
            child
            for child in psutil.Process(process.pid).children(recursive=True)
            if any("spawn_main" in word for word in child.cmdline())
        ]
        if not is_worker:
            # What a killed machine takes along: the workers too, for nobody else would end them here.
            process.kill()
        for worker in [random.choice(workers)] if is_worker and workers else workers:
            worker.kill()
    except psutil.NoSuchProcess:
        return False
    return bool(workers) or not is_worker


def test_every_killed_run_goes_on_to_the_same_result(image, tmp_path):
    begun = time.monotonic()
    subprocess.run(command(image, tmp_path / "whole"), check=True, stdout=subprocess.DEVNULL)
    whole_s = time.monotonic() - begun
    expected = content(tmp_path / "whole")
    random, killed_n, workers_n, runs_n = np.random.default_rng(5), 0, 0, 0
    while killed_n < KILLS_N:
        out = tmp_path / f"out{runs_n}"
        runs_n += 1
        while True:
            process = subprocess.Popen(
                command(image, out), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            is_worker = bool(random.random() < 0.4)
            try:
                process.wait(float(random.uniform(1.0, whole_s)))
            except subprocess.TimeoutExpired:
                was_there = kill(process, random, is_worker=is_worker)
                killed_n, workers_n = killed_n + was_there, workers_n + (was_there and is_worker)
            said = process.communicate()[0]
            if process.returncode == 0:
                break
            assert process.returncode == -9, said
        assert content(out) == expected
    print(f"{killed_n} kills in {runs_n} runs, {workers_n} of them of workers: all equal the undisturbed run")


@contextmanager
def cluster(folder):
    """Yield the process of a Dask scheduler with two workers, and the file that names it."""
    named = folder / "scheduler.json"
    named.unlink(missing_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    dask = [PROGRAM.with_name("dask")]
    scheduler = subprocess.Popen(
        [*dask, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", named], **quiet
    )
    deadline = time.monotonic() + 60
    while not named.exists():
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.1)
    worker = [*dask, "worker", "--scheduler-file", named, "--nthreads", "1", "--no-dashboard"]
    workers = [subprocess.Popen([*worker, "--death-timeout", "20"], **quiet) for _ in range(2)]
    try:
        yield scheduler, named
    finally:
        for process in (*workers, scheduler):
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
            process.kill()
            process.wait()


def test_a_run_whose_scheduler_was_killed_says_so_and_goes_on_with_another(image, tmp_path):
    begun = time.monotonic()
    subprocess.run(command(image, tmp_path / "whole"), check=True, stdout=subprocess.DEVNULL)
    whole_s = time.monotonic() - begun
    expected = content(tmp_path / "whole")
    random, killed_n, runs_n = np.random.default_rng(6), 0, 0
    while killed_n < SCHEDULER_KILLS_N:
        out = tmp_path / f"out{runs_n}"
        runs_n += 1
        while True:
            with cluster(tmp_path) as (scheduler, named):
                process = subprocess.Popen(
                    command(image, out, "--scheduler-file", named),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
                try:
                    process.wait(float(random.uniform(5.0, whole_s)))
                except subprocess.TimeoutExpired:
                    scheduler.kill()
                    killed_n += 1
                said = process.communicate(timeout=300)[0]
            if process.returncode == 0:
                break
            assert "Traceback" not in said, said
            said = " ".join(said.split())
            # Killed while the run called it for the first time, or later.
            assert (
                "to the scheduler was lost. Run the same command again" in said
                or "no Dask scheduler answers" in said
            ), said
        assert content(out) == expected
    print(f"{killed_n} kills of a scheduler in {runs_n} runs: all equal the undisturbed run")
