"""What a donor calibration fits: stain, planes, outlines, bleed-through; and what is refused with a remedy."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from myograft.assign import OriginSettings, call_origin
from myograft.errors import ConfigError, InputError
from myograft.model.channels import Channel, ChannelRoles, Role
from myograft.model.donor_calibration import ControlSection, DonorCalibration, MarkerFingerprint
from myograft.workflow import donor_controls
from myograft.workflow.calibrate import _apart, _Control, _with_share_of
from myograft.workflow.donor_controls import doubts_of_calibration, open_donor_calibration

NONE = {"pattern": "ring", "bleed_through": "none", "bleed_through_share": 0.0}


def fingerprint(**changes):
    values = {
        "channel": "lamin", "image_dtype": "uint16", "pixel_size_um": 0.5, "marker": NONE, "nuclei_from": "a" * 64,
        "outlines": {"min_area_um2": 8.0}, "channels_n": 3,
    }  # fmt: skip
    return MarkerFingerprint(**(values | changes))


def calibration(**changes):
    values = {
        "threshold": 6.0, "max_false_positive_rate": 0.01, "rate_bound": 0.01, "host_location": 0.0,
        "host_scale": 50.0, "fingerprint": fingerprint(), "created": datetime.now(UTC), "version": "1",
        "negatives": (
            ControlSection(slide_id="c", section_id="1", input_sha256="0" * 64, nuclei_n=3000, called_n=0),
        ),
    }  # fmt: skip
    return DonorCalibration(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"channel": "GFP"}, "the donor channel is 'GFP', here 'lamin'"),
        ({"autofluorescence": "empty"}, "the autofluorescence taken off is empty, here none"),
        ({"projection": "maximum"}, "read.projection is maximum, here none"),
        ({"outlines": {"min_area_um2": 20.0}}, "segment.nuclei.min_area_um2 is 20.0, here 8.0"),
        ({"marker": NONE | {"pattern": "filled"}}, "assign.marker.pattern is filled, here ring"),
        ({"channels_n": 4}, None),
        ({"channel": "LAMIN"}, None),
    ],
)
def test_what_makes_scores_incomparable_is_told(changes, told):
    differing = fingerprint().differences(fingerprint(**changes))
    assert differing == ([] if told is None else [told])


def test_channels_without_names_are_told_apart_by_how_many_there_are():
    unnamed = fingerprint(channel="channel 2")
    assert unnamed.differences(fingerprint(channel="channel 2")) == []
    [told] = unnamed.differences(fingerprint(channel="channel 2", channels_n=4))
    assert "need not be the same stain" in told
    assert (unnamed.is_named, fingerprint().is_named) == (False, True)


def slide(path, *, roles=(Role.DONOR_NUCLEUS,), learned=None, **origin):
    settings = OriginSettings(method="calibrated", calibration=str(path), **origin)
    channels = (Channel(0, "DAPI"), Channel(1, "lamin"))
    return SimpleNamespace(
        settings=SimpleNamespace(assign=SimpleNamespace(origin=settings)),
        roles=ChannelRoles(dict.fromkeys(roles, 1)),
        stack=SimpleNamespace(path=Path("slide.tif"), channels=channels),
        donor_calibration=learned,
    )


def test_a_calibration_without_a_donor_channel_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="no channel plays the role donor_nucleus") as caught:
        open_donor_calibration(slide(tmp_path / "c.yaml", roles=()), ())
    assert "0 (DAPI), 1 (lamin)" in str(caught.value)
    assert "--set channels.donor_nucleus=N" in str(caught.value)


def test_a_calibration_of_an_older_version_says_to_make_it_again(tmp_path):
    path = tmp_path / "old.yaml"
    old = calibration().model_dump(mode="json") | {"format": "myograft donor calibration 1"}
    path.write_text(yaml.safe_dump(old), encoding="utf-8")
    with pytest.raises(ConfigError, match="made by an older version"):
        open_donor_calibration(slide(path), ())


@pytest.mark.parametrize("accepts", [False, True])
def test_another_channel_name_is_refused_unless_forced(tmp_path, monkeypatch, accepts):
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(calibration().model_dump(mode="json")), encoding="utf-8")
    monkeypatch.setattr(donor_controls, "_fingerprint_of", lambda slide, given: fingerprint(channel="GFP"))
    opened = slide(path, accepts_mismatch=accepts)
    if accepts:
        assert open_donor_calibration(opened, ()) is not None
        return
    with pytest.raises(ConfigError, match="the donor channel is 'GFP', here 'lamin'"):
        open_donor_calibration(opened, ())


@pytest.mark.parametrize(
    ("moved", "told"), [(0.0, None), (4.0, "many nuclei may be donor"), (-4.0, "below that of the controls")]
)
def test_hosts_elsewhere_than_those_of_the_controls_end_the_estimates(monkeypatch, moved, told):
    monkeypatch.setattr(donor_controls, "_fingerprint_of", lambda slide, given: fingerprint())
    known = calibration()
    hosts = np.random.default_rng(0).normal(50.0 * moved, 50.0, 2000)
    opened = slide("c.yaml", learned=known)
    calls = call_origin(hosts, opened.settings.assign.origin, known)
    doubts = doubts_of_calibration(opened, (), calls)
    assert (told in doubts[0]) if told else doubts == ()


def control(marker, share=None, signal=None):
    return _Control(
        Path("control"), SimpleNamespace(), fingerprint(marker=NONE | marker), "1", signal, 0.0, 50.0, share
    )


def test_bleed_through_is_not_estimated_from_donor_tissue():
    estimated = {"bleed_through": "estimated"}
    negatives = [control(estimated, 0.11), control(estimated, 0.13)]
    with pytest.raises(InputError, match="no hosts to tell it from the marker") as caught:
        _with_share_of(negatives, control(estimated, 0.9))
    assert "--set assign.marker.bleed_through_share=0.12" in str(caught.value)
    with pytest.raises(InputError, match="is not that of the negative ones"):
        _with_share_of(negatives, control({"bleed_through": "given", "bleed_through_share": 0.3}))
    same = _with_share_of(negatives, control({"bleed_through": "given", "bleed_through_share": 0.12}))
    assert negatives[0].fingerprint.differences(same.fingerprint) == []


def test_a_negative_control_that_is_mostly_donor_is_refused():
    random = np.random.default_rng(0)
    signal = np.concatenate([random.normal(2000, 200, 900), random.normal(0, 50, 100)])
    with pytest.raises(InputError, match="two populations of nuclei"):
        _apart(control({}, signal=signal))
