"""The donor fraction of muscles and subjects: read or corrected, with intervals of sections, muscle and subject."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import beta, gamma

from myograft.measure.engraftment import estimates
from myograft.model.columns import COLUMNS, TableName
from myograft.model.study import Comparison, Factor, Place
from myograft.model.table import from_rows
from myograft.numerics.group_tests import mean_interval, ratio_interval
from myograft.numerics.square_and_add import Estimate
from myograft.numerics.two_phase import Stratum, estimated_total, sampled_part, total_interval
from myograft.study import (
    MeasuredSection,
    compare_levels,
    donor_doubts,
    donor_readings,
    muscles_table,
    subjects_table,
)
from myograft.study.donor_reading import ReadDomain
from myograft.study.estimated_fraction import estimated_fraction


@dataclass(frozen=True)
class Controls:
    """What a calibration says, without how it was measured."""

    false_positive_n: int
    negative_n: int
    found_n: int | None = None
    positive_n: int | None = None
    rate_bound: float = 0.001
    rate_bound_by_section: float | None = None

    @property
    def sensitivity(self):
        return None if self.found_n is None else self.found_n / self.positive_n

    def model_dump_json(self):
        return repr(self)


def section(number, donor_n, called_n, place=None, **facts):
    """Return a section with nothing but counts of donor nuclei; a table's other columns are null."""
    row = dict.fromkeys(column.name for column in COLUMNS[TableName.SECTIONS])
    row |= {
        "slide_id": f"s{number}",
        "section_id": "1",
        "donor_nuclei_n": donor_n,
        "nuclei_called_n": called_n,
    }
    row |= facts.pop("row", {})
    return MeasuredSection(row, place or Place("A"), **facts)


def domain(strata, known_n=0):
    """Return what reading of strata says, as `measure.estimate_audit` does without unclear nuclei."""
    total, (low, high) = estimated_total(strata), total_interval(strata)
    return ReadDomain(
        nuclei_n=sum(stratum.all_n for stratum in strata) + known_n,
        seen_n=sum(stratum.donor_n for stratum in strata) + known_n,
        estimate=None if total is None else Estimate(total + known_n, low + known_n, high + known_n),
        least_n=low + known_n,
        most_n=high + known_n,
        sampled=sampled_part(strata),
    )


def read_section(number, *strata, place=None, **facts):
    """Return a section whose calls were read: each stratum is (nuclei, read, donor)."""
    found = domain([Stratum(*stratum) for stratum in strata])
    called_n = sum(stratum[0] for stratum in strata)
    return section(number, strata[0][0], called_n, place, reading={"all": found}, is_reviewed=True, **facts)


CONTROLS = Controls(10, 10_000, 90, 100)


def row_of(table, variable, **keys):
    rows = (row for row in table.rows() if row["variable"] == variable)
    return next(row for row in rows if keys.items() <= row.items())


def test_reading_enters_with_its_estimate_and_interval_not_with_the_count():
    """20 called, all read, 14 right; of 980 host calls 200 audited, 2 of them donor: 14 + 2 x 4.9."""
    sections = [read_section(n, (20, 20, 14), (980, 200, 2 * n)) for n in range(2)]
    crude = row_of(muscles_table(sections), "donor_nuclei_fraction")
    assert crude["numerator"] == pytest.approx(14 + 14 + 2 * 4.9)
    assert crude["denominator"] == 2000.0
    assert crude["donor_basis"] == "read"
    found = row_of(muscles_table(sections), "donor_fraction_estimated")
    assert found["value"] == pytest.approx(37.8 / 2000)
    # By hand: distances of each section's own ends, squared, added, rooted; and the weighted count of the samples (2 of
    # 200, each for 4.9: variance 9.8 x 3.9), below which nothing lies but the 30 that were seen.
    ends = [part.reading["all"].estimate for part in sections]
    low = min(37.8 - np.hypot(*(part.value - part.low for part in ends)), 30.0)
    above = np.hypot(*(part.high - part.value for part in ends))
    mean, variance = 9.8 + 4.9, 9.8 * 3.9 + 4.9**2
    high = max(37.8 + above, 28 + gamma.ppf(0.975, mean**2 / variance, scale=variance / mean))
    for row in (found, crude):
        assert (row["these_sections_low"], row["these_sections_high"]) == pytest.approx(
            (low / 2000, high / 2000)
        )
    # The muscle is never known better than the sections.
    assert found["this_muscle_low"] <= found["these_sections_low"]
    assert found["this_muscle_high"] >= found["these_sections_high"]


