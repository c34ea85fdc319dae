"""Intervals and exact tests on subjects: textbook values, SciPy's own tests, and the mistakes they avoid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from myograft.numerics.group_tests import (
    jackknife_interval,
    mean_interval,
    paired_effect,
    ratio_interval,
    unpaired_effect,
)

#: Darwin's maize, crossed minus self-fertilized, eighths of an inch (Fisher 1935, The Design of Experiments, 21).
DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], float)

#: As many as are drawn, not tried.
DARWIN3 = np.concatenate([DARWIN, DARWIN[:5] + 1.0])

values = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=7).map(np.array)


def test_fishers_own_example():
    effect = paired_effect(DARWIN, np.zeros(15), seed=0)
    # Of 32,768 arrangements 863 have so large a sum, and as many so small a one.
    assert effect.p == 1726 / 32768
    assert effect.is_exact
    low, high = stats.ttest_1samp(DARWIN, 0.0).confidence_interval(0.95)
    assert (effect.low, effect.high) == pytest.approx((low, high))


@pytest.mark.parametrize("seed", range(5))
def test_the_tests_are_scipys(seed):
    random = np.random.default_rng(seed)
    first, second = random.normal(1.0, 1.0, 6), random.normal(0.0, 3.0, 7)

    def difference(a, b, axis=-1):
        return np.mean(a, axis=axis) - np.mean(b, axis=axis)

    theirs = stats.permutation_test((first, second), difference, n_resamples=np.inf, vectorized=True)
    welch = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    ours = unpaired_effect(first, second, seed=0)
    # SciPy doubles the smaller tail; with groups of unlike size tails are not alike, so the null is compared.
    assert ours.p == np.mean(np.abs(theirs.null_distribution) >= abs(ours.difference) * (1 - 1e-9))
    assert (ours.low, ours.high) == pytest.approx((welch.low, welch.high))
    paired = paired_effect(first, second[:6], seed=0)
    theirs = stats.permutation_test(
        (first, second[:6]), difference, permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    assert paired.p == pytest.approx(theirs.pvalue)


@settings(deadline=None)
@given(values, values, st.floats(-100.0, 100.0))
def test_swapping_turns_the_sign_and_adding_changes_nothing(first, second, more):
    effect, turned = unpaired_effect(first, second, 0), unpaired_effect(second, first, 0)
    assert turned.difference == pytest.approx(-effect.difference)
    assert turned.p == pytest.approx(effect.p)
    if effect.low is None:
        assert turned.low is None
    else:
        assert (turned.low, turned.high) == pytest.approx((-effect.high, -effect.low), abs=1e-9)
    moved = unpaired_effect(first + more, second + more, 0)
    assert moved.difference == pytest.approx(effect.difference, abs=1e-9)
    n = min(len(first), len(second))
    pair, swapped = paired_effect(first[:n], second[:n], 0), paired_effect(second[:n], first[:n], 0)
    assert swapped.p == pair.p
    assert pair.p >= pair.least_p or np.isclose(pair.p, pair.least_p)


@settings(deadline=None)
@given(values)
def test_no_difference_is_not_significant(same):
    assert paired_effect(same, same, 0).p == 1.0
    effect = unpaired_effect(same, same, 0)
    assert effect.p == pytest.approx(1.0)
    assert effect.low is None or effect.low <= 0.0 <= effect.high


def test_drawn_p_values_do_not_depend_on_order_or_on_which_comes_first():
    random = np.random.default_rng(3)
    first, second = random.normal(0.5, 1.0, 12), random.normal(0.0, 1.0, 17)
    effect = unpaired_effect(first, second, 0)
    assert not effect.is_exact
    assert unpaired_effect(second, first, 0).p == unpaired_effect(first[::-1], second, 0).p == effect.p
    paired = [paired_effect(*pair, 0) for pair in ((DARWIN3, -DARWIN3), (-DARWIN3, DARWIN3))]
    assert not paired[0].is_exact
    assert paired[0].p == paired[1].p == paired_effect(DARWIN3[::-1], -DARWIN3[::-1], 0).p


@pytest.mark.parametrize("same", [0.0, 0.1, 7.3])
def test_where_nothing_varies_there_is_no_interval_of_width_zero(same):
    constant = np.full(5, same)
    assert mean_interval(constant) is None
    for effect in (paired_effect(constant + 1.0, constant, 0), unpaired_effect(constant + 1.0, constant, 0)):
        assert effect.difference == pytest.approx(1.0)
        assert (effect.low, effect.high) == (None, None)
        assert effect.p == effect.least_p
    assert ratio_interval(constant * 3.0, np.full(5, 3.0)) is None
    assert ratio_interval(np.zeros(3), np.array([100.0, 200.0, 300.0])) is None
    assert jackknife_interval(same, constant) is None
    # Squares of the smallest numbers vanish.
    tiny = np.array([0.0, 9e-284])
    assert unpaired_effect(tiny, -tiny, 0).low is None
    # One group that varies is enough.
    assert unpaired_effect(np.array([1.0, 2.0, 4.0]), constant, 0).low is not None


def test_many_subjects_are_drawn_and_resampled():
    random = np.random.default_rng(0)
    first, second = random.normal(0.4, 1.0, 24), random.normal(0.0, 1.0, 24)
    for effect in (paired_effect(first, second, 1), unpaired_effect(first, second, 1)):
        assert not effect.is_exact
        assert (effect.bootstrap_low, effect.bootstrap_high) == pytest.approx(
            (effect.low, effect.high), abs=0.12
        )
    theirs = stats.ttest_ind(first, second).pvalue
    assert unpaired_effect(first, second, 1).p == pytest.approx(theirs, abs=0.02)
    assert paired_effect(first, second, 1) == paired_effect(first, second, 1)
    few = unpaired_effect(first[:19], second, 1)
    assert (few.bootstrap_low, few.bootstrap_high) == (None, None)


def test_what_differs_by_rounding_alone_is_equal():
    values = np.array([2.3, 4.1, 7.7])
    noisy = values * (1.0 + 1e-15)
    assert (paired_effect(values, noisy, 0).p, paired_effect(values, noisy, 0).difference) == (1.0, 0.0)
    assert unpaired_effect(values, noisy, 0).p == 1.0


def test_one_subject_says_nothing_of_others():
    assert mean_interval(np.array([3.0])) is None
    for effect in (
        paired_effect(np.array([3.0]), np.array([1.0]), 0),
        unpaired_effect(np.array([3.0]), np.ones(4), 0),
    ):
        assert effect.difference == 2.0
        assert (effect.low, effect.high, effect.p) == (None, None, None)


def test_a_ratio_of_sums_and_its_jackknife():
    """The linearized variance lies near the jackknife's, an estimator of its own."""
    random = np.random.default_rng(2)
    bottoms = random.uniform(50.0, 400.0, 12)
    tops = 0.2 * bottoms + random.normal(0.0, 6.0, 12)
    low, high = ratio_interval(tops, bottoms)
    ratio = tops.sum() / bottoms.sum()
    assert (low + high) / 2 == pytest.approx(ratio)
    leave_one = [(tops.sum() - t) / (bottoms.sum() - b) for t, b in zip(tops, bottoms, strict=True)]
    spread = np.sqrt(11 / 12 * np.sum((leave_one - np.mean(leave_one)) ** 2))
    assert (high - low) / 2 == pytest.approx(stats.t.ppf(0.975, 11) * spread, rel=0.15)
    assert ratio_interval(tops[:1], bottoms[:1]) is None


