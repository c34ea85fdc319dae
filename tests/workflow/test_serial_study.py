"""A series from pixels to a muscle: three sections cut from one simulated block, run and combined."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import tifffile

from myograft.cli import main
from myograft.model.columns import TableName
from myograft.model.result_layout import ResultLayout
from myograft.phantom import PhantomSpec
from myograft.read import read_label_stack
from myograft.workflow.simulate import simulate
from myograft.write import read_table

#: A block of 48 um seen in planes of 2 um; sections of three planes.
PLANES_N, STEP_UM, SECTION_UM = 24, 2.0, 6.0

#: First plane of each section: two neighbors, and one that no nucleus of the first reaches.
FIRST_PLANES = {"first": 0, "neighbor": 3, "far": 15}


def ends(code, *arguments):
    with pytest.raises(SystemExit) as ending:
        main([str(argument) for argument in arguments])
    assert ending.value.code == code


def middle_um(first_plane):
    return first_plane * STEP_UM + SECTION_UM / 2


@pytest.fixture(scope="module")
def block(tmp_path_factory):
    folder = tmp_path_factory.mktemp("block")
    spec = PhantomSpec(
        768, 768, 0.5, seed=4, planes_n=PLANES_N, thickness_um=PLANES_N * STEP_UM, donor_fraction=0.3, snr=20.0,
    )  # fmt: skip
    return simulate(spec, folder / "block.ome.tif")


@pytest.fixture(scope="module")
def runs(block, tmp_path_factory):
    """Cut sections, each the brightest of its planes, and run them together."""
    folder = tmp_path_factory.mktemp("series")
    with tifffile.TiffFile(block.image) as file:
        pixels, axes = file.series[0].asarray(), file.series[0].axes
    assert axes == "ZCYX"
    names = ["laminin", "DAPI", "human lamin A/C"]
    size = {f"PhysicalSize{axis}": 0.5 for axis in "XY"} | {f"PhysicalSize{axis}Unit": "µm" for axis in "XY"}
    for name, first in FIRST_PLANES.items():
        tifffile.imwrite(
            folder / f"{name}.ome.tif",
            pixels[first : first + 3].max(axis=0),
            metadata={"axes": "CYX", "Channel": {"Name": names}, **size},
        )  # fmt: skip
    preset = ("--config", "laminin_dapi_lamin_ac", "--workers", "1")
    thickness = ("--set", f"measure.section_thickness_um={SECTION_UM:g}")
    ends(0, "run", *sorted(folder.glob("*.ome.tif")), "--out", folder / "runs", *preset, *thickness)
    return folder / "runs"


@pytest.fixture
def combine(runs, tmp_path):
    def combined(*options, code=0, shift_um=0.0):
        design = tmp_path / "samples.csv"
        lines = [f"{name},A,{middle_um(first) + shift_um:g}" for name, first in FIRST_PLANES.items()]
        design.write_text("\n".join(["slide_id,subject,position_um", *lines]), encoding="utf-8")
        ends(code, "combine", runs, "--design", design, "--out", tmp_path / "study", *options)
        if code:
            return None
        muscles = read_table(tmp_path / "study" / "muscles.parquet").rows()
        return next(row for row in muscles if row["variable"] == "donor_nuclei_fraction")

    return combined


def section_row(runs, name):
    return read_table(ResultLayout(runs / name).table(TableName.SECTIONS)).rows()[0]


def donors_in(block, name):
    """Return the true donor nuclei that reach into a section."""
    with block.nuclei_table.open(encoding="utf-8") as file:
        donors = {int(row["nucleus_id"]) for row in csv.DictReader(file) if row["origin"] == "donor"}
    first = FIRST_PLANES[name]
    shown = np.unique(np.asarray(read_label_stack(block.nucleus_labels))[first : first + 3])
    return donors & set(shown.tolist())


def test_neighbors_show_the_same_nuclei_and_the_series_counts_them_once(block, runs, combine, capsys):
    seen = {name: donors_in(block, name) for name in FIRST_PLANES}
    # In truth: neighbors share most of their donor nuclei, sections far enough apart none.
    assert len(seen["first"] & seen["neighbor"]) > 0.4 * len(seen["first"])
    assert not seen["first"] & seen["far"]
    found = {name: section_row(runs, name)["donor_nuclei_n"] for name in FIRST_PLANES}
    for name, true in seen.items():
        assert found[name] == pytest.approx(len(true), abs=0.25 * len(true))
    muscle = combine()
    told = capsys.readouterr().err
    assert "1 of 3 serial sections are left out" in told
    assert "slide neighbor, section 1" in told
    assert muscle["sections_n"] == 2
    assert muscle["numerator"] == found["first"] + found["far"]
    true_n = len(seen["first"] | seen["far"])
    assert muscle["numerator"] == pytest.approx(true_n, abs=0.2 * true_n)


def test_the_height_of_nuclei_can_be_said(combine, tmp_path):
    # Sections of 6 um at 3, 9 and 33 um: the gaps are 0, 18 and 24 um.
    assert combine("--nucleus-height-um", "0")["sections_n"] == 3
    assert combine("--nucleus-height-um", "17.9")["sections_n"] == 2
    assert combine("--nucleus-height-um", "24")["sections_n"] == 2
    assert combine("--nucleus-height-um", "24.1")["sections_n"] == 1
    # Where the zero of the scale lies does not matter.
    assert combine("--nucleus-height-um", "24", shift_um=1000.1)["sections_n"] == 2
    combine("--nucleus-height-um", "-1", code=2)
    facts = json.loads((tmp_path / "study" / "study.json").read_text(encoding="utf-8"))
    assert facts["series"] == {"nucleus_height_um": 24.0, "section_thickness_um": None}
