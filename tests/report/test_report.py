"""The page says every number with its denominator, and what was not measured."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.model.columns import TableName
from myograft.model.geometry import Region
from myograft.model.table import from_rows
from myograft.report import Field, OverviewImages, ReportInput, choose_fields, render_report


def content(**changes):
    fibers = from_rows(
        TableName.FIBERS,
        [{"fiber_id": i, "centroid_y_um": 10.0 * i, "centroid_x_um": 20.0, "csa_um2": 900.0, "min_feret_um": 30.0 + i,
          "is_excluded": i == 3, "touches_edge": i == 3} for i in (1, 2, 3)],
    )  # fmt: skip
    nuclei = from_rows(
        TableName.NUCLEI,
        [{"nucleus_id": i, "centroid_y_um": 5.0, "centroid_x_um": 9.0 * i, "origin": "donor" if i == 2 else "host",
          "location": "in_fiber", "is_undecided": False} for i in (1, 2)],
    )  # fmt: skip
    section = from_rows(
        TableName.SECTIONS,
        [{"slide_id": "s", "plane_area_mm2": 1.0, "tissue_area_mm2": 0.5, "fibers_n": 3, "fibers_sized_n": 2,
          "fibers_edge_n": 1, "fibers_per_mm2": 6.0, "csa_mean_um2": 900.0, "csa_median_um2": 900.0, "nuclei_n": 2,
          "nuclei_per_mm2": 4.0, "donor_nuclei_n": 1, "nuclei_called_n": 2, "donor_nuclei_fraction": 0.5,
          "donor_nuclei_fraction_low": 0.01, "donor_nuclei_fraction_high": 0.99, "donor_threshold_method": "fixed",
          "donor_threshold": 6.0}],
    )  # fmt: skip
    labels = np.zeros((40, 50), np.uint32)
    labels[5:20, 5:20], labels[22:38, 22:40] = 1, 3
    planes = {"sarcolemma": np.random.default_rng(0).random((40, 50)).astype(np.float32)}
    given = {
        "slide_id": "biopsy <4> & more",
        "section": section,
        "fibers": fibers,
        "nuclei": nuclei,
        "overview": OverviewImages(planes, labels, labels, 1.0),
        "fields": (Field("most fibers", Region(0, 0, 40, 50), planes, labels, labels, 1.0),),
        "facts": (("input", "C:\\slides\\<x>.tif"),),
        "warnings": ("2 % of the pixels are saturated", "no donor"),
        "left_out": ("no donor",),
    }
    return ReportInput(**(given | changes))


def test_numbers_stand_with_their_denominators():
    page = render_report(content())
    for part in (
        "50.00 %",
        "1 of 2",
        "95 % interval 1.00 to 99.00 %",
        "2 fibers with a valid size",
        "score at least 6.0",
    ):
        assert part in page


def test_names_cannot_break_the_page():
    page = render_report(content())
    assert "biopsy &lt;4&gt; &amp; more" in page
    assert "<x>" not in page


def test_warnings_come_first_and_once():
    page = render_report(content())
    assert page.index("saturated") < page.index("Results")
    assert page.count("no donor") == 1


def test_what_was_not_measured_says_so():
    empty = from_rows(TableName.SECTIONS, [{"slide_id": "s", "plane_area_mm2": 1.0, "tissue_area_mm2": 0.5}])
    page = render_report(content(section=empty, fibers=None, nuclei=None, fields=()))
    assert page.count("not measured") >= 3
    assert ">0<" not in page
    assert "<svg" not in page


def test_the_same_content_is_the_same_page():
    assert render_report(content()) == render_report(content())


def test_a_page_without_stain_shows_outlines():
    labels = np.eye(30, dtype=np.uint32)
    assert "data:image/jpeg" in render_report(content(overview=OverviewImages({}, labels, None, 1.0)))


@pytest.mark.parametrize("shape", [(64, 64), (700, 900), (3000, 200)])
def test_fields_lie_in_the_plane_and_differ(shape):
    random = np.random.default_rng(0)
    nuclei = from_rows(
        TableName.NUCLEI,
        [{"nucleus_id": i, "centroid_y_um": random.uniform(0, shape[0] / 2),
          "centroid_x_um": random.uniform(0, shape[1] / 2),
          "origin": "donor" if i % 9 == 0 else "host", "location": "border" if i % 5 == 0 else "in_fiber",
          "is_undecided": i % 7 == 0} for i in range(200)],
    )  # fmt: skip
    fields = choose_fields(None, nuclei, shape, 0.5)
    assert 1 <= len(fields) <= 3
    assert len({region for _, region in fields}) == len(fields)
    for _, region in fields:
        assert 0 <= region.y0 < region.y1 <= shape[0]
        assert 0 <= region.x0 < region.x1 <= shape[1]


def test_nothing_measured_has_no_fields():
    assert choose_fields(None, None, (100, 100), 0.5) == []