def test_what_was_read_is_never_corrected():
    """Controls that would take off 5 % of all nuclei do not touch what people read."""
    harsh = Controls(500, 10_000, 90, 100)
    sections = [read_section(n, (100, 100, 40), (900, 900, 0), calibration=harsh) for n in range(2)]
    found = estimated_fraction(sections)
    assert found["value"] == pytest.approx(0.04)
    assert found["donor_basis"] == "read"
    # All was read: what these sections hold is known.
    assert (found["these_sections_low"], found["these_sections_high"]) == pytest.approx((0.04, 0.04))


def test_read_and_corrected_sections_of_a_muscle_add_up():
    read, called = read_section(0, (20, 20, 14), (980, 200, 1)), section(1, 33, 1500, calibration=CONTROLS)
    found = estimated_fraction([read, called])
    told = estimates(33, 1500, CONTROLS)
    assert found["value"] == pytest.approx((18.9 + told["donor_fraction_corrected"] * 1500) / 2500)
    assert found["donor_basis"] == "read and corrected"
    assert found["donor_is_detected"]
    assert "donor_critical_n" not in found
    one, other = read.reading["all"].estimate, told
    below = np.hypot(
        one.value - one.low,
        1500 * (other["donor_fraction_corrected"] - other["donor_fraction_corrected_low"]),
    )
    assert found["these_sections_low"] == pytest.approx(found["value"] - below / 2500)


def test_the_corrected_fraction_of_a_muscle_knows_of_sections_and_of_controls():
    counts = [(22, 1500), (40, 1800), (25, 1200)]
    sections = [section(n, *count, calibration=CONTROLS) for n, count in enumerate(counts)]
    found = estimated_fraction(sections)
    donors, nuclei = (np.array(column, float) for column in zip(*counts, strict=True))
    between = ratio_interval((donors - 0.001 * nuclei) / 0.899, nuclei)
    # Wider than sections alone make it, for the controls' rates are known in part only.
    assert found["this_muscle_low"] < between[0] < between[1] < found["this_muscle_high"]
    sure = [
        section(n, *count, calibration=Controls(10**5, 10**8, 9 * 10**6, 10**7))
        for n, count in enumerate(counts)
    ]
    known = estimated_fraction(sure)
    assert known["this_muscle_high"] - known["this_muscle_low"] == pytest.approx(
        between[1] - between[0], rel=0.01
    )
    # Without a positive control nobody knows an upper end.
    blind = estimated_fraction(
        [section(n, *count, calibration=Controls(10, 10_000)) for n, count in enumerate(counts)]
    )
    assert blind["this_muscle_low"] > 0.0
    assert blind["this_muscle_high"] is None
    assert "this_muscle_low" not in estimated_fraction(sections[:1])


def test_sections_under_two_calibrations_are_corrected_apart():
    other = Controls(60, 10_000, 90, 100)
    sections = [section(0, 30, 1500, calibration=CONTROLS), section(1, 40, 1500, calibration=other)]
    told = [estimates(30, 1500, CONTROLS), estimates(40, 1500, other)]
    found = estimated_fraction(sections)
    assert found["value"] == pytest.approx(np.mean([part["donor_fraction_corrected"] for part in told]))
    assert "donor_critical_n" not in found


