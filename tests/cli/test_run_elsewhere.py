"""Where the work is done, from the command line: shards, schedulers, slides with a broken tile."""

from __future__ import annotations

import csv
import sys

import numpy as np
import pytest
import tifffile

from myograft.api import sample_paths


@pytest.mark.parametrize("shard", ["9/2", "0/2", "two", "1/2/3"])
def test_a_part_that_is_none_is_a_sentence(tmp_path, myograft, shard):
    done = myograft("run", "slide.tif", "--out", tmp_path / "out", "--shard", shard)
    assert done.code == 2
    assert f"{shard} is no part of the work" in done.err
    assert "2/8" in done.err


def test_a_scheduler_that_is_not_there_is_a_sentence(tmp_path, myograft, monkeypatch):
    monkeypatch.setattr("myograft.execute.cluster._ANSWER_S", 1)
    done = myograft("run", "slide.tif", "--out", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1")
    assert done.code == 1
    assert "no Dask scheduler answers" in done.err
    done = myograft("run", "slide.tif", "--out", tmp_path / "out", "--scheduler-file", tmp_path / "none.json")
    assert done.code == 1
    assert "dask scheduler --scheduler-file" in done.err
    done = myograft("run", "x.tif", "--out", tmp_path, "--slurm", "--scheduler", "tcp://127.0.0.1:1")
    assert done.code == 1
    assert "more than one kind of cluster" in done.err


def test_slurm_without_its_package_is_a_sentence(tmp_path, myograft, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    done = myograft("run", "slide.tif", "--out", tmp_path / "out", "--slurm")
    assert done.code == 1
    assert "myograft[cluster]" in done.err


def test_a_corrupt_tile_of_a_file_is_named_and_the_slide_incomplete(tmp_path, myograft):
    [sample] = [path for path in sample_paths() if "control" not in path.name]
    pixels = tifffile.imread(sample)
    path = tmp_path / "slide.tif"
    planes = np.concatenate([pixels.max(axis=0)] * 2, axis=2)
    tifffile.imwrite(
        path, planes, tile=(256, 256), compression="zlib", photometric="minisblack", planarconfig="separate",
    )  # fmt: skip
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        offset, length = page.dataoffsets[4], page.databytecounts[4]
    content = bytearray(path.read_bytes())
    content[offset : offset + length] = b"\x00" * length
    path.write_bytes(content)
    settings = [
        "tiling.tile_px=512",
        "channels.sarcolemma=0",
        "channels.nuclei=1",
        "channels.donor_nucleus=2",
    ]
    settings = [part for setting in settings for part in ("--set", setting)]
    given = ("--pixel-size-um", "0.65", "--config", "laminin_dapi_lamin_ac", *settings)
    done = myograft("run", path, "--out", tmp_path / "out", *given)
    assert done.code == 3, done.err
    with (tmp_path / "out" / "slides.csv").open(encoding="utf-8", newline="") as table:
        [row] = csv.DictReader(table)
    assert row["status"] == "incomplete"
    assert "of 6 pieces of 'survey' failed: y 0-512, x 1024-1280 px" in row["reason"]
    assert not (tmp_path / "out" / "slide").exists()
