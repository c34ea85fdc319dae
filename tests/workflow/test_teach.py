"""Networks trained from the command line, from nothing and further, and used by name in a run."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from myograft.api import BatchRequest, load_settings, open_result, open_review, run_batch
from myograft.cli import main
from myograft.model.correction import Target
from myograft.phantom import PhantomSpec
from myograft.read import read_weights
from myograft.workflow.reviewed_fields import reviewed_fields
from myograft.workflow.simulate import simulate

SMALL = [
    "train.network.widths=[4,8]", "train.network.units_n=1", "train.scenes.scenes_n=4", "train.scenes.held_out_n=1",
    "train.scenes.calibration_n=2", "train.scenes.paintings_n=1", "train.scenes.edge_px=128", "train.crop_px=64",
    "train.batch_n=2", "train.steps_n=12", "train.report_every_n=6", "train.is_half=false",
]  # fmt: skip


def train(*arguments, assignments=SMALL):
    settings = [text for assignment in assignments for text in ("--set", assignment)]
    main(["train", *arguments, *settings, "--workers", "1"])


def call(*arguments, **options):
    """Return the exit code."""
    try:
        train(*arguments, **options)
    except SystemExit as stopped:
        return stopped.code or 0
    return 0


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    assert call("fibers", "--out", str(out)) == 0
    return out


def test_a_training_leaves_weights_a_card_and_a_curve(trained):
    weights = read_weights(trained / "fibers.onnx")
    assert weights.card.sha256 == weights.sha256
    assert weights.card.settings["scenes"]["scenes_n"] == 4
    assert weights.card.parameters_n > 100
    rows = list(csv.DictReader((trained / "learning_curve.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["step"] for row in rows] == ["6", "12"]


def test_the_same_recipe_gives_the_same_weights(trained, tmp_path):
    assert call("fibers", "--out", str(tmp_path)) == 0
    assert (tmp_path / "fibers.onnx").read_bytes() == (trained / "fibers.onnx").read_bytes()


def test_a_run_can_name_the_weights(trained, tmp_path):
    slide = simulate(PhantomSpec(200, 210, 1.0, seed=2), tmp_path / "slide.ome.tif")
    weights = trained / "fibers.onnx"
    settings = load_settings(None, ["segment.fibers.method=network", f"segment.fibers.weights={weights}"])
    assert run_batch(BatchRequest((slide.image,), tmp_path / "out", settings)).failed_n == 0
    record = open_result(tmp_path / "out" / "slide").provenance.networks["fibers"]
    assert record.sha256 == read_weights(weights).sha256
    assert record.license == "BSD-3-Clause"


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """A field of one's own: an image, and outlines beside it."""
    folder = tmp_path_factory.mktemp("field")
    made = simulate(PhantomSpec(260, 300, 1.0, seed=5, panel="laminin_dapi"), folder / "mine.ome.tif")
    return made.fiber_labels


@pytest.mark.parametrize("kind", ["fibers", "nuclei"])
def test_further_training_says_how_good_it_was_and_is(field, tmp_path, capsys, kind):
    labels = field.with_name(f"mine_{kind}.tif")
    out = tmp_path / "out"
    # The shipped network keeps its own shape.
    few = [text for text in SMALL if "network" not in text] + ["train.real_n=2", "train.learning_rate=1e-6"]
    assert call(kind, "--out", str(out), "--labels", str(labels), assignments=few) == 0
    told = capsys.readouterr().out
    assert "before" in told
    metrics = json.loads((out / f"{kind}.card.json").read_text(encoding="utf-8"))["metrics"]
    assert metrics["held_out_f1_before"] > 0.5
    # So small a step changes next to nothing.
    assert np.isclose(metrics["held_out_f1"], metrics["held_out_f1_before"], atol=0.15)


def test_labels_without_an_image_are_told(tmp_path, capsys, field):
    alone = tmp_path / "alone_labels.tif"
    alone.write_bytes(field.read_bytes())
    assert call("fibers", "--out", str(tmp_path / "out"), "--labels", str(alone)) == 2
    assert "there is no image alone.tif beside these labels" in capsys.readouterr().err


def test_a_setting_that_is_none_is_told(tmp_path, capsys):
    assert call("fibers", "--out", str(tmp_path), assignments=["train.step_n=5"]) == 2
    assert "did you mean 'steps_n'?" in capsys.readouterr().err


def test_a_method_that_learns_nothing_is_told(tmp_path, capsys, field):
    code = call(
        "fibers",
        "--out",
        str(tmp_path),
        "--labels",
        str(field),
        assignments=["segment.fibers.method=watershed"],
    )
    assert code == 2
    assert "by the method watershed, which is not trained here" in capsys.readouterr().err


@pytest.fixture
def reviewed(tmp_path):
    slide = simulate(PhantomSpec(500, 520, 1.0, seed=3), tmp_path / "slide.ome.tif")
    request = BatchRequest((slide.image,), tmp_path / "results", load_settings(None, []), workers_n=1)
    assert run_batch(request).failed_n == 0
    return tmp_path / "results" / "slide"


def test_outlines_that_nobody_saw_are_not_learned_from(reviewed, tmp_path, capsys):
    assert call("fibers", "--from", str(reviewed), "--out", str(tmp_path / "out")) == 2
    assert "no part of this result is reviewed" in capsys.readouterr().err


def test_a_signed_review_is_learned_from_with_its_corrections(reviewed, tmp_path):
    with open_review(reviewed, "anna") as review:
        gone = int(review.fibers["fiber_id"].filled()[0])
        review.delete(Target.FIBER, gone)
        review.sign_off("all outlines are right")
    fields = reviewed_fields(reviewed, Target.FIBER, 1.0)
    assert fields
    numbers = {number for field in fields for number in np.unique(field.labels).tolist()}
    assert gone not in numbers
    assert numbers - {0} <= set(open_result(reviewed).tables["fibers"]["fiber_id"].filled().tolist())


def test_fields_whose_every_fiber_was_accepted_are_learned_from(reviewed):
    with open_review(reviewed, "anna") as review:
        for number in review.fibers["fiber_id"].filled().tolist():
            if review.box_of(Target.FIBER, number).y0 < 384 and review.box_of(Target.FIBER, number).x0 < 384:
                review.accept(Target.FIBER, number)
    fields = reviewed_fields(reviewed, Target.FIBER, 1.0)
    assert [field.image.shape for field in fields] == [(384, 384)]
    assert fields[0].image.shape == fields[0].labels.shape
