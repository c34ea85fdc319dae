"""What shines through from the nuclear stain is found from the hosts, however many donors there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.assign.bleed_through import bleed_through_share, without_bleed_through
from myograft.numerics.robust import bulk


def section(share, donor_fraction, seed, n=2000):
    random = np.random.default_rng(seed)
    stain = random.lognormal(np.log(800.0), 0.5, n)
    is_donor = random.random(n) < donor_fraction
    signal = share * stain + random.normal(0.0, 15.0, n) + is_donor * random.uniform(150.0, 600.0, n)
    return signal, stain, is_donor


@pytest.mark.parametrize("donor_fraction", [0.0, 0.01, 0.3])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_the_share_is_found_whatever_the_donors(share, donor_fraction):
    found = [bleed_through_share(*section(share, donor_fraction, seed)[:2]) for seed in range(20)]
    assert np.mean(found) == pytest.approx(share, abs=0.006)
    assert np.std(found) < 0.006


def test_a_line_through_all_nuclei_would_be_moved_by_donors_that_are_stained_brighter():
    signal, stain, is_donor = section(0.1, 0.3, 1)
    stain = np.where(is_donor, 1.5 * stain, stain)
    signal = np.where(is_donor, signal + 0.1 * stain / 3.0, signal)
    assert np.polyfit(stain, signal, 1)[0] > 0.15
    assert bleed_through_share(signal, stain) == pytest.approx(0.1, abs=0.02)


def test_hosts_have_a_narrow_bulk_again():
    """Bright nuclei seem to have a marker; without what shines through their tail is gone."""
    signal, stain, is_donor = section(0.3, 0.02, 3)
    left = without_bleed_through(signal, stain, bleed_through_share(signal, stain))
    for values, beyond_n in ((signal, 20), (left, 0)):
        location, scale = bulk(values)
        assert (((values - location) / scale)[~is_donor] > 5.0).sum() >= beyond_n
    location, scale = bulk(left)
    assert (((left - location) / scale)[~is_donor] > 5.0).sum() <= 1
    assert (((left - location) / scale)[is_donor] > 5.0).mean() > 0.95


@given(st.integers(0, 500), st.floats(0.1, 100.0))
def test_the_unit_of_the_marker_is_that_of_the_share(seed, gain):
    signal, stain, _ = section(0.2, 0.05, seed, n=400)
    share = bleed_through_share(signal, stain)
    assert bleed_through_share(gain * signal, stain) == pytest.approx(gain * share, rel=1e-9, abs=1e-12)


def test_too_little_says_nothing():
    assert bleed_through_share(np.ones(60), np.arange(60.0)) is None
    assert bleed_through_share(np.arange(400.0), np.full(400, 7.0)) is None
    assert bleed_through_share(np.full(400, np.nan), np.arange(400.0)) is None


def test_a_marker_that_falls_with_the_stain_is_no_bleed_through():
    stain = np.linspace(1.0, 2.0, 400)
    assert bleed_through_share(-stain, stain) == 0.0
