"""The corrected interval holds the true fraction as often as it says, also for rare donors; the naive one does not."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, norm

from myograft.numerics.intervals import clopper_pearson
from myograft.numerics.prevalence import CallRates, corrected_fraction, corrected_interval, interval_holds
from myograft.numerics.rates import most_exceeding


def of_all(most, least=1):
    return st.integers(least, most).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


SECTIONS = of_all(20_000)
#: Controls as they are: few false positives, most donor nuclei found.
NEGATIVE = st.tuples(st.integers(0, 20), st.integers(500, 50_000))
POSITIVE = st.integers(10, 2000).flatmap(lambda n: st.tuples(st.integers(n // 2, n), st.just(n)))


def lang_reiczigel(positive_n, all_n, rates, confidence=0.95):
    """Return the interval of Lang & Reiczigel 2014 (equations 4, 6, 7, 16, 17; as R's asht::prevSeSp has them)."""
    z = norm.ppf(0.5 + confidence / 2)
    found_n, donors_n = rates.found_n + 1, rates.positive_control_n + 2
    spared_n, hosts_n = rates.negative_control_n - rates.false_positive_n + 1, rates.negative_control_n + 2
    n = all_n + z**2
    se, sp, called = found_n / donors_n, spared_n / hosts_n, (positive_n + z**2 / 2) / n
    span = se + sp - 1
    middle = (called + sp - 1) / span
    of_se, of_sp = se * (1 - se) / donors_n, sp * (1 - sp) / hosts_n
    shift = 2 * z**2 * (middle * of_se - (1 - middle) * of_sp)
    variance = called * (1 - called) / n + middle**2 * of_se + (1 - middle) ** 2 * of_sp
    half = z * np.sqrt(variance) / span
    return float(np.clip(middle + shift - half, 0, 1)), float(np.clip(middle + shift + half, 0, 1))


@settings(max_examples=50, deadline=None)
@given(SECTIONS, NEGATIVE, POSITIVE)
def test_the_interval_holds_the_estimate(section, negative, positive):
    rates = CallRates(*negative, *positive)
    low, high = corrected_interval(*section, rates)
    estimate = corrected_fraction(*section, rates.false_positive_rate, rates.sensitivity)
    assert 0.0 <= low <= estimate + 1e-9
    assert estimate - 1e-9 <= high <= 1.0
    wide = corrected_interval(*section, rates, 0.99)
    assert wide[0] <= low + 1e-6
    assert wide[1] >= high - 1e-6


@settings(max_examples=50, deadline=None)
@given(SECTIONS, NEGATIVE, POSITIVE)
def test_one_more_call_moves_the_interval_up(section, negative, positive):
    positive_n, all_n = section
    rates = CallRates(*negative, *positive)
    low, high = corrected_interval(positive_n, all_n, rates)
    if positive_n < all_n:
        more_low, more_high = corrected_interval(positive_n + 1, all_n, rates)
        assert more_low >= low - 1e-6
        assert more_high >= high - 1e-6


@settings(max_examples=50, deadline=None)
@given(SECTIONS, NEGATIVE, POSITIVE, st.integers(1, 50_000))
def test_more_control_nuclei_never_lower_the_lower_end(section, negative, positive, more):
    """The same false positives in a larger control: fewer calls are explained by them."""
    low, _ = corrected_interval(*section, CallRates(*negative, *positive))
    assert (
        corrected_interval(*section, CallRates(negative[0], negative[1] + more, *positive))[0] >= low - 1e-6
    )


@pytest.mark.parametrize("times", [2, 5, 20])
def test_a_larger_control_with_the_same_rates_never_widens(times):
    for positive_n, false_n, found_n in product((20, 60, 600), (1, 5), (80, 95)):
        widths = []
        for size in (1, times):
            rates = CallRates(false_n * size, 5000 * size, found_n * size, 100 * size)
            low, high = corrected_interval(positive_n, 5000, rates)
            widths.append(high - low)
        assert widths[1] <= widths[0]


@settings(deadline=None)
@given(SECTIONS, NEGATIVE, POSITIVE)
def test_without_positive_control_only_the_lower_end_is_known(section, negative, positive):
    low, high = corrected_interval(*section, CallRates(*negative))
    assert high == 1.0
    # Knowing the sensitivity can only raise it.
    assert low <= corrected_interval(*section, CallRates(*negative, *positive))[0] + 1e-6


@settings(deadline=None)
@given(SECTIONS, NEGATIVE, POSITIVE, st.floats(0.0, 1.0))
def test_holding_is_lying_between_the_ends(section, negative, positive, fraction):
    rates = CallRates(*negative, *positive)
    low, high = corrected_interval(*section, rates)
    if min(abs(fraction - low), abs(fraction - high)) > 1e-6:
        assert interval_holds(fraction, *section, rates) == (low <= fraction <= high)


@settings(deadline=None)
@given(of_all(5000), of_all(20_000))
def test_zero_is_left_out_where_fishers_test_says_so(section, negative):
    """Fay, Proschan & Brittain 2015: melded binomial intervals match Fisher's exact test."""
    (positive_n, all_n), (false_n, control_n) = section, negative
    p_value = fisher_exact(
        [[positive_n, all_n - positive_n], [false_n, control_n - false_n]], "greater"
    ).pvalue
    if false_n < control_n and abs(p_value - 0.025) > 2e-4:
        assert interval_holds(0.0, positive_n, all_n, CallRates(false_n, control_n)) == (p_value > 0.025)


def test_a_known_test_leaves_clopper_pearson():
    """Controls beyond measure: what is left is the section's own count."""
    rates = CallRates(0, 10**9, 10**9, 10**9)
    for positive_n in (0, 1, 30, 499, 500):
        found = corrected_interval(positive_n, 500, rates)
        assert found == pytest.approx(clopper_pearson(positive_n, 500), abs=1e-5)


def test_the_ends_are_the_quantiles_of_melding():
    """The definition, by 400,000 random numbers in place of nodes; they leave about 0.5 % of an end."""
    random = np.random.default_rng(1)
    draws_n = 400_000

    def beta(first, second):
        if not first or not second:
            return np.full(draws_n, float(second == 0))
        return random.beta(first, second, draws_n)

    def middle(part_n, all_n):
        is_lower = random.random(draws_n) < 0.5
        return np.where(is_lower, beta(part_n, all_n - part_n + 1), beta(part_n + 1, all_n - part_n))

    cases = [(12, 2000, 0, 15_000, 95, 100), (60, 20_000, 1, 3000, 90, 100), (6000, 20_000, 5, 15_000, 98, 100),
             (200, 200_000, 0, 500, 98, 100), (5, 5000, 1, 15_000, 400, 500)]  # fmt: skip
    for x, n, k, m, found_n, donors_n in cases:
        se = middle(found_n, donors_n)
        lower, upper = beta(k + 1, m - k), middle(k, m)
        low = np.quantile((beta(x, n - x + 1) - lower) / (se - lower), 0.025)
        high = np.quantile((beta(x + 1, n - x) - upper) / (se - upper), 0.975)
        found = corrected_interval(x, n, CallRates(k, m, found_n, donors_n))
        assert found == pytest.approx((max(low, 0.0), high), rel=0.012)


def test_close_to_lang_and_reiczigel_where_counts_are_large():
    for positive_n, n in ((200, 20_000), (1000, 20_000), (1500, 5000)):
        rates = CallRates(40, 20_000, 1860, 2000)
        found = corrected_interval(positive_n, n, rates)
        assert found == pytest.approx(lang_reiczigel(positive_n, n, rates), rel=0.02)


def test_what_cannot_be():
    assert corrected_interval(3, 10, CallRates(50, 100, 5, 10)) is None
    assert corrected_interval(3, 10, CallRates(100, 100)) is None
    assert corrected_fraction(3, 10, 1.0, 1.0) is None
    with pytest.raises(ValueError, match="no fraction of the section: 3 of 2"):
        corrected_interval(3, 2, CallRates(0, 10))
    with pytest.raises(ValueError, match="negative control: 0 of 0"):
        CallRates(0, 0)
    with pytest.raises(ValueError, match="two counts"):
        CallRates(0, 10, 5)
    with pytest.raises(ValueError, match="rate lies"):
        corrected_fraction(1, 2, -0.1, 1.0)
    with pytest.raises(ValueError, match="confidence lies"):
        corrected_interval(1, 2, CallRates(0, 10), 1.0)
    with pytest.raises(ValueError, match="allow no interval"):
        interval_holds(0.1, 3, 10, CallRates(10, 10))


@settings(deadline=None)
@given(st.integers(1, 10_000), st.floats(0.0, 0.4), st.floats(0.5, 1.0), st.floats(0.0, 1.0))
def test_the_correction_inverts_the_wrong_calls(n, false_rate, sensitivity, fraction):
    positive_n = round(n * (fraction * sensitivity + (1 - fraction) * false_rate))
    found = corrected_fraction(positive_n, n, false_rate, sensitivity)
    assert found == pytest.approx(fraction, abs=0.5 / n / (sensitivity - false_rate) + 1e-9)


def simulated(fraction, n, rate, control_n, sensitivity, donors_n, repeats, is_chosen=False):
    """Return the expected calls, the melded width, and how often melded, Lang & Reiczigel, naive hold the truth.

    The width is that of the outcome seen most often.

    With ``is_chosen`` the threshold is just above an order statistic of the control, which supports `rate`.
    """
    random = np.random.default_rng([round(1e6 * fraction), n, control_n, donors_n, repeats])
    if is_chosen:
        above = most_exceeding(control_n, rate)
        true_rates = random.beta(above + 1, control_n - above, repeats)
        false_n = np.full(repeats, above)
    else:
        true_rates = np.full(repeats, rate)
        false_n = random.binomial(control_n, rate, repeats)
    called = fraction * sensitivity + (1 - fraction) * true_rates
    counts = np.stack([random.binomial(n, called), false_n, random.binomial(donors_n, sensitivity, repeats)])
    outcomes, often = np.unique(counts, axis=1, return_counts=True)
    held = np.zeros(3)
    for (x, k, g), weight in zip(outcomes.T.tolist(), often, strict=True):
        rates = CallRates(k, control_n, g, donors_n)
        approximate, naive = lang_reiczigel(x, n, rates), clopper_pearson(x, n)
        held += weight * np.array(
            [
                interval_holds(fraction, x, n, rates),
                approximate[0] <= fraction <= approximate[1],
                naive[0] <= fraction <= naive[1],
            ]
        )
    x, k, g = outcomes[:, often.argmax()].tolist()
    low, high = corrected_interval(x, n, CallRates(k, control_n, g, donors_n))
    return n * called.mean(), high - low, held / repeats


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.003, 0.01, 0.05, 0.3])
@pytest.mark.parametrize("is_chosen", [False, True])
def test_coverage(fraction, is_chosen):
    """200 sections per cell; the standard error of a coverage of 95 % is 1.5 %."""
    for n, control_n in ((500, 15_000), (5000, 15_000)):
        _, _, held = simulated(fraction, n, 1 / 1000, control_n, 0.95, 500, 200, is_chosen)
        assert held[0] >= 0.93 - 2.5 * 0.015


