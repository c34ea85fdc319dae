"""Slides beside each other: the same bytes as one after another, and each process takes only its own slide along."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import tifffile

from myograft.api import BatchRequest, load_settings, run_batch
from myograft.model.result_layout import OutputLayout
from myograft.workflow.events import SlideFailed, StageProgress, ignore
from myograft.write import read_table

NAMES = ("a", "b", "bad", "c")
CORNERS = {"a": (0, 0), "b": (300, 20), "c": (320, 320)}


@pytest.fixture(scope="module")
def fields(engrafted_path, tmp_path_factory):
    """Three small fields, and a file that is no image."""
    folder = tmp_path_factory.mktemp("fields")
    pixels = tifffile.imread(engrafted_path).max(axis=0)
    metadata = {
        "axes": "CYX",
        "Channel": {"Name": ["laminin", "DAPI", "human lamin A/C"]},
        "PhysicalSizeX": 0.65,
        "PhysicalSizeY": 0.65,
    }
    for name, (y, x) in CORNERS.items():
        path = folder / f"{name}.ome.tif"
        tifffile.imwrite(path, pixels[:, y : y + 320, x : x + 320], ome=True, metadata=metadata)
    (folder / "bad.ome.tif").write_bytes(b"no image")
    return tuple(folder / f"{name}.ome.tif" for name in NAMES)


def request(fields, out, workers_n):
    return BatchRequest(fields, out, load_settings("laminin_dapi_lamin_ac"), workers_n=workers_n)


@pytest.fixture(scope="module")
def alone(fields, tmp_path_factory):
    """Results of a call that takes one after another."""
    out = tmp_path_factory.mktemp("alone")
    assert run_batch(request(fields, out, 1)).done_n == 3
    return out


def content(out):
    """Return what must not depend on how the slides were run: tables and labels, byte for byte."""
    parts = []
    for name in CORNERS:
        layout = OutputLayout(out).slide(name)
        parts += [*(layout.root / "tables" / "machine").iterdir(), *(layout.image / "labels").rglob("*")]
    return {part.relative_to(out).as_posix(): part.read_bytes() for part in parts if part.is_file()}


def statuses(out):
    return {row["slide_id"]: row["status"] for row in read_table(OutputLayout(out).slides()).rows()}


def slide_processes(process=None):
    """Return the processes that run slides."""
    found = []
    for child in (process or psutil.Process()).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def test_beside_each_other_the_bytes_are_the_same_and_only_what_is_missing_is_done_again(
    fields, alone, tmp_path
):
    events = []
    outcome = run_batch(request(fields, tmp_path, 2), events.append)
    assert (outcome.done_n, outcome.failed_n, outcome.reused_n) == (3, 1, 0)
    assert content(tmp_path) == content(alone)
    table = (tmp_path / "slides.csv").read_text("utf-8")
    assert table == (alone / "slides.csv").read_text("utf-8")
    assert list(statuses(tmp_path)) == list(NAMES)
    order = [event.slide_id for event in events if isinstance(event, StageProgress)]
    assert order != sorted(order), "one after another would tell of each slide in one piece"
    assert "bad.log" in (tmp_path / "index.html").read_text("utf-8")
    assert "is not a readable TIFF" in (tmp_path / "bad.log").read_text("utf-8")
    log = OutputLayout(tmp_path).slide("c").log().read_text("utf-8")
    assert "survey: 1 of 1" in log
    assert "done: " in log
    # A result is gone, the bad input is mended, another is left out: a new call does the two, and forgets nothing.
    for part in sorted((tmp_path / "b").rglob("*"), reverse=True):
        part.rmdir() if part.is_dir() else part.unlink()
    (tmp_path / "b").rmdir()
    outcome = run_batch(request(fields[1:], tmp_path, 2))
    assert (outcome.done_n, outcome.reused_n, outcome.failed_n) == (2, 1, 1)
    assert outcome.unfinished[0][:2] == ("bad", "failed")
    assert statuses(tmp_path) == {"b": "done", "bad": "failed", "c": "reused", "a": "done"}
    assert content(tmp_path) == content(alone)


def test_a_slide_whose_process_is_killed_fails_alone_and_goes_on_later(fields, alone, tmp_path):
    heard = []

    def kill(event):
        heard.append(event)
        if isinstance(event, StageProgress) and event.stage == "outline fibers" and not killed:
            killed.append(slide_processes()[0])
            killed[0].kill()

    killed = []
    outcome = run_batch(request(fields, tmp_path, 2), kill)
    assert (outcome.done_n, outcome.failed_n) == (2, 2)
    [reason] = [event.reason for event in heard if isinstance(event, SlideFailed) and event.slide_id != "bad"]
    assert "its process was killed, maybe for lack of memory. Run the same command again" in reason
    assert slide_processes() == []
    outcome = run_batch(request(fields, tmp_path, 2), ignore)
    assert (outcome.done_n, outcome.reused_n, outcome.failed_n) == (3, 2, 1)
    assert content(tmp_path) == content(alone)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interruption_ends_all_processes_and_the_same_command_goes_on(fields, alone, tmp_path, number):
    program = Path(sys.executable).with_name("myograft")
    command = [program, "run", *fields, "--out", tmp_path, "--config", "laminin_dapi_lamin_ac"]
    command += ["--workers", "2", "--log-format", "json"]
    # Tests that were started in the background of a shell hand down that nobody interrupts them.
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **heard) as process:
        for line in process.stderr:
            event = json.loads(line)
            assert event["slide_id"] in NAMES
            if event.get("stage") == "predict fibers":
                break
        children = slide_processes(psutil.Process(process.pid))
        assert len(children) == 2
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert ("interrupted; run the same command again" in rest) is (number == signal.SIGINT)
    assert psutil.wait_procs(children, timeout=20)[1] == []
    assert set(statuses(tmp_path)) == set(NAMES)
    assert set(statuses(tmp_path).values()) <= {"incomplete", "done", "failed"}
    time.sleep(0.1)
    heard = []
    assert run_batch(request(fields, tmp_path, 2), heard.append).done_n == 3
    assert any("goes on where it ended" in getattr(event, "message", "") for event in heard)
    assert content(tmp_path) == content(alone)
