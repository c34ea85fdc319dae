"""What people read enters a study as the two-phase estimate: from a review on the disk to the page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from myograft.api import open_review
from myograft.cli import main
from myograft.model.biology import Origin
from myograft.model.columns import TableName
from myograft.model.correction import Target
from myograft.model.result_layout import ResultLayout
from myograft.write import read_table


@pytest.fixture
def result(sample_run, tmp_path):
    """A copy of the result of the slide with donor nuclei."""
    return Path(shutil.copytree(sample_run.out / "engrafted", tmp_path / "engrafted"))


@pytest.fixture
def combine(result, tmp_path, capsys):
    """Combine the one slide; returns where the study lies, and what was told."""

    def combined():
        design, out = tmp_path / "samples.csv", tmp_path / "study"
        design.write_text("slide_id,subject\nengrafted,A\n", encoding="utf-8")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ending:
            main(["combine", str(result), "--design", str(design), "--out", str(out)])
        assert not ending.value.code
        return out, capsys.readouterr().err

    return combined


def row_of(out, variable, table="muscles"):
    rows = (row for row in read_table(out / f"{table}.parquet").rows() if row["variable"] == variable)
    return next(rows, None)


def audit_rows(result):
    table = read_table(ResultLayout(result).table(TableName.AUDIT_ESTIMATES, reviewed=True))
    return {row["domain"]: row for row in table.rows()}


def test_a_review_enters_with_its_estimate_never_with_the_count(result, combine):
    with open_review(result, "anna") as review:
        donors = [row["nucleus_id"] for row in review.nuclei.rows() if row["origin"] == "donor"]
        review.set_origin(donors[0], Origin.HOST)
        drawn = review.audit_ids
        most_n = review.estimate["donor_nuclei_estimated_high_n"]
    # One call was read, and none of the audit: of donor nuclei the section says nothing, of fibers all it did.
    out, told = combine()
    assert row_of(out, "donor_nuclei_fraction")["value"] is None
    assert row_of(out, "csa_mean_um2")["value"] > 0.0
    assert "calls were read, but nothing of the random audit" in told
    assert f"and {most_n:,} of" in told
    with open_review(result, "anna") as review:
        for number in drawn[: 2 * len(drawn) // 3]:
            review.accept(Target.NUCLEUS, number, is_audit=True)
    out, told = combine()
    assert "nothing of the random audit" not in told
    audit, found = audit_rows(result), row_of(out, "donor_nuclei_fraction")
    assert found["numerator"] == pytest.approx(audit["all"]["donor_nuclei_estimated_n"])
    assert found["these_sections_low"] == pytest.approx(audit["all"]["donor_nuclei_fraction_estimated_low"])
    assert found["these_sections_high"] == pytest.approx(audit["all"]["donor_nuclei_fraction_estimated_high"])
    estimated = row_of(out, "donor_fraction_estimated")
    assert estimated["value"] == pytest.approx(audit["all"]["donor_nuclei_fraction_estimated"])
    assert (estimated["donor_basis"], estimated["donor_is_detected"]) == ("read", True)
    in_fiber = row_of(out, "in_fiber_donor_nuclei_per_mm2")
    assert in_fiber["numerator"] == pytest.approx(audit["in_fiber"]["donor_nuclei_estimated_n"])
    assert row_of(out, "donor_fibers_per_1000")["donor_basis"] == "as reviewed"
    subject = row_of(out, "donor_fraction_estimated", "subjects")
    assert subject["these_sections_low"] == pytest.approx(estimated["these_sections_low"])
    slide = json.loads((out / "study.json").read_text(encoding="utf-8"))["slides"]["engrafted"]
    assert len(slide["audit_estimates_sha256"]) == 64
    page = (out / "study.html").read_text(encoding="utf-8")
    assert "Donor nuclei, not corrected (read)" in page


def test_a_review_of_fibers_alone_leaves_the_calls_as_called(result, combine):
    with open_review(result, "anna") as review:
        review.accept(Target.FIBER, review.fibers["fiber_id"].filled()[0].item())
    assert audit_rows(result)["all"]["donor_nuclei_estimated_n"] is None
    out, told = combine()
    found = row_of(out, "donor_nuclei_fraction")
    machine = read_table(ResultLayout(result).table(TableName.SECTIONS)).rows()[0]
    assert (found["numerator"], found["donor_basis"]) == (machine["donor_nuclei_n"], "called")
    assert "nothing of the random audit" not in told


def test_reviewed_tables_without_the_estimate_are_told(result, combine):
    with open_review(result, "anna") as review:
        review.accept(Target.FIBER, review.fibers["fiber_id"].filled()[0].item())
    for extension in ("parquet", "csv"):
        ResultLayout(result).table(TableName.AUDIT_ESTIMATES, extension=extension, reviewed=True).unlink()
    _, told = combine()
    assert "slide engrafted was reviewed, but has no table audit_estimates" in told
    assert "myograft remeasure engrafted" in told