def test_the_naive_interval_fails_where_donors_are_rare():
    """0.3 % donors, 1 of 500 hosts called: the raw fraction is 0.5 %, and no number of nuclei helps."""
    _, _, held = simulated(0.003, 20_000, 1 / 500, 15_000, 0.9, 500, 300)
    assert held[0] >= 0.93 - 2.5 * 0.013
    assert held[2] < 0.2
    _, _, held = simulated(0.003, 5000, 1 / 500, 15_000, 0.9, 500, 300)
    assert held[2] < 0.8


def test_the_lower_end_invents_no_donors():
    """Threshold above the maximum of its control, no donor nuclei: why the interval is not Lang & Reiczigel's.

    2,000 sections; nominal is 2.5 %, standard error 0.35 %.
    """
    _, _, held = simulated(0.0, 20_000, 1 / 1000, 3000, 0.9, 2000, 2000, is_chosen=True)
    assert 1.0 - held[0] <= 0.025 + 3 * 0.0035
    assert 1.0 - held[1] > 0.04


def test_the_lower_bound_without_positive_control_holds():
    """300 sections per cell, at most 2.5 % too high; standard error 0.9 %."""
    random = np.random.default_rng(8)
    for fraction, sensitivity in ((0.0, 0.9), (0.003, 1.0), (0.003, 0.7)):
        false_n = random.binomial(15_000, 1 / 1000, 300)
        called = random.binomial(5000, fraction * sensitivity + (1 - fraction) / 1000, 300)
        held = [
            corrected_interval(int(x), 5000, CallRates(int(k), 15_000))[0] <= fraction
            for x, k in zip(called, false_n, strict=True)
        ]
        assert np.mean(held) >= 0.975 - 3 * 0.009


