"""Where donors are the majority the bulk is theirs: nobody may be told that none was found."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from myograft.assign import OriginSettings, call_origin
from myograft.assign.lower_population import beneath
from myograft.model.donor_calibration import ControlSection, DonorCalibration, MarkerFingerprint

HOST_SD = 50.0


def mixed(fraction, n=1000, seed=0, middle=40.0, spread=6.0):
    """Signals in counts: donors first, then hosts around zero with a heavy tail."""
    random = np.random.default_rng(seed)
    donors_n = round(fraction * n)
    donors = random.normal(middle, spread, donors_n)
    return HOST_SD * np.concatenate([donors, 0.8 * random.standard_t(5, n - donors_n)])


def calibration(threshold=5.0):
    section = ControlSection(
        slide_id="control", section_id="1", input_sha256="0" * 64, nuclei_n=3000, called_n=1
    )
    return DonorCalibration(
        threshold=threshold,
        max_false_positive_rate=0.01,
        rate_bound=0.01,
        negatives=(section,),
        host_location=0.0,
        host_scale=HOST_SD,
        fingerprint=MarkerFingerprint(
            channel="lamin", image_dtype="uint16", pixel_size_um=0.5, marker={}, nuclei_from="given labels"
        ),
        created=datetime.now(UTC),
        version="1",
    )


def calibrated(**more):
    return OriginSettings(method="calibrated", calibration="c.yaml", **more)


@pytest.mark.parametrize("fraction", [0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("method", ["empirical_null", "fixed"])
def test_a_donor_majority_is_not_called_host(fraction, method):
    calls = call_origin(mixed(fraction), OriginSettings(method=method))
    assert not calls.is_called.any()
    assert np.ma.getmaskarray(calls.columns()["origin"]).all()
    assert calls.host_location is None
    [note] = calls.notes
    assert "most nuclei are donor" in note
    assert "assign.origin.scores_from=controls" in note


@pytest.mark.parametrize("fraction", [0.0, 0.005, 0.1, 0.3, 0.45])
def test_a_host_majority_is_called(fraction):
    calls = call_origin(mixed(fraction), OriginSettings())
    assert calls.is_called.all()
    assert (calls.columns()["origin"] == "donor").sum() == pytest.approx(1000 * fraction, abs=5)


def test_one_population_says_that_it_may_be_either():
    for fraction in (0.0, 1.0):
        calls = call_origin(mixed(fraction), OriginSettings())
        assert any("is all host or all donor" in note for note in calls.notes), fraction
    assert not any("is all host" in note for note in call_origin(mixed(0.1), OriginSettings()).notes)


def test_dark_nuclei_and_tails_are_no_hosts_beneath():
    """100 sections each: a tight group of dark nuclei, heavy tails, skewed ones."""
    alarms = dict.fromkeys(("dark", "heavy", "skewed", "normal"), 0)
    for seed in range(100):
        random = np.random.default_rng(seed)
        for kind, values in {
            "dark": np.concatenate([random.normal(-600, 60, 20), random.normal(10, 50, 980)]),
            "heavy": random.standard_t(3, 1000) * 50 + 10,
            "skewed": random.lognormal(3.0, 0.7, 1000),
            "normal": random.normal(300, 50, 1000),
        }.items():
            call = beneath(values, float(np.median(values)), 5.0, 5)
            alarms[kind] += call > 0
    print(f"sections of hosts alone of 100 that were said to hide a population: {alarms}")
    assert max(alarms.values()) <= 2


def test_how_often_a_majority_is_noticed():
    """What a section alone can tell; the faint and uneven donors of the last row often pass for one population."""
    for middle, spread, least in ((40, 1, 0.97), (40, 6, 0.97), (40, 12, 0.9), (15, 3, 0.9), (25, 10, 0.1)):
        told = []
        for fraction in (0.8, 0.9, 0.95, 0.98):
            noticed = sum(
                not call_origin(mixed(fraction, 1000, seed, middle, spread), OriginSettings()).is_called.any()
                for seed in range(30)
            )
            told.append(f"{fraction:.0%} donor {noticed / 30:.0%}")
            assert noticed / 30 >= least, (middle, spread, fraction)
        print(f"donors at {middle} +- {spread} host SD, majority noticed: {', '.join(told)}")


@pytest.mark.parametrize("fraction", [0.7, 0.9, 1.0])
def test_controls_tell_a_donor_majority_from_hosts(fraction):
    calls = call_origin(mixed(fraction), calibrated(), calibration())
    assert not calls.is_called.any()
    assert f"{1000 * fraction:.0f} of 1000 would be donor" in calls.notes[0]


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.7, 0.9, 1.0])
def test_in_the_units_of_controls_a_majority_is_counted(fraction):
    calls = call_origin(mixed(fraction), calibrated(scores_from="controls"), calibration())
    assert calls.is_called.all()
    assert (calls.columns()["origin"] == "donor").sum() == pytest.approx(1000 * fraction, abs=3)
    assert (calls.host_location, calls.host_scale) == (0.0, HOST_SD)


def test_the_units_of_controls_need_controls():
    with pytest.raises(ValueError, match="needs method: calibrated"):
        OriginSettings(scores_from="controls")
