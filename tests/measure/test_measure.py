"""Sizes against drawn cases and ImageJ; sums that must agree; null that is never zero."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.measure import (
    DonorRule,
    MeasureSettings,
    count_nuclei_per_fiber,
    measure_fibers,
    measure_nuclei,
    summarize_section,
)
from myograft.model.biology import OutlineStain
from myograft.model.columns import TableName
from myograft.model.geometry import Region
from myograft.model.table import Table, from_rows
from myograft.numerics.labels import objects_of
from myograft.read import read_label_image

PLANE = (60, 80)


def labels():
    plane = np.zeros(PLANE, np.uint32)
    plane[10:20, 10:30] = 1
    plane[0:9, 40:50] = 2
    plane[30:50, 30:50] = 3
    return plane


def fibers_of(plane, size_um=1.0, crop=None):
    directory = objects_of(plane)
    crop = crop or Region(0, 0, *plane.shape)
    columns = measure_fibers(plane[crop.slices], directory.label, directory.box, crop, plane.shape, size_um)
    n = len(directory)
    return Table(TableName.FIBERS, columns | {"slide_id": ["s"] * n, "section_id": ["1"] * n})


def test_drawn_rectangles():
    first, second, third = fibers_of(labels(), 0.5).rows()
    assert first["csa_um2"] == 50.0
    assert first["min_feret_um"] == 5.0
    assert first["max_feret_um"] == pytest.approx(0.5 * np.hypot(10, 20))
    assert first["solidity"] == 1.0
    assert (first["centroid_y_um"], first["centroid_x_um"]) == (7.5, 10.0)
    assert (first["is_excluded"], first["exclusion_reason"]) == (False, None)
    assert (second["touches_edge"], second["exclusion_reason"]) == (True, "edge")
    assert third["circularity"] == pytest.approx(np.pi / 4, rel=0.15)


def test_a_crop_does_not_change_the_numbers():
    plane = labels()
    plane[plane == 2] = 0
    assert fibers_of(plane).rows() == fibers_of(plane, crop=Region(8, 8, 55, 55)).rows()


@pytest.mark.parametrize("name", ["he_1", "he_2"])
def test_sizes_agree_with_imagej_fiber_by_fiber(shared_data, name):
    """ImageJ's table of the same outlines: no label ids, so rows are joined by area and Feret start."""
    plane = read_label_image(shared_data / "muscle_he" / f"{name}_fibers.tif")
    ours = fibers_of(plane, 0.2765).rows()
    with (shared_data / "muscle_he" / f"{name}_peer_fibers.csv").open(encoding="utf-8-sig") as file:
        theirs = list(csv.DictReader(file))
    area = np.array([row["csa_um2"] for row in ours])
    feret = np.array([row["min_feret_um"] for row in ours])
    area_off, feret_off = [], []
    for row in theirs:
        # ImageJ's areas lie 0.5 to 0.6 % below the pixel count.
        distance = (
            np.abs(area - float(row["Area"]) * 1.0055) / area + np.abs(feret - float(row["MinFeret"])) / feret
        )
        match = int(distance.argmin())
        area_off.append(abs(area[match] / float(row["Area"]) - 1))
        feret_off.append(abs(feret[match] / float(row["MinFeret"]) - 1))
    assert len(theirs) > 30
    assert np.median(area_off) <= 0.02
    assert np.median(feret_off) <= 0.02


def nuclei_table(rows):
    return from_rows(
        TableName.NUCLEI,
        [
            {"slide_id": "s", "section_id": "1", "nucleus_id": i + 1, "area_um2": 30.0} | row
            for i, row in enumerate(rows)
        ],
    )


NUCLEI = st.lists(
    st.fixed_dictionaries(
        {
            "fiber_id": st.sampled_from([None, 1, 2, 3]),
            "location": st.sampled_from(["in_fiber", "border", "interstitial"]),
            "position": st.sampled_from(["central", "peripheral"]),
            "origin": st.sampled_from(["donor", "host"]),
            "is_undecided": st.booleans(),
            "overlap_fraction": st.floats(0, 1),
        }
    ).map(lambda row: row | ({"location": "interstitial"} if row["fiber_id"] is None else {})),
    max_size=30,
)


