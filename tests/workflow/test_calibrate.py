"""A donor threshold from controls: what it promises on a slide, and when it is refused."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from myograft.api import BatchRequest, load_settings, open_result, open_review, run_batch
from myograft.cli import main
from myograft.model.correction import Target
from myograft.phantom import PhantomSpec
from myograft.read import read_donor_calibration
from myograft.workflow.events import Noted
from myograft.workflow.simulate import simulate

PANEL = "laminin_dapi_lamin_ac"


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    """Simulated slides by name: (image, true fibers, true nuclei, part of the nuclei that is donor)."""
    folder = tmp_path_factory.mktemp("controls")
    made = {}
    for name, seed, fraction in (
        ("control_a", 31, 0.0),
        ("control_b", 32, 0.0),
        ("control_c", 33, 0.0),
        ("donor_tissue", 34, 1.0),
        ("engrafted", 35, 0.05),
    ):
        spec = PhantomSpec(1100, 1100, 0.65, seed=seed, panel=PANEL, donor_fraction=fraction)
        made[name] = simulate(spec, folder / f"{name}.ome.tif")
    return made


def measure(files, out, *assignments):
    """Measure a slide on its true outlines: what is looked at here are the calls."""
    settings = load_settings(PANEL, list(assignments))
    request = BatchRequest(
        (files.image,), out, settings, fiber_labels=files.fiber_labels, nucleus_labels=files.nucleus_labels
    )
    outcome = run_batch(request)
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    return out / files.image.name.split(".")[0]


@pytest.fixture(scope="module")
def results(slides, tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    return {name: measure(files, out) for name, files in slides.items()}


@pytest.fixture(scope="module")
def calibration(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("calibration") / "lamin.yaml"
    negatives = [str(results[name]) for name in ("control_a", "control_b")]
    main_ends(
        0, "calibrate", *negatives, "--positive", str(results["donor_tissue"]),
        "--max-false-positive-rate", "0.01", "--out", str(path),
    )  # fmt: skip
    return path


def main_ends(code, *arguments):
    with pytest.raises(SystemExit) as ending:
        main(list(arguments))
    assert ending.value.code == code


def calibrated(path, *more):
    return ("assign.origin.method=calibrated", f"assign.origin.calibration={path}", *more)


def section(result):
    return open_result(result).tables["sections"].rows()[0]


def test_the_threshold_holds_what_the_controls_support(calibration, results):
    known = read_donor_calibration(calibration)
    scores = np.concatenate(
        [
            open_result(results[name]).tables["nuclei"]["donor_score"].compressed()
            for name in ("control_a", "control_b")
        ]
    )
    assert known.negative_n == len(scores)
    assert known.false_positive_n == (scores >= known.threshold).sum()
    assert known.false_positive_n / known.negative_n < known.rate_bound <= known.max_false_positive_rate
    assert known.rate_bound_by_section >= known.rate_bound * 0.5
    assert known.sensitivity > 0.9
    assert known.threshold >= 3.0


def test_estimates_hold_the_truth(calibration, slides, tmp_path):
    row = section(measure(slides["engrafted"], tmp_path, *calibrated(calibration)))
    truth = np.genfromtxt(
        slides["engrafted"].nuclei_table, delimiter=",", names=True, dtype=None, encoding="utf-8"
    )
    fraction = np.mean(truth["origin"] == "donor")
    assert row["donor_threshold_method"] == "calibrated"
    assert row["donor_fraction_corrected_low"] <= fraction <= row["donor_fraction_corrected_high"]
    assert row["donor_fraction_corrected_low"] <= row["donor_fraction_corrected"]
    assert row["donor_is_detected"] is True
    assert row["donor_detection_limit_fraction"] < fraction


def test_a_control_that_was_not_learned_from_is_not_detected(calibration, slides, tmp_path):
    folder = measure(slides["control_c"], tmp_path, *calibrated(calibration))
    row = section(folder)
    assert row["donor_is_detected"] is False
    assert row["donor_nuclei_n"] < row["donor_critical_n"]
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "not detected, below " in report
    assert ">0 %" not in report


def test_without_a_positive_control_the_fraction_is_a_lower_bound(results, slides, tmp_path):
    path = tmp_path / "lower.yaml"
    main_ends(
        0, "calibrate", str(results["control_a"]), "--max-false-positive-rate", "0.02", "--out", str(path)
    )
    assert read_donor_calibration(path).rate_bound_by_section is None
    row = section(measure(slides["engrafted"], tmp_path, *calibrated(path)))
    assert row["donor_sensitivity"] is None
    assert row["donor_fraction_corrected_high"] is None
    assert 0.0 < row["donor_fraction_corrected_low"] <= row["donor_fraction_corrected"]


def test_a_small_control_says_what_it_supports(results, tmp_path, capsys):
    path = tmp_path / "small.yaml"
    main_ends(
        0, "calibrate", str(results["control_a"]), "--max-false-positive-rate", "0.0002", "--out", str(path)
    )
    told = capsys.readouterr()
    assert "a rate of 0.0002 needs 14," in told.err
    known = read_donor_calibration(path)
    assert known.false_positive_n == 0
    assert known.rate_bound > known.max_false_positive_rate


@pytest.mark.parametrize(
    ("names", "more", "sentence"),
    [
        (["engrafted"], [], "are there donor cells in it?"),
        (["control_a", "control_a"], [], "Give each control once"),
        (["control_a"], ["--positive", "{control_b}"], "no more than of the negative ones"),
    ],
)  # fmt: skip
def test_controls_that_are_none_are_refused(results, tmp_path, capsys, names, more, sentence):
    more = [part.format(**results) for part in more]
    main_ends(
        1, "calibrate", *(str(results[name]) for name in names), *more,
        "--max-false-positive-rate", "0.01", "--out", str(tmp_path / "c.yaml"),
    )  # fmt: skip
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "c.yaml").exists()


def test_outliers_of_a_control_raise_the_threshold_where_they_are_accepted(
    results, calibration, tmp_path, capsys
):
    path = tmp_path / "accepting.yaml"
    main_ends(
        0, "calibrate", str(results["engrafted"]), "--accept-outliers",
        "--max-false-positive-rate", "0.01", "--out", str(path),
    )  # fmt: skip
    assert "taken for artifacts" in capsys.readouterr().err
    assert read_donor_calibration(path).threshold > read_donor_calibration(calibration).threshold


def test_rates_and_results_that_make_no_sense_are_refused(results, tmp_path, capsys):
    out = str(tmp_path / "c.yaml")
    main_ends(2, "calibrate", str(results["control_a"]), "--max-false-positive-rate", "1.5", "--out", out)
    assert "lies between 0 and 1" in capsys.readouterr().err
    main_ends(1, "calibrate", str(tmp_path), "--max-false-positive-rate", "0.01", "--out", out)
    assert "the result is not finished" in capsys.readouterr().err


def test_results_without_a_marker_or_with_few_nuclei_are_refused(slides, tmp_path, capsys):
    files, out = slides["control_a"], str(tmp_path / "c.yaml")
    settings = load_settings("laminin_dapi", ["channels.sarcolemma=0", "channels.nuclei=1"])
    run_batch(BatchRequest((files.image,), tmp_path / "bare", settings, nucleus_labels=files.nucleus_labels))
    main_ends(
        1, "calibrate", str(tmp_path / "bare/control_a"), "--max-false-positive-rate", "0.01", "--out", out
    )
    assert "no donor marker" in capsys.readouterr().err
    small = BatchRequest(
        (files.image,), tmp_path / "small", load_settings(PANEL), region=(0, 0, 160, 160),
        nucleus_labels=files.nucleus_labels,
    )  # fmt: skip
    run_batch(small)
    main_ends(
        1, "calibrate", str(tmp_path / "small/control_a"), "--max-false-positive-rate", "0.01", "--out", out
    )
    assert "fewer than 50" in capsys.readouterr().err


def test_a_slide_measured_otherwise_is_refused_unless_forced(calibration, slides, tmp_path, capsys):
    wider = "assign.marker.ring_inside_um=1.4"
    arguments = [
        "run", str(slides["engrafted"].image), "--config", PANEL, "--out", str(tmp_path / "out"),
        "--fiber-labels", str(slides["engrafted"].fiber_labels),
        "--nucleus-labels", str(slides["engrafted"].nucleus_labels),
        *(part for one in calibrated(calibration, wider) for part in ("--set", one)),
    ]  # fmt: skip
    main_ends(1, *arguments)
    told = capsys.readouterr()
    assert "assign.marker.ring_inside_um is 1.4, here 1.0" in told.out + told.err
    accepted = calibrated(calibration, wider, "assign.origin.accepts_mismatch=true")
    forced = measure(slides["engrafted"], tmp_path, *accepted)
    row = section(forced)
    assert row["donor_nuclei_n"] > 0
    assert row["donor_is_detected"] is None
    assert row["donor_fraction_corrected"] is None
    assert any(
        "the controls do not fit this slide" in note for note in open_result(forced).provenance.warnings
    )


def test_a_slide_of_another_exposure_gets_no_estimates(calibration, slides, tmp_path):
    known = yaml.safe_load(calibration.read_text(encoding="utf-8"))
    known["host_scale"] *= 5.0
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump(known), encoding="utf-8")
    folder = measure(slides["engrafted"], tmp_path, *calibrated(other))
    assert section(folder)["donor_is_detected"] is None
    assert any("another exposure or staining?" in note for note in open_result(folder).provenance.warnings)


def test_another_calibration_is_another_question(calibration, slides, tmp_path):
    path = tmp_path / "same_name.yaml"
    path.write_text(calibration.read_text(encoding="utf-8"), encoding="utf-8")
    measure(slides["control_c"], tmp_path, *calibrated(path))
    known = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**known, "threshold": known["threshold"] + 1.0}), encoding="utf-8")
    files = slides["control_c"]
    request = BatchRequest(
        (files.image,), tmp_path, load_settings(PANEL, list(calibrated(path))),
        fiber_labels=files.fiber_labels, nucleus_labels=files.nucleus_labels,
    )  # fmt: skip
    told = []
    assert run_batch(request, told.append).failed_n == 0
    [stale] = [event.message for event in told if isinstance(event, Noted) and "stale" in event.message]
    assert "donor_calibration" in stale


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no such calibration"),
        ("threshold: 5.0\n", "this is no donor calibration of this version"),
        ("a: [1,\n", "cannot be read"),
    ],
)
def test_damaged_calibrations_are_told(slides, tmp_path, content, sentence):
    path = tmp_path / "broken.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    files = slides["control_c"]
    outcome = run_batch(BatchRequest((files.image,), tmp_path, load_settings(PANEL, list(calibrated(path)))))
    assert outcome.failed_n == 1
    assert sentence in outcome.slides_table.read_text(encoding="utf-8")


def test_the_method_needs_its_file():
    with pytest.raises(Exception, match="method calibrated needs the calibration"):
        load_settings(PANEL, ["assign.origin.method=calibrated"])


def test_a_slide_of_donor_tissue_is_not_said_to_hold_none(calibration, slides, tmp_path):
    folder = measure(slides["donor_tissue"], tmp_path / "own", *calibrated(calibration))
    row = section(folder)
    assert row["donor_nuclei_n"] is None
    assert row["donor_is_detected"] is None
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "none called" not in report
    assert "most nuclei may be donor" in report
    told = measure(
        slides["donor_tissue"],
        tmp_path / "units",
        *calibrated(calibration, "assign.origin.scores_from=controls"),
    )
    row = section(told)
    assert row["donor_nuclei_fraction"] > 0.9
    assert row["donor_is_detected"] is None


def test_a_nucleus_that_a_reader_deletes_ends_the_correction(calibration, slides, tmp_path):
    folder = measure(slides["engrafted"], tmp_path, *calibrated(calibration))
    nuclei = open_result(folder).tables["nuclei"].rows()
    donor = next(row["nucleus_id"] for row in nuclei if row["origin"] == "donor")
    with open_review(folder, "reader") as review:
        assert review.section["donor_is_detected"] is True
        review.delete(Target.NUCLEUS, donor)
        assert review.section["donor_is_detected"] is None
        assert review.section["donor_fraction_corrected"] is None
        assert review.section["in_fiber_donor_fraction_corrected"] is None
        review.undo()
        assert review.section["donor_is_detected"] is True
