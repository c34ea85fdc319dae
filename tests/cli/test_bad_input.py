"""Bad input ends in one sentence that names the file and the remedy, with the right exit code."""

from __future__ import annotations

import csv
import errno
from pathlib import Path

import numpy as np
import pytest
import tifffile

EXTENT = 256


def tissue(seed: int = 0) -> np.ndarray:
    """A grid of dark squares with bright rims, and bright dots for nuclei: enough for a run to succeed."""
    random = np.random.default_rng(seed)
    rim = np.zeros((EXTENT, EXTENT), np.float32)
    rim[::40] = rim[:, ::40] = 1.0
    rim = np.maximum(rim, np.roll(rim, 1, axis=0))
    rim = np.maximum(rim, np.roll(rim, 1, axis=1))
    nuclei = np.zeros_like(rim)
    rows, columns = np.mgrid[:EXTENT, :EXTENT]
    for y, x in [(20, 8), (60, 60), (100, 50), (140, 90), (180, 175), (220, 60), (60, 200)]:
        nuclei[(rows - y) ** 2 + (columns - x) ** 2 < 16] = 1.0
    planes = np.stack([rim, nuclei]) * 3000 + 200 + random.normal(0, 30, (2, EXTENT, EXTENT))
    return planes.astype(np.uint16)


def write_ome(
    path: Path, planes: np.ndarray, names=("laminin", "DAPI"), pixel_size_um: float | None = 1.0
) -> Path:
    metadata: dict[str, object] = {"axes": "CYX", "Channel": {"Name": list(names)}}
    if pixel_size_um is not None:
        metadata |= {
            "PhysicalSizeX": pixel_size_um, "PhysicalSizeXUnit": "µm",
            "PhysicalSizeY": pixel_size_um, "PhysicalSizeYUnit": "µm",
        }  # fmt: skip
    tifffile.imwrite(path, planes, metadata=metadata, ome=True)
    return path


@pytest.fixture
def good(tmp_path):
    return write_ome(tmp_path / "good.ome.tif", tissue())


def reasons(out: Path) -> dict[str, str]:
    with (out / "slides.csv").open(encoding="utf-8", newline="") as file:
        return {row["slide_id"]: row["reason"] for row in csv.DictReader(file)}


def missing(tmp_path):
    return tmp_path / "absent.tif"


def empty(tmp_path):
    path = tmp_path / "empty.tif"
    path.write_bytes(b"")
    return path


def truncated(tmp_path):
    whole = write_ome(tmp_path / "whole.ome.tif", tissue())
    path = tmp_path / "truncated.ome.tif"
    path.write_bytes(whole.read_bytes()[:-50_000])
    whole.unlink()
    return path


def folder_of_other_things(tmp_path):
    path = tmp_path / "holiday"
    path.mkdir()
    (path / "beach.jpg").write_bytes(b"\xff\xd8\xff")
    return path


def uncalibrated(tmp_path):
    return write_ome(tmp_path / "uncalibrated.ome.tif", tissue(), pixel_size_um=None)


def unnamed_channels(tmp_path):
    path = tmp_path / "unnamed.tif"
    tifffile.imwrite(
        path, tissue(), imagej=True, resolution=(1.0, 1.0), metadata={"axes": "CYX", "unit": "um"}
    )
    return path


def two_nuclei_channels(tmp_path):
    return write_ome(tmp_path / "twice.ome.tif", tissue(), names=("DAPI", "Hoechst 33342"))


def all_black(tmp_path):
    planes = tissue()
    planes[0] = 0
    return write_ome(tmp_path / "black.ome.tif", planes)


def saturated(tmp_path):
    planes = tissue()
    planes[1] = 65535
    return write_ome(tmp_path / "saturated.ome.tif", planes)


def not_a_number(tmp_path):
    planes = tissue().astype(np.float32)
    planes[0, 3, 3] = np.nan
    return write_ome(tmp_path / "nan.ome.tif", planes)


BAD = {
    missing: ["absent.tif"],
    empty: ["empty.tif", "empty"],
    truncated: ["truncated.ome.tif"],
    folder_of_other_things: ["holiday"],
    uncalibrated: ["uncalibrated.ome.tif", "--pixel-size-um"],
    unnamed_channels: ["unnamed.tif", "channels."],
    two_nuclei_channels: ["twice.ome.tif", "DAPI", "Hoechst", "channels.nuclei"],
    all_black: ["black.ome.tif", "laminin"],
    saturated: ["saturated.ome.tif", "DAPI"],
    not_a_number: ["nan.ome.tif", "laminin", "NaN"],
}


@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_a_bad_slide_alone_fails_with_a_sentence(make, tmp_path, myograft):
    path = make(tmp_path)
    done = myograft("run", path, "--out", tmp_path / "out", "--workers", 1)
    assert done.code == 1
    [reason] = reasons(tmp_path / "out").values()
    for part in BAD[make]:
        assert part in reason
    assert reason in done.err
    assert "defect" not in reason
    assert [
        entry.name for entry in (tmp_path / "out").iterdir() if entry.is_dir() and entry.name[0] != "."
    ] == []


def test_bad_slides_never_stop_the_good_one(tmp_path, good, myograft):
    bad = [missing(tmp_path), empty(tmp_path), all_black(tmp_path)]
    done = myograft("run", *bad, good, "--out", tmp_path / "out", "--workers", 1)
    assert done.code == 3
    told = reasons(tmp_path / "out")
    assert list(told) == ["absent", "empty", "black", "good"]
    assert [bool(reason) for reason in told.values()] == [True, True, True, False]
    assert (tmp_path / "out" / "good" / "run.json").is_file()


