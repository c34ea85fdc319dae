"""What a study is made of fits its design: nothing counts twice, nothing is dropped without a word."""

from __future__ import annotations

import hashlib
import json
import re

import numpy as np
import pytest

from myograft.cli import main
from myograft.measure.engraftment import estimates
from myograft.model.columns import TableName
from myograft.model.correction import Accept, Target
from myograft.model.donor_calibration import ControlSection, DonorCalibration
from myograft.model.result_layout import OutputLayout, ResultLayout
from myograft.model.table import from_rows
from myograft.workflow.donor_controls import fingerprint_of_record
from myograft.workflow.reviewed_tables import sealing
from myograft.write import (
    JournalFile,
    read_provenance,
    read_table,
    write_provenance,
    write_slides,
    write_table,
)


@pytest.fixture(scope="module")
def template(sample_run):
    layout = sample_run.result("engrafted").layout
    return read_provenance(layout.provenance), read_table(layout.table(TableName.SECTIONS)).rows()[0]


@pytest.fixture
def study(template, tmp_path, capsys):
    """Write results of slides, then combine them; returns exit code, what was told, and the output folder."""

    class Study:
        runs = tmp_path / "runs"
        out = tmp_path / "study"

        def slide(self, slide_id, *sections, record=None, **columns):
            layout = ResultLayout(self.runs / slide_id)
            layout.root.mkdir(parents=True)
            own = {"slide_id": slide_id, "input_sha256": hashlib.sha256(slide_id.encode()).hexdigest()}
            write_provenance(template[0].model_copy(update=own | (record or {})), layout.provenance)
            base = template[1] | {"slide_id": slide_id, "has_few_fibers": False} | columns
            rows = [base | part for part in sections or ({},)]
            write_table(from_rows(TableName.SECTIONS, rows), layout.table(TableName.SECTIONS).parent)
            return layout

        def combine(self, design, *more):
            sheet = tmp_path / "samples.csv"
            sheet.write_text("\n".join(design), encoding="utf-8")
            try:
                main(["combine", str(self.runs), "--design", str(sheet), "--out", str(self.out), *more])
            except SystemExit as end:
                code = end.code or 0
            else:
                code = 0
            told = capsys.readouterr().err
            assert "Traceback" not in told
            return code, told

        def row(self, table, variable, **keys):
            return next(
                row
                for row in read_table(self.out / f"{table}.parquet").rows()
                if row["variable"] == variable and keys.items() <= row.items()
            )

    return Study()


def arms(names, header="slide_id,subject,arm"):
    return [header, *(f"s{n},{subject},{arm}" for n, (subject, arm) in enumerate(names))]


def test_a_subject_in_both_arms_does_not_turn_a_study_of_twelve_into_one_of_one(study):
    for n in range(6):
        study.slide(f"s{n}", csa_mean_um2=2000.0 + 10 * n, fibers_sized_n=300)
    names = [(f"S{n}", "treated" if n < 3 else "control") for n in range(6)]
    names[3] = ("S0", "control")
    code, told = study.combine(arms(names), "--compare", "arm=treated,control")
    assert code == 2
    assert (
        "subject S0 has both levels, but S1, S2, S4, S5 only one. Correct the design; or say --paired" in told
    )
    assert not study.out.exists()
    code, _ = study.combine(arms(names), "--compare", "arm=treated,control", "--paired")
    assert code == 0
    found = study.row("comparisons", "csa_mean_um2")
    assert (found["design"], found["first_subjects_n"], found["left_out"]) == ("paired", 1, "S1, S2, S4, S5")
    # Treated and untreated sides of every subject need no word more.
    both = [(f"S{n % 3}", "treated" if n < 3 else "control") for n in range(6)]
    assert study.combine(arms(both), "--compare", "arm=treated,control")[0] == 0
    assert study.row("comparisons", "csa_mean_um2")["design"] == "paired"
    apart = [(f"S{n}", "treated" if n < 3 else "control") for n in range(6)]
    code, told = study.combine(arms(apart), "--compare", "arm=treated,control", "--paired")
    assert code == 2
    assert "no subject has both levels. Leave --paired out" in told


