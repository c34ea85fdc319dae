"""The rate of false positives stays below its bound, also above a threshold that the control itself chose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from myograft.numerics.rates import (
    ControlThreshold,
    control_size_needed,
    most_exceeding,
    rate_upper_bound,
    rate_upper_bound_clustered,
    threshold_from_control,
)

COUNTS = st.integers(1, 50_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None)
@given(COUNTS)
def test_the_bound_is_that_of_scipys_exact_test(counts):
    """scipy inverts the binomial test by root finding: another way to the same number."""
    exceeding_n, control_n = counts
    other = binomtest(exceeding_n, control_n, alternative="less").proportion_ci(0.95, "exact").high
    assert rate_upper_bound(*counts) == pytest.approx(other, rel=1e-6, abs=1e-12)


@settings(deadline=None)
@given(COUNTS, st.floats(0.5, 0.999))
def test_more_control_never_widens_and_more_false_calls_never_narrow(counts, confidence):
    exceeding_n, control_n = counts
    bound = rate_upper_bound(exceeding_n, control_n, confidence)
    assert exceeding_n / control_n <= bound <= 1.0
    assert rate_upper_bound(exceeding_n, control_n + 1, confidence) <= bound
    if exceeding_n < control_n:
        assert rate_upper_bound(exceeding_n + 1, control_n, confidence) >= bound


@pytest.mark.parametrize(
    ("coverage", "sizes"), [(0.90, (29, 46, 61, 76, 89)), (0.99, (299, 473, 628, 773, 913))]
)
def test_published_sizes_of_tolerance_limits(coverage, sizes):
    """CMH-17-1G (composites), B- and A-basis: fewest for the r-th order statistic as a 95 % limit."""
    for rank, size in enumerate(sizes, 1):
        assert most_exceeding(size, 1.0 - coverage) == rank - 1
        assert most_exceeding(size - 1, 1.0 - coverage) == (rank - 2 if rank > 1 else None)
    assert control_size_needed(1.0 - coverage) == sizes[0]


@settings(deadline=None)
@given(st.integers(1, 100_000), st.floats(1e-5, 0.5), st.floats(0.5, 0.99))
def test_no_more_may_exceed_than_the_bound_allows(control_n, max_rate, confidence):
    allowed = most_exceeding(control_n, max_rate, confidence)
    needed = control_size_needed(max_rate, confidence)
    assert (allowed is None) == (control_n < needed)
    if allowed is not None:
        assert rate_upper_bound(allowed, control_n, confidence) <= max_rate
        assert rate_upper_bound(allowed + 1, control_n, confidence) > max_rate


def test_about_three_over_the_rate_are_needed():
    for rate in (1e-2, 1e-3, 2e-4):
        assert control_size_needed(rate) == pytest.approx(3.0 / rate, rel=0.01)


@settings(deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=300, max_size=900),
    st.sampled_from([np.float32, np.float64]),
)
def test_the_threshold_counts_its_own_control(scores, kind):
    scores = np.array(scores, kind)
    found = threshold_from_control(scores, 0.01)
    allowed = most_exceeding(len(scores), 0.01)
    assert found is not None
    assert found.exceeding_n == (scores >= found.threshold).sum() <= allowed
    assert found.rate_bound == rate_upper_bound(allowed, len(scores)) <= 0.01
    # Lowest: any score at or below it would let too many pass.
    below = np.unique(scores[scores < found.threshold])[-1]
    assert (scores >= below).sum() > allowed


def test_ties_fall_below_the_threshold_together():
    scores = np.repeat(np.arange(100), 60)
    found = threshold_from_control(scores, 1 / 1000)
    assert found == ControlThreshold(np.nextafter(99.0, np.inf), 0, 6000, rate_upper_bound(1, 6000))


def test_too_few_and_unmeasured_nuclei():
    assert threshold_from_control(np.arange(298.0), 0.01) is None
    with pytest.raises(ValueError, match="finite"):
        threshold_from_control(np.array([0.0, np.nan]), 0.5)
    with pytest.raises(ValueError, match="no rate: 3 of 2"):
        rate_upper_bound(3, 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        most_exceeding(10, 0.0)
    with pytest.raises(ValueError, match="no threshold"):
        ControlThreshold(np.inf, 0, 10, 0.1)


@pytest.mark.parametrize("draw", ["normal", "tied"])
def test_the_true_rate_above_a_chosen_threshold(draw):
    """2,000 controls; the standard error of the fraction that fails is 0.5 %."""
    random = np.random.default_rng(4)
    fails, supported = 0, 400
    for _ in range(2000):
        scores = random.random(supported)
        if draw == "tied":
            scores = np.floor(scores * 400)
        found = threshold_from_control(scores, 0.012)
        true = 1.0 - found.threshold if draw == "normal" else max(0.0, 1.0 - np.ceil(found.threshold) / 400)
        fails += true > found.rate_bound
    # Exactly 5 % for continuous scores, fewer where ties leave no finer choice.
    assert fails / 2000 <= 0.05 + 3 * 0.005
    if draw == "normal":
        assert fails / 2000 >= 0.05 - 3 * 0.005


@settings(deadline=None)
@given(st.lists(COUNTS, min_size=1, max_size=8))
def test_sections_never_make_the_bound_smaller(sections):
    exceeding, sizes = np.array(sections).T
    bound = rate_upper_bound_clustered(exceeding, sizes)
    pooled = rate_upper_bound(int(exceeding.sum()), int(sizes.sum()))
    assert pooled <= bound <= 1.0
    if len(sections) == 1 or not exceeding.any():
        assert bound == pooled


def test_sections_that_cannot_be():
    with pytest.raises(ValueError, match="per section"):
        rate_upper_bound_clustered(np.array([1, 2]), np.array([10]))
    with pytest.raises(ValueError, match="more nuclei above"):
        rate_upper_bound_clustered(np.array([1, 20]), np.array([10, 10]))


def clustered(sections_n, variation, rate, repeats, seed=0):
    """Return how often the clustered and the pooled bound are not below the rate."""
    random = np.random.default_rng(seed)
    held = np.zeros(2)
    for _ in range(repeats):
        sizes = random.integers(2000, 8000, sections_n)
        rates = (
            rate * random.gamma(variation**-2, variation**2, sections_n)
            if variation
            else np.full(sections_n, rate)
        )
        exceeding = random.binomial(sizes, np.minimum(rates, 1.0))
        bounds = (
            rate_upper_bound_clustered(exceeding, sizes),
            rate_upper_bound(exceeding.sum(), sizes.sum()),
        )
        held += np.array(bounds) >= rate
    return held / repeats


@pytest.mark.parametrize(("variation", "least"), [(0.0, 0.95), (0.5, 0.93), (1.0, 0.88)])
def test_sections_that_differ_are_covered_far_better_than_pooled(variation, least):
    """500 studies of 5 sections; standard error at most 1.5 %."""
    by_section, pooled = clustered(5, variation, 1 / 500, 500)
    assert by_section >= least - 3 * 0.011
    if variation:
        assert pooled < by_section - 0.08


@pytest.mark.slow
def test_table_of_clustered_bounds():
    print("\nsections variation rate   by section  pooled")
    for sections_n in (3, 5, 10):
        for variation in (0.0, 0.5, 1.0, 1.5):
            for rate in (1 / 5000, 1 / 500):
                held = clustered(sections_n, variation, rate, 2000)
                print(f"{sections_n:8} {variation:9} {rate:.4f} {held[0]:10.3f} {held[1]:8.3f}")
                assert held[0] >= {0.0: 0.95, 0.5: 0.93, 1.0: 0.88, 1.5: 0.82}[variation] - 0.02


def test_bound_covers_a_fixed_threshold_exactly():
    """All outcomes of a binomial control: no simulation."""
    for control_n, rate in ((3000, 1 / 5000), (3000, 1 / 500), (20_000, 1 / 5000)):
        counts = np.arange(int(binom.ppf(1 - 1e-9, control_n, rate)) + 1)
        held = np.array([rate_upper_bound(int(k), control_n) >= rate for k in counts])
        assert binom.pmf(counts, control_n, rate) @ held >= 0.95 - 1e-8
