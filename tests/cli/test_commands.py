"""Every command as a user types it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from myograft import __version__
from myograft.api import open_result, sample_paths


@pytest.fixture(scope="module")
def slide():
    return next(path for path in sample_paths() if path.name == "engrafted.ome.tif")


def truth(slide, kind):
    return slide.with_name(f"engrafted_{kind}.tif")


def test_inspect_says_what_a_file_holds(myograft, slide):
    done = myograft("inspect", slide)
    assert done.code == 0
    for part in (
        "ZCYX 3 x 3 x 640 x 640",
        "0.65 um, from OME-XML",
        "channel 2 (human lamin A/C), by its name",
    ):
        assert part in done.out


def test_inspect_of_an_ambiguous_file_says_so(myograft, tmp_path):
    metadata = {
        "axes": "CYX",
        "Channel": {"Name": ["DAPI", "Hoechst"]},
        "PhysicalSizeX": 1.0,
        "PhysicalSizeY": 1.0,
    }
    tifffile.imwrite(tmp_path / "two.ome.tif", np.zeros((2, 9, 9), np.uint16), ome=True, metadata=metadata)
    done = myograft("inspect", tmp_path / "two.ome.tif")
    assert done.code == 0
    assert "fits 2 channels" in done.out


def test_evaluate_has_the_keys_others_rely_on(myograft, slide):
    done = myograft("evaluate", truth(slide, "fibers"), truth(slide, "fibers"), "--json")
    figures = json.loads(done.out)
    assert list(figures) == [
        "true_positive_n", "false_positive_n", "false_negative_n", "precision", "recall", "f1", "average_precision",
        "panoptic_quality", "mean_matched_iou",
    ]  # fmt: skip
    assert figures["f1"] == 1.0
    lenient = json.loads(
        myograft("evaluate", truth(slide, "fibers"), truth(slide, "fibers"), "--ignore-edge", "--json").out
    )
    assert lenient["true_positive_n"] < figures["true_positive_n"]


def test_evaluate_of_other_planes_is_a_sentence(myograft, slide, tmp_path):
    tifffile.imwrite(tmp_path / "small.tif", np.ones((10, 12), np.uint16))
    done = myograft("evaluate", truth(slide, "fibers"), tmp_path / "small.tif")
    assert done.code == 1
    assert "10 x 12" in done.err


def test_a_region_with_given_outlines_and_a_log_for_machines(myograft, slide, tmp_path):
    done = myograft(
        "run", slide, "--out", tmp_path, "--config", "laminin_dapi_lamin_ac", "--region", 40, 50, 300, 200,
        "--fiber-labels", truth(slide, "fibers"), "--nucleus-labels", truth(slide, "nuclei"), "--workers", 1,
        "--log-format", "json",
    )  # fmt: skip
    assert done.code == 0, done.err
    events = [json.loads(line) for line in done.err.splitlines()]
    assert events[0]["event"] == "SlideStarted"
    assert events[-1]["event"] == "SlideDone"
    result = open_result(tmp_path / "engrafted")
    found = np.asarray(result.label_levels("fibers")[0])
    assert np.array_equal(found, tifffile.imread(truth(slide, "fibers"))[40:340, 50:250])
    assert result.provenance.region is not None
    assert result.provenance.given_labels_sha256.keys() == {"fibers", "nuclei"}


def test_without_a_copy_of_the_image(myograft, slide, tmp_path):
    done = myograft(
        "run", slide, "--out", tmp_path, "--region", 0, 0, 320, 320, "--no-image-copy", "--workers", 1
    )
    assert done.code == 0, done.err
    result = open_result(tmp_path / "engrafted")
    assert result.image_levels == ()
    assert len(result.label_levels("fibers")) >= 1
    copied = sum(path.stat().st_size for path in (tmp_path / "engrafted" / "image.ome.zarr").rglob("*"))
    assert copied < 600_000


def test_best_focus_is_one_plane_for_the_slide(myograft, slide, tmp_path):
    done = myograft(
        "run",
        slide,
        "--out",
        tmp_path,
        "--set",
        "read.projection=best_focus",
        "--workers",
        1,
        "--region",
        0,
        0,
        320,
        320,
    )
    assert done.code == 0, done.err
    assert "the best-focused of 3 planes is plane 1" in done.err


def test_config_commands(myograft, tmp_path):
    assert "laminin_dapi_lamin_ac" in myograft("config", "list").out
    shown = myograft("config", "show", "laminin_dapi")
    assert "outline_stain" in shown.out
    path = tmp_path / "mine.yaml"
    path.write_text(shown.out, encoding="utf-8")
    assert myograft("config", "validate", path).code == 0
    path.write_text("tilling: {}\n", encoding="utf-8")
    wrong = myograft("config", "validate", path)
    assert wrong.code == 2
    assert "tiling" in wrong.err
    assert json.loads(myograft("config", "schema").out)["title"] == "RunSettings"


def test_phantom_writes_image_and_truth(myograft, tmp_path):
    target = tmp_path / "p.ome.tif"
    done = myograft(
        "phantom",
        target,
        "--size-px",
        200,
        300,
        "--pixel-size-um",
        1.0,
        "--seed",
        3,
        "--panel",
        "laminin_dapi",
    )
    assert done.code == 0, done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "p.ome.tif", "p_fibers.csv", "p_fibers.tif", "p_nuclei.csv", "p_nuclei.tif", "p_phantom.json",
    ]  # fmt: skip
    with (tmp_path / "p_fibers.csv").open(encoding="utf-8") as file:
        numbers = [int(row["fiber_id"]) for row in csv.DictReader(file)]
    assert numbers == np.setdiff1d(tifffile.imread(tmp_path / "p_fibers.tif"), [0]).tolist()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["p.tif"], ".ome.tif"),
        (["absent/p.ome.tif"], "no such folder"),
        (["p.ome.tif", "--panel", "he"], "--panel"),
        (["p.ome.tif", "--snr", 0], "--snr"),
    ],
)
def test_a_phantom_that_cannot_be_is_a_sentence(myograft, tmp_path, monkeypatch, arguments, part):
    monkeypatch.chdir(tmp_path)
    done = myograft("phantom", *arguments)
    assert done.code in {1, 2}
    assert part in done.err
    assert list(tmp_path.iterdir()) == []


def test_the_installed_command_answers():
    command = Path(sys.executable).with_name("myograft")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"myograft {__version__}"


def test_a_photograph_asks_for_outlines(myograft, tmp_path):
    path = tmp_path / "he.tif"
    tifffile.imwrite(path, np.zeros((30, 30, 3), np.uint8), photometric="rgb")
    done = myograft("run", path, "--pixel-size-um", 0.5, "--out", tmp_path / "out", "--workers", 1)
    assert done.code == 1
    assert "--fiber-labels" in done.err