def test_no_donor_nucleus_anywhere_is_not_a_certain_zero(study):
    nothing = dict.fromkeys(
        ("in_fiber_donor_nuclei_n", "interstitial_donor_nuclei_n", "donor_fibers_n", "donor_nuclei_n"), 0
    )
    for n in range(6):
        study.slide(f"s{n}", nuclei_called_n=2000, **nothing)
    names = [(f"S{n // 2}", "treated" if n < 2 else "control") for n in range(6)]
    assert study.combine(arms(names), "--compare", "arm=treated,control")[0] == 0
    muscle = study.row("muscles", "donor_nuclei_fraction", subject="S1")
    assert (muscle["numerator"], muscle["this_muscle_low"], muscle["this_muscle_high"]) == (0.0, None, None)
    names = [(f"S{n}", "treated" if n < 3 else "control") for n in range(6)]
    assert study.combine(arms(names), "--compare", "arm=treated,control")[0] == 0
    found = study.row("comparisons", "donor_nuclei_fraction")
    assert (found["difference"], found["difference_low"], found["difference_high"], found["p"]) == (
        0.0, None, None, 1.0,
    )  # fmt: skip
    page = (study.out / "study.html").read_text(encoding="utf-8")
    assert "nothing varies between subjects" in page
    # None called of 2,000: 3 / n, never 0.
    bound = 1 - 0.05 ** (1 / 2000)
    muscle = study.row("muscles", "donor_nuclei_fraction", subject="S1")
    assert muscle["none_found_high"] == pytest.approx(bound)
    assert "none called, at most 0.00150" in page
    assert "none detected at either level" in page
    assert (found["first_not_detected_n"], found["second_not_detected_n"]) == (3, 3)
    for what in re.findall(r"<td>([^<]*onor[^<]*)</td><td class=\"value\">0(?: |<|&nbsp;)", page):
        pytest.fail(f"{what} is printed as 0")


def test_too_few_to_be_told_from_false_calls_are_not_detected(template, study):
    section = ControlSection(
        slide_id="c", section_id="1", input_sha256="0" * 64, nuclei_n=10_000, called_n=10
    )
    learned = DonorCalibration(
        threshold=6.0, max_false_positive_rate=0.002, rate_bound=0.003, negatives=(section,), host_location=5.0,
        host_scale=10.0, fingerprint=fingerprint_of_record(template[0]), created=template[0].started, version="0",
    )  # fmt: skip
    record = {"donor_calibration": learned.model_dump(mode="json")}
    for n in range(2):
        numbers = {"donor_nuclei_n": 2, "nuclei_called_n": 1500} | estimates(2, 1500, learned)
        study.slide(f"s{n}", record=record, **numbers)
    assert study.combine(["slide_id,subject", "s0,A", "s1,A"])[0] == 0
    found = study.row("muscles", "donor_fraction_estimated")
    together = estimates(4, 3000, learned)
    assert found["donor_is_detected"] is False
    assert found["donor_critical_n"] == together["donor_critical_n"]
    assert found["donor_detection_limit_fraction"] == together["donor_detection_limit_fraction"]
    assert "not detected, below 0.00" in (study.out / "study.html").read_text(encoding="utf-8")


def test_the_variance_coefficient_is_that_of_all_fibers_together(study):
    random = np.random.default_rng(0)
    fibers = [random.normal(mean, 9.0, size) for mean, size in ((40.0, 150), (52.0, 400), (47.0, 220))]
    for n, feret in enumerate(fibers):
        study.slide(
            f"s{n}",
            fibers_sized_n=len(feret),
            min_feret_mean_um=feret.mean(),
            min_feret_sd_um=feret.std(ddof=1),
        )
    assert study.combine(["slide_id,subject", *(f"s{n},A" for n in range(3))])[0] == 0

    def coefficient(values):
        return 1000.0 * values.std(ddof=1) / values.mean()

    found = study.row("muscles", "variance_coefficient")
    assert found["value"] == pytest.approx(coefficient(np.concatenate(fibers)))
    # Not the mean of the sections' coefficients.
    assert found["value"] > 1.05 * np.mean([coefficient(values) for values in fibers])
    without = [coefficient(np.concatenate(fibers[:n] + fibers[n + 1 :])) for n in range(3)]
    half = 4.302653 * np.sqrt(2 / 3 * np.sum((without - np.mean(without)) ** 2))
    assert found["this_muscle_high"] == pytest.approx(found["value"] + half)


