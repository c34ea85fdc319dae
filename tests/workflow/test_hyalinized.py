"""Fibers that look hyalinized in a painted photograph of hematoxylin and eosin: all three signs together, else null."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.assign import HyalinizedSettings, hyalinized_candidates
from myograft.numerics.stains import EOSIN

#: Fibers of a grid, by number, that are not like the others.
OPAQUE, GRAINY, LONG = (14, 40, 77), (20, 55), (33, 90)
_EDGE, _STEP = 10, 48


def painted(folder):
    """A photograph of round fibers, and their labels: opaque ones, dense but grainy ones, dense but flat ones."""
    random = np.random.default_rng(0)
    labels = np.zeros((_EDGE * _STEP, _EDGE * _STEP), np.uint16)
    density = np.full(labels.shape, 0.02)
    y, x = np.mgrid[:_STEP, :_STEP] - _STEP / 2 + 0.5
    for number in range(1, _EDGE**2 + 1):
        row, column = divmod(number - 1, _EDGE)
        place = (slice(row * _STEP, (row + 1) * _STEP), slice(column * _STEP, (column + 1) * _STEP))
        mask = (y / (7.0 if number in LONG else 18.0)) ** 2 + (x / 18.0) ** 2 <= 1.0
        labels[place][mask] = number
        is_dense = number in (*OPAQUE, *GRAINY, *LONG)
        level = (0.62 if is_dense else 0.4) + random.normal(0, 0.02)
        grain = 0.01 if number in (*OPAQUE, *LONG) else 0.05
        density[place][mask] = level * (1.0 + grain * random.normal(0, 1, int(mask.sum())))
    unit = np.array(EOSIN) / np.linalg.norm(EOSIN)
    colors = np.round(255.0 * 10.0 ** -(density[..., None] * unit)).astype(np.uint8)
    image, outlines = folder / "he.tif", folder / "he_fibers.tif"
    tifffile.imwrite(image, colors, photometric="rgb")
    tifffile.imwrite(outlines, labels)
    return image, outlines


def test_dense_homogeneous_and_round_fibers_are_candidates(tmp_path):
    image, outlines = painted(tmp_path)
    settings = load_settings("he", ["channels.nuclei=none", "read.pixel_size_um=1.0"])
    request = BatchRequest((image,), tmp_path / "out", settings, fiber_labels=outlines, copies_image=False)
    outcome = run_batch(request)
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    tables = open_result(tmp_path / "out" / "he").tables
    fibers = tables["fibers"]
    found = fibers["fiber_id"].filled()[fibers["is_hyalinized_candidate"].filled()]
    # Given labels are numbered anew by their first pixels, which of a grid of disks is its order but for flat ones.
    y, x = (fibers[f"centroid_{axis}_um"].filled() // _STEP for axis in "yx")
    assert {
        int(y[row] * _EDGE + x[row]) + 1 for row in np.flatnonzero(np.isin(fibers["fiber_id"], found))
    } == {*OPAQUE}
    assert fibers["eosin_density"].mean() == pytest.approx(0.41, abs=0.02)
    section = tables["sections"].rows()[0]
    assert (section["hyalinized_candidate_fibers_n"], section["hyalinized_looked_at_fibers_n"]) == (3, 100)
    page = (tmp_path / "out" / "he" / "report.html").read_text(encoding="utf-8")
    assert "3 candidates" in page
    assert "no error rate is known" in page


def test_where_it_was_not_looked_at_it_is_null(sample_run):
    result = sample_run.result("engrafted")
    assert np.ma.getmaskarray(result.tables["fibers"]["is_hyalinized_candidate"]).all()
    row = result.tables["sections"].rows()[0]
    assert row["hyalinized_candidate_fibers_n"] is row["hyalinized_looked_at_fibers_n"] is None
    page = (sample_run.out / "engrafted" / "report.html").read_text(encoding="utf-8")
    assert "it does not mean none" in page


def test_too_few_fibers_are_not_looked_at():
    few = np.full(20, 0.4) + np.linspace(0, 0.1, 20)
    columns = hyalinized_candidates(few, few, few, HyalinizedSettings(), 50)
    assert np.ma.getmaskarray(columns["is_hyalinized_candidate"]).all()
    assert np.ma.getmaskarray(columns["eosin_score"]).all()
    assert not np.ma.getmaskarray(columns["eosin_density"]).any()
