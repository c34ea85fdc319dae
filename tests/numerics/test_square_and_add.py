"""Intervals of sums: published values, and coverage where parts are counts of rare events."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.numerics.intervals import clopper_pearson
from myograft.numerics.square_and_add import Estimate, total_of


def test_a_published_difference_of_proportions():
    """Newcombe 1998 (Stat Med 17: 873-890), method 10, 56/70 - 48/80: 0.2000 (0.0524 to 0.3339).

    Wilson's intervals are of both proportions; a difference is a sum with the second mirrored.
    """
    first, second = Estimate(0.8, 0.6918, 0.8774), Estimate(0.6, 0.4904, 0.7004)
    difference = total_of([first, Estimate(-second.value, -second.high, -second.low)])
    assert difference.value == pytest.approx(0.2)
    assert difference.low == pytest.approx(0.0524, abs=3e-4)
    assert difference.high == pytest.approx(0.3339, abs=3e-4)


def test_one_part_keeps_its_interval_and_an_open_end_stays_open():
    assert total_of([Estimate(3.0, 1.0, 9.0)]) == Estimate(3.0, 1.0, 9.0)
    assert total_of([Estimate(3.0, 1.0, 9.0), Estimate(1.0, 0.0, None)]).high is None
    # A point estimate that lies outside its own interval does not turn the interval round.
    assert total_of([Estimate(3.0, 3.5, 9.0)]).low == 3.0


@pytest.mark.parametrize("rate", [0.0005, 0.003, 0.02])
def test_sums_of_rare_counts_are_covered(rate):
    """Six sections of 300 audited of 1,500 nuclei each: exact intervals, scaled and added (3,000 rounds, SE 0.4 %)."""
    random, rounds_n, audited_n, all_n = np.random.default_rng(5), 3000, 300, 1500
    ends = {n: clopper_pearson(n, audited_n) for n in range(audited_n + 1)}
    held = 0
    for counts in random.binomial(audited_n, rate, (rounds_n, 6)):
        parts = [Estimate(n / audited_n, *ends[n]).times(all_n) for n in counts.tolist()]
        total = total_of(parts)
        held += total.low <= 6 * all_n * rate <= total.high
    print(f"rate {rate:g}: covered in {100 * held / rounds_n:.1f} %")
    assert held / rounds_n >= 0.93
