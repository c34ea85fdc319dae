"""An audit from the sheet to the estimate: read by a made-up reader who knows the truth, or who errs."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from myograft.cli import main
from myograft.model.biology import Location
from myograft.numerics.matching import match_labels
from myograft.read import read_label_image
from myograft.workflow.audit import design_path


def ends(code, *arguments):
    with pytest.raises(SystemExit) as ending:
        main([str(argument) for argument in arguments])
    assert ending.value.code == code


@pytest.fixture(scope="module")
def result(sample_run):
    return sample_run.out / "engrafted"


@pytest.fixture(scope="module")
def truth(sample_run, engrafted_path):
    """What each outlined nucleus of the sample is: donor where it lies on a true donor nucleus."""
    found = np.asarray(sample_run.result("engrafted").label_levels("nuclei")[0])
    true = read_label_image(engrafted_path.with_name("engrafted_nuclei.tif"))
    matching = match_labels(found, true, 0.3)
    with engrafted_path.with_name("engrafted_nuclei.csv").open(encoding="utf-8") as file:
        origin = {int(row["nucleus_id"]): row["origin"] for row in csv.DictReader(file)}
    donor = {
        int(p) for p, t in zip(matching.predicted, matching.truth, strict=True) if origin[int(t)] == "donor"
    }
    numbers = [row["nucleus_id"] for row in sample_run.result("engrafted").tables["nuclei"].rows()]
    return {number: "donor" if number in donor else "host" for number in numbers}


def fill(sheet, said, rows_n=None, separator=","):
    """Write readings into a sheet, as a person does; `said` gives the word of a nucleus."""
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows[:rows_n]:
        row["reading"] = said(int(row["nucleus_id"]))
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return [int(row["nucleus_id"]) for row in rows]


def estimates(sheet):
    with sheet.with_name(f"{sheet.stem}.audit_estimates.csv").open(encoding="utf-8") as file:
        return {row["domain"]: row for row in csv.DictReader(file)}


def test_a_sheet_hides_the_calls_and_is_drawn_alike_each_time(result, tmp_path):
    sheets = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        ends(0, "audit", result, "--out", tmp_path / name / "audit.csv", "--sample", 60, "--seed", seed)
        sheets.append((tmp_path / name / "audit.csv").read_text(encoding="utf-8"))
    assert sheets[0] == sheets[1] != sheets[2]
    assert sheets[0].splitlines()[0] == "order,section_id,nucleus_id,centroid_y_um,centroid_x_um,reading"
    assert len(sheets[0].splitlines()) == 61
    assert "donor" not in sheets[0]
    assert "host" not in sheets[0]


def test_reading_everything_gives_the_truth(result, truth, tmp_path):
    sheet = tmp_path / "audit.csv"
    ends(0, "audit", result, "--out", sheet, "--sample", len(truth))
    fill(sheet, truth.get, separator=";")
    ends(0, "audit", result, "--readings", sheet)
    rows = estimates(sheet)
    donor_n = sum(said == "donor" for said in truth.values())
    whole = rows["all"]
    assert float(whole["donor_nuclei_estimated_n"]) == donor_n
    assert (whole["donor_nuclei_estimated_low_n"], whole["donor_nuclei_estimated_high_n"]) == (
        f"{donor_n}",
    ) * 2
    parts = [float(rows[str(location)]["donor_nuclei_estimated_n"]) for location in Location]
    assert sum(parts) == donor_n
    assert int(whole["audited_n"]) == int(whole["nuclei_called_n"]) == len(truth)


def test_a_part_that_was_read_gives_an_interval_that_holds_the_truth(result, truth, tmp_path, capsys):
    sheet = tmp_path / "audit.csv"
    ends(0, "audit", result, "--out", sheet, "--sample", 90, "--seed", 5)
    drawn = fill(sheet, truth.get, rows_n=70)
    fill(sheet, lambda nucleus: "" if nucleus in (drawn[3], *drawn[70:]) else truth[nucleus])
    ends(0, "audit", result, "--readings", sheet)
    told = capsys.readouterr()
    assert "the first 70 of 90 rows were read" in told.err
    assert "1 rows before the last one that was read are empty" in told.err
    assert "by reading " in told.out
    row = estimates(sheet)["all"]
    donor_n = sum(said == "donor" for said in truth.values())
    assert row["unclear_n"] == "1"
    assert row["audited_n"] == "69"
    assert int(row["donor_nuclei_estimated_low_n"]) <= donor_n <= int(row["donor_nuclei_estimated_high_n"])
    assert int(row["donor_nuclei_estimated_low_n"]) < int(row["donor_nuclei_estimated_high_n"])


def test_what_was_read_before_is_not_drawn_and_counts_as_read(result, truth, sample_run, tmp_path):
    calls = [
        row["nucleus_id"]
        for row in sample_run.result("engrafted").tables["nuclei"].rows()
        if row["origin"] == "donor"
    ]
    known = tmp_path / "calls.csv"
    # A reader who takes the first call for a host nucleus.
    said = {number: "host" if number == calls[0] else "donor" for number in calls}
    known.write_text(
        "nucleus_id,reading\n" + "".join(f"{k},{v}\n" for k, v in said.items()), encoding="utf-8"
    )
    sheet = tmp_path / "audit.csv"
    ends(0, "audit", result, "--out", sheet, "--sample", 50, "--read-before", known)
    drawn = fill(sheet, lambda nucleus: "host")
    assert not set(drawn) & set(calls)
    ends(0, "audit", result, "--readings", sheet)
    row = estimates(sheet)["all"]
    assert int(row["machine_donor_nuclei_n"]) == int(row["reviewed_n"]) == len(calls)
    assert int(row["reviewed_donor_n"]) == len(calls) - 1
    assert float(row["donor_nuclei_estimated_n"]) == len(calls) - 1
    assert int(row["donor_nuclei_estimated_low_n"]) == len(calls) - 1


def test_unclear_nuclei_may_be_either(result, truth, tmp_path):
    ends_of = []
    for word in ("host", "unclear", "donor"):
        sheet = tmp_path / word / "audit.csv"
        ends(0, "audit", result, "--out", sheet, "--sample", 80)
        drawn = fill(sheet, truth.get)
        doubtful = next(number for number in drawn if truth[number] == "host")
        fill(sheet, lambda nucleus, one=doubtful, word=word: word if nucleus == one else truth[nucleus])
        ends(0, "audit", result, "--readings", sheet)
        row = estimates(sheet)["all"]
        ends_of.append((int(row["donor_nuclei_estimated_low_n"]), int(row["donor_nuclei_estimated_high_n"])))
    host, unclear, donor = ends_of
    assert unclear == (host[0], donor[1])


def test_wrong_sheets_end_in_a_sentence(result, sample_run, tmp_path, capsys):
    sheet = tmp_path / "audit.csv"
    ends(0, "audit", result, "--out", sheet, "--sample", 20)
    empty = sheet.read_text(encoding="utf-8")
    capsys.readouterr()

    def refused(code, sentence, *arguments):
        ends(code, "audit", *arguments)
        told = capsys.readouterr().err
        assert sentence in told
        assert "Traceback" not in told

    refused(1, "nothing was read yet", result, "--readings", sheet)
    refused(2, "either drawn or was filled", result)
    refused(2, "0 nuclei are no sample", result, "--out", tmp_path / "b.csv", "--sample", 0)
    refused(2, "a seed is not negative", result, "--out", tmp_path / "b.csv", "--seed", -1)
    refused(1, "there is no such sheet", result, "--readings", tmp_path / "none.csv")
    refused(
        1, "the design of this sheet is missing", result, "--readings", _copy(sheet, tmp_path / "moved.csv")
    )
    sheet.write_text(empty.replace("reading", "remark"), encoding="utf-8")
    refused(1, "no column reading", result, "--readings", sheet)
    fill_all = empty.splitlines()
    sheet.write_text("\n".join([fill_all[0], fill_all[1] + "yes"]) + "\n", encoding="utf-8")
    refused(1, "'yes' is no reading. Write one of donor, host, unclear", result, "--readings", sheet)
    sheet.write_text("\n".join([fill_all[0], fill_all[1] + "host", fill_all[1] + "host"]), encoding="utf-8")
    refused(1, "is named twice", result, "--readings", sheet)
    sheet.write_text("nucleus_id,reading\nfive,host\n", encoding="utf-8")
    refused(1, "'five' is no number of a nucleus", result, "--readings", sheet)
    sheet.write_bytes(b"\xff\xfe\x00")
    refused(1, "the sheet cannot be read", result, "--readings", sheet)
    sheet.write_text("", encoding="utf-8")
    refused(1, "no column", result, "--readings", sheet)
    sheet.write_text(empty, encoding="utf-8")
    fill(sheet, lambda nucleus: "host")
    refused(2, "there is a sheet with readings already", result, "--out", sheet)
    refused(1, "drawn from another result", sample_run.out / "negative_control", "--readings", sheet)
    known = tmp_path / "known.csv"
    known.write_text("nucleus_id,reading\n999999,donor\n", encoding="utf-8")
    refused(1, "has none of that number", result, "--out", tmp_path / "b.csv", "--read-before", known)
    design_path(sheet).write_text(json.dumps({"seed": 1}), encoding="utf-8")
    refused(1, "the design cannot be read", result, "--readings", sheet)
    refused(1, "result is not finished", tmp_path, "--out", tmp_path / "b.csv")


def _copy(source, target):
    target.write_bytes(source.read_bytes())
    return target


def test_readings_of_other_nuclei_are_left_out_and_said(result, truth, tmp_path, capsys):
    sheet = tmp_path / "audit.csv"
    ends(0, "audit", result, "--out", sheet, "--sample", 20)
    drawn = fill(sheet, truth.get)
    other = next(number for number in truth if number not in drawn)
    with sheet.open("a", encoding="utf-8") as file:
        file.write(f"21,1,{other},0,0,donor\n")
    ends(0, "audit", result, "--readings", sheet)
    assert f"such as nucleus {other}: they are left out" in capsys.readouterr().err
    assert estimates(sheet)["all"]["audited_n"] == "20"


def test_sheets_of_two_slides_in_one_folder_keep_their_estimates(sample_run, tmp_path, capsys):
    sheets = {name: tmp_path / f"{name}.csv" for name in ("engrafted", "negative_control")}
    kept = {}
    for name, sheet in sheets.items():
        ends(0, "audit", sample_run.out / name, "--out", sheet, "--sample", 30)
        fill(sheet, lambda nucleus: "host")
        ends(0, "audit", sample_run.out / name, "--readings", sheet)
        assert f"{name}.audit_estimates.csv" in capsys.readouterr().out.replace("\n", "")
        kept[name] = estimates(sheet)["all"]
    for name, sheet in sheets.items():
        assert estimates(sheet)["all"] == kept[name]
        assert kept[name]["slide_id"] == name
    assert sorted(path.name for path in tmp_path.glob("*.parquet")) == [
        "engrafted.audit_estimates.parquet",
        "negative_control.audit_estimates.parquet",
    ]
