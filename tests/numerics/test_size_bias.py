"""Sizes of donor fibers against all labelings of small cases and the analytic chance of bearing a donor nucleus."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from myograft.numerics.relabeling import relabelings
from myograft.numerics.size_bias import donor_fiber_size

SIZES = np.array([900.0, 2500.0, 1600.0, 4000.0])
#: Two nuclei in the first fiber, one in the second, none in the third, five in the fourth.
OWNER = np.array([0, 0, 1, 3, 3, 3, 3, 3])


def every_mean(sizes, owner, donor_n):
    return np.array(
        [
            sizes[sorted(set(owner[list(chosen)]))].mean()
            for chosen in combinations(range(len(owner)), donor_n)
        ]
    )


@pytest.mark.parametrize("donors", [[0], [0, 2], [3, 4, 5], [0, 1, 2, 3]])
def test_expectation_and_p_are_those_of_all_labelings(donors):
    drawn_n = 8000
    exact = every_mean(SIZES, OWNER, len(donors))
    is_donor = np.isin(np.arange(len(OWNER)), donors)
    answer = donor_fiber_size(np.stack([SIZES, SIZES / 50.0]), OWNER, is_donor, drawn_n, 5)
    mean = SIZES[sorted(set(OWNER[donors]))].mean()
    upper, lower = (exact >= mean - 1e-9).mean(), (exact <= mean + 1e-9).mean()
    assert answer[0].mean == mean
    assert answer[0].expected == pytest.approx(exact.mean(), abs=4 * exact.std() / np.sqrt(drawn_n) + 1e-9)
    assert answer[0].p == pytest.approx(min(1.0, 2 * min(upper, lower)), abs=8 * np.sqrt(0.25 / drawn_n))
    # Quantiles of a few values: the drawn ones are among the exact ones.
    assert exact.min() <= answer[0].low <= answer[0].expected <= answer[0].high <= exact.max()
    assert answer[1].expected == pytest.approx(answer[0].expected / 50.0)
    assert answer[1].p == answer[0].p


def test_fibers_bear_a_donor_nucleus_as_often_as_they_should():
    """1 - C(N - n, D) / C(N, D), from counting the labelings that leave the fiber out."""
    drawn_n, donor_n = 20_000, 3
    bears = np.zeros(len(SIZES))
    for chosen in relabelings(len(OWNER), donor_n, drawn_n, 9):
        bears[np.unique(OWNER[chosen])] += 1
    for fiber in range(len(SIZES)):
        nuclei_n = int((fiber == OWNER).sum())
        chance = 1 - comb(len(OWNER) - nuclei_n, donor_n) / comb(len(OWNER), donor_n)
        spread = np.sqrt(chance * (1 - chance) / drawn_n)
        assert bears[fiber] / drawn_n == pytest.approx(chance, abs=4 * spread + 1e-12)


def test_the_expectation_of_many_fibers_is_the_analytic_one():
    """With many donor fibers the mean of a ratio is the ratio of the means, which is known."""
    random = np.random.default_rng(0)
    sizes = random.gamma(4.0, 500.0, 3000)
    nuclei_n = random.poisson(sizes / 1000.0)
    owner = np.repeat(np.arange(3000), nuclei_n)
    all_n, donor_n = len(owner), 600
    is_donor = np.zeros(all_n, bool)
    is_donor[random.choice(all_n, donor_n, replace=False)] = True
    chance = np.array(
        [1 - comb(all_n - int(n), donor_n) / comb(all_n, donor_n) for n in range(nuclei_n.max() + 1)]
    )
    analytic = (sizes * chance[nuclei_n]).sum() / chance[nuclei_n].sum()
    (answer,) = donor_fiber_size(sizes[None], owner, is_donor, 999, 0)
    assert answer.expected == pytest.approx(analytic, rel=2e-3)
    # The trap: they are larger than the mean fiber by a quarter, by chance alone.
    assert analytic > 1.2 * sizes.mean()
    assert answer.low < analytic < answer.high


def test_equal_fibers_are_no_evidence():
    (answer,) = donor_fiber_size(np.full((1, 9), 0.1), np.arange(9), np.arange(9) < 4, 199, 0)
    assert answer.p == 1.0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 20))
def test_p_is_a_probability_and_scale_does_not_matter(seed, donor_n):
    random = np.random.default_rng(seed)
    sizes, owner = random.gamma(4.0, 500.0, (1, 15)), random.integers(0, 15, 30)
    is_donor = np.arange(30) < donor_n
    (answer,) = donor_fiber_size(sizes, owner, is_donor, 99, 1)
    (scaled,) = donor_fiber_size(sizes * 4.0, owner, is_donor, 99, 1)
    assert 0.0 < answer.p <= 1.0
    assert answer.low <= answer.high
    assert scaled.p == answer.p
    assert scaled.expected == pytest.approx(4.0 * answer.expected)


@pytest.mark.slow
def test_random_labels_seem_to_grow_fibers_only_where_size_is_not_paid_for():
    """Size of the test; the naive one calls donor fibers larger in most sections in which they are not."""
    random, sections_n = np.random.default_rng(21), 1000
    ours = naive = 0
    for section in range(sections_n):
        sizes = random.gamma(4.0, 500.0, 300)
        owner = np.repeat(np.arange(300), random.poisson(sizes / 1000.0))
        is_donor = np.zeros(len(owner), bool)
        is_donor[random.choice(len(owner), 40, replace=False)] = True
        (answer,) = donor_fiber_size(sizes[None], owner, is_donor, 199, section)
        ours += answer.p <= 0.05
        bears = np.isin(np.arange(300), owner[is_donor])
        naive += ttest_ind(sizes[bears], sizes[~bears], equal_var=False).pvalue <= 0.05
    print(f"called different though random: relabeling {ours}, t test {naive} of {sections_n}")
    # Binomial(1000, 0.05): 28 to 72 in 99.8 %.
    assert 28 <= ours <= 72
    assert naive >= 500