def test_two_inputs_of_one_name_get_two_results(tmp_path, good, myograft):
    (tmp_path / "other").mkdir()
    twin = write_ome(tmp_path / "other" / "good.tif", tissue(1))
    done = myograft("run", good, twin, "--out", tmp_path / "out", "--workers", 1)
    assert done.code == 0, done.err
    assert list(reasons(tmp_path / "out")) == ["good", "good-2"]
    assert "this result is good-2" in done.err


def test_labels_of_another_shape_are_refused(tmp_path, good, myograft):
    labels = tmp_path / "labels.tif"
    tifffile.imwrite(labels, np.ones((100, 90), np.uint16))
    done = myograft("run", good, "--fiber-labels", labels, "--out", tmp_path / "out", "--workers", 1)
    assert done.code == 1
    [reason] = reasons(tmp_path / "out").values()
    assert "labels.tif" in reason
    assert "100" in reason
    assert "256" in reason


def test_an_output_from_other_settings_is_stale_and_made_anew_unless_people_corrected_it(
    tmp_path, good, myograft
):
    out = tmp_path / "out"
    assert myograft("run", good, "--out", out, "--workers", 1).code == 0
    before = (out / "good" / "run.json").read_bytes()
    again = myograft("run", good, "--out", out, "--workers", 1)
    assert again.code == 0
    assert "already done" in again.err
    other = myograft("run", good, "--out", out, "--workers", 1, "--set", "tiling.tile_px=512")
    assert other.code == 0, other.err
    assert "is stale (it differs in tiling.tile_px) and is made anew" in other.err
    after = (out / "good" / "run.json").read_bytes()
    assert after != before
    (out / "good" / "journal.jsonl").write_text("{}\n", encoding="utf-8")
    for given in ((), ("--fresh",)):
        refused = myograft("run", good, "--out", out, "--workers", 1, *given)
        assert refused.code == 1
        [reason] = reasons(out).values()
        assert "holds corrections by people (journal.jsonl)" in reason
        assert (out / "good" / "run.json").read_bytes() == after


def test_a_full_disk_is_a_sentence(tmp_path, good, myograft, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("myograft.workflow.outline_plane.write_labels_block", full)
    done = myograft("run", good, "--out", tmp_path / "out", "--workers", 1)
    assert done.code == 1
    [reason] = reasons(tmp_path / "out").values()
    assert "space" in reason
    assert not (tmp_path / "out" / "good").exists()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--config", "laminin_dap"], "laminin_dapi"),
        (["--set", "tiling.tile=512"], "tiling.tile_px"),
        (["--region", 0, 0, 0, 10], "--region"),
        (["--workers", 0], "--workers"),
        (["--frsh"], "--frsh"),
    ],
)
def test_wrong_usage_is_exit_code_2(tmp_path, good, myograft, arguments, part):
    done = myograft("run", good, "--out", tmp_path / "out", *arguments)
    assert done.code == 2
    assert part in done.err
    assert not (tmp_path / "out").exists()


def test_a_region_outside_the_image_is_a_sentence(tmp_path, good, myograft):
    done = myograft("run", good, "--out", tmp_path / "out", "--workers", 1, "--region", 200, 200, 100, 100)
    assert done.code == 1
    [reason] = reasons(tmp_path / "out").values()
    assert "256" in reason


def test_an_interrupted_run_looks_unfinished(tmp_path, good, myograft, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("myograft.workflow.run.measure_plane", interrupt)
    done = myograft("run", good, "--out", tmp_path / "out", "--workers", 1)
    assert done.code == 130
    assert not (tmp_path / "out" / "good").exists()
    monkeypatch.undo()
    assert myograft("run", good, "--out", tmp_path / "out", "--workers", 1).code == 0


def test_an_output_that_is_a_file_is_a_sentence(tmp_path, good, myograft):
    (tmp_path / "out").write_text("not a folder", encoding="utf-8")
    done = myograft("run", good, "--out", tmp_path / "out", "--workers", 1)
    assert done.code == 1
    assert str(tmp_path / "out") in done.err


def test_no_disk_is_touched_by_a_dry_run(tmp_path, good, myograft):
    done = myograft("run", good, missing(tmp_path), "--out", tmp_path / "out", "--dry-run")
    assert done.code == 3
    assert "laminin" in done.out
    assert "cannot be run" in done.out
    assert not (tmp_path / "out").exists()


def test_a_dry_run_ends_as_the_run_would(tmp_path, good, myograft, monkeypatch):
    call = ("run", good, "--out", tmp_path / "out", "--workers", 2, "--dry-run")
    assert myograft(*call).code == 0
    monkeypatch.setattr("myograft.workflow.capacity.free_memory_bytes", lambda: 2**28)
    done = myograft(*call)
    assert done.code == 1
    assert f"cannot be run: {good}: the run needs about" in done.out
    assert "256 MiB are free on this machine" in done.out
    assert myograft(*call, "--scheduler", "tcp://127.0.0.1:1").code == 0
    assert not (tmp_path / "out").exists()


def test_channels_of_noise_have_no_objects_and_say_so(tmp_path, myograft):
    noise = np.random.default_rng(0).normal(500, 20, (2, EXTENT, EXTENT)).astype(np.uint16)
    path = write_ome(tmp_path / "noise.ome.tif", noise, pixel_size_um=0.5)
    done = myograft("run", path, "--out", tmp_path / "out", "--workers", 1)
    assert done.code == 0, done.err
    assert "0 fibers" in done.err
    assert "0 nuclei" in done.err
    assert done.err.count("hardly more than noise") == 2