def test_sections_without_an_estimate_do_not_count_and_are_named():
    sections = [
        section(0, 30, 1500, calibration=CONTROLS),
        section(1, 30, 1500),
        # Calls were read, but nothing of the audit.
        read_section(2, (20, 20, 14), (980, 0, 0)),
    ]
    table = muscles_table(sections)
    assert row_of(table, "donor_fraction_estimated")["sections_n"] == 1
    crude = row_of(table, "donor_nuclei_fraction")
    assert (crude["sections_n"], crude["numerator"], crude["donor_basis"]) == (2, 60.0, "called")
    told = donor_doubts(sections)
    assert "slide s2, section 1: calls were read, but nothing of the random audit" in told[0]
    assert "between 14 and 994 of 1,000 nuclei are donor" in told[0]
    assert "is of 1 of 2 sections; nobody read, and no controls fit: slide s1, section 1" in told[1]
    assert donor_doubts(sections[:1]) == []


def test_none_called_has_a_bound_and_none_of_all_read_is_none():
    called = row_of(
        muscles_table([section(n, 0, 1500, calibration=CONTROLS) for n in range(2)]), "donor_nuclei_fraction"
    )
    assert called["none_found_high"] == pytest.approx((1 - 0.05 ** (1 / 3000)) / 0.9)
    area = {"tissue_area_mm2": 2.0, "fibers_n": 400, "in_fiber_donor_nuclei_n": 0, "donor_fibers_n": 0}
    table = muscles_table([section(0, 0, 1500, row=area)])
    assert row_of(table, "donor_nuclei_per_mm2")["none_found_high"] == pytest.approx(2.9957 / 2.0, rel=1e-4)
    assert row_of(table, "donor_fibers_per_1000")["none_found_high"] == pytest.approx(
        1000 * (1 - 0.05 ** (1 / 400))
    )
    assert row_of(table, "donor_fibers_per_1000")["donor_basis"] == "called"
    # Where no threshold could be set, nuclei that stand out may be donor: the bound holds them.
    unsure = muscles_table([section(0, 0, 1500, row={"donor_candidates_n": 4})])
    assert row_of(unsure, "donor_nuclei_fraction")["none_found_high"] == pytest.approx(
        beta.ppf(0.95, 5, 1496)
    )
    all_read = [read_section(n, (20, 20, 0), (980, 980, 0)) for n in range(2)]
    part_read = [read_section(n, (20, 20, 0), (980, 100, 0)) for n in range(2)]
    for sections, bound in (
        (all_read, 0.0),
        (part_read, 2 * np.hypot(*[part_read[0].reading["all"].most_n] * 2) / 2 / 2000),
    ):
        found = row_of(muscles_table(sections), "donor_fraction_estimated")
        assert found["donor_is_detected"] is False
        assert found["none_found_high"] == pytest.approx(bound)
        subject = row_of(subjects_table(muscles_table(sections)), "donor_fraction_estimated")
        assert subject["not_detected_n"] == int(bound > 0.0)


def test_subjects_have_intervals_of_sections_of_muscles_and_of_their_own():
    places = [
        Place("A", "left"),
        Place("A", "left"),
        Place("A", "right"),
        Place("A", "right"),
        Place("B"),
        Place("B"),
    ]
    strata = [((20, 20, k), (980, 200, 1)) for k in (10, 14, 18, 20, 5, 8)]
    sections = [read_section(n, *strata[n], place=place) for n, place in enumerate(places)]
    muscles = muscles_table(sections)
    subject = row_of(subjects_table(muscles), "donor_fraction_estimated", subject="A")
    own = [
        row_of(muscles, "donor_fraction_estimated", subject="A", muscle=name) for name in ("left", "right")
    ]
    values = np.array([row["value"] for row in own])
    assert subject["value"] == pytest.approx(values.mean())
    for told, name in (("these_sections", "these_sections"), ("these_muscles", "this_muscle")):
        below = np.hypot(*(row["value"] - row[f"{name}_low"] for row in own)) / 2
        assert subject[f"{told}_low"] == pytest.approx(max(values.mean() - below, 0.0))
    assert subject["this_subject_high"] == pytest.approx(mean_interval(values)[1])
    # One muscle is no sample of a subject.
    alone = row_of(subjects_table(muscles), "donor_fraction_estimated", subject="B")
    assert alone["this_subject_low"] is None
    other = row_of(muscles, "donor_fraction_estimated", subject="B")
    assert alone["these_muscles_high"] == pytest.approx(other["this_muscle_high"])


