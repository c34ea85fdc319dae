"""Sections without a donor threshold do not pass for sections without donors."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from scipy.stats import beta, chi2

from myograft.study.doubts import _without_donor_calls
from myograft.study.hierarchy import _most_of_none


def part(slide_id, **row):
    known = {"slide_id": slide_id, "donor_threshold_method": "empirical_null", "donor_threshold": 6.0}
    return SimpleNamespace(
        row=known | {"donor_nuclei_n": 3} | row, calibration=None, sums=lambda variable: (0.0, 1000.0)
    )


def test_the_study_says_which_sections_bring_no_donors_for_want_of_a_threshold():
    sections = [
        part("a"),
        part("b", donor_threshold=None, donor_nuclei_n=0, donor_candidates_n=4),
        part("c", donor_threshold=None, donor_nuclei_n=None),
        part("d", donor_threshold_method=None, donor_nuclei_n=None),
    ]
    uncalled, bare = _without_donor_calls(sections)
    assert uncalled.startswith("in 1 of 3 sections no nucleus could be called")
    assert uncalled.endswith(": c")
    assert "4 nuclei stand out: b" in bare
    assert _without_donor_calls(sections[:1]) == []


def test_what_stands_out_is_in_the_bound_of_none():
    fraction = SimpleNamespace(is_of_donors=True, unit="1")
    density = SimpleNamespace(is_of_donors=True, unit="1/mm^2")
    none, some = [part("a", donor_candidates_n=0)], [part("a", donor_candidates_n=4)]
    assert _most_of_none(fraction, none) == pytest.approx(3.0, rel=0.01)
    assert _most_of_none(fraction, some) == pytest.approx(1000 * beta.ppf(0.95, 5, 996))
    assert _most_of_none(density, some) == pytest.approx(chi2.ppf(0.95, 10) / 2)
