"""Agreement on calls: published tables with their errors, what must always hold, and whether intervals cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from myograft.numerics.agreement import (
    cohens_kappa,
    gwets_ac1,
    objects_interval,
    observed_agreement,
    overlap_interval,
    sections_interval,
    specific_agreement,
)

#: 100 pregnancies by two abstractors (cont3x3abstractors of Gwet's R package irrCAC; its vignette prints the figures).
ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
STATISTICS = (cohens_kappa, gwets_ac1, observed_agreement, specific_agreement(0), specific_agreement(1))

tables = st.integers(2, 4).flatmap(
    lambda q: st.lists(st.integers(0, 60), min_size=q * q, max_size=q * q).map(
        lambda cells: np.array(cells).reshape(q, q)
    )
)


def spread(statistic, table):
    found = statistic(table)
    return np.sqrt((table * found.influence**2).sum()) / table.sum()


def interval(statistic, table):
    return objects_interval(table[None], np.ones(1), statistic)


@pytest.mark.parametrize(
    ("statistic", "value", "error"),
    [(cohens_kappa, 0.7964094, 0.05891072), (gwets_ac1, 0.8493305, 0.04321747)],
)
def test_gwets_own_example(statistic, value, error):
    assert statistic(ABSTRACTORS).value == pytest.approx(value, abs=5e-8)
    assert spread(statistic, ABSTRACTORS) == pytest.approx(error, abs=5e-9)


def test_the_paradox_of_kappa():
    """118, 5, 2, 0 (Gwet 2002, Kappa statistic is not satisfactory): 94 % agree, and kappa is below chance."""
    table = np.array([[118, 5], [2, 0]])
    assert cohens_kappa(table).value == pytest.approx(-0.0234, abs=5e-5)
    assert gwets_ac1(table).value == pytest.approx(0.9408, abs=5e-5)
    assert observed_agreement(table).value == 118 / 125
    assert specific_agreement(0)(table).value == pytest.approx(236 / 243)
    assert specific_agreement(1)(table).value == 0.0


def test_fleiss_cohen_and_everitts_error_by_hand():
    """Their formula (1969, equation 13), cell by cell."""
    p = ABSTRACTORS / 100
    rows, columns = p.sum(1), p.sum(0)
    po, pe = np.trace(p), rows @ columns
    a = sum(p[i, i] * ((1 - pe) - (rows[i] + columns[i]) * (1 - po)) ** 2 for i in range(3))
    b = (1 - po) ** 2 * sum(
        p[i, j] * (columns[i] + rows[j]) ** 2 for i in range(3) for j in range(3) if i != j
    )
    error = np.sqrt((a + b - (po * pe - 2 * pe + po) ** 2) / (1 - pe) ** 4 / 100)
    assert spread(cohens_kappa, ABSTRACTORS) == pytest.approx(error)


def test_where_all_calls_are_equal_kappa_is_undefined_and_ac1_is_not():
    table = np.array([[0, 0], [0, 80]])
    assert cohens_kappa(table) is None
    assert gwets_ac1(table).value == 1.0
    assert specific_agreement(0)(table) is None
    assert specific_agreement(1)(table).value == 1.0
    low, high = interval(gwets_ac1, table)
    assert (0.9 < low < 1.0, high) == (True, 1.0)
    assert interval(cohens_kappa, table) is None


@pytest.mark.parametrize("statistic", STATISTICS)
def test_no_object_no_agreement(statistic):
    nothing = np.zeros((2, 2))
    assert statistic(nothing) is None
    assert interval(statistic, nothing) is None
    assert sections_interval(np.zeros((3, 2, 2)), statistic) is None


@pytest.mark.parametrize(
    "table", [np.zeros(4), np.zeros((2, 3)), np.array([[1, -1], [0, 3]]), np.ones((1, 1))]
)
def test_what_is_no_table_is_refused(table):
    with pytest.raises(ValueError, match="no table"):
        gwets_ac1(table)


@given(tables)
def test_symmetric_in_readers(table):
    for statistic in STATISTICS:
        one, other = statistic(table), statistic(table.T)
        assert (one is None) == (other is None)
        if one is not None:
            assert one.value == pytest.approx(other.value, abs=1e-12)
            assert interval(statistic, table) == pytest.approx(interval(statistic, table.T), abs=1e-9)


@given(tables, st.randoms())
def test_names_of_calls_do_not_matter(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    renamed = table[np.ix_(order, order)]
    for one, other in (
        (cohens_kappa, cohens_kappa),
        (gwets_ac1, gwets_ac1),
        (specific_agreement(order[0]), specific_agreement(0)),
    ):
        found, turned = one(table), other(renamed)
        assert (found is None) == (turned is None)
        if found is not None:
            assert found.value == pytest.approx(turned.value, abs=1e-12)


@given(tables)
def test_values_lie_in_their_bounds_and_intervals_around_them(table):
    for statistic in STATISTICS:
        found = statistic(table)
        if found is not None:
            assert found.least - 1e-12 <= found.value <= 1.0 + 1e-12
            assert (table * found.influence).sum() == pytest.approx(0.0, abs=1e-9 * table.sum())
            ends = interval(statistic, table)
            if ends is not None:
                assert found.least <= ends[0] <= found.value + 1e-12
                assert found.value - 1e-12 <= ends[1] <= 1.0


@given(
    st.lists(st.integers(0, 90), min_size=2, max_size=4).filter(lambda given: sum(n > 0 for n in given) > 1)
)
def test_a_reader_agrees_with_himself(counts):
    table = np.diag(counts)
    for statistic in (cohens_kappa, gwets_ac1, observed_agreement):
        assert statistic(table).value == pytest.approx(1.0)
        low, high = interval(statistic, table)
        assert low < 1.0 == high
    assert sections_interval(np.stack([table, table]), cohens_kappa) is None


@settings(deadline=None)
@given(tables, st.floats(0.5, 20.0))
def test_one_weight_for_all_changes_nothing(table, weight):
    for statistic in STATISTICS:
        one = objects_interval(table[None], np.ones(1), statistic)
        other = objects_interval(table[None], np.full(1, weight), statistic)
        assert one == pytest.approx(other, abs=1e-9)


def test_weights_bring_back_what_a_queue_was_enriched_with():
    """Of 10 donor calls all were read, of 1,000 host calls 100: unweighted, donors seem ten times as frequent."""
    donor, host = np.array([[8, 1], [1, 0]]), np.array([[0, 1], [1, 98]])
    strata, weights = np.stack([donor, host]), np.array([1.0, 10.0])
    whole = donor + 10.0 * host
    low, high = objects_interval(strata, weights, cohens_kappa)
    assert low < cohens_kappa(whole).value < high
    assert cohens_kappa(whole).value < cohens_kappa(donor + host).value - 0.3
    # By hand: the linearized variance of a stratified sample.
    z = cohens_kappa(whole).influence / whole.sum()
    variance = 0.0
    for counts, weight in zip(strata, weights, strict=True):
        values = np.repeat(z.ravel(), counts.ravel())
        variance += weight**2 * len(values) * np.var(values)
    value = cohens_kappa(whole).value
    middle, half = np.log((1 + value) / (1 - value)), 1.96 * 2 * np.sqrt(variance) / (1 - value**2)
    ends = [np.tanh((middle + end * half) / 2) for end in (-1, 1)]
    assert (low, high) == pytest.approx(ends, abs=1e-4)
    # A weighted sample in which readers never differ has no interval.
    assert objects_interval(np.stack([np.diag([9, 0]), np.diag([0, 50])]), weights, cohens_kappa) is None


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_exact_interval_is_that_of_a_fraction(both_n, one_n):
    if not both_n + one_n:
        assert overlap_interval(both_n, one_n) is None
        return
    low, high = overlap_interval(both_n, one_n)
    value = 2 * both_n / (2 * both_n + one_n)
    assert 0.0 <= low <= value <= high <= 1.0
    exact = stats.binomtest(both_n, both_n + one_n).proportion_ci()
    assert (low / (2 - low), high / (2 - high)) == pytest.approx((exact.low, exact.high))


def test_sections_are_the_sample():
    """Three sections; leaving out each in turn gives the spread, two degrees of freedom the quantile."""
    sections = np.array([[[20, 3], [2, 200]], [[10, 6], [4, 300]], [[30, 1], [2, 150]]])
    whole = cohens_kappa(sections.sum(axis=0)).value
    without = [cohens_kappa(sections.sum(axis=0) - part).value for part in sections]
    error = np.sqrt(2 / 3 * np.sum((np.array(without) - np.mean(without)) ** 2))
    half = stats.t.ppf(0.975, 2) * 2 * error / (1 - whole**2)
    middle = np.log((1 + whole) / (1 - whole))
    found = sections_interval(sections, cohens_kappa)
    assert found == pytest.approx([np.tanh((middle + end * half) / 2) for end in (-1, 1)])
    alone = interval(cohens_kappa, sections.sum(axis=0))
    assert found[0] < alone[0] < whole < alone[1] < found[1]
    assert sections_interval(sections[:1], cohens_kappa) is None
    # Without the only section with donor nuclei there is nothing to be agreed on.
    assert sections_interval(np.array([[[5, 1], [1, 90]], [[0, 0], [0, 80]]]), specific_agreement(0)) is None


def covered(shares, n, statistic, draws_n, seed=0):
    random, truth, hits, known = np.random.default_rng(seed), statistic(shares).value, 0, 0
    for _ in range(draws_n):
        ends = interval(statistic, random.multinomial(n, shares.ravel()).reshape(shares.shape))
        if ends is not None:
            known += 1
            hits += ends[0] <= truth <= ends[1]
    return hits / known, known


CASES = {
    "half are donor": (np.array([[0.40, 0.05], [0.05, 0.50]]), 100),
    "1 % are donor": (np.array([[0.010, 0.003], [0.003, 0.984]]), 1000),
    "0.5 % are donor": (np.array([[0.004, 0.001], [0.001, 0.994]]), 2000),
    "readers hardly differ": (np.array([[0.30, 0.01], [0.01, 0.68]]), 200),
    "one reader calls more": (np.array([[0.03, 0.03], [0.001, 0.939]]), 400),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("statistic", [cohens_kappa, gwets_ac1])
def test_intervals_cover(case, statistic):
    """300 draws of each: standard error 1.3 %."""
    rate, known = covered(*CASES[case], statistic, 300)
    assert known == 300
    assert 0.91 <= rate <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_intervals_cover_at_length(case):
    """4,000 draws of each: standard error 0.35 %; run with `make test-slow`."""
    for statistic in (cohens_kappa, gwets_ac1):
        rate, _ = covered(*CASES[case], statistic, 4000, seed=1)
        print(f"\n{case}, {statistic.__name__}: {100 * rate:.1f} % covered")
        assert 0.935 <= rate <= 0.99


def clustered(sections_n, studies_n, seed=0):
    """Sections in which readers differ more or less: which intervals hold the agreement over all such sections?"""
    random = np.random.default_rng(seed)

    def draw(n):
        donor = np.minimum(random.gamma(3.0, 0.1, n), 0.9)
        apart = np.minimum(random.gamma(3.0, 0.04, n), 0.4) * donor
        shares = np.stack([donor - apart / 2, apart / 2, apart / 2, 1.0 - donor - apart / 2], axis=1)
        return np.maximum(shares, 0.0) / np.maximum(shares, 0.0).sum(axis=1, keepdims=True)

    truth = cohens_kappa(draw(200_000).mean(axis=0).reshape(2, 2)).value
    hits = {"sections": 0, "objects": 0}
    for _ in range(studies_n):
        sections = np.array(
            [random.multinomial(random.integers(200, 800), share).reshape(2, 2) for share in draw(sections_n)]
        )
        ends = sections_interval(sections, cohens_kappa)
        hits["sections"] += ends[0] <= truth <= ends[1]
        ends = interval(cohens_kappa, sections.sum(axis=0))
        hits["objects"] += ends[0] <= truth <= ends[1]
    return {name: count / studies_n for name, count in hits.items()}


def test_intervals_over_sections_cover_where_nuclei_taken_alone_do_not():
    found = clustered(6, 200)
    assert found["sections"] >= 0.86
    assert found["objects"] <= 0.75


@pytest.mark.slow
@pytest.mark.parametrize("sections_n", [3, 6, 12])
def test_intervals_over_sections_cover_at_length(sections_n):
    found = clustered(sections_n, 2000, seed=1)
    print(f"\n{sections_n} sections: covered {found}")
    assert 0.90 <= found["sections"] <= 0.98
    assert found["objects"] <= 0.75
