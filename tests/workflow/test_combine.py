"""From results to a study: by subject, in any order, and nothing said that the design does not carry."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from myograft.cli import main
from myograft.measure.engraftment import estimates
from myograft.model.columns import TableName
from myograft.model.donor_calibration import ControlSection, DonorCalibration
from myograft.model.result_layout import ResultLayout
from myograft.model.table import from_rows
from myograft.workflow.donor_controls import fingerprint_of_record
from myograft.write import read_provenance, read_table, write_provenance, write_table


@pytest.fixture(scope="module")
def template(sample_run):
    layout = sample_run.result("engrafted").layout
    return read_provenance(layout.provenance), read_table(layout.table(TableName.SECTIONS)).rows()[0]


def result(template, out, slide_id, *, version=None, **section):
    """Write a result of one slide: what a run leaves, with numbers of its own."""
    record, row = template
    layout = ResultLayout(out / slide_id)
    layout.root.mkdir(parents=True)
    # Every slide is an image of its own.
    changed = {"slide_id": slide_id, "input_sha256": hashlib.sha256(slide_id.encode()).hexdigest()}
    if version:
        changed["versions"] = {**record.versions, "myograft": version}
    write_provenance(record.model_copy(update=changed), layout.provenance)
    write_table(
        from_rows(TableName.SECTIONS, [{**row, "slide_id": slide_id, **section}]),
        layout.table(TableName.SECTIONS).parent,
    )


def study(template, tmp_path, subjects_n=6, seed=0):
    """Pre and post biopsies of each subject, two slides each, 40 um^2 larger after."""
    random, lines = np.random.default_rng(seed), ["slide_id;subject;time_point;note"]
    for subject in range(subjects_n):
        own = random.normal(2000.0, 300.0)
        for time_point, effect in (("pre", 0.0), ("post", 400.0)):
            for number in (1, 2):
                slide_id = f"s{subject}{time_point}{number}"
                result(
                    template,
                    tmp_path / "runs",
                    slide_id,
                    csa_mean_um2=own + effect + random.normal(0.0, 30.0),
                    fibers_sized_n=int(random.integers(200, 400)),
                    has_few_fibers=False,
                )
                lines.append(f"{slide_id};S{subject};{time_point};x")
    design = tmp_path / "design.csv"
    design.write_text("\n".join([*lines, "", ";;;"]), encoding="utf-8-sig")
    return design


def run(*arguments):
    try:
        main(["combine", *map(str, arguments)])
    except SystemExit as end:
        return end.code or 0
    return 0


def rows(out, name):
    return read_table(out / f"{name}.parquet").rows()


def test_a_paired_study(template, tmp_path, capsys):
    design = study(template, tmp_path)
    out = tmp_path / "study"
    assert run(tmp_path / "runs", "--design", design, "--out", out, "--compare", "time_point=post,pre") == 0
    assert "csa_mean_um2: post minus pre +" in capsys.readouterr().out
    found = next(row for row in rows(out, "comparisons") if row["variable"] == "csa_mean_um2")
    assert found["design"] == "paired"
    assert (found["first_subjects_n"], found["second_subjects_n"], found["left_out"]) == (6, 6, None)
    assert found["difference"] == pytest.approx(400.0, abs=40.0)
    assert found["difference_low"] < 400.0 < found["difference_high"]
    # Six subjects that all grew: the smallest p there is.
    assert found["p"] == found["least_p"] == 2 / 64
    assert found["bootstrap_low"] is None
    # By hand: a muscle's mean is that of its sections, weighted by their fibers.
    muscle = next(
        row
        for row in rows(out, "muscles")
        if (row["subject"], row["time_point"], row["variable"]) == ("S3", "post", "csa_mean_um2")
    )
    parts = [
        read_table(tmp_path / "runs" / f"s3post{n}" / "tables" / "machine" / "sections.parquet").rows()[0]
        for n in (1, 2)
    ]
    fibers = [part["fibers_sized_n"] for part in parts]
    by_hand = np.average([part["csa_mean_um2"] for part in parts], weights=fibers)
    assert muscle["value"] == pytest.approx(by_hand)
    assert muscle["denominator"] == sum(fibers)
    assert muscle["this_muscle_low"] < by_hand < muscle["this_muscle_high"]
    page = (out / "study.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "6 subjects, 24 sections" in page
    assert json.loads((out / "study.json").read_text(encoding="utf-8"))["comparisons"] == [
        "time_point=post,pre"
    ]


def test_the_order_of_results_and_lines_does_not_matter(template, tmp_path):
    design = study(template, tmp_path, subjects_n=3)
    lines = design.read_text(encoding="utf-8-sig").splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join([lines[0], *reversed(lines[1:])]), encoding="utf-8")
    slides = sorted((tmp_path / "runs").iterdir())
    compare = ("--compare", "time_point=post,pre")
    assert run(tmp_path / "runs", "--design", design, "--out", tmp_path / "one", *compare) == 0
    assert run(*reversed(slides), "--design", turned, "--out", tmp_path / "two", *compare) == 0
    for name in ("muscles", "subjects", "comparisons"):
        for extension in ("csv", "parquet"):
            one, two = (tmp_path / part / f"{name}.{extension}" for part in ("one", "two"))
            assert one.read_bytes() == two.read_bytes()


def test_unpaired_arms_and_null_is_not_zero(template, tmp_path):
    lines = ["slide_id,subject,arm"]
    for number in range(8):
        arm = "treated" if number < 4 else "control"
        nothing = {} if number else {"csa_mean_um2": None, "fibers_sized_n": 0}
        sized = {"csa_mean_um2": 2000.0 + 10 * number, "fibers_sized_n": 300}
        result(template, tmp_path / "runs", f"s{number}", **(sized | nothing))
        lines.append(f"s{number},S{number},{arm}")
    design, out = tmp_path / "design.csv", tmp_path / "study"
    design.write_text("\n".join(lines), encoding="utf-8")
    assert run(tmp_path / "runs", "--design", design, "--out", out, "--compare", "arm=treated,control") == 0
    found = next(row for row in rows(out, "comparisons") if row["variable"] == "csa_mean_um2")
    assert (found["design"], found["first_subjects_n"], found["second_subjects_n"]) == ("unpaired", 3, 4)
    assert found["left_out"] == "S0"
    assert found["difference"] == pytest.approx(2020.0 - 2055.0)


def calibration(record):
    """A rate of 1 in 1,000 from a control of 10,000 nuclei."""
    section = ControlSection(
        slide_id="control", section_id="1", input_sha256="0" * 64, nuclei_n=10_000, called_n=10
    )
    return DonorCalibration(
        threshold=6.0,
        max_false_positive_rate=0.002,
        rate_bound=0.003,
        negatives=(section,),
        host_location=5.0,
        host_scale=10.0,
        fingerprint=fingerprint_of_record(record),
        created=record.started,
        version="0",
    )


def test_corrected_fractions_come_from_counts_not_from_fractions(template, tmp_path):
    """A section below the false-positive rate is cut off at zero; its mean with others would be too high."""
    learned = calibration(template[0])
    record = template[0].model_copy(update={"donor_calibration": learned.model_dump(mode="json")})
    counts = [(0, 4000), (30, 4000)]
    for number, (donor_n, called_n) in enumerate(counts):
        numbers = {"donor_nuclei_n": donor_n, "nuclei_called_n": called_n}
        numbers |= estimates(donor_n, called_n, learned)
        result((record, template[1]), tmp_path / "runs", f"s{number}", **numbers)
    design, out = tmp_path / "design.csv", tmp_path / "study"
    design.write_text("slide_id,subject\ns0,A\ns1,A\n", encoding="utf-8")
    assert run(tmp_path / "runs", "--design", design, "--out", out) == 0
    found = next(row for row in rows(out, "muscles") if row["variable"] == "donor_fraction_estimated")
    together = estimates(30, 8000, learned)
    assert found["value"] == pytest.approx(together["donor_fraction_corrected"])
    assert found["these_sections_low"] == pytest.approx(together["donor_fraction_corrected_low"])
    assert found["these_sections_high"] is None
    apart = [estimates(*part, learned)["donor_fraction_corrected"] for part in counts]
    assert found["value"] < np.mean(apart)
    assert found["donor_critical_n"] == together["donor_critical_n"]
    assert found["donor_is_detected"]


@pytest.mark.parametrize(
    ("change", "more", "said"),
    [
        (
            lambda lines: [*lines, "s9,S9,treated"],
            (),
            "the design names slide s9, of which there is no result",
        ),
        (lambda lines: lines[:-1], (), "the design does not name slide s3"),
        (lambda lines: [*lines[:-1], "s3,,control"], (), "the subject is missing"),
        (lambda lines: [*lines, "s3,S3,control"], (), "slide s3 is named twice, first in line 5"),
        (lambda lines: ["slide_id,patient,arm", *lines[1:]], (), "it has no column subject"),
        (lambda lines: lines[:1], (), "the design names no slide"),
        (lambda lines: ["slide_id,subject,arm,arm", *lines[1:]], (), "the column arm is there twice"),
        (
            lambda lines: ["slide_id,subject,section_id", *(f"s{n},S,{7 if n else 1}" for n in range(4))],
            (),
            "slide s1 has no section 7",
        ),
        (lambda lines: lines, ("--compare", "arm=treated,placebo"), "no section has arm 'placebo'"),
        (lambda lines: lines, ("--compare", "arm=treated"), "does not name two levels"),
        (lambda lines: lines, ("--compare", "sex=f,m"), "names no factor and level"),
        (lambda lines: lines, ("--compare", "arm=treated,treated"), "a level is not compared with itself"),
        (lambda lines: lines, ("--only", "arm=placebo"), "no section is left"),
        (
            lambda lines: [
                "slide_id,subject,arm,time_point",
                *(
                    f"s{n},S{n},{'treated' if n < 2 else 'control'},{'pre' if n % 2 else 'post'}"
                    for n in range(4)
                ),
            ],
            ("--compare", "arm=treated,control"),
            "are of several levels of time_point (post, pre), which a comparison would mix",
        ),
    ],
)
def test_what_does_not_fit_is_said(template, tmp_path, capsys, change, more, said):
    lines = ["slide_id,subject,arm"]
    for number in range(4):
        result(template, tmp_path / "runs", f"s{number}")
        lines.append(f"s{number},S{number},{'treated' if number < 2 else 'control'}")
    design = tmp_path / "design.csv"
    design.write_text("\n".join(change(lines)), encoding="utf-8")
    assert run(tmp_path / "runs", "--design", design, "--out", tmp_path / "study", *more) in (1, 2)
    assert said in capsys.readouterr().err
    assert not (tmp_path / "study").exists()


def test_a_folder_without_results_is_said(tmp_path, capsys):
    design = tmp_path / "design.csv"
    design.write_text("slide_id,subject\na,b\n", encoding="utf-8")
    assert run(tmp_path, "--design", design, "--out", tmp_path / "study") == 1
    assert "there is no result of a slide here" in capsys.readouterr().err


def test_slides_measured_otherwise_are_told(template, tmp_path, capsys):
    result(template, tmp_path / "runs", "a", has_few_fibers=True)
    result(template, tmp_path / "runs", "b", version="0.0.1", has_few_fibers=False)
    design = tmp_path / "design.csv"
    design.write_text("slide_id,subject\na,A\nb,B\n", encoding="utf-8")
    assert run(tmp_path / "runs", "--design", design, "--out", tmp_path / "study") == 0
    told = capsys.readouterr().err
    assert "measured with 2 different versions of myograft" in told
    assert "1 of 2 sections have fewer than 150 fibers with a size: a" in told
