"""Whole runs on donor channels that are saturated, or that there are no nuclei for."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from myograft.api import BatchRequest, load_settings, open_result, run_batch


def measure(folder, nuclei, marker):
    """Measure given nuclei, or those that are found where none are given; there are no fibers."""
    stain = np.where(nuclei > 0, 900, 100).astype(np.uint16)
    stain += np.random.default_rng(1).integers(0, 20, stain.shape).astype(np.uint16)
    image, labels = folder / "slide.ome.tif", folder / "nuclei.tif"
    metadata = {"axes": "CYX", "Channel": {"Name": ["DAPI", "lamin"]}}
    tifffile.imwrite(image, np.stack([stain, marker]), metadata=metadata, ome=True)
    tifffile.imwrite(labels, nuclei)
    chosen = [
        "channels.nuclei=0",
        "channels.donor_nucleus=1",
        "channels.sarcolemma=none",
        "read.pixel_size_um=0.5",
    ]
    given = {"nucleus_labels": labels} if nuclei.any() else {}
    request = BatchRequest((image,), folder / "out", load_settings(None, chosen), **given)
    outcome = run_batch(request)
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    result = open_result(folder / "out/slide")
    report = (folder / "out/slide/report.html").read_text(encoding="utf-8")
    return result.tables["sections"].rows()[0], result.provenance.warnings, report


@pytest.fixture
def plane():
    """144 nuclei on a grid, and a marker that shows on six of them as brightly as a camera of 12 bits can hold."""
    nuclei = np.zeros((480, 480), np.uint16)
    for number in range(144):
        y, x = 40 * (number // 12) + 14, 40 * (number % 12) + 14
        nuclei[y : y + 12, x : x + 12] = number + 1
    random = np.random.default_rng(0)
    marker = random.normal(300.0, 30.0, nuclei.shape)
    marker[nuclei > 0] += random.normal(0.0, 20.0, 144)[nuclei[nuclei > 0] - 1]
    marker[(nuclei > 0) & (nuclei % 24 == 1)] += 9000.0
    return nuclei, np.clip(marker, 0, 4095).astype(np.uint16)


def test_a_saturated_marker_is_told_and_its_nuclei_are_called(plane, tmp_path):
    row, warnings, report = measure(tmp_path, *plane)
    assert (row["donor_nuclei_n"], row["nuclei_called_n"]) == (6, 144)
    [told] = [warning for warning in warnings if "saturated" in warning]
    assert "864 pixels of the marker are saturated, at 4095 counts" in told
    assert "lamin (donor_nucleus)" in told
    assert told.split(": ", 1)[1] in report


def test_without_a_nucleus_donors_are_not_counted_and_not_zero(plane, tmp_path):
    nuclei, marker = plane
    row, _, report = measure(tmp_path, np.zeros_like(nuclei), marker)
    assert (row["nuclei_n"], row["nuclei_called_n"]) == (0, 0)
    for name in ("donor_nuclei_n", "donor_nuclei_fraction", "donor_nuclei_per_mm2", "donor_candidates_n"):
        assert row[name] is None, name
    assert "not called" in report
    assert "0.00 %" not in report
    assert "none called" not in report
