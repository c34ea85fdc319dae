"""Draws are fair and repeatable, p values are exact against all labelings, and a thinner sample is no answer."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.numerics.over_counting import abercrombie_factor
from myograft.numerics.relabeling import random_part, relabelings, two_sided_p, upper_p


def test_every_labeling_is_equally_likely():
    drawn_n = 30_000
    counts = Counter(tuple(sorted(chosen.tolist())) for chosen in relabelings(6, 3, drawn_n, 1))
    assert set(counts) == set(combinations(range(6), 3))
    expected = drawn_n / comb(6, 3)
    # chi-square with 19 degrees of freedom: 0.1 % beyond 43.8
    assert sum((count - expected) ** 2 / expected for count in counts.values()) < 43.8


@given(st.integers(1, 60), st.data())
def test_a_draw_is_so_many_different_nuclei(all_n, data):
    donor_n = data.draw(st.integers(0, all_n))
    for chosen in relabelings(all_n, donor_n, 3, 0):
        assert len(set(chosen.tolist())) == donor_n == len(chosen)
        assert all(0 <= index < all_n for index in chosen)


def test_the_seed_decides():
    first, again, other = ([chosen.tolist() for chosen in relabelings(100, 9, 5, seed)] for seed in (7, 7, 8))
    assert first == again
    assert first != other
    assert len({tuple(chosen) for chosen in first}) == 5


def test_too_many_donors_are_refused():
    with pytest.raises(ValueError, match="7 donor nuclei of 6"):
        next(relabelings(6, 7, 1, 0))


@given(st.lists(st.integers(-5, 5), max_size=40), st.integers(-6, 6))
def test_p_is_a_probability(drawn, observed):
    values = np.array(drawn, float)
    for p in (upper_p(observed, values), two_sided_p(observed, values)):
        assert 1 / (1 + len(drawn)) <= p <= 1.0
    assert two_sided_p(observed, values) == two_sided_p(-observed, -values)
    assert upper_p(observed, values) >= upper_p(observed + 1, values)


def test_rounding_is_no_evidence():
    same = np.array([0.1 + 0.2, 0.3, 0.3])
    assert upper_p(0.1 + 0.2, same) == 1.0
    assert two_sided_p(0.1 + 0.2, same) == 1.0


def test_a_random_part_holds_as_many_donors_as_wanted():
    assert random_part(50, 10, 10, 0).tolist() == list(range(50))
    part = random_part(10_000, 5_000, 200, 3)
    assert len(part) == 400
    assert (np.diff(part) > 0).all()
    assert part.tolist() == random_part(10_000, 5_000, 200, 3).tolist()
    # 200 of the first half are expected, with a standard deviation of 9.8
    assert abs(int((part < 5_000).sum()) - 200) < 40


def test_abercrombie_finds_the_nuclei_of_the_section_again():
    """Simulated truth: balls at random heights; a section sees whatever reaches into it."""
    random = np.random.default_rng(2)
    thickness_um, low_um = 10.0, 100.0
    for height_um in (4.0, 10.0, 25.0):
        center_um = random.uniform(0.0, 1000.0, 200_000)
        seen = (np.abs(center_um - low_um - thickness_um / 2) < (thickness_um + height_um) / 2).sum()
        true = ((center_um >= low_um) & (center_um < low_um + thickness_um)).sum()
        assert seen * abercrombie_factor(thickness_um, height_um) == pytest.approx(true, rel=0.06)
        assert seen > 1.3 * true


@pytest.mark.parametrize(
    ("thickness_um", "height_um"), [(0.0, 5.0), (10.0, 0.0), (-1.0, 5.0), (10.0, np.nan)]
)
def test_a_section_without_thickness_is_refused(thickness_um, height_um):
    with pytest.raises(ValueError, match="no section"):
        abercrombie_factor(thickness_um, height_um)