@given(NUCLEI)
def test_counts_add_up(rows):
    rows = [row | ({} if row["location"] == "in_fiber" else {"position": None}) for row in rows]
    nuclei = nuclei_table(rows)
    fibers = count_nuclei_per_fiber(fibers_of(labels()), nuclei)
    section = summarize_section(
        fibers, nuclei, slide_id="s", section_id="1", plane_area_um2=4800.0, tissue_area_um2=4000.0,
        outline_stain=OutlineStain.BASAL_LAMINA, donor_rule=DonorRule("fixed", 6.0),
        settings=MeasureSettings(),
    ).rows()[0]  # fmt: skip
    assert section["in_fiber_nuclei_n"] + section["border_nuclei_n"] + section[
        "interstitial_nuclei_n"
    ] == len(rows)
    assert fibers["in_fiber_nuclei_n"].sum() == section["in_fiber_nuclei_n"]
    if not rows:
        # Nobody could be called: not measured, and so not zero.
        assert section["donor_nuclei_n"] is None
        assert section["donor_nuclei_fraction"] is None
        return
    assert section["donor_nuclei_n"] + sum(row["origin"] == "host" for row in rows) == len(rows)
    by_location = [section[f"{place}_donor_nuclei_n"] for place in ("in_fiber", "border", "interstitial")]
    assert sum(by_location) == section["donor_nuclei_n"]
    assert (
        section["overlap_25_donor_nuclei_n"]
        >= section["overlap_50_donor_nuclei_n"]
        >= section["overlap_75_donor_nuclei_n"]
    )
    low, high = section["donor_nuclei_fraction_low"], section["donor_nuclei_fraction_high"]
    assert low <= section["donor_nuclei_fraction"] <= high
    assert fibers["donor_nuclei_n"].sum() == section["in_fiber_donor_nuclei_n"]
    for row in fibers.rows():
        has_domain = row["in_fiber_nuclei_n"] > 0 and not row["is_excluded"]
        assert (row["nuclear_domain_um2"] is not None) == has_domain


def test_the_section_by_hand():
    rows = [{"fiber_id": 1, "location": "in_fiber", "position": "central", "overlap_fraction": 1.0}] * 2
    nuclei = nuclei_table(rows)
    fibers = count_nuclei_per_fiber(fibers_of(labels()), nuclei)
    section = summarize_section(
        fibers, nuclei, slide_id="s", section_id="1", plane_area_um2=4800.0, tissue_area_um2=4000.0,
        outline_stain=OutlineStain.MEMBRANE, donor_rule=None,
        settings=MeasureSettings(),
    ).rows()[0]  # fmt: skip
    assert (section["fibers_n"], section["fibers_sized_n"], section["fibers_edge_n"]) == (3, 2, 1)
    assert section["csa_mean_um2"] == 300.0
    feret = np.array([10.0, 20.0])
    assert section["variance_coefficient"] == pytest.approx(1000 * feret.std(ddof=1) / feret.mean())
    assert section["nuclear_domain_um2"] == 300.0
    assert section["centrally_nucleated_fibers_fraction"] == 0.5
    assert section["in_fiber_meaning"] == "myonucleus"
    assert section["donor_nuclei_n"] is None
    assert section["donor_fibers_fraction"] is None
    assert section["has_few_fibers"] is True


def test_nothing_measured_is_null_not_zero():
    section = summarize_section(
        None, None, slide_id="s", section_id="1", plane_area_um2=4800.0, tissue_area_um2=0.0, outline_stain=None,
        donor_rule=None, settings=MeasureSettings(),
    ).rows()[0]  # fmt: skip
    assert {name for name, value in section.items() if value is not None} == {
        "slide_id", "section_id", "plane_area_mm2", "tissue_area_mm2",
    }  # fmt: skip


def test_nuclei_by_hand():
    plane = labels()
    directory = objects_of(plane)
    columns = measure_nuclei(plane, directory.label, directory.box, Region(0, 0, *PLANE), PLANE, 0.5)
    assert columns["area_um2"].tolist()[0] == 50.0
    assert columns["touches_edge"].tolist() == [False, True, False]