def test_errors_of_one_control_do_not_cancel_out_between_muscles():
    sections = [section(n, 20, 1500, Place("A", f"m{n}"), calibration=CONTROLS) for n in range(4)]
    muscles = muscles_table(sections)
    subject = row_of(subjects_table(muscles), "donor_fraction_estimated")
    muscle = row_of(muscles, "donor_fraction_estimated", muscle="m0")
    assert subject["these_sections_low"] == pytest.approx(muscle["these_sections_low"])
    assert subject["these_sections_high"] == pytest.approx(muscle["these_sections_high"])


def test_comparisons_take_values_before_they_are_cut_off_and_say_what_was_not_detected():
    """Fewer calls than false ones explain are no donors: cut off at zero they would only ever push the mean up."""
    counts = {"treated": (30, 45, 60), "control": (0, 1, 3)}
    sections = [
        section(f"{arm}{n}", count, 1500, Place(f"{arm}{n}", arm=arm), calibration=CONTROLS)
        for arm, found in counts.items()
        for n, count in enumerate(found)
    ]
    subjects = subjects_table(muscles_table(sections))
    comparison = Comparison(Factor.ARM, "treated", "control")
    found = row_of(
        compare_levels(subjects, comparison, comparison.members(part.place for part in sections), 0),
        "donor_fraction_estimated",
    )
    exact = {arm: np.mean([(n / 1500 - 0.001) / 0.899 for n in part]) for arm, part in counts.items()}
    assert found["second_mean"] == pytest.approx(exact["control"])
    assert found["difference"] == pytest.approx(exact["treated"] - exact["control"])
    cut_off = np.mean(
        [
            row["value"]
            for row in subjects.rows()
            if row["variable"] == "donor_fraction_estimated" and row["arm"] == "control"
        ]
    )
    assert cut_off > exact["control"]
    assert (found["first_not_detected_n"], found["second_not_detected_n"]) == (0, 3)
    crude = row_of(
        compare_levels(subjects, comparison, comparison.members(part.place for part in sections), 0),
        "donor_nuclei_fraction",
    )
    # Of crude counts: the one subject in which none was called.
    assert (crude["first_not_detected_n"], crude["second_not_detected_n"]) == (0, 1)


def test_cut_off_values_would_bias_a_comparison():
    """1,000 studies of 4 + 4 subjects, 0.2 % donor against none: what each way says of the difference."""
    random, rounds_n = np.random.default_rng(11), 1000
    rates = np.array([0.002 * 0.9 + 0.998 * 0.001, 0.001])
    counts = random.binomial(1500, rates[:, None], (rounds_n, 2, 4)) / 1500
    exact = (counts - 0.001) / 0.899
    true = 0.002
    told = {"as they are": exact.mean(axis=2), "cut off": exact.clip(0.0, 1.0).mean(axis=2)}
    off = {name: float((part[:, 0] - part[:, 1]).mean() - true) for name, part in told.items()}
    print({name: f"{100 * part / true:+.0f} % of the difference" for name, part in off.items()})
    assert abs(off["as they are"]) < 0.04 * true
    assert off["cut off"] < -0.05 * true


def test_nobody_reading_is_no_reading():
    row = {
        "slide_id": "a", "section_id": "1", "domain": "all", "nuclei_called_n": 900, "reviewed_n": 0,
        "reviewed_donor_n": 0, "audited_n": 0, "audited_donor_n": 0, "unclear_n": 0, "donor_nuclei_estimated_n": None,
        "donor_nuclei_estimated_low_n": 0, "donor_nuclei_estimated_high_n": 900, "machine_donor_nuclei_n": 4,
    }  # fmt: skip
    assert donor_readings(from_rows(TableName.AUDIT_ESTIMATES, [row]).rows()) == {}
    touched = from_rows(TableName.AUDIT_ESTIMATES, [row | {"reviewed_n": 1}])
    read = donor_readings(touched.rows())["1"]["all"]
    assert (read.estimate, read.least_n, read.most_n) == (None, 0, 900)
