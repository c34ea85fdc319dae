"""Donor and host: the marker over its surroundings, in host standard deviations, with a named threshold."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.assign import MarkerSettings, OriginSettings, call_origin, local_false_discovery, marker_signal
from myograft.assign.second_population import valley_of
from myograft.model.geometry import Region
from myograft.numerics.labels import objects_of


def signals(hosts_n, donors_n, seed=0, shift=20.0):
    random = np.random.default_rng(seed)
    # A host beyond 3.5 standard deviations is rare, and calling it a donor would be no error of the method.
    values = np.clip(random.normal(0, 1, hosts_n + donors_n), -3.5, 3.5)
    values[:donors_n] += shift
    return values * 50.0 + 300.0


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(300, 1500), st.integers(10, 90))
def test_a_clear_second_population_is_found(seed, hosts_n, donors_n):
    calls = call_origin(signals(hosts_n, donors_n, seed), OriginSettings())
    assert calls.method == "empirical_null"
    assert calls.threshold is not None
    origin = calls.columns()["origin"]
    assert (origin[:donors_n] == "donor").all()
    assert (origin[donors_n:] == "host").all()
    assert np.nanmin(calls.p_donor[:donors_n]) > 0.8


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(200, 5000))
def test_a_negative_control_has_no_donors(seed, hosts_n):
    # Hosts have no marker: over their background, they show nothing.
    calls = call_origin(signals(hosts_n, 0, seed) - 300.0, OriginSettings())
    assert calls.threshold is None
    assert "no second population" in calls.notes[0]
    assert (calls.columns()["origin"] == "host").all()
    assert np.ma.getmaskarray(calls.columns()["p_donor"]).all()


def test_scores_are_host_standard_deviations():
    calls = call_origin(signals(3000, 600), OriginSettings())
    hosts = calls.score[600:]
    assert np.median(hosts) == pytest.approx(0.0, abs=0.2)
    assert hosts.std() == pytest.approx(1.0, abs=0.25)


def test_a_fixed_threshold_is_kept():
    calls = call_origin(signals(300, 30), OriginSettings(method="fixed", fixed_threshold=8.0))
    assert (calls.method, calls.threshold) == ("fixed", 8.0)
    assert (calls.columns()["origin"] == "donor").sum() == 30
    assert np.ma.getmaskarray(calls.columns()["p_donor"]).all()


def test_nuclei_near_the_threshold_are_undecided_and_still_called():
    values = np.concatenate([signals(300, 30), [300.0 + 50.0 * 8.2]])
    calls = call_origin(values, OriginSettings(method="fixed", fixed_threshold=8.0))
    assert bool(calls.is_undecided[-1])
    assert not np.ma.getmaskarray(calls.columns()["origin"])[-1]


def test_what_cannot_be_scored_is_null():
    values = signals(300, 30)
    values[5] = np.nan
    columns = call_origin(values, OriginSettings()).columns()
    for name in ("donor_score", "p_donor", "origin", "is_undecided"):
        assert np.ma.getmaskarray(columns[name])[5], name


@pytest.mark.parametrize("values", [np.zeros(0), np.arange(20.0), np.full(200, 7.0), np.full(200, np.nan)])
def test_too_little_to_go_by_calls_nobody(values):
    calls = call_origin(values, OriginSettings())
    assert calls.notes
    assert not calls.is_called.any()


@given(st.integers(0, 2**31))
def test_the_false_discovery_rate_never_rises_with_the_score(seed):
    scores = np.sort(signals(200, 20, seed) / 50 - 6)
    rate = local_false_discovery(scores)
    assert (np.diff(rate) <= 1e-12).all()
    assert ((rate >= 0) & (rate <= 1)).all()


def draw(pattern, level, background=100.0, speck=False):
    y, x = np.mgrid[:61, :61] - 30
    radius = np.hypot(y / 6.0, x / 10.0)
    nuclei = (radius <= 1).astype(np.uint32)
    marker = np.full((61, 61), background)
    body = radius <= 1 if pattern == "filled" else (np.abs(radius - 0.93) < 0.1)
    marker[body] += level
    if speck:
        marker[26:29, 30:33] += 5000
    return nuclei, marker


def measure(nuclei, marker, settings, **options):
    found = objects_of(nuclei)
    return marker_signal(
        nuclei, marker, found.label, found.box, Region(0, 0, *nuclei.shape), 0.5, settings, **options
    )


@pytest.mark.parametrize("pattern", ["ring", "filled"])
def test_the_marker_is_measured_over_its_background(pattern):
    settings = MarkerSettings(pattern=pattern)
    # A ring fills a part of the band it is looked for in.
    share = 1.0 if pattern == "filled" else 0.48
    for background in (100.0, 3000.0):
        [signal] = measure(*draw(pattern, 800.0, background), settings)
        assert signal == pytest.approx(share * 800.0, rel=0.1)
    [nothing] = measure(*draw(pattern, 0.0), settings)
    assert nothing == 0.0


@pytest.mark.parametrize("pattern", ["ring", "filled"])
def test_a_speck_does_not_make_a_donor(pattern):
    [signal] = measure(*draw(pattern, 0.0, speck=True), MarkerSettings(pattern=pattern))
    assert signal == 0.0


def test_what_shows_in_the_empty_channel_does_not_count():
    nuclei, marker = draw("filled", 800.0)
    [signal] = measure(nuclei, marker, MarkerSettings(), autofluorescence=marker)
    assert signal == 0.0


def test_a_neighbor_is_no_background():
    nuclei, marker = draw("filled", 0.0)
    nuclei[38:50, 20:40] = 2
    marker[38:50, 20:40] = 9000.0
    signal = measure(nuclei, marker, MarkerSettings())
    assert signal[0] == 0.0
    assert signal[1] > 8000.0


def test_a_nucleus_without_surroundings_has_no_score():
    nuclei = np.ones((20, 20), np.uint32)
    assert np.isnan(measure(nuclei, np.ones((20, 20)), MarkerSettings())).all()


def test_a_whole_slide_of_nuclei_is_called_in_little_memory():
    """Comparing every nucleus with every other would need gigabytes here."""
    tracemalloc.start()
    calls = call_origin(signals(300_000, 3_000), OriginSettings())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (calls.columns()["origin"] == "donor").sum() == pytest.approx(3_000, abs=5)
    assert peak < 300 * 2**20


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.integers(8, 60))
def test_a_heavy_tail_of_hosts_is_not_donor_where_a_gap_parts_it(seed, donors_n):
    """Nuclei of uneven brightness bleed through: hosts up to ten standard deviations, donors beyond thirty."""
    random = np.random.default_rng(seed)
    hosts = np.concatenate([random.normal(0, 1, 400), random.uniform(3.0, 10.0, 12)])
    donors = random.normal(40.0, 3.0, donors_n)
    calls = call_origin(np.concatenate([donors, hosts]) * 50.0 + 300.0, OriginSettings())
    origin = calls.columns()["origin"]
    assert (origin[:donors_n] == "donor").all()
    assert (origin[donors_n:] == "host").all()
    # What lies between is for a person to look at.
    tail = (np.arange(len(hosts) + donors_n) >= donors_n) & (calls.score >= 5.0)
    assert calls.is_undecided[tail].all()
    assert valley_of(calls.score[donors_n:], 12.0, 5) is None