@pytest.mark.slow
@pytest.mark.parametrize("is_chosen", [False, True], ids=["fixed", "chosen"])
@pytest.mark.parametrize("n", [500, 5000, 20_000])
def test_table_of_coverage(n, is_chosen):
    """1,000 sections per cell, standard error 0.7 %: 93 % or more everywhere, 93-97 % from 20 expected calls on.

    Two kinds of cells may cover more than 97 %: without donors no interval can lie too low, so that 97.5 % is
    nominal; and where the control expects fewer than 10 false positives, its count is too coarse.
    """
    print("\nfraction      rate control sensitivity (of)   calls   width  melded  Lang-Reiczigel  naive")
    rates = (1 / 1000, 1 / 300) if is_chosen else (1 / 5000, 1 / 500)
    for fraction, rate, control_n, (sensitivity, donors_n) in product(
        (0.0, 0.001, 0.003, 0.01, 0.05, 0.3), rates, (3000, 50_000), ((0.9, 100), (0.99, 2000))
    ):
        calls, width, held = simulated(fraction, n, rate, control_n, sensitivity, donors_n, 1000, is_chosen)
        print(
            f"{fraction:8} {rate:9.5f} {control_n:7} {sensitivity:11} {donors_n:4} {calls:7.1f} {width:7.2%} "
            f"{held[0]:7.3f} {held[1]:15.3f} {held[2]:6.3f}"
        )
        assert held[0] >= 0.93 - 2 * 0.007
        if calls >= 20 and fraction and rate * control_n >= 10:
            assert held[0] <= 0.97 + 2 * 0.007
