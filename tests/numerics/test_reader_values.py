"""Agreement on values: published tables, exact limits, and whether intervals cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from myograft.numerics.reader_values import intraclass_correlation, limits_of_agreement

#: Shrout & Fleiss 1979, table 2: six targets, four judges.
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)

#: Peak flow by a large and a mini meter, l/min, first readings (Bland & Altman 1986, table 1).
LARGE = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], float)
MINI = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], float)

readings = st.tuples(st.integers(2, 8), st.integers(2, 4)).flatmap(
    lambda shape: st.lists(
        st.integers(-1000, 1000), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]
    ).map(lambda values: np.array(values, float).reshape(shape))
)


def test_shrout_and_fleiss_own_table():
    found = intraclass_correlation(JUDGES)
    assert found.value == pytest.approx(0.2898, abs=5e-5)
    # As R's psych::ICC prints it for these data: 0.29, 0.019 to 0.76.
    assert found.interval == pytest.approx((0.019, 0.761), abs=5e-4)


def test_bland_and_altmans_own_table():
    found = limits_of_agreement(LARGE, MINI)
    assert found.bias == pytest.approx(-2.1, abs=0.05)
    assert found.bias_interval == pytest.approx((-22.0, 17.8), abs=0.1)
    deviation = (LARGE - MINI).std(ddof=1)
    assert deviation == pytest.approx(38.8, abs=0.05)
    assert (found.low, found.high) == pytest.approx((-2.1 - 1.96 * 38.77, -2.1 + 1.96 * 38.77), abs=0.1)
    # They print -114.3 to -45.1 and 40.9 to 110.1, by 2 SD and the approximate error; exact ones are wider outward.
    assert found.low_interval[0] < -114.3 < -45.1 < found.low_interval[1] + 15.0
    assert found.high_interval[1] > 110.1
    assert found.high_interval[0] == pytest.approx(40.9, abs=15.0)


def test_a_limit_is_what_a_tolerance_bound_says():
    """Factors of a normal distribution's one-sided bound: 97.5 % of it at 97.5 % confidence, n = 10."""
    random = np.random.default_rng(0)
    differences = random.normal(size=10)
    found = limits_of_agreement(differences, np.zeros(10))
    factor = (found.high_interval[1] - differences.mean()) / differences.std(ddof=1)
    # The probability that mean + factor x SD lies above the 97.5 % quantile, by drawing means and variances.
    means, squares = random.normal(0, np.sqrt(0.1), 400_000), random.chisquare(9, 400_000) / 9
    assert np.mean(means + factor * np.sqrt(squares) >= stats.norm.ppf(0.975)) == pytest.approx(
        0.975, abs=0.001
    )


def test_what_is_undefined_is_none():
    assert intraclass_correlation(np.array([[1.0, 2.0]])) is None
    assert intraclass_correlation(np.array([[1.0], [2.0]])) is None
    assert intraclass_correlation(np.full((4, 2), 0.1)) is None
    assert intraclass_correlation(np.array([[98.0, 100.0]] * 5)) is None
    one = limits_of_agreement(np.array([3.0]), np.array([1.0]))
    assert (one.bias, one.bias_interval, one.low, one.high_interval) == (2.0, None, None, None)
    shifted = limits_of_agreement(np.array([0.3, 0.5, 0.9]), np.array([0.1, 0.3, 0.7]))
    assert shifted.bias == pytest.approx(0.2)
    assert (shifted.bias_interval, shifted.low) == (None, None)


def test_absolute_agreement_falls_with_a_reader_who_counts_more():
    first = np.array([3.0, 5.0, 9.0, 12.0])
    same, more = (intraclass_correlation(np.stack([first, first + shift], axis=1)) for shift in (0.0, 4.0))
    assert (same.value, same.interval) == (1.0, None)
    # By hand: between sections 2 x 16.25, of readers 2 x 4^2, nothing left; 32.5 / (32.5 + 2 x 32 / 4).
    assert more.value == pytest.approx(32.5 / 48.5)
    assert more.interval[0] < more.value < more.interval[1]


