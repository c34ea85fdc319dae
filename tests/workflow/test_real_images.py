"""Real images beside the project: what must come out of them, with one setting for all."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.api import BatchRequest, compare_labels, load_settings, open_result, run_batch


def run(out, path, *assignments, preset=None, **options):
    outcome = run_batch(
        BatchRequest(inputs=(path,), out=out, settings=load_settings(preset, list(assignments)), **options)
    )
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    return out / path.stem


@pytest.mark.parametrize(("name", "least_f1"), [("skm_hs_cw", 0.93), ("skm_rat_R7x10ta", 0.75)])
def test_fluorescence_fibers(shared_data, tmp_path, name, least_f1):
    folder = shared_data / "muscle_fluorescence"
    result = run(tmp_path, folder / f"{name}.tif", "read.pixel_size_um=0.9224", "channels.sarcolemma=3")
    assert compare_labels(result, folder / f"{name}_fibers.tif")["f1"] >= least_f1
    assert open_result(result).tables["sections"].rows()[0]["nuclei_n"] is None


@pytest.mark.parametrize("name", ["he_1", "he_2"])
def test_given_outlines_of_a_photograph(shared_data, tmp_path, name):
    folder = shared_data / "muscle_he"
    result = open_result(
        run(
            tmp_path,
            folder / f"{name}.tif",
            "read.pixel_size_um=0.2765",
            fiber_labels=folder / f"{name}_fibers.tif",
        )
    )
    assert len(result.tables["fibers"]) in {66, 55}
    assert "nuclei" not in result.tables


@pytest.mark.parametrize("name", ["he_1", "he_2"])
def test_fibers_and_nuclei_of_a_photograph(shared_data, tmp_path, name):
    folder = shared_data / "muscle_he"
    result = run(tmp_path, folder / f"{name}.tif", "read.pixel_size_um=0.2765", preset="he")
    assert compare_labels(result, folder / f"{name}_fibers.tif")["f1"] >= 0.90
    section = open_result(result).tables["sections"].rows()[0]
    # Another tool's calls on its own outlines: 35 of 46 and 29 of 35 fibers with central nuclei.
    assert 0.5 < section["centrally_nucleated_fibers_n"] / section["fibers_sized_n"] < 0.95


@pytest.mark.parametrize(
    ("path", "size_um", "least_n", "most_n"),
    [
        ("positive_fraction/nuclei.tif", 0.65, 150, 900),
        ("nuclei_small/stardist_2d.tif", 0.5, 40, 90),
        ("nuclei_small/stardist_3d.tif", 0.5, 3, 60),
    ],
)
def test_nuclei_alone(shared_data, tmp_path, path, size_um, least_n, most_n):
    result = open_result(
        run(tmp_path, shared_data / path, f"read.pixel_size_um={size_um}", "channels.nuclei=0")
    )
    section = result.tables["sections"].rows()[0]
    assert least_n <= section["nuclei_n"] <= most_n
    assert section["fibers_n"] is None
    assert section["donor_nuclei_n"] is None
    assert np.ma.getmaskarray(result.tables["nuclei"]["location"]).all()


def test_hand_made_nuclei(shared_data, tmp_path):
    folder = shared_data / "nuclei_small"
    result = run(tmp_path, folder / "stardist_2d.tif", "read.pixel_size_um=0.5", "channels.nuclei=0")
    assert compare_labels(result, folder / "stardist_2d_nuclei.tif", objects="nuclei")["f1"] >= 0.75
