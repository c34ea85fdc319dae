"""The page says each figure with its interval and its number, and what is undefined."""

from __future__ import annotations

import pytest

from myograft.model.columns import TableName
from myograft.model.table import from_rows
from myograft.report import AgreementReport, render_agreement

VALUE = {"compared": "section value", "variable": "csa_mean_um2", "readers": "anna, ben", "unit": "um^2"}
CALL = {"compared": "call", "variable": "origin", "readers": "anna, ben", "unit": "1", "sample": "read"}


def content(**changes):
    ends = {"sections_low": -30.0, "sections_high": 10.0}
    agreement = [
        {**VALUE, "statistic": "icc_2_1", "unit": "1", "value": 0.91, "sections_low": 0.5, "sections_high": 0.99,
         "sections_n": 4},
        {**VALUE, "statistic": "bias", "value": -12.5, "sections_n": 4, **ends},
        {**VALUE, "statistic": "limit_low", "value": -40.0, "sections_n": 4, "sections_low": -90.0,
         "sections_high": -20.0},
        {**VALUE, "statistic": "limit_high", "value": 15.0, "sections_n": 4, "sections_low": 1.0,
         "sections_high": 70.0},
        *({**CALL, "statistic": "calls_n", "category": name, "value": value, "objects_n": 1200, "sections_n": 4}
          for name, value in (("donor/donor", 12.0), ("donor/host", 3.0), ("host/donor", 0.5), ("host/host", 1184.5))),
        {**CALL, "statistic": "cohens_kappa", "objects_n": 1200, "sections_n": 4, "reason": "kappa is undefined"},
        {**CALL, "statistic": "specific_agreement", "category": "donor", "value": 0.8, "objects_low": 0.61,
         "objects_high": 0.93, "objects_n": 1200, "sections_n": 4},
        {"compared": "outline", "variable": "fibers", "readers": "anna, ben", "unit": "1", "statistic": "detection_f1",
         "value": 0.97, "objects_low": 0.95, "objects_high": 0.98, "objects_n": 5000, "sections_n": 4},
        {"compared": "reader", "variable": "csa_mean_um2", "readers": "anna", "unit": "um^2", "statistic": "mean",
         "value": 2010.0, "sections_low": 1900.0, "sections_high": 2120.0, "sections_n": 4},
    ]  # fmt: skip
    values = [
        {"slide_id": f"s{number}", "section_id": "1", "reader": reader, "variable": "csa_mean_um2", "unit": "um^2",
         "value": 2000.0 + 90.0 * number + (reader == "ben") * 5.0 * number}
        for number in range(4)
        for reader in ("anna", "ben")
    ]  # fmt: skip
    apart = {"kind": "origin", "slide_id": "<s1>", "section_id": "1", "target": "nucleus", "first_reader": "anna",
             "second_reader": "ben", "first_object_id": 7, "second_object_id": 7, "first_says": "donor",
             "second_says": "host", "centroid_y_um": 1234.4, "centroid_x_um": 5.6}  # fmt: skip
    given = {
        "agreement": from_rows(TableName.AGREEMENT, agreement),
        "reader_values": from_rows(TableName.READER_VALUES, values),
        "disagreements": from_rows(TableName.DISAGREEMENTS, [{**apart, "number": n} for n in range(1, 251)]),
        "titles": {"csa_mean_um2": "Mean CSA"},
        "notes": ("ben was <not> blinded",),
        "version": "0",
    }
    return AgreementReport(**(given | changes))


@pytest.mark.parametrize(
    "part",
    [
        "anna, ben; 4 slides; myograft 0", "Mean CSA", "0.910 (0.500 to 0.990)", "−12.5\u00a0µm² (−30.0\u00a0to +10.0",
        "1,200 nuclei read, 4 sections", "1,184.5", "kappa is undefined", "0.610 to 0.930", "Agreement on donor",
        "2,010\u00a0µm²", "250 disagreements", "the first 200 are shown", "anna: donor; ben: host", "1,234, 6",
        "&lt;s1&gt;", "&lt;not&gt;", "<svg", "anna minus ben", "repeated measures",
    ],
)  # fmt: skip
def test_the_page_says(part):
    assert part.replace("\u00a0to", " to") in render_agreement(content())


def test_the_same_content_is_the_same_page():
    assert render_agreement(content()) == render_agreement(content())


def test_warnings_come_first_and_nothing_to_settle_is_said():
    page = render_agreement(content(disagreements=from_rows(TableName.DISAGREEMENTS, [])))
    assert page.index("blinded") < page.index("Values of sections")
    assert "readers say the same" in page
    assert "<s1>" not in page
