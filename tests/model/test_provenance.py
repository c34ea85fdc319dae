"""The record of a run: canonical, complete, in UTC."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from myograft.model.channels import Role
from myograft.model.geometry import Calibration, Region
from myograft.model.provenance import Provenance, canonical_json, settings_digest

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)
moments = st.integers(0, 4_000_000_000).map(
    lambda second: datetime.fromtimestamp(second, tz=ZoneInfo("Asia/Kolkata"))
)
seconds = st.floats(0, 1e6)


@st.composite
def records(draw):
    started = draw(moments)
    axes = draw(st.sampled_from(["YX", "CYX", "ZCYX"]))
    return Provenance(
        slide_id=draw(st.text("ab", min_size=1)),
        input_path="a.tif",
        input_sha256=draw(st.binary(min_size=32, max_size=32)).hex(),
        input_bytes=draw(st.integers(0, 2**50)),
        versions={"myograft": "1"},
        settings=draw(st.dictionaries(st.text("abc"), json_values, max_size=3)),
        calibration=Calibration(draw(st.floats(0.01, 100)), draw(st.none() | st.floats(0.1, 9)), "x"),
        channels=("a",),
        roles=draw(st.dictionaries(st.sampled_from(Role), st.integers(0, 9))),
        role_reasons=draw(st.dictionaries(st.sampled_from(Role), st.text("ab"))),
        image_axes=axes,
        image_shape=tuple(range(1, len(axes) + 1)),
        image_dtype="uint8",
        region=draw(st.none() | st.just(Region(1, 2, 3, 4))),
        warnings=tuple(draw(st.lists(st.text("ab"), max_size=2))),
        left_out=tuple(draw(st.lists(st.text("ab"), max_size=2))),
        started=started,
        finished=started.astimezone(UTC) + timedelta(seconds=draw(seconds)),
        timings_s=draw(st.dictionaries(st.text("ab"), seconds, max_size=2)),
        donor_threshold=draw(st.none() | st.dictionaries(st.text("ab"), json_values, max_size=2)),
    )


@given(records())
def test_round_trip(record):
    values = record.to_json()
    canonical_json(values)  # nothing that JSON cannot say
    assert Provenance.from_json(values) == record
    assert record.started.tzinfo is UTC


@given(st.dictionaries(st.text("abc"), json_values, max_size=4))
def test_the_digest_does_not_depend_on_the_order_of_keys(settings):
    turned = dict(reversed(settings.items()))
    assert settings_digest(settings) == settings_digest(turned)


def test_the_digest_is_the_documented_one():
    assert settings_digest({"b": 1.0, "a": "µ"}) == hashlib.sha256('{"a":"µ","b":1.0}'.encode()).hexdigest()
    assert settings_digest({"b": 1.5}) != settings_digest({"b": 1.25})


def test_nan_has_no_digest():
    with pytest.raises(ValueError, match="not JSON compliant"):
        settings_digest({"a": float("nan")})


def record(**changes):
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    fields = {
        "slide_id": "a", "input_path": "a.tif", "input_sha256": "0" * 64, "input_bytes": 1,
        "versions": {"myograft": "1"}, "settings": {}, "calibration": Calibration(0.5, None, "x"), "channels": ("a",),
        "roles": {}, "role_reasons": {}, "image_axes": "YX", "image_shape": (2, 3), "image_dtype": "uint8",
        "started": moment, "finished": moment,
    }  # fmt: skip
    return Provenance(**{**fields, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"a": 1}},
        {"input_sha256": "1" * 64},
        {"versions": {"myograft": "2"}},
        {"region": Region(0, 0, 1, 1)},
        {"roles": {Role.NUCLEI: 0}},
        {"calibration": Calibration(0.25, None, "x")},
        {"given_labels_sha256": {"fibers": "2" * 64}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_decides_the_numbers_is_in_the_identity(changes):
    assert record(**changes).identity != record().identity


def test_what_does_not_decide_the_numbers_is_not():
    later = datetime(2026, 3, 2, tzinfo=UTC)
    same = record(finished=later, timings_s={"a": 1.0}, input_path="elsewhere/a.tif", warnings=("w",))
    assert same.identity == record().identity


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"image_axes": "CYX"}, "do not fit the shape"),
        ({"finished": datetime(2026, 2, 1, tzinfo=UTC)}, "finished before it started"),
        ({"started": datetime(2026, 2, 1)}, "timezone"),  # noqa: DTZ001  # the very mistake
        ({"input_sha256": "XY"}, "pattern"),
        ({"format_version": 2}, "format_version"),
    ],
)
def test_nonsense_is_refused(changes, sentence):
    with pytest.raises(ValidationError, match=sentence):
        record(**changes)
