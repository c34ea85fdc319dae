"""What a study's page says where no donor nucleus was found: never 0."""

from __future__ import annotations

import re

import pytest

from myograft.model.columns import TableName
from myograft.model.table import from_rows
from myograft.report import StudyReport, render_study
from myograft.report.study_page import found_value

MUSCLE = {
    "subject": "A", "muscle": "left", "variable": "v", "unit": "1", "sections_n": 2, "value": 0.0,
}  # fmt: skip
PER_MM2 = "\u00a0per\u00a0mm²"
SUBJECT = {"subject": "A", "variable": "v", "unit": "1", "muscles_n": 2, "sections_n": 4, "value": 0.0}


def muscle(**columns):
    return from_rows(TableName.MUSCLES, [MUSCLE | columns]).rows()[0]


def subject(**columns):
    return from_rows(TableName.SUBJECTS, [SUBJECT | columns]).rows()[0]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (muscle(none_found_high=0.0015, donor_basis="called"), "none called, at most 0.00150"),
        (
            muscle(none_found_high=1.58, unit="1/mm^2", donor_basis="called"),
            f"none called, at most 1.58{PER_MM2}",
        ),
        (
            muscle(none_found_high=0.02, donor_basis="read", donor_is_detected=False),
            "none found, at most 0.0200",
        ),
        (muscle(none_found_high=0.0, donor_basis="read", donor_is_detected=False), "none found"),
        (
            muscle(donor_is_detected=False, donor_detection_limit_fraction=0.004),
            "not detected, below 0.00400",
        ),
        (muscle(donor_is_detected=False, donor_basis="corrected", value=0.0001), "not detected"),
        (muscle(value=0.0123), "0.0123"),
        (subject(not_detected_n=2, none_found_high=0.0015), "none called, at most 0.00150"),
        (subject(not_detected_n=2, donor_basis="corrected"), "not detected"),
        (subject(not_detected_n=0, value=0.5), "0.500"),
    ],
)
def test_none_is_never_0(row, said):
    assert found_value(row) == said


def test_a_subject_says_that_one_of_its_muscles_shows_none():
    tables = [
        from_rows(TableName.MUSCLES, [MUSCLE | {"value": 0.01}]),
        from_rows(
            TableName.SUBJECTS, [SUBJECT | {"value": 0.01, "not_detected_n": 1, "this_subject_low": 0.0}]
        ),
        from_rows(TableName.COMPARISONS, []),
    ]
    page = render_study(StudyReport(*tables, {"v": "Donor nuclei"}, (), "0"))
    assert "0.0100 (not detected in 1 of 2 muscles)" in page
    assert re.search("<h2>Subjects</h2>.*<h2>Muscles</h2>", page, re.DOTALL)
