"""Stains of fibers in a whole run: by explicit roles, without a donor marker, and where they are absent."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.model.fiber_marker_columns import FIBER_STAINS, SECTION_STAINS
from myograft.phantom import PhantomSpec
from myograft.read import read_label_image
from myograft.workflow.simulate import simulate


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    target = tmp_path_factory.mktemp("slide") / "slide.ome.tif"
    return simulate(
        PhantomSpec(560, 560, 1.2, seed=8, panel="laminin_dapi_gfp", donor_fiber_fraction=0.2), target
    )


def run(slide, out, *assignments):
    request = BatchRequest(
        inputs=(slide.image,), out=out, settings=load_settings("laminin_dapi", list(assignments)),
        copies_image=False, fiber_labels=slide.fiber_labels, nucleus_labels=slide.nucleus_labels,
    )  # fmt: skip
    assert run_batch(request).failed_n == 0
    return open_result(out / "slide"), (out / "slides.csv").read_text(encoding="utf-8")


def test_regeneration_and_fiber_type_need_no_donor_marker(slide, tmp_path):
    """An autologous trial; the stain of the phantom's donor protein stands in for developmental myosin."""
    result, slides = run(slide, tmp_path, "channels.regeneration=GFP", "channels.fiber_type=autofluorescence")
    row = result.tables["sections"].rows()[0]
    with slide.fibers_table.open(encoding="utf-8") as file:
        truth = [line["donor_protein"] for line in csv.DictReader(file)]
    assert row["regeneration_positive_fibers_n"] >= 0.8 * truth.count("positive")
    assert row["regeneration_called_fibers_n"] == row["fiber_type_called_fibers_n"] == row["fibers_n"]
    for name in ("donor_protein_called_fibers_n", "donor_nucleus_with_protein_fibers_n", "donor_fibers_n"):
        assert row[name] is None
    assert "fibers nuclei regeneration fiber_type" in slides
    page = (tmp_path / "slide" / "report.html").read_text(encoding="utf-8")
    assert "Regenerating fibers" in page
    assert "regenerating fiber</span>" in page


def test_what_leaks_into_fibers_is_called(slide, tmp_path):
    """Donor protein of the phantom's cytoplasm stands in for plasma in necrotic fibers."""
    result, _ = run(slide, tmp_path, "channels.necrosis=GFP")
    row, fibers = result.tables["sections"].rows()[0], result.tables["fibers"]
    with slide.fibers_table.open(encoding="utf-8") as file:
        truth = {int(line["fiber_id"]): line["donor_protein"] for line in csv.DictReader(file)}
    # Given labels are numbered anew, in the order of their first pixels: matched by a pixel of each.
    true, found = read_label_image(slide.fiber_labels), np.asarray(result.label_levels("fibers")[0])
    call = dict(zip(fibers["fiber_id"].tolist(), fibers["necrosis"].tolist(), strict=True))
    calls = [(call[int(found[true == number][0])], is_true) for number, is_true in truth.items()]
    assert sum(called != is_true for called, is_true in calls) <= 0.03 * len(calls)
    assert row["necrosis_positive_fibers_n"] == sum(called == "positive" for called, _ in calls)
    assert row["necrosis_event"] == "positive"
    # Nuclei between the fibers of healthy muscle lie near vessels and fibers, but make no infiltrate.
    assert row["interstitial_dense_p"] is not None
    page = (tmp_path / "slide" / "report.html").read_text(encoding="utf-8")
    assert "Necrotic fibers" in page
    assert "necrotic fiber</span>" in page
    assert "Crowds of interstitial nuclei" in page


def test_the_tissue_between_fibers_is_what_true_labels_leave(slide, tmp_path):
    """Inside of the tissue exactly; at its border a margin of glass counts in, narrower than the smoothing."""
    inside, true = (60, 60, 440, 440), read_label_image(slide.fiber_labels)
    request = BatchRequest(
        inputs=(slide.image,), out=tmp_path / "inside", settings=load_settings("laminin_dapi"), region=inside,
        copies_image=False, fiber_labels=slide.fiber_labels, nucleus_labels=slide.nucleus_labels,
    )  # fmt: skip
    assert run_batch(request).failed_n == 0
    row = open_result(tmp_path / "inside" / "slide").tables["sections"].rows()[0]
    open_fraction = float((true[60:500, 60:500] == 0).mean())
    assert 0.05 < open_fraction < 0.4
    assert row["interstitial_area_fraction"] == pytest.approx(open_fraction, abs=0.005)
    result, _ = run(slide, tmp_path / "whole")
    row, spec = result.tables["sections"].rows()[0], PhantomSpec(560, 560, 1.2)
    edge_um = 560 * 1.2 - spec.model.tissue.glass_um
    margin_um = (row["tissue_area_mm2"] * 1e6) ** 0.5 - edge_um
    assert 0.0 <= margin_um <= load_settings("laminin_dapi").prepare.tissue_smoothing_um
    # What is left of the tissue is open, whether or not its margin is glass.
    fibers_um2 = float((true > 0).sum()) * 1.2**2
    assert row["interstitial_area_fraction"] == pytest.approx(
        1.0 - fibers_um2 / (row["tissue_area_mm2"] * 1e6), abs=0.001
    )


def test_without_an_empty_channel_the_reader_is_warned(slide, tmp_path):
    _, slides = run(slide, tmp_path, "channels.donor_fiber=GFP", "channels.autofluorescence=none")
    assert "measured as cytoplasm, by the channel's name (assign.donor_fiber.pattern)" in slides
    assert "fibers that glow by themselves (oxidative ones) cannot be told from faint positive ones" in slides


def test_a_stain_that_is_absent_is_null(sample_run):
    tables = sample_run.result("engrafted").tables
    for table, columns in (("fibers", FIBER_STAINS), ("sections", SECTION_STAINS)):
        for row in tables[table].rows():
            assert {row[column.name] for column in columns} == {None}
