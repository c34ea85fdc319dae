"""Stains of fibers in a whole run: by explicit roles, without a donor marker, and where they are absent."""

from __future__ import annotations

import csv

import pytest

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.model.fiber_marker_columns import FIBER_STAINS, SECTION_STAINS
from myograft.phantom import PhantomSpec
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


def test_without_an_empty_channel_the_reader_is_warned(slide, tmp_path):
    _, slides = run(slide, tmp_path, "channels.donor_fiber=GFP", "channels.autofluorescence=none")
    assert "measured as cytoplasm, by the channel's name (assign.donor_fiber.pattern)" in slides
    assert "fibers that glow by themselves (oxidative ones) cannot be told from faint positive ones" in slides


def test_a_stain_that_is_absent_is_null(sample_run):
    tables = sample_run.result("engrafted").tables
    for table, columns in (("fibers", FIBER_STAINS), ("sections", SECTION_STAINS)):
        for row in tables[table].rows():
            assert {row[column.name] for column in columns} == {None}
