"""Networks trained from the command line, from nothing and further, and used by name in a run."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pytest
import tifffile
from scipy import ndimage

from myograft.api import BatchRequest, load_settings, open_result, open_review, run_batch
from myograft.cli import main
from myograft.execute import Engine
from myograft.model.channels import Role
from myograft.model.correction import Target
from myograft.model.geometry import Region
from myograft.model.result_layout import ResultLayout
from myograft.phantom import PhantomSpec
from myograft.read import match_roles, open_stack, read_weights, weights_path
from myograft.tiling import WorkingGrid
from myograft.workflow.labeled_fields import labeled_field
from myograft.workflow.reviewed_fields import reviewed_fields
from myograft.workflow.simulate import simulate
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import survey_plane
from myograft.write import write_label_tiff

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


def test_a_folder_of_another_training_is_refused(trained, tmp_path, capsys):
    """Neither scenes nor weights of other settings are left in a folder that a new card describes."""
    before = {path.name: path.read_bytes() for path in trained.glob("fibers.*")}
    code = call(
        "fibers", "--out", str(trained), assignments=[*SMALL, "train.seed=7", "train.scenes.scenes_n=3"]
    )
    assert code == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "this folder holds another training" in told
    assert "train.seed was 1, is 7" in told
    assert "train.scenes.scenes_n was 4, is 3" in told
    assert "Give another folder with --out" in told
    assert {path.name: path.read_bytes() for path in trained.glob("fibers.*")} == before
    # The same again is not another training.
    assert call("fibers", "--out", str(trained)) == 0
    assert (trained / "fibers.onnx").read_bytes() == before["fibers.onnx"]


def test_a_folder_of_unknown_origin_is_refused(tmp_path, capsys):
    (tmp_path / "checkpoint.pt").write_bytes(b"")
    assert call("fibers", "--out", str(tmp_path)) == 1
    assert "what it was made with is not known" in " ".join(capsys.readouterr().err.split())


def test_other_labels_are_another_training(field, tmp_path, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    for path in field.parent.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    labels, out = folder / field.name, tmp_path / "out"
    few = [text for text in SMALL if "network" not in text] + ["train.real_n=2"]
    assert call("fibers", "--out", str(out), "--labels", str(labels), assignments=few) == 0
    capsys.readouterr()
    mended = tifffile.imread(labels)
    mended[mended == np.unique(mended)[1]] = 0
    write_label_tiff(labels, mended, pixel_size_um=1.0)
    assert call("fibers", "--out", str(out), "--labels", str(labels), assignments=few) == 1
    assert "other fields or their outlines" in " ".join(capsys.readouterr().err.split())


def test_a_training_without_calibration_ends_well(tmp_path):
    few = [text for text in SMALL if "calibration" not in text] + ["train.scenes.calibration_n=0"]
    assert call("fibers", "--out", str(tmp_path), assignments=few) == 0
    assert read_weights(tmp_path / "fibers.onnx").card.calibration is None


def test_a_graphics_card_that_is_not_there_is_told_before_any_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert call("fibers", "--out", str(tmp_path / "out"), assignments=[*SMALL, "train.device=cuda"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "train.device: cuda: there is no graphics card that PyTorch can use" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("assignments", "told"),
    [
        (["train.crop_px=256"], "crop_px = 256 does not fit: a crop is at most scenes.edge_px = 128"),
        (
            ["train.crop_px=96", "train.real_n=4"],
            "a crop is at most half of scenes.edge_px = 128, that is 64",
        ),
        (["train.scenes.scenes_n=0"], "scenes.scenes_n is 0 too, there would be nothing to learn from"),
        (
            ["train.network.widths=[2,2,2,2,2,2,2]", "train.crop_px=96"],
            "the 7 levels of network.widths ask for a multiple of 64",
        ),
        (["train.network.widths=[4,0]"], "greater than or equal to 1"),
        (["train.scenes.most_size_px=9"], "it is smaller than scenes.least_size_px = 14"),
    ],
)
def test_settings_that_do_not_fit_each_other_are_told(tmp_path, capsys, assignments, told):
    assert call("fibers", "--out", str(tmp_path / "out"), assignments=[*SMALL, *assignments]) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_nothing_to_learn_from_is_told(tmp_path, capsys):
    none = [*SMALL, "train.scenes.scenes_n=0", "train.real_n=5"]
    assert call("fibers", "--out", str(tmp_path / "out"), assignments=none) == 2
    assert "there is nothing to learn from" in " ".join(capsys.readouterr().err.split())


def test_weights_of_the_other_kind_are_no_start(tmp_path, capsys):
    for start in (weights_path("shipped", "nuclei"), _without_card(tmp_path)):
        assert call("fibers", "--out", str(tmp_path / "out"), "--start", str(start)) == 1
        assert "outline" in (told := " ".join(capsys.readouterr().err.split()))
        assert "nuclei" in told
        assert not (tmp_path / "out").exists()


def _without_card(folder):
    path = folder / "bare.onnx"
    path.write_bytes(weights_path("shipped", "nuclei").read_bytes())
    return path


def test_the_card_of_further_training_describes_the_network_it_began_with(field, tmp_path):
    few = [text for text in SMALL if "network" not in text] + ["train.real_n=1", "train.network.widths=[4,8]"]
    assert call("fibers", "--out", str(tmp_path), "--labels", str(field), assignments=few) == 0
    card = read_weights(tmp_path / "fibers.onnx").card
    shipped = read_weights(weights_path("shipped", "fibers")).card
    assert card.settings["network"] == shipped.settings["network"]


def as_a_run_sees(image, out, role, um_per_px, settings):
    """What a run shows the network: the plane's normalized stain, by the run's own steps."""
    stack = open_stack(image, settings.read)
    layout = ResultLayout(out)
    slide = Slide("s", stack, match_roles(stack, settings.channels), settings, layout, out)
    with Engine(1) as engine:
        prepared = survey_plane(engine, slide)
    grid = WorkingGrid.nearest(stack.calibration.pixel_size_um, um_per_px)
    return prepared.working(role, Region(0, 0, *stack.shape), grid)


@pytest.mark.parametrize("case", ["he", "nuclei", "stack"])
def test_a_field_is_seen_as_a_run_sees_it(case, tmp_path):
    random = np.random.default_rng(0)
    made = simulate(PhantomSpec(300, 320, 1.0, seed=5, panel="laminin_dapi"), tmp_path / "made.ome.tif")
    pixels = tifffile.imread(made.image)
    # Half of the plane is bare glass: where tissue is matters.
    pixels[..., 160:] = np.percentile(pixels, 1)
    pixels = np.clip(pixels + random.normal(0, 3, pixels.shape), 1, 65535).astype(np.uint16)
    image, labels = tmp_path / "mine.tif", tmp_path / "mine_labels.tif"
    truth = tifffile.imread(made.nucleus_labels if case == "nuclei" else made.fiber_labels)
    write_label_tiff(labels, truth.astype(np.uint32), pixel_size_um=1.0)
    told, preset, role = ["channels.sarcolemma=0", "channels.nuclei=1"], None, Role.SARCOLEMMA
    if case == "he":
        light = np.clip(240 - 120 * (1 - pixels[0] / pixels[0].max())[..., None] * [0.2, 1.0, 0.5], 0, 255)
        light[:, 160:] = 240
        tifffile.imwrite(image, light.astype(np.uint8), photometric="rgb")
        told, preset = [], "he"
    elif case == "nuclei":
        tifffile.imwrite(image, pixels, photometric="minisblack", metadata={"axes": "CYX"})
        role = Role.NUCLEI
    else:
        blurred = ndimage.gaussian_filter(pixels, (0, 6, 6))
        stack = np.stack([blurred, blurred, pixels])
        tifffile.imwrite(image, stack, photometric="minisblack", metadata={"axes": "ZCYX"}, ome=True)
        told = [*told, "read.projection=best_focus"]
    settings = load_settings(preset, ["read.pixel_size_um=1.0", *told])
    seen = labeled_field(labels, role, settings, 1.0)
    expected = as_a_run_sees(image, tmp_path / "out", role, 1.0, settings)
    assert np.array_equal(seen.image, expected)
    assert np.array_equal(seen.labels > 0, truth > 0)


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


@pytest.fixture(scope="module")
def outlined(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outlined")
    slide = simulate(PhantomSpec(500, 520, 1.0, seed=3), folder / "slide.ome.tif")
    settings = load_settings(None, ["channels.nuclei=none"])
    assert run_batch(BatchRequest((slide.image,), folder / "results", settings, workers_n=1)).failed_n == 0
    return folder / "results" / "slide"


@pytest.fixture
def reviewed(outlined, tmp_path):
    return shutil.copytree(outlined, tmp_path / "results" / "slide")


def test_outlines_that_nobody_saw_are_not_learned_from(reviewed, tmp_path, capsys):
    assert call("fibers", "--from", str(reviewed), "--out", str(tmp_path / "out")) == 2
    assert "no part of this result is reviewed" in capsys.readouterr().err


def test_a_signature_says_nothing_of_outlines_that_nobody_saw(reviewed, tmp_path, capsys):
    with open_review(reviewed, "anna") as review:
        review.delete(Target.FIBER, int(review.fibers["fiber_id"].filled()[0]))
        review.sign_off("I have read this slide")
    assert call("fibers", "--from", str(reviewed), "--out", str(tmp_path / "out")) == 2
    assert "a signature alone does not say so" in " ".join(capsys.readouterr().err.split())


def test_a_review_is_learned_from_with_its_corrections(reviewed):
    with open_review(reviewed, "anna") as review:
        gone, *kept = review.fibers["fiber_id"].filled().tolist()
        review.delete(Target.FIBER, gone)
        for number in kept:
            review.accept(Target.FIBER, number)
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
