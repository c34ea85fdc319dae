"""A threshold of stained fibers from controls: what it promises on a slide, at either side, and when it is refused."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.cli import main
from myograft.phantom import PhantomSpec
from myograft.read import read_fiber_calibration, read_label_image
from myograft.workflow.simulate import simulate

#: Panel, role that its stain of fibers plays, and what else is set.
KINDS = {
    "cytoplasm": ("laminin_dapi_gfp", "regeneration", ("channels.regeneration=GFP",)),
    "rim": ("laminin_dapi_human_dystrophin", "donor_fiber", ("channels.donor_fiber=human dystrophin",)),
    "low": (
        "laminin_dapi_gfp",
        "fiber_type",
        ("channels.fiber_type=GFP", "assign.fiber_type.rare_side=low"),
    ),
}
STAIN = {"regeneration": "regeneration", "donor_fiber": "donor_protein", "fiber_type": "fiber_type"}


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    """Simulated slides by panel and part of the fibers that is stained."""
    folder, made = tmp_path_factory.mktemp("fiber_controls"), {}
    for panel, fractions in (
        ("laminin_dapi_gfp", (0.0, 0.001, 0.2, 0.85, 1.0)),
        ("laminin_dapi_human_dystrophin", (0.0, 0.1, 1.0)),
    ):
        for seed, fraction in enumerate(fractions, start=61):
            spec = PhantomSpec(512, 512, 1.3, seed=seed, panel=panel, donor_fiber_fraction=fraction)
            made[panel, fraction] = simulate(spec, folder / f"{panel}_{round(1000 * fraction)}.ome.tif")
    return made


@pytest.fixture(scope="module")
def controls(slides, tmp_path_factory):
    """Results that controls are taken from: by kind, negative and positive."""
    out = tmp_path_factory.mktemp("results")
    of = {"cytoplasm": (0.0, 1.0), "rim": (0.0, 1.0), "low": (1.0, 0.0)}
    return {
        kind: [measure(slides[KINDS[kind][0], part], out / kind, kind) for part in parts]
        for kind, parts in of.items()
    }


@pytest.fixture(scope="module")
def calibrations(controls, tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibrations")
    for kind, (negative, positive) in controls.items():
        main_ends(
            0, "calibrate", str(negative), "--positive", str(positive), "--role", KINDS[kind][1],
            "--max-false-positive-rate", "0.05", "--out", str(folder / f"{kind}.yaml"),
        )  # fmt: skip
    return {kind: folder / f"{kind}.yaml" for kind in controls}


def request_of(files, out, kind, *assignments):
    settings = load_settings("laminin_dapi", [*KINDS[kind][2], *assignments])
    return BatchRequest(
        (files.image,), out, settings, copies_image=False,
        fiber_labels=files.fiber_labels, nucleus_labels=files.nucleus_labels,
    )  # fmt: skip


def measure(files, out, kind, *assignments):
    """Measure a slide on its true outlines: what is looked at here are the calls."""
    outcome = run_batch(request_of(files, out, kind, *assignments))
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    return out / files.image.name.split(".")[0]


def calibrated(path, kind, *more):
    call = f"assign.{KINDS[kind][1]}.call"
    return (f"{call}.method=calibrated", f"{call}.calibration={path}", *more)


def main_ends(code, *arguments):
    with pytest.raises(SystemExit) as ending:
        main(list(arguments))
    assert ending.value.code == code


def section(result):
    return open_result(result).tables["sections"].rows()[0]


def mosaic(files, folder):
    """The same image, of whose negative fibers all but ten are not outlined: nearly half would be too many."""
    labels, calls = read_label_image(files.fiber_labels), numbered_truth(files)
    negative = [number for number, call in calls.items() if call == "negative"]
    labels[np.isin(labels, negative[10:])] = 0
    tifffile.imwrite(folder / "mosaic_fibers.tif", labels)
    return replace(files, fiber_labels=folder / "mosaic_fibers.tif"), 10 / (len(calls) - len(negative) + 10)


def numbered_truth(files):
    with files.fibers_table.open(encoding="utf-8") as file:
        return {int(row["fiber_id"]): row["donor_protein"] for row in csv.DictReader(file)}


def truth(files):
    return list(numbered_truth(files).values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_threshold_holds_what_the_controls_support(kind, calibrations, controls):
    known, name = read_fiber_calibration(calibrations[kind]), STAIN[KINDS[kind][1]]
    scores = open_result(controls[kind][0]).tables["fibers"][f"{name}_score"].compressed()
    sign = -1.0 if kind == "low" else 1.0
    assert sign * known.threshold >= 3.0
    assert known.fingerprint.event == ("negative" if kind == "low" else "positive")
    assert known.negative_n == len(scores)
    assert known.false_positive_n == (sign * scores >= sign * known.threshold).sum()
    assert known.false_positive_n / known.negative_n < known.rate_bound <= 0.05
    assert known.sensitivity > 0.9


@pytest.mark.parametrize(
    ("kind", "panel", "part"),
    [
        ("cytoplasm", "laminin_dapi_gfp", 0.2),
        ("rim", "laminin_dapi_human_dystrophin", 0.1),
        ("low", "laminin_dapi_gfp", 0.85),
    ],
)
def test_estimates_hold_the_truth(kind, panel, part, slides, calibrations, tmp_path):
    files, name = slides[panel, part], STAIN[KINDS[kind][1]]
    fraction, event = truth(files).count("positive") / len(truth(files)), "positive"
    if kind == "low":
        (files, fraction), event = mosaic(files, tmp_path), "negative"
    folder = measure(files, tmp_path, kind, *calibrated(calibrations[kind], kind))
    row = section(folder)
    assert (row[f"{name}_threshold_method"], row[f"{name}_event"]) == ("calibrated", event)
    assert row[f"{name}_threshold"] == read_fiber_calibration(calibrations[kind]).threshold
    assert row[f"{name}_fraction_corrected_low"] <= fraction <= row[f"{name}_fraction_corrected_high"]
    assert row[f"{name}_is_detected"] is True
    assert row[f"{name}_critical_n"] <= row[f"{name}_{event}_fibers_n"]
    assert row[f"{name}_detection_limit_fraction"] < fraction
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert f"– {event} fibers against controls" in report
    assert open_result(folder).provenance.fiber_calibrations[KINDS[kind][1]]["threshold"]


def test_where_nearly_half_of_the_fibers_stand_out_controls_say_nothing(slides, calibrations, tmp_path):
    files = slides["laminin_dapi_gfp", 0.85]
    folder = measure(files, tmp_path, "low", *calibrated(calibrations["low"], "low"))
    row = section(folder)
    assert truth(files).count("negative") > 0.4 * len(truth(files))
    assert row["fiber_type_is_detected"] is row["fiber_type_fraction_corrected"] is None
    told = [note for note in open_result(folder).provenance.warnings if "from that of the controls" in note]
    assert "the controls do not fit this slide" in told[0]


def test_a_slide_with_hardly_one_such_fiber_is_not_detected(slides, calibrations, tmp_path):
    files = slides["laminin_dapi_gfp", 0.001]
    folder = measure(files, tmp_path, "cytoplasm", *calibrated(calibrations["cytoplasm"], "cytoplasm"))
    row = section(folder)
    assert truth(files).count("positive") <= 2
    assert row["regeneration_is_detected"] is False
    assert row["regeneration_positive_fibers_n"] < row["regeneration_critical_n"]
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "not detected, below " in report
    assert ">0 %" not in report


def test_without_a_positive_control_the_fraction_is_a_lower_bound(controls, slides, tmp_path):
    path = tmp_path / "lower.yaml"
    main_ends(
        0, "calibrate", str(controls["cytoplasm"][0]), "--role", "regeneration",
        "--max-false-positive-rate", "0.05", "--out", str(path),
    )  # fmt: skip
    files = slides["laminin_dapi_gfp", 0.2]
    row = section(measure(files, tmp_path, "cytoplasm", *calibrated(path, "cytoplasm")))
    assert row["regeneration_sensitivity"] is row["regeneration_fraction_corrected_high"] is None
    assert 0.0 < row["regeneration_fraction_corrected_low"] <= row["regeneration_fraction_corrected"]


def test_a_small_control_says_what_it_supports(controls, tmp_path, capsys):
    main_ends(
        0, "calibrate", str(controls["rim"][0]), "--role", "donor_fiber",
        "--max-false-positive-rate", "0.001", "--out", str(tmp_path / "small.yaml"),
    )  # fmt: skip
    told = capsys.readouterr()
    assert "fibers; a rate of 0.001 needs 2,995" in told.err
    assert "use it with --set assign.donor_fiber.call.method=calibrated" in told.out


@pytest.mark.parametrize(
    ("role", "negative", "more", "code", "sentence"),
    [
        ("sarcolemma", "cytoplasm", [], 2, "nothing is called by the sarcolemma stain"),
        ("necrosis", "cytoplasm", [], 1, "no necrosis channel"),
        ("regeneration", "cytoplasm", ["--positive", "{low}"], 1, "has no regeneration channel"),
        ("fiber_type", "low", ["--positive", "{low}"], 1, "Give each control once"),
    ],
)
def test_what_is_no_control_is_refused(controls, tmp_path, capsys, role, negative, more, code, sentence):
    more = [part.format(low=controls["low"][0]) for part in more]
    main_ends(
        code, "calibrate", str(controls[negative][0]), *more, "--role", role,
        "--max-false-positive-rate", "0.05", "--out", str(tmp_path / "c.yaml"),
    )  # fmt: skip
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "c.yaml").exists()


def test_a_control_with_fibers_that_stand_apart_is_refused(slides, tmp_path, capsys):
    treated = measure(slides["laminin_dapi_gfp", 0.2], tmp_path, "cytoplasm")
    arguments = ["calibrate", str(treated), "--role", "regeneration", "--max-false-positive-rate", "0.05"]
    main_ends(1, *arguments, "--out", str(tmp_path / "c.yaml"))
    assert "are there such fibers in it?" in capsys.readouterr().err
    main_ends(0, *arguments, "--accept-outliers", "--out", str(tmp_path / "c.yaml"))
    assert "taken for artifacts" in capsys.readouterr().err


def test_a_slide_measured_otherwise_is_refused_unless_forced(slides, calibrations, tmp_path):
    files = slides["laminin_dapi_gfp", 0.2]
    deeper = calibrated(calibrations["cytoplasm"], "cytoplasm", "assign.regeneration.core_depth_um=5")
    outcome = run_batch(request_of(files, tmp_path / "refused", "cytoplasm", *deeper))
    assert outcome.failed_n == 1
    told = outcome.slides_table.read_text(encoding="utf-8")
    assert "assign.regeneration.core_depth_um is 5.0, here 3.0" in told
    folder = measure(
        files, tmp_path / "forced", "cytoplasm", *deeper, "assign.regeneration.call.accepts_mismatch=true"
    )
    row = section(folder)
    assert row["regeneration_positive_fibers_n"] > 0
    assert row["regeneration_is_detected"] is row["regeneration_fraction_corrected"] is None
    assert any(
        "the controls do not fit this slide" in note for note in open_result(folder).provenance.warnings
    )


def test_a_calibration_of_another_stain_or_kind_is_refused(slides, calibrations, tmp_path):
    files = slides["laminin_dapi_gfp", 0.2]
    wrong = run_batch(request_of(files, tmp_path, "cytoplasm", *calibrated(calibrations["low"], "cytoplasm")))
    assert "it is of the stain regeneration, here fiber_type" in wrong.slides_table.read_text(
        encoding="utf-8"
    )
    broken = tmp_path / "broken.yaml"
    broken.write_text("threshold: 5.0\n", encoding="utf-8")
    outcome = run_batch(request_of(files, tmp_path / "b", "cytoplasm", *calibrated(broken, "cytoplasm")))
    assert "this is no calibration of fibers of this version" in outcome.slides_table.read_text(
        encoding="utf-8"
    )


def test_the_method_needs_its_file():
    with pytest.raises(Exception, match="method calibrated needs the calibration"):
        load_settings("laminin_dapi", ["assign.necrosis.call.method=calibrated"])
