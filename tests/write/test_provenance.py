"""run.json comes back whole or is refused with a sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from myograft.errors import ResultError
from myograft.model.channels import Role
from myograft.model.geometry import Calibration, Region
from myograft.model.provenance import Provenance
from myograft.write import read_provenance, software_versions, write_provenance


@pytest.fixture
def provenance():
    return Provenance(
        slide_id="m1",
        input_path="slides/m1.tif",
        input_sha256="ab" * 32,
        input_bytes=12,
        versions=software_versions(),
        settings={"tiling": {"tile_px": 2048}, "fibers": {"blur_um": 1.0}},
        calibration=Calibration(0.5, None, "OME-XML"),
        channels=("laminin", "DAPI"),
        roles={Role.SARCOLEMMA: 0, Role.NUCLEI: 1},
        role_reasons={Role.SARCOLEMMA: "name", Role.NUCLEI: "name"},
        image_axes="CYX",
        image_shape=(2, 100, 200),
        image_dtype="uint16",
        region=Region(0, 0, 50, 60),
        warnings=("no donor marker",),
        started=datetime(2026, 3, 1, 12, tzinfo=UTC),
        finished=datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=1))),
        timings_s={"segment": 1.25},
        donor_threshold={"method": "fixed", "value": 3.0},
    )


def test_round_trip(provenance, tmp_path):
    path = tmp_path / "run.json"
    write_provenance(provenance, path)
    assert read_provenance(path) == provenance
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["finished"] == "2026-03-01T13:00:00Z"
    assert written["settings_digest"] == provenance.settings_digest
    assert {"myograft", "numpy", "scipy", "scikit-image", "zarr", "dask", "python", "platform"} <= set(
        written["versions"]
    )


def test_two_writes_are_byte_identical(provenance, tmp_path):
    write_provenance(provenance, tmp_path / "a")
    write_provenance(provenance, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_missing(tmp_path):
    with pytest.raises(ResultError, match=r"not finished: its record is missing\. Run the slide again"):
        read_provenance(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format_version": 99}, r"has format 99, this version reads up to 1\. Update myograft"),
        ({"slide_id": None}, "the record is broken"),
        ({"surprise": 1}, "the record is broken"),
        ({"calibration": {"pixel_size_um": 1e9, "z_step_um": None, "source": "x"}}, "the record is broken"),
        ({"settings": {"tiling": {"tile_px": 1024}}}, "changed after the run"),
    ],
)
def test_broken(provenance, tmp_path, change, sentence):
    path = tmp_path / "run.json"
    path.write_text(json.dumps({**provenance.to_json(), **change}), encoding="utf-8")
    with pytest.raises(ResultError, match=sentence):
        read_provenance(path)


@pytest.mark.parametrize(("text", "sentence"), [("{", "cannot be read"), ("[1]", "not a record of myograft")])
def test_not_a_record(tmp_path, text, sentence):
    path = tmp_path / "run.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ResultError, match=sentence):
        read_provenance(path)
