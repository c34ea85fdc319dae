"""A plan says what a run takes, never less than it does; one that cannot fit is refused before anything is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from myograft.api import BatchRequest, load_settings, run_batch
from myograft.errors import CapacityError
from myograft.execute import Workers
from myograft.model.result_layout import OutputLayout
from myograft.prepare import Tissue
from myograft.tiling import WorkingGrid
from myograft.workflow import glance as glance_page
from myograft.workflow import outline_tile, predict_plane
from myograft.workflow.capacity import Room, bytes_in, refusal
from myograft.workflow.glance import glance
from myograft.workflow.plan import plan_of
from myograft.workflow.plan_facts import Outlining, PlanFacts, facts_of
from myograft.workflow.plan_page import plan_page
from myograft.workflow.run import SlideRequest, open_slide
from myograft.workflow.survey_plane import overview_step_px

GIB = 2**30
NUCLEI = Outlining("nuclei", "network", WorkingGrid(1), 80, 640, 64)
FIBERS = Outlining("fibers", "network", WorkingGrid(2), 300, 640, 64)
SETTINGS = load_settings("laminin_dapi_lamin_ac", ["tiling.tile_px=512"])
REGION = (0, 0, 640, 640)


def facts(shape=(4096, 4096), tile_px=2048, workers=2, **given):
    given = {"outlinings": (FIBERS, NUCLEI), "copies_image": True, **given}
    return PlanFacts(
        shape, 0.5, 3, 1, 2, 3, overview_step_px(shape), tile_px, workers=Workers(workers), **given
    )


@st.composite
def planes(draw):
    """A plane and tissue on it."""
    shape = draw(st.tuples(st.integers(1, 9000), st.integers(1, 9000)))
    step = overview_step_px(shape)
    part, seed = draw(st.sampled_from([0.0, 0.001, 0.3, 1.0])), draw(st.integers(0, 99))
    mask = np.random.default_rng(seed).random((-(-shape[0] // step), -(-shape[1] // step))) < part
    return facts(shape, draw(st.sampled_from([512, 2048]))), Tissue(mask, step, 0.0)


@given(planes())
def test_no_more_tiles_and_patches_hold_tissue_than_there_are(drawn):
    slide, tissue = drawn
    plan, blind = plan_of(slide, tissue), plan_of(slide)
    assert plan.tissue_tiles_n <= plan.tiles_n == blind.tissue_tiles_n
    assert (plan.tissue_tiles_n > 0) == bool(tissue.mask.any())
    for name, (patches_n, seen_n) in plan.patches.items():
        assert 0 <= seen_n <= patches_n
        assert blind.patches[name] == (patches_n, patches_n)
        assert (seen_n > 0) >= bool(tissue.mask.all())


@given(planes(), st.floats(0.0, 1.0))
def test_without_a_look_at_the_pixels_a_plan_asks_for_the_most(drawn, packed_fraction):
    slide, tissue = drawn
    plan, blind = plan_of(slide, tissue, packed_fraction), plan_of(slide)
    assert plan.memory.total <= blind.memory.total
    assert plan.disk.result <= blind.disk.result
    assert plan.disk.most <= blind.disk.most
    assert plan.disk.most == plan.disk.image + plan.disk.labels + plan.disk.tables + plan.disk.scratch


@given(planes())
def test_more_workers_take_more_memory_and_less_time(drawn):
    slide, tissue = drawn
    speed = {"fibers": 0.4, "nuclei": 0.4}
    few, many = (plan_of(replace(slide, workers=Workers(n)), tissue, 0.5, speed) for n in (2, 8))
    assert many.memory.total == few.memory.total + 6 * few.memory.worker
    assert many.seconds <= few.seconds
    assert many.disk == few.disk
    assert plan_of(replace(slide, copies_image=False), tissue).disk.image <= few.disk.image


def test_memory_is_that_of_tiles_and_not_of_the_plane():
    small, large = (plan_of(facts((edge, edge))).memory for edge in (10_000, 40_000))
    assert large.worker < 1.15 * small.worker
    assert plan_of(facts((40_000, 40_000), 4096)).memory.worker > large.worker


def test_workers_elsewhere_ask_nothing_of_this_machine():
    here, away = facts(), replace(facts(), workers=Workers(2, scheduler="tcp://node:8786"))
    assert plan_of(away).memory.total == plan_of(here).memory.main
    assert refusal(plan_of(away), Room(None, 99 * GIB, Path("out")), "a.tif") is None


def test_too_little_memory_is_a_sentence_with_a_number_of_workers_that_fits():
    many = plan_of(facts(workers=64))
    assert refusal(many, Room(200 * GIB, 99 * GIB, Path("out")), "a.tif") is None
    problem = refusal(many, Room(4 * GIB, 99 * GIB, Path("out")), "a.tif")
    assert isinstance(problem, CapacityError)
    assert "a.tif: the run needs about" in problem.sentence
    assert "with 64 workers" in problem.sentence
    assert "4.0 GiB are free on this machine" in problem.sentence
    number = int(problem.sentence.split("Use --workers ")[1].rstrip("."))
    assert plan_of(facts(workers=number)).memory.total <= 4 * GIB < plan_of(facts(workers=64)).memory.total


def test_where_not_even_one_worker_fits_tiles_are_made_smaller():
    huge = facts((40_000, 40_000), 16_384, workers=4)
    fitting = plan_of(replace(huge, tile_px=2048, workers=Workers(1))).memory.total
    problem = refusal(plan_of(huge), Room(fitting, 999 * GIB, Path("out")), "a.tif")
    assert problem.remedy == "Use --workers 1 --set tiling.tile_px=2048"
    problem = refusal(plan_of(huge), Room(2**20, 999 * GIB, Path("out")), "a.tif")
    assert problem.remedy == "Close other programs, or use a machine with more memory"


def test_too_little_disk_is_a_sentence():
    slide = facts((40_000, 40_000))
    problem = refusal(plan_of(slide), Room(99 * GIB, GIB, Path("results")), "a.tif")
    assert "on the disk of results" in problem.sentence
    assert "1.0 GiB are free" in problem.sentence
    assert "--no-image-copy" in problem.remedy
    problem = refusal(
        plan_of(replace(slide, copies_image=False)), Room(99 * GIB, GIB, Path("results")), "a.tif"
    )
    assert problem.remedy == "Choose --out on another disk, or free some space"


def test_what_only_may_be_too_little_is_not_refused():
    plan = plan_of(facts())
    assert (
        refusal(plan, Room(int(0.8 * plan.memory.total), int(0.8 * plan.disk.most), Path("out")), "a") is None
    )


@pytest.fixture(scope="module")
def half_glass(engrafted_path, tmp_path_factory):
    """Tissue of the sample beside as much glass and more."""
    pixels = tifffile.imread(engrafted_path).max(axis=0)[:, :640, :640]
    glass = np.random.default_rng(0).normal(
        np.percentile(pixels, 1, axis=(1, 2))[:, None, None], 3, (3, 1536, 1536)
    )
    plane = np.clip(glass, 0, 65535).astype(np.uint16)
    plane[:, :640, :640] = pixels
    path = tmp_path_factory.mktemp("half") / "half.ome.tif"
    names = ["laminin", "DAPI", "human lamin A/C"]
    metadata = {"axes": "CYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "Channel": {"Name": names}}
    tifffile.imwrite(path, plane, metadata=metadata, ome=True)
    return path


def opened(path, out, **given):
    return open_slide(SlideRequest("half", path, SETTINGS, **given), OutputLayout(out))


def test_a_plan_says_what_a_run_does(half_glass, tmp_path, monkeypatch):
    slide, labels = opened(half_glass, tmp_path)
    seen = glance(slide)
    plan = plan_of(facts_of(slide, labels, Workers(1)), seen.tissue, seen.packed_fraction)
    written, most = [], [0]
    scratch = OutputLayout(tmp_path).scratch("half")
    write_scratch = predict_plane.write_scratch

    def watched(path, array):
        write_scratch(path, array)
        written.append(path.name)
        most[0] = max(most[0], bytes_in(scratch))

    monkeypatch.setattr(predict_plane, "write_scratch", watched)
    monkeypatch.setattr(outline_tile, "write_scratch", watched)
    assert run_batch(BatchRequest((half_glass,), tmp_path, SETTINGS)).done_n == 1
    for name, (patches_n, seen_n) in plan.patches.items():
        assert sum(part.startswith(f"{name}_fields") for part in written) == seen_n < patches_n
    layout = OutputLayout(tmp_path).slide("half")
    labels_bytes = bytes_in(layout.image / "labels")
    image_bytes = bytes_in(layout.image) - labels_bytes
    assert 0.5 * plan.disk.image < image_bytes < 1.2 * plan.disk.image
    assert labels_bytes < plan.disk.labels
    assert bytes_in(layout.root) < plan.disk.result
    assert most[0] < plan.disk.scratch < 10 * most[0]


def test_a_sample_of_a_large_plane_says_about_the_same(half_glass, tmp_path, monkeypatch):
    slide, _ = opened(half_glass, tmp_path)
    whole = glance(slide)
    monkeypatch.setattr(glance_page, "_PIXELS_N", 400_000)
    monkeypatch.setattr(glance_page, "_WINDOW_PX", 64)
    sample = glance(slide)
    assert sample.is_sample
    assert not whole.is_sample
    assert sample.tissue.mask.mean() == pytest.approx(whole.tissue.mask.mean(), abs=0.05)


def test_a_dry_run_tells_what_is_known_and_writes_nothing(half_glass, tmp_path):
    page = plan_page(BatchRequest((half_glass,), tmp_path / "out", SETTINGS, workers_n=2))
    assert (page.inputs_n, page.refused_n) == (1, 0)
    for told in (
        "of 9 hold tissue (512 px, halo 300 px)", "fibers: network at 1 um per px, ",
        "nuclei: network at 0.5 um per px, ", "patches of 640 px see tissue", "memory: up to ", "disk: about ",
    ):  # fmt: skip
        assert told in page.text
    assert not (tmp_path / "out").exists()


def test_a_dry_run_adds_up_what_its_inputs_take(half_glass, engrafted_path, tmp_path, monkeypatch):
    request = BatchRequest((half_glass, engrafted_path), tmp_path / "out", SETTINGS, region=REGION)
    slide, labels = opened(half_glass, tmp_path, region=REGION)
    seen = glance(slide)
    needed = plan_of(facts_of(slide, labels, Workers(1)), seen.tissue, seen.packed_fraction).disk
    monkeypatch.setattr(
        "myograft.workflow.capacity.free_disk_bytes", lambda folder: int(0.7 * needed.most) + 1
    )
    page = plan_page(request)
    assert page.refused_n == 1
    first, second = page.text.split("engrafted: ")
    assert "cannot be run" not in first
    assert "cannot be run" in second
    assert "1 of 2 cannot be run" in second


def test_a_run_that_cannot_fit_is_refused_before_it_begins(half_glass, tmp_path, monkeypatch):
    request = BatchRequest((half_glass,), tmp_path, SETTINGS)
    for name in ("free_memory_bytes", "free_disk_bytes"):
        with monkeypatch.context() as little:
            little.setattr(f"myograft.workflow.capacity.{name}", lambda *folder: 10 * 2**20)
            outcome = run_batch(request)
        assert outcome.failed_n == 1
        assert "10 MiB are free" in outcome.slides_table.read_text(encoding="utf-8")
        assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_the_pixels_are_looked_at_before_a_run_is_refused(half_glass, tmp_path, monkeypatch):
    slide, labels = opened(half_glass, tmp_path)
    seen, known = glance(slide), facts_of(slide, labels, Workers(1))
    needed = plan_of(known, seen.tissue, seen.packed_fraction).disk.most
    assert needed < 0.7 * plan_of(known).disk.most
    monkeypatch.setattr("myograft.workflow.capacity.free_disk_bytes", lambda folder: needed)
    assert run_batch(BatchRequest((half_glass,), tmp_path, SETTINGS)).done_n == 1