def test_reviewed_sections_are_taken_and_never_corrected_once_more(study):
    layout = study.slide("a", donor_nuclei_n=20, nuclei_called_n=1000, donor_fraction_corrected=0.019)
    study.slide("b", donor_nuclei_n=20, nuclei_called_n=1000)
    row = read_table(layout.table(TableName.SECTIONS)).rows()[0] | {"donor_nuclei_n": 7}
    identity = read_provenance(layout.provenance).identity
    with JournalFile.open(layout.journal, identity, "anna") as journal:
        head = journal.append(Accept(target=Target.NUCLEUS, object_id=1)).hash
    with sealing(layout, head):
        write_table(
            from_rows(TableName.SECTIONS, [row]), layout.table(TableName.SECTIONS, reviewed=True).parent
        )
    code, told = study.combine(
        ["slide_id,subject,arm", "a,A,treated", "b,B,control"], "--compare", "arm=treated,control"
    )
    assert code == 0
    assert study.row("muscles", "donor_nuclei_fraction", subject="A")["numerator"] == 7.0
    assert "2 different states of review" in told
    assert "treated and control have no states of review" in told
    slides = json.loads((study.out / "study.json").read_text(encoding="utf-8"))["slides"]
    assert (slides["a"]["is_reviewed"], slides["b"]["is_reviewed"]) == (True, False)
    digest = hashlib.sha256(layout.provenance.read_bytes()).hexdigest()
    assert slides["a"]["run_json_sha256"] == digest


def test_what_is_incomplete_or_left_aside_is_told(study):
    study.slide(
        "a", record={"left_out": ("donor nuclei: there is no channel",)}, in_fiber_meaning="sublaminal"
    )
    study.slide("b", in_fiber_meaning="myonucleus", donor_threshold_method="fixed")
    study.slide("c", in_fiber_meaning="sublaminal")
    study.slide("d", in_fiber_meaning="myonucleus")
    failed = [{"slide_id": "e", "status": "failed", "reason": "the file is empty"}]
    write_slides(failed, OutputLayout(study.runs))
    # What a run that was cut off while it replaced a result leaves behind.
    (study.runs / ".a.old").mkdir()
    (study.runs / ".a.old" / "run.json").write_bytes((study.runs / "a" / "run.json").read_bytes())
    design = ["slide_id,subject,arm", "a,A,treated", "b,B,control", "c,C,sham", "d,D,"]
    code, told = study.combine(design, "--compare", "arm=treated,control")
    assert code == 0
    for sentence in (
        "slide e failed and is not in the study: the file is empty",
        "slide a, left out: donor nuclei: there is no channel",
        "not in the comparison of treated and control: arm sham (C)",
        "not in the comparison of treated and control: no arm (D)",
        "2 different meanings of 'in fiber'",
        "treated and control have no meanings of 'in fiber' in common",
        "2 different donor threshold methods",
    ):
        assert sentence in told
    page = (study.out / "study.html").read_text(encoding="utf-8")
    assert "slide e failed" in page
    code, told = study.combine([*design, "e,E,treated"])
    assert code == 1
    assert "of which there is no result (its run failed: the file is empty)" in told


@pytest.mark.parametrize(
    ("design", "more", "said"),
    [
        (
            ["slide_id,section_id,subject", "two,1,A", "one,,B"],
            (),
            "names other sections of slide two, but not section 2",
        ),
        (["slide_id,subject", "two,Smith, John", "one,B"], (), "more cells than the header"),
        (
            ["slide_id,subject,arm", "two,A,control", "one,B,Control"],
            (),
            "the arm is 'Control' here, and 'control' in a line above",
        ),
        (["slide_id,subject", "two,s1", "one,S1"], (), "the subject is 'S1' here, and 's1' in a line above"),
        (
            ["slide_id,section_id,subject,arm,time_point", "two,1,A,t,post", "two,2,C,t,", "one,,B,c,post"],
            ("--compare", "arm=t,c"),
            "several levels of time_point (none given, post)",
        ),
    ],
)
def test_a_design_that_would_drop_or_double_is_refused(study, design, more, said):
    study.slide("two", {"section_id": "1"}, {"section_id": "2"})
    study.slide("one")
    code, told = study.combine(design, *more)
    assert code in (1, 2)
    assert said in told
    assert not study.out.exists()


def test_one_image_does_not_count_twice(template, study):
    study.slide("a", record={"input_sha256": "1" * 64})
    study.slide("b", record={"input_sha256": "1" * 64})
    code, told = study.combine(["slide_id,subject", "a,A", "b,B"])
    assert code == 1
    assert "this result is of the same image as" in told


def test_a_calibration_of_another_version_is_a_sentence(study):
    study.slide("a", record={"donor_calibration": {"format": "another"}})
    code, told = study.combine(["slide_id,subject", "a,A"])
    assert code == 1
    assert "is not one that this version reads" in told