@pytest.mark.slow
@pytest.mark.parametrize("subjects_n", [4, 6, 8])
def test_subjects_hold_their_error_rate_where_pooled_fibers_do_not(subjects_n):
    """No effect, fibers of one subject alike: 2,000 studies; two standard errors of 5 % are 1 %."""
    random = np.random.default_rng(subjects_n)
    studies_n, fibers_n = 2000, 200
    rejected = {"sign flip": 0, "permutation": 0, "pooled fibers": 0}
    covered = {"t, paired": 0, "Welch": 0}
    for _ in range(studies_n):
        base = random.normal(2000.0, 300.0, subjects_n)
        ends = [base + random.normal(0.0, 150.0, subjects_n) for _ in range(2)]
        others = [random.normal(2000.0, 330.0, subjects_n) for _ in range(2)]
        paired, unpaired = paired_effect(*ends, 0), unpaired_effect(*others, 0)
        rejected["sign flip"] += paired.p <= 0.05
        rejected["permutation"] += unpaired.p <= 0.05
        covered["t, paired"] += paired.low <= 0.0 <= paired.high
        covered["Welch"] += unpaired.low <= 0.0 <= unpaired.high
        fibers = [np.repeat(end, fibers_n) + random.normal(0.0, 700.0, subjects_n * fibers_n) for end in ends]
        rejected["pooled fibers"] += stats.ttest_ind(*fibers).pvalue <= 0.05
    print(f"\n{subjects_n} subjects: rejected without an effect {rejected}, covered {covered} of {studies_n}")
    assert rejected["sign flip"] <= 0.06 * studies_n
    assert rejected["permutation"] <= 0.06 * studies_n
    assert all(0.935 * studies_n <= count <= 0.975 * studies_n for count in covered.values())
    assert rejected["pooled fibers"] > 0.2 * studies_n


@pytest.mark.slow
def test_a_muscle_is_not_its_sections():
    """Donor cells lie in a tract: sections differ more than counting says; 2,000 muscles of six sections."""
    random = np.random.default_rng(0)
    covered = {"this muscle": 0, "these sections": 0}
    for _ in range(2000):
        called = random.integers(1500, 3000, 6)
        shares = random.gamma(4.0, 0.02 / 4.0, 6)
        donors = random.binomial(called, shares)
        low, high = ratio_interval(donors.astype(float), called.astype(float))
        covered["this muscle"] += low <= 0.02 <= high
        interval = stats.binomtest(int(donors.sum()), int(called.sum())).proportion_ci()
        covered["these sections"] += interval.low <= 0.02 <= interval.high
    print(f"\ncovered the muscle's fraction: {covered} of 2,000")
    assert covered["this muscle"] >= 0.88 * 2000
    assert covered["these sections"] < 0.6 * 2000
