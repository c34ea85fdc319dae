"""The shipped slides against their truth, and what a finished result holds."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest

from myograft.api import compare_labels, sample_paths
from myograft.evaluate import evaluate_calls
from myograft.model.columns import COLUMNS, TableName
from myograft.numerics.matching import match_labels
from myograft.read import checksum, read_label_image


def truth_of(path, kind, extension):
    return path.with_name(path.name.replace(".ome.tif", f"_{kind}.{extension}"))


def true_calls(path, column):
    with truth_of(path, "nuclei", "csv").open(encoding="utf-8") as file:
        return {int(row["nucleus_id"]): row[column] or None for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def nuclei(sample_run, engrafted_path):
    result = sample_run.result("engrafted")
    found = np.asarray(result.label_levels("nuclei")[0])
    matching = match_labels(found, read_label_image(truth_of(engrafted_path, "nuclei", "tif")), 0.5)
    rows = {row["nucleus_id"]: row for row in result.tables["nuclei"].rows()}
    return matching, rows


def test_fibers_are_found(sample_run, engrafted_path):
    figures = compare_labels(sample_run.out / "engrafted", truth_of(engrafted_path, "fibers", "tif"))
    assert figures["f1"] >= 0.95


def test_nuclei_are_found(sample_run, engrafted_path):
    figures = compare_labels(
        sample_run.out / "engrafted", truth_of(engrafted_path, "nuclei", "tif"), objects="nuclei"
    )
    assert figures["f1"] >= 0.90


def test_nuclei_lie_where_they_are(nuclei, engrafted_path):
    matching, rows = nuclei
    calls = {number: row["location"] for number, row in rows.items()}
    figures = evaluate_calls(matching, calls, true_calls(engrafted_path, "location"), "in_fiber")
    assert figures.accuracy >= 0.95


def test_donors_are_told_from_hosts(nuclei, engrafted_path):
    """Of the nuclei that were outlined; two nuclei that lie on each other are one outline, whoever's they are."""
    matching, rows = nuclei
    truth = true_calls(engrafted_path, "origin")
    calls = [
        (rows[int(p)]["origin"], truth[int(t)])
        for p, t in zip(matching.predicted, matching.truth, strict=True)
    ]
    hits = calls.count(("donor", "donor"))
    wrong = calls.count(("donor", "host")) + calls.count(("host", "donor"))
    assert hits >= 10
    assert 2 * hits / (2 * hits + wrong) >= 0.95


def test_the_negative_control_has_no_donor(sample_run):
    section = sample_run.result("negative_control").tables["sections"].rows()[0]
    assert section["donor_nuclei_n"] == 0
    assert section["donor_nuclei_fraction_high"] > 0
    assert section["donor_threshold"] is None


def test_sizes_agree_with_truth(sample_run, engrafted_path):
    result = sample_run.result("engrafted")
    found = np.asarray(result.label_levels("fibers")[0])
    matching = match_labels(found, read_label_image(truth_of(engrafted_path, "fibers", "tif")), 0.5)
    with truth_of(engrafted_path, "fibers", "csv").open(encoding="utf-8") as file:
        true_area = {int(row["fiber_id"]): float(row["csa_um2"]) for row in csv.DictReader(file)}
    area = {row["fiber_id"]: row["csa_um2"] for row in result.tables["fibers"].rows()}
    ratio = [
        area[int(p)] / true_area[int(t)] for p, t in zip(matching.predicted, matching.truth, strict=True)
    ]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.05)


def test_every_table_has_its_columns_and_counts_agree(sample_run):
    for path in sample_paths():
        tables = sample_run.result(path.name.removesuffix(".ome.tif")).tables
        for name in (TableName.FIBERS, TableName.NUCLEI, TableName.SECTIONS):
            assert list(tables[name].columns) == [column.name for column in COLUMNS[name]]
        section = tables["sections"].rows()[0]
        assert section["fibers_n"] == len(tables["fibers"])
        assert section["nuclei_n"] == len(tables["nuclei"])
        by_place = [section[f"{place}_nuclei_n"] for place in ("in_fiber", "border", "interstitial")]
        assert sum(by_place) == section["nuclei_n"]
        assert tables["fibers"]["in_fiber_nuclei_n"].sum() == section["in_fiber_nuclei_n"]
        assert tables["fibers"]["donor_nuclei_n"].sum() == section["in_fiber_donor_nuclei_n"]


def test_labels_and_tables_name_the_same_objects(sample_run):
    result = sample_run.result("engrafted")
    for name, key in (("fibers", "fiber_id"), ("nuclei", "nucleus_id")):
        numbers = np.setdiff1d(np.asarray(result.label_levels(name)[0]), [0])
        assert numbers.tolist() == result.tables[name][key].tolist() == list(range(1, len(numbers) + 1))


def test_provenance_names_the_input_and_the_settings(sample_run, engrafted_path):
    record = json.loads((sample_run.out / "engrafted" / "run.json").read_text(encoding="utf-8"))
    assert record["input_sha256"] == checksum(engrafted_path)
    assert record["settings"]["assign"]["marker"]["pattern"] == "ring"
    assert record["calibration"]["pixel_size_um"] == 0.65
    assert set(record["roles"]) == {"sarcolemma", "nuclei", "donor_nucleus"}


def test_the_report_is_one_page_without_links_to_elsewhere(sample_run):
    for name in ("engrafted", "negative_control"):
        page = (sample_run.out / name / "report.html").read_text(encoding="utf-8")
        assert "http://" not in page.replace("http://www.w3.org", "")
        assert "https://" not in page
        assert "<script" not in page
        assert page.count("data:image/jpeg;base64,") >= 2
        assert len(page) < 5_000_000
        not_measured = re.findall(r"<tr><td>([^<]*)</td><td[^>]*>not measured<", page)
        assert not_measured == ["Hyalinized fibers"]  # no eosin here
        assert page.count("not measured") == 1


def test_the_summary_links_every_slide(sample_run):
    with (sample_run.out / "slides.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["slide_id"] for row in rows] == ["engrafted", "negative_control"]
    assert {row["status"] for row in rows} == {"done"}
    index = (sample_run.out / "index.html").read_text(encoding="utf-8")
    assert "engrafted/report.html" in index
    assert not [entry.name for entry in sample_run.out.iterdir() if entry.name.startswith(".")]


def test_where_donor_nuclei_lie_is_said_or_that_nothing_can_be_said(sample_run):
    engrafted, control = (
        sample_run.result(name).tables["sections"].rows()[0] for name in ("engrafted", "negative_control")
    )
    assert 0.0 < engrafted["donor_clustering_p"] <= 1.0
    low, high = (engrafted[f"donor_fibers_csa_expected_{end}_um2"] for end in ("low", "high"))
    assert low < engrafted["donor_fibers_csa_expected_um2"] < high
    assert engrafted["donor_hot_spot_n"] <= engrafted["donor_nuclei_n"]
    assert control["donor_clustering_p"] is control["donor_hot_spot_n"] is control["relabelings_n"] is None
    assert control["nuclei_hot_spot_n"] > 0
    for name, count in (("engrafted", 2), ("negative_control", 1)):
        page = (sample_run.out / name / "report.html").read_text(encoding="utf-8")
        assert "Where donor nuclei lie" in page
        assert page.count("<svg") == count
    assert "nothing can be said" in page
