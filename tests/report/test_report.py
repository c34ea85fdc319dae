"""The page says every number with its denominator, and what was not measured."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.model.columns import TableName
from myograft.model.geometry import Region
from myograft.model.table import from_rows
from myograft.report import Field, OverviewImages, ReportInput, choose_fields, render_report
from myograft.report.fiber_stains import marked_fibers
from myograft.report.pictures import VERMILION, overlay


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
        "95 % interval 1.00 % to 99.00 %",
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


def stained():
    section = content().section.replace(
        donor_protein_threshold_method=np.ma.array(["empirical_null"], dtype=object),
        **{
            name: np.ma.array([value])
            for name, value in {
                "donor_protein_threshold": 12.5, "donor_protein_called_fibers_n": 3,
                "donor_protein_positive_fibers_n": 1,
                "donor_protein_positive_fibers_fraction": 1 / 3, "donor_protein_positive_fibers_fraction_low": 0.01,
                "donor_protein_positive_fibers_fraction_high": 0.9, "donor_protein_undecided_fibers_n": 1,
                "donor_protein_positive_fibers_sized_n": 1, "donor_protein_negative_fibers_sized_n": 1,
                "donor_protein_positive_csa_mean_um2": 1234.0, "donor_nucleus_with_protein_fibers_n": 1,
                "donor_nucleus_without_protein_fibers_n": 0, "no_donor_nucleus_with_protein_fibers_n": 0,
                "no_donor_nucleus_without_protein_fibers_n": 2,
            }.items()
        },
    )  # fmt: skip
    fibers = content().fibers.replace(
        donor_protein=np.ma.array(["positive", "negative", "negative"], dtype=object)
    )
    return content(section=section, fibers=fibers)


def test_stained_fibers_stand_with_their_denominator():
    page = render_report(stained())
    for part in (
        "Fibers with donor protein", "33.33 %", "1 of 3", "95 % interval 1.00 to 90.00 %", "12.5 bulk SD",
        "1 undecided",        "1,234.0 / –", "1 / 0 / 0 / 2", "fiber with donor protein",
    ):  # fmt: skip
        assert part in page
    assert "Regenerating" not in page
    assert "donor protein" not in render_report(content())


def test_pictures_mark_called_fibers():
    given = stained()
    labels = given.overview.fibers
    shown = overlay({}, labels, None, np.zeros(0), np.zeros(0), marked_fibers(given.fibers))
    rim = np.zeros(labels.shape, bool)
    rim[5, 5:20] = True
    assert (shown[rim] == VERMILION).all()
    assert not (shown[labels == 3] == VERMILION).all(axis=1).any()


def test_of_a_fiber_type_the_fewer_are_marked():
    fibers = content().fibers.replace(
        fiber_type=np.ma.array(["positive", "negative", "positive"], dtype=object)
    )
    [(name, numbers)] = marked_fibers(fibers).items()
    assert (name, numbers.tolist()) == ("fiber-type negative fiber", [2])


def test_a_field_shows_fibers_with_donor_protein():
    given = stained()
    titles = [title for title, _ in choose_fields(given.fibers, None, (600, 600), 0.5)]
    assert titles[0] == "most fibers with donor protein"
