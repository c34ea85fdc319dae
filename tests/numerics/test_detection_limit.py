"""Sections without donor nuclei are seldom called, sections at the limit seldom missed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, binom, binomtest, chi2, fisher_exact

from myograft.numerics.detection_limit import (
    critical_count,
    critical_count_of_rate,
    detection_limit,
    upper_limit_of_none,
)
from myograft.numerics.rates import most_exceeding, threshold_from_control

SECTIONS = st.integers(1, 30_000)
CONTROLS = st.integers(1, 50_000).flatmap(lambda m: st.tuples(st.integers(0, min(m, 50)), st.just(m)))


@pytest.mark.parametrize(("nuclei", "percent"), [(500, 0.93), (2000, 0.30), (5000, 0.135)])
def test_check_values(nuclei, percent):
    """SCIENCE.md, section 5, rounded there: rate 1/5,000 known, sensitivity 1. And Currie's Poisson by chi-squared."""
    critical = critical_count_of_rate(nuclei, 1 / 5000)
    limit = detection_limit(nuclei, critical, 1 / 5000)
    assert 100 * limit == pytest.approx(percent, rel=0.02)
    poisson = (chi2.ppf(0.95, 2 * critical) / 2 / nuclei - 1 / 5000) / (1 - 1 / 5000)
    assert limit == pytest.approx(poisson, rel=0.006)


@settings(deadline=None)
@given(SECTIONS, st.floats(0.0, 1.0))
def test_critical_count_of_a_known_rate_is_the_smallest(nuclei, rate):
    critical = critical_count_of_rate(nuclei, rate)
    assert 1 <= critical <= nuclei + 1
    assert binom.sf(critical - 1, nuclei, rate) <= 0.05
    if critical > 1:
        assert binom.sf(critical - 2, nuclei, rate) > 0.05


@settings(deadline=None)
@given(SECTIONS, CONTROLS)
def test_critical_count_is_fishers_exact_test(nuclei, control):
    """scipy's test is an implementation of its own."""
    false_n, control_n = control
    critical = critical_count(nuclei, *control)

    def p_value(count):
        table = [[count, nuclei - count], [false_n, control_n - false_n]]
        return fisher_exact(table, "greater").pvalue

    assert critical == nuclei + 1 or p_value(critical) <= 0.05 * (1 + 1e-6)
    if critical > 1:
        assert p_value(critical - 1) > 0.05 * (1 - 1e-6)


@settings(deadline=None)
@given(SECTIONS, CONTROLS, st.integers(1, 1000))
def test_more_control_never_raises_the_critical_count(nuclei, control, more):
    false_n, control_n = control
    critical = critical_count(nuclei, false_n, control_n)
    assert critical_count(nuclei, false_n, control_n + more) <= critical
    assert critical_count(nuclei + more, false_n, control_n) >= min(critical, nuclei)
    if false_n < control_n:
        assert critical_count(nuclei, false_n + 1, control_n) >= critical


def test_a_large_control_is_a_known_rate():
    for nuclei in (500, 2000, 5000, 20_000):
        assert critical_count(nuclei, 20_000, 100_000_000) == critical_count_of_rate(nuclei, 1 / 5000)


@settings(deadline=None)
@given(
    st.integers(10, 30_000),
    st.integers(1, 10),
    st.floats(0.0, 0.01),
    st.floats(0.3, 1.0),
    st.floats(0.01, 0.2),
)
def test_the_limit_is_the_smallest_fraction(nuclei, critical, rate, sensitivity, risk):
    limit = detection_limit(nuclei, critical, rate, sensitivity, risk)

    def power(fraction):
        return binom.sf(critical - 1, nuclei, fraction * sensitivity + (1 - fraction) * rate)

    if limit is None:
        assert power(1.0) < 1 - risk
    else:
        assert 0.0 <= limit <= 1.0
        assert power(limit) == pytest.approx(1 - risk, abs=1e-6) or limit == 0.0
        more = detection_limit(nuclei, critical + 1, rate, sensitivity, risk)
        assert more is None or more >= limit
        assert detection_limit(nuclei, critical, 0.0, sensitivity, risk) is None or limit <= detection_limit(
            nuclei, critical, 0.0, sensitivity, risk
        )


@settings(deadline=None)
@given(SECTIONS, st.floats(0.01, 1.0))
def test_none_of_n(nuclei, sensitivity):
    other = binomtest(0, nuclei, alternative="less").proportion_ci(0.95, "exact").high
    assert upper_limit_of_none(nuclei) == pytest.approx(other, rel=1e-6)
    assert upper_limit_of_none(nuclei, sensitivity) == pytest.approx(min(1.0, other / sensitivity), rel=1e-6)
    assert upper_limit_of_none(nuclei + 1) <= upper_limit_of_none(nuclei)


