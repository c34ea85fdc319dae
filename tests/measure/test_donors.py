"""Donor nuclei of a section: intervals that hold what was not called, places, and both kinds of fibers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.stats import beta

from myograft.measure import DonorRule, MeasureSettings, count_nuclei_per_fiber, summarize_section
from myograft.measure.engraftment import estimates
from myograft.model.biology import OutlineStain
from myograft.model.columns import TableName
from myograft.model.donor_calibration import ControlSection, DonorCalibration, MarkerFingerprint
from myograft.model.table import from_rows
from myograft.numerics.detection_limit import critical_count
from myograft.numerics.intervals import clopper_pearson
from myograft.report.donor_rows import donor_rows

NULL = DonorRule("empirical_null", None, 0.0, 50.0, least_score=5.0)


def calibration(called_n=(0,), by_section=None):
    sections = tuple(
        ControlSection(
            slide_id=f"c{i}", section_id="1", input_sha256=f"{i:064d}", nuclei_n=3000, called_n=count
        )
        for i, count in enumerate(called_n)
    )
    return DonorCalibration(
        threshold=6.0,
        max_false_positive_rate=0.001,
        rate_bound=0.001,
        rate_bound_by_section=by_section,
        negatives=sections,
        host_location=0.0,
        host_scale=50.0,
        fingerprint=MarkerFingerprint(
            channel="lamin", image_dtype="uint16", pixel_size_um=0.5, marker={}, nuclei_from="given labels"
        ),
        created=datetime.now(UTC),
        version="1",
    )


def section(rows, rule, fibers_n=100):
    nuclei = from_rows(
        TableName.NUCLEI,
        [
            {"slide_id": "s", "section_id": "1", "nucleus_id": i + 1, "area_um2": 30.0, "origin": "host"}
            | {"donor_score": 0.0, "is_undecided": False, "location": "interstitial", "overlap_fraction": 0.0}
            | row
            for i, row in enumerate(rows)
        ],
    )
    fibers = from_rows(
        TableName.FIBERS,
        [
            {"fiber_id": i + 1, "csa_um2": 900.0, "min_feret_um": 30.0, "is_excluded": False}
            | {"touches_edge": False, "in_excluded_region": False}
            for i in range(fibers_n)
        ],
    )
    return summarize_section(
        count_nuclei_per_fiber(fibers, nuclei), nuclei, slide_id="s", section_id="1", plane_area_um2=2e6,
        tissue_area_um2=2e6, outline_stain=OutlineStain.BASAL_LAMINA, donor_rule=rule, settings=MeasureSettings(),
    ).rows()[0]  # fmt: skip


def inside(fiber, position="peripheral", **more):
    return {"location": "in_fiber", "fiber_id": fiber, "position": position, "overlap_fraction": 1.0} | more


def test_without_a_threshold_the_interval_holds_what_stands_out():
    """Four clear donors of 1,000 are too few for the empirical null; "0 to 0.37 %" would exclude them."""
    rows = [inside(1, donor_score=30.0)] * 4 + [{}] * 996
    row = section(rows, NULL)
    assert (row["donor_nuclei_n"], row["donor_candidates_n"]) == (0, 4)
    assert row["donor_nuclei_fraction_high"] == clopper_pearson(4, 1000)[1] > 0.004
    assert row["donor_nuclei_fraction_low"] == 0.0
    assert row["donor_fibers_fraction_high"] == clopper_pearson(1, 100)[1]
    assert row["donor_fibers_2_fraction_high"] == clopper_pearson(1, 100)[1]
    told = " ".join(" ".join(part) for part in donor_rows(row))
    assert "none called" in told
    assert "4 nuclei that stand out and may be donor" in told
    assert "0.00 %" not in told
    assert "which only controls can tell" in told


def test_what_was_read_is_no_candidate():
    rows = [{"donor_score": 30.0, "is_reviewed": True}] * 3 + [{"donor_score": 30.0}] + [{}] * 996
    assert section(rows, NULL)["donor_candidates_n"] == 1
    assert section(rows, replace(NULL, threshold=40.0))["donor_candidates_n"] == 0


def test_none_is_never_zero_percent():
    alone = calibration()
    both = alone.model_copy(update={"positives": (alone.negatives[0].model_copy(update={"called_n": 2900}),)})
    calibrated = [DonorRule("calibrated", 6.0, calibration=known) for known in (alone, both)]
    for rule in (NULL, DonorRule("fixed", 6.0), *calibrated):
        rows = donor_rows(section([{}] * 500 + [inside(1)] * 500, rule))
        told = {what: (value, how) for what, value, how in rows}
        for value, how in told.values():
            assert "0.00 %" not in value + how
            assert not value.startswith("0 %")
            assert not how.startswith("0 %")
            assert "at least 0 %" not in how
        value, how = told["Fibers with a donor nucleus"]
        assert value == ("none called" if rule.calibration is None else "not detected")
        assert f"at most {100 * clopper_pearson(0, 100)[1]:.2f} %" in how
        assert told["Fibers with two or more donor nuclei"][0] == value
        if rule.calibration is not None:
            assert told["Donor nuclei in fibers, corrected fraction"][0].startswith("not detected, below")


def test_where_nobody_could_be_called_the_report_does_not_say_none():
    [(what, value, how)] = donor_rows(section([{"origin": None, "donor_score": None}] * 5, NULL))
    assert (what, value) == ("Donor nuclei", "not called")
    assert "It does not mean none" in how


def test_donors_in_fibers_by_position_density_and_fiber():
    donor = {"origin": "donor", "donor_score": 20.0}
    rows = [
        inside(1, "central", **donor), inside(1, **donor), inside(2, **donor), donor,
        *[inside(3)] * 6, *[{}] * 40,
    ]  # fmt: skip
    row = section(rows, DonorRule("fixed", 6.0))
    assert (row["central_donor_nuclei_n"], row["peripheral_donor_nuclei_n"]) == (1, 2)
    assert row["in_fiber_donor_nuclei_n"] == 3
    assert row["in_fiber_donor_nuclei_per_mm2"] == pytest.approx(1.5)
    assert row["in_fiber_donor_nuclei_per_1000_fibers"] == pytest.approx(30.0)
    assert row["donor_fibers_per_mm2"] == pytest.approx(1.0)
    assert (row["donor_fibers_fraction"], row["donor_fibers_2_fraction"]) == (0.02, 0.01)
    assert (row["donor_fibers_fraction_low"], row["donor_fibers_fraction_high"]) == clopper_pearson(2, 100)
    assert (row["donor_fibers_2_fraction_low"], row["donor_fibers_2_fraction_high"]) == clopper_pearson(
        1, 100
    )
    assert row["in_fiber_donor_nuclei_fraction"] == pytest.approx(3 / 9)
    assert row["interstitial_donor_nuclei_fraction"] == pytest.approx(1 / 41)
    told = {what: f"{value} | {how}" for what, value, how in donor_rows(row)}
    assert told["Donor nuclei in fibers, central / peripheral"].startswith("1 / 2")
    assert "1.50 per mm²; 30.00 per 1,000 fibers" in told["Donor nuclei in fibers / border / interstitial"]
    assert told["Fibers with two or more donor nuclei"].startswith(
        "1.00 % | 1 of 100; 95 % interval 0.025 % to 5.45 %"
    )


def test_each_place_is_corrected_by_itself():
    donor = {"origin": "donor", "donor_score": 20.0}
    known = calibration()
    rows = [inside(1 + i % 50, **(donor if i < 12 else {})) for i in range(400)] + [{}] * 600
    row = section(rows, DonorRule("calibrated", 6.0, calibration=known))
    alone = estimates(12, 400, known)
    for name in ("fraction_corrected", "fraction_corrected_low", "critical_n", "detection_limit_fraction"):
        assert row[f"in_fiber_donor_{name}"] == alone[f"donor_{name}"], name
    assert row["in_fiber_donor_is_detected"] is True
    assert row["interstitial_donor_is_detected"] is False
    assert row["in_fiber_donor_fraction_corrected"] > row["donor_fraction_corrected"]


def test_control_sections_that_differ_raise_the_critical_count():
    even, uneven = calibration((4, 4, 4), 0.0022), calibration((0, 0, 12), 0.0046)
    assert estimates(0, 5000, even)["donor_critical_n"] >= critical_count(5000, 12, 9000)
    assert estimates(0, 5000, uneven)["donor_critical_n"] > 1.5 * critical_count(5000, 12, 9000)
    row = section([{}] * 1000, DonorRule("calibrated", 6.0, calibration=uneven))
    assert row["donor_false_positive_rate_bound_by_section"] == 0.0046
    told = " ".join(" ".join(part) for part in donor_rows(row))
    assert "at most 0.0046 with control sections, not nuclei, taken as independent" in told


def test_the_interval_of_fibers_is_that_of_an_independent_formula():
    low, high = clopper_pearson(2, 100)
    assert low == pytest.approx(beta.ppf(0.025, 2, 99))
    assert high == pytest.approx(beta.ppf(0.975, 3, 98))
    assert np.isfinite([low, high]).all()
