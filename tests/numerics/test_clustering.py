"""Clustering against brute force, all labelings of small cases, and simulated sections whose truth is known."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from myograft.numerics.clustering import donor_clustering, pair_moments
from myograft.numerics.global_envelope import global_envelope

RADII = np.array([20.0, 60.0, 120.0, 200.0])


def slow_p(observed, drawn):
    """Extreme rank length word by word: ranks by counting, comparison of tuples."""
    curves = [list(observed), *[list(curve) for curve in drawn]]
    words = []
    for curve in curves:
        ranks = [
            sum(other[k] > curve[k] for other in curves)
            + (sum(other[k] == curve[k] for other in curves) + 1) / 2
            for k in range(len(curve))
        ]
        words.append(tuple(sorted(ranks)))
    return sum(word <= words[0] for word in words) / len(words)


CURVES = st.integers(1, 4).flatmap(
    lambda points: st.lists(
        st.lists(st.integers(0, 4), min_size=points, max_size=points), min_size=2, max_size=25
    )
)


@given(CURVES)
def test_extreme_rank_length_word_by_word(curves):
    drawn = np.array(curves[1:], float)
    envelope = global_envelope(np.array(curves[0], float), drawn)
    assert envelope.p == pytest.approx(slow_p(curves[0], drawn))
    assert 1 / len(curves) <= envelope.p <= 1.0


def test_who_leaves_the_envelope_is_rare():
    random = np.random.default_rng(0)
    left = 0
    for _ in range(60):
        curves = random.normal(size=(100, 6)).cumsum(axis=1)
        curves[0] += random.choice([0.0, 3.0])
        envelope = global_envelope(curves[0], curves[1:])
        leaves = bool((curves[0] > envelope.high).any())
        # Without ties the picture and the p value say the same (Myllymaki et al. 2017).
        assert leaves == (envelope.p <= 0.05)
        left += leaves
    assert 10 < left < 50


def pairs(points, radii):
    distance = cdist(points, points)[np.triu_indices(len(points), 1)]
    return np.array([(distance <= radius).sum() for radius in radii], float)


POINTS = st.lists(
    st.tuples(st.integers(0, 250), st.integers(0, 250)), min_size=4, max_size=8, unique=True
).map(lambda points: np.array(points, float))


@given(POINTS, st.data())
def test_moments_are_those_of_all_labelings(points, data):
    donor_n = data.draw(st.integers(2, len(points)))
    every = np.array(
        [pairs(points[list(chosen)], RADII) for chosen in combinations(range(len(points)), donor_n)]
    )
    mean, variance = pair_moments(points, donor_n, RADII)
    assert mean == pytest.approx(every.mean(axis=0), abs=1e-9)
    assert variance == pytest.approx(every.var(axis=0), abs=1e-7)


def test_what_is_found_by_brute_force():
    random = np.random.default_rng(4)
    points = random.uniform(0.0, 900.0, (300, 2))
    is_donor = random.random(300) < 0.1
    answer = donor_clustering(points, is_donor, RADII, 199, 0)
    distance = cdist(points[is_donor], points[is_donor])
    for k, radius in enumerate(RADII):
        neighbors = (distance <= radius).sum(axis=1) - 1
        assert answer.neighbors[k] == pytest.approx(neighbors.mean())
        everyone = (cdist(points, points) <= radius).sum() - 300
        # The donor nuclei among the others are a random part of them.
        assert answer.expected[k] == pytest.approx(everyone / 300 * (is_donor.sum() - 1) / 299)
    radius, ratio = answer.strongest
    at = RADII.tolist().index(radius)
    assert ratio == pytest.approx(answer.neighbors[at] / answer.expected[at])
    assert (answer.all_n, answer.donor_n) == (300, int(is_donor.sum()))


def test_p_is_that_of_all_labelings():
    points = np.array([[0, 0], [0, 9], [9, 0], [9, 9], [500, 0], [0, 500], [500, 500], [900, 900]], float)
    is_donor = np.arange(8) < 4
    exact = [pairs(points[list(chosen)], RADII) for chosen in combinations(range(8), 4)]
    # One of 70 labelings has all of its pairs within 20 um.
    assert sum((curve >= exact[0]).all() for curve in exact) == 1
    answer = donor_clustering(points, is_donor, RADII, 4999, 0)
    assert answer.p == pytest.approx(1 / 70, abs=4 * np.sqrt(1 / 70 / 4999))
    assert answer.strongest is not None


def test_all_in_one_place_is_no_evidence():
    points = np.random.default_rng(0).uniform(0.0, 5.0, (20, 2))
    answer = donor_clustering(points, np.arange(20) < 6, RADII, 99, 0)
    assert answer.p == 1.0
    assert answer.strongest is None


def test_one_donor_has_no_pair():
    with pytest.raises(ValueError, match="no pair among 1 donor nuclei"):
        donor_clustering(np.zeros((9, 2)), np.arange(9) < 1, RADII, 99, 0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 40), st.integers(-9999, 9999))
def test_moving_and_turning_change_nothing(seed, donor_n, shift):
    random = np.random.default_rng(seed)
    points = random.integers(0, 1000, (60, 2)).astype(float)
    is_donor = np.arange(60) < donor_n
    still = donor_clustering(points, is_donor, RADII, 49, 1)
    for moved in (points + shift, np.stack([points[:, 1], -points[:, 0]], axis=1)):
        answer = donor_clustering(moved, is_donor, RADII, 49, 1)
        assert answer.p == still.p
        assert 0.0 < answer.p <= 1.0
        assert answer.strongest == still.strongest
        assert answer.high.tolist() == still.high.tolist()


def clustered_nuclei(random, all_n=400, side_um=1200.0):
    """Return nuclei that gather around vessels (Thomas process), as healthy tissue has them."""
    vessel = random.uniform(0.0, side_um, (25, 2))
    points = vessel[random.integers(0, 25, all_n)] + random.normal(0.0, 35.0, (all_n, 2))
    return np.clip(points, 0.0, side_um)


def against_complete_randomness(random, points, drawn_n, side_um=1200.0):
    """Return the p value of the naive test, whose null hypothesis spreads donor nuclei over the plane."""
    drawn = [pairs(random.uniform(0.0, side_um, points.shape), RADII) for _ in range(drawn_n)]
    return global_envelope(pairs(points, RADII), np.array(drawn)).p


@pytest.mark.slow
@pytest.mark.parametrize("donor_n", [10, 30])
def test_random_labels_are_called_clustered_in_five_of_a_hundred_sections(donor_n):
    """Size of the test, and the naive null hypothesis beside it in the same sections."""
    random, sections_n, drawn_n = np.random.default_rng(11), 1000, 99
    ours = naive = 0
    for section in range(sections_n):
        points = clustered_nuclei(random)
        is_donor = np.zeros(len(points), bool)
        is_donor[random.choice(len(points), donor_n, replace=False)] = True
        ours += donor_clustering(points, is_donor, RADII, drawn_n, section).p <= 0.05
        naive += against_complete_randomness(random, points[is_donor], drawn_n) <= 0.05
    print(
        f"{donor_n} donors: called clustered though random: relabeling {ours}, plane {naive} of {sections_n}"
    )
    # Binomial(1000, 0.05): 28 to 72 in 99.8 %.
    assert 28 <= ours <= 72
    assert naive > 2 * 72


@pytest.mark.slow
@pytest.mark.parametrize(("all_n", "power"), [(400, 0.6), (1600, 0.9)])
def test_a_needle_tract_is_found(all_n, power):
    """Along a tract 120 um wide one of five nuclei is donor, elsewhere one of a hundred."""
    random = np.random.default_rng(12)
    found, donors = [], []
    for section in range(300):
        points = clustered_nuclei(random, all_n)
        chance = np.where(np.abs(points[:, 1] - 600.0) < 60.0, 0.2, 0.01)
        is_donor = random.random(len(points)) < chance
        if is_donor.sum() >= 5:
            found.append(donor_clustering(points, is_donor, RADII, 99, section).p <= 0.05)
            donors.append(int(is_donor.sum()))
    print(f"tract found in {sum(found)} of {len(found)} sections, {np.median(donors):.0f} donors of {all_n}")
    assert len(found) > 250
    assert np.mean(found) > power
