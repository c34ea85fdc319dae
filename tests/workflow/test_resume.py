"""A run that was ended anywhere goes on, and its result is that of one that never was; shards make the same."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from myograft.api import BatchRequest, load_settings, run_batch
from myograft.errors import IncompleteError
from myograft.execute import Shard
from myograft.model.columns import TableName
from myograft.model.result_layout import OutputLayout
from myograft.workflow import batch, outline_tile, survey_plane
from myograft.workflow.events import Noted, StageProgress, ignore
from myograft.write import only_one, read_table

REGION = (0, 0, 640, 640)
SETTINGS = ("tiling.tile_px=512",)


class KilledError(BaseException):
    """What nobody catches."""


def request(path, out, **given):
    settings = load_settings("laminin_dapi_lamin_ac", [*SETTINGS])
    return BatchRequest(inputs=(path,), out=out, settings=settings, region=REGION, **given)


@pytest.fixture(scope="module")
def untouched(engrafted_path, tmp_path_factory):
    """A result of a run that nobody disturbed, and how often it told progress."""
    out, told = tmp_path_factory.mktemp("untouched"), []
    run_batch(request(engrafted_path, out), told.append)
    return out, sum(isinstance(event, StageProgress) for event in told)


def content(out):
    """Return what has to be the same: the three tables and all files of the labels, byte for byte."""
    layout = OutputLayout(out).slide("engrafted")
    tables = {path.name: path.read_bytes() for path in (layout.root / "tables" / "machine").iterdir()}
    labels = {
        path.relative_to(layout.image).as_posix(): path.read_bytes()
        for path in (layout.image / "labels").rglob("*")
        if path.is_file()
    }
    return tables, labels


def test_seams_are_a_table_of_their_own(untouched):
    layout = OutputLayout(untouched[0]).slide("engrafted")
    seams, fibers = (read_table(layout.table(name)) for name in (TableName.SEAMS, TableName.FIBERS))
    assert (seams["object"] == "fiber").sum() == len(fibers)
    assert seams["crosses_seam"].any()
    assert (seams["seam_distance_um"][seams["crosses_seam"]] < 512 * 0.65).all()
    assert "fibers per mm2" in layout.report.read_text(encoding="utf-8")


def assert_same(out, other):
    (tables, labels), (other_tables, other_labels) = content(out), content(other)
    assert tables == other_tables
    assert labels.keys() == other_labels.keys()
    assert not [name for name, stored in labels.items() if stored != other_labels[name]]


@pytest.mark.parametrize("part", [0.02, 0.3, 0.5, 0.7, 0.85, 0.99])
def test_a_run_that_was_ended_goes_on_to_the_same_result(untouched, engrafted_path, tmp_path, part):
    whole, told_n = untouched
    heard = []

    def end(event):
        heard.append(event)
        if sum(isinstance(each, StageProgress) for each in heard) == int(part * told_n):
            raise KilledError

    with pytest.raises(KilledError):
        run_batch(request(engrafted_path, tmp_path), end)
    assert not OutputLayout(tmp_path).slide("engrafted").root.exists()
    events = []
    outcome = run_batch(request(engrafted_path, tmp_path), events.append)
    assert outcome.done_n == 1
    assert any(isinstance(event, Noted) and "goes on where it ended" in event.message for event in events)
    assert_same(tmp_path, whole)
    assert not OutputLayout(tmp_path).draft("engrafted").exists()
    assert not OutputLayout(tmp_path).scratch("engrafted").exists()


def test_a_full_disk_is_a_sentence_and_the_run_goes_on_when_there_is_space(
    untouched, engrafted_path, tmp_path, monkeypatch
):
    def full(path, array):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as context:
        context.setattr(outline_tile, "write_scratch", full)
        outcome = run_batch(request(engrafted_path, tmp_path), ignore)
    assert outcome.failed_n == 1
    assert "the disk is full" in outcome.slides_table.read_text()
    assert OutputLayout(tmp_path).scratch("engrafted").exists()
    assert run_batch(request(engrafted_path, tmp_path), ignore).done_n == 1
    assert_same(tmp_path, untouched[0])


def test_a_tile_that_fails_makes_the_slide_incomplete(untouched, engrafted_path, tmp_path, monkeypatch):
    read = survey_plane.read_plane

    def broken(stack, channel, region, **given):
        if region.y0 == region.x0 == 512:
            raise ValueError("corrupt data")
        return read(stack, channel, region, **given)

    with monkeypatch.context() as context:
        context.setattr(survey_plane, "read_plane", broken)
        outcome = run_batch(request(engrafted_path, tmp_path), ignore)
    assert (outcome.done_n, outcome.failed_n, outcome.incomplete_n) == (0, 0, 1)
    table = outcome.slides_table.read_text()
    assert "incomplete" in table
    assert "1 of 4 pieces of 'survey' failed: y 512-640, x 512-640 px: ValueError: corrupt data" in table
    assert run_batch(request(engrafted_path, tmp_path), ignore).done_n == 1
    assert_same(tmp_path, untouched[0])


def test_other_settings_and_fresh_begin_anew(engrafted_path, tmp_path):
    def end(event):
        if isinstance(event, StageProgress) and event.stage == "outline fibers" and event.done_n:
            raise KilledError

    for given in ({"copies_image": False}, {"is_fresh": True}):
        with pytest.raises(KilledError):
            run_batch(request(engrafted_path, tmp_path), end)
        events = []
        run_batch(request(engrafted_path, tmp_path, **given), events.append)
        assert not any(isinstance(event, Noted) and "goes on" in event.message for event in events)
        [result] = [path for path in tmp_path.iterdir() if path.name == "engrafted"]
        result.rename(tmp_path / f"moved {len(list(tmp_path.iterdir()))}")


def test_a_second_run_is_refused_and_harms_nothing(untouched, engrafted_path, tmp_path):
    with only_one(tmp_path / ".engrafted.lock"):
        outcome = run_batch(request(engrafted_path, tmp_path), ignore)
    assert outcome.failed_n == 1
    assert "another run works on this slide just now" in outcome.slides_table.read_text()
    assert run_batch(request(engrafted_path, tmp_path), ignore).done_n == 1


def test_shards_in_processes_of_their_own_make_the_same_result(untouched, engrafted_path, tmp_path):
    program = Path(sys.executable).with_name("myograft")
    command = [program, "run", str(engrafted_path), "--out", str(tmp_path)]
    command += ["--config", "laminin_dapi_lamin_ac", "--workers", "1", "--region", *map(str, REGION)]
    command += [part for setting in SETTINGS for part in ("--set", setting)]
    shards = [
        subprocess.Popen(
            [*command, "--shard", f"{number}/2"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for number in (1, 2)
    ]
    said = [shard.communicate(timeout=300)[0].decode() for shard in shards]
    assert [shard.returncode for shard in shards] == [0, 0], said
    assert_same(tmp_path, untouched[0])
    assert not OutputLayout(tmp_path).scratch("engrafted").exists()


def test_an_incomplete_slide_ends_with_three(engrafted_path, tmp_path, monkeypatch):
    def incomplete(*_given):
        raise IncompleteError("2 of 9 pieces failed")

    monkeypatch.setattr(batch, "run_slide", incomplete)
    outcome = run_batch(request(engrafted_path, tmp_path, shard=Shard(1, 1)), ignore)
    assert outcome.incomplete_n == 1