@settings(deadline=None)
@given(readings, st.randoms(), st.floats(0.01, 100.0), st.floats(-1e3, 1e3))
def test_neither_order_nor_scale_matters(values, random, scale, shift):
    found = intraclass_correlation(values)
    rows, columns = list(range(values.shape[0])), list(range(values.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    other = intraclass_correlation(values[np.ix_(rows, columns)] * scale + shift)
    assert (found is None) == (other is None)
    if found is not None:
        assert found.value == pytest.approx(other.value, abs=1e-7)
        assert found.value <= 1.0 + 1e-12
        if found.interval is not None:
            assert found.interval == pytest.approx(other.interval, abs=1e-5)
            assert found.interval[0] <= found.value <= found.interval[1]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=9))
def test_swapping_readers_turns_the_sign(pairs):
    first, second = np.array(pairs, float).T
    one, other = limits_of_agreement(first, second), limits_of_agreement(second, first)
    assert one.bias == pytest.approx(-other.bias)
    assume(one.low is not None)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.low_interval == pytest.approx((-other.high_interval[1], -other.high_interval[0]))
    assert one.low_interval[0] < one.low < one.low_interval[1] < one.high
    assert one.bias_interval[0] < one.bias < one.bias_interval[1]


@given(st.lists(st.integers(-500, 500), min_size=2, max_size=9).filter(lambda values: len(set(values)) > 1))
def test_a_reader_agrees_with_himself(values):
    own = np.array(values, float)
    assert intraclass_correlation(np.stack([own, own], axis=1)).value == 1.0
    assert limits_of_agreement(own, own).bias == 0.0


def covered(sections_n, readers_n, studies_n, seed=0, readers_sd=0.3, rest_sd=0.5):
    """Sections (SD 1), readers and rest drawn: how often intervals hold the true correlation, bias and limits."""
    random = np.random.default_rng(seed)
    truth = 1.0 / (1.0 + readers_sd**2 + rest_sd**2)
    hits = {"icc": 0, "bias": 0, "low": 0, "high": 0}
    for _ in range(studies_n):
        own = random.normal(0.0, readers_sd, readers_n)
        values = random.normal(0.0, 1.0, (sections_n, 1)) + own
        values = values + random.normal(0.0, rest_sd, values.shape)
        found = intraclass_correlation(values).interval
        hits["icc"] += found[0] <= truth <= found[1]
        limits = limits_of_agreement(values[:, 0], values[:, 1])
        bias, far = own[0] - own[1], 1.959964 * np.sqrt(2.0) * rest_sd
        for name, true, ends in (
            ("bias", bias, limits.bias_interval),
            ("low", bias - far, limits.low_interval),
            ("high", bias + far, limits.high_interval),
        ):
            hits[name] += ends[0] <= true <= ends[1]
    return {name: count / studies_n for name, count in hits.items()}


@pytest.mark.parametrize(("sections_n", "readers_n"), [(4, 2), (10, 3)])
def test_intervals_cover(sections_n, readers_n):
    """400 studies of each: standard error 1.1 %."""
    found = covered(sections_n, readers_n, 400)
    assert all(0.91 <= rate <= 0.99 for name, rate in found.items() if name != "icc"), found
    assert found["icc"] >= 0.91


@pytest.mark.slow
@pytest.mark.parametrize(("sections_n", "readers_n"), [(3, 2), (6, 2), (12, 2), (8, 3), (20, 4)])
def test_intervals_cover_at_length(sections_n, readers_n):
    """4,000 studies of each: standard error 0.35 %; run with `make test-slow`."""
    found = covered(sections_n, readers_n, 4000, seed=1)
    print(f"\n{sections_n} sections, {readers_n} readers: covered {found}")
    assert all(0.94 <= rate <= 0.96 for name, rate in found.items() if name != "icc"), found
    assert found["icc"] >= 0.93