def test_none_of_a_thousand_is_three_per_thousand():
    assert upper_limit_of_none(1000) == pytest.approx(3 / 1000, rel=0.01)
    assert upper_limit_of_none(10, 0.0) == 1.0


def test_what_cannot_be():
    assert detection_limit(10, 11, 0.0) is None
    assert detection_limit(10, 1, 0.0, sensitivity=0.0) is None
    assert detection_limit(10, 9, 0.0, sensitivity=0.5) is None
    with pytest.raises(ValueError, match="no rate: 3 of 2"):
        critical_count(10, 3, 2)
    with pytest.raises(ValueError, match="without nuclei"):
        critical_count_of_rate(0, 0.1)
    with pytest.raises(ValueError, match="sensitivity lies"):
        detection_limit(10, 1, 0.0, sensitivity=1.5)
    with pytest.raises(ValueError, match="critical count"):
        detection_limit(10, 0, 0.0)
    with pytest.raises(ValueError, match="risk or confidence"):
        upper_limit_of_none(10, confidence=1.0)


@pytest.mark.parametrize("rate", [1 / 5000, 1 / 1000, 1 / 500])
@pytest.mark.parametrize("control_n", [3000, 15_000, 50_000])
def test_empty_sections_are_called_in_at_most_five_percent(rate, control_n):
    """A threshold fixed beforehand: summed over all counts of the control, no simulation."""
    counts = np.arange(int(binom.ppf(1 - 1e-7, control_n, rate)) + 1)
    for nuclei in (500, 2000, 20_000):
        critical = np.array([critical_count(nuclei, int(k), control_n) for k in counts])
        assert binom.pmf(counts, control_n, rate) @ binom.sf(critical - 1, nuclei, rate) <= 0.05


def test_empty_sections_above_a_chosen_threshold():
    """Just above an order statistic the count is beta-binomial (Wilks 1942): the risk is known without simulation."""
    for control_n in (3000, 15_000, 50_000):
        above = most_exceeding(control_n, 1 / 1000)
        for nuclei in (500, 2000, 20_000):
            critical = critical_count(nuclei, above, control_n)
            risk = betabinom.sf(critical - 1, nuclei, above + 1, control_n - above)
            assert risk <= 0.05 * (1 + 1e-6)
            more = betabinom.sf(critical - 2, nuclei, above + 1, control_n - above)
            assert more > 0.05 * (1 - 1e-6)


def called(nuclei, control_n, sensitivity, repeats, seed=0):
    """Simulate sections from scores on: threshold from a control, critical count, calls.

    Returns parts of sections that are called: without donor nuclei; at the limit for rate 0 and the true sensitivity.
    """
    random = np.random.default_rng(seed)
    empty = at_limit = 0
    above = most_exceeding(control_n, 1 / 1000)
    for _ in range(repeats):
        found = threshold_from_control(random.random(control_n), 1 / 1000)
        assert found.exceeding_n == above
        critical = critical_count(nuclei, found.exceeding_n, control_n)
        empty += int((random.random(nuclei) >= found.threshold).sum()) >= critical
        limit = detection_limit(nuclei, critical, 0.0, sensitivity)
        donors_n = random.binomial(nuclei, limit)
        calls = random.binomial(donors_n, sensitivity)
        calls += int((random.random(nuclei - donors_n) >= found.threshold).sum())
        at_limit += calls >= critical
    return empty / repeats, at_limit / repeats


@pytest.mark.parametrize("nuclei", [500, 2000, 5000])
def test_from_scores_to_detection(nuclei):
    """500 sections, each with a control of its own; standard error 1 %."""
    empty, at_limit = called(nuclei, 4000, 0.9, 500)
    assert empty <= 0.05 + 3 * 0.01
    assert at_limit >= 0.95 - 3 * 0.01


@pytest.mark.slow
def test_table_of_detection():
    """2,000 sections each; standard error 0.5 %."""
    print("\nnuclei control sensitivity  empty called  at limit called")
    for nuclei in (500, 2000, 5000, 20_000):
        for control_n in (3000, 15_000):
            for sensitivity in (0.9, 1.0):
                empty, at_limit = called(nuclei, control_n, sensitivity, 2000)
                print(f"{nuclei:6} {control_n:7} {sensitivity:11} {empty:13.3f} {at_limit:16.3f}")
                assert empty <= 0.05 + 3 * 0.005
                assert at_limit >= 0.95 - 3 * 0.005
