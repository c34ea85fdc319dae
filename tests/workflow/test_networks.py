"""Whole runs with networks: the same pixels for any tile, nothing found where nothing is, weights on record."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from scipy import ndimage

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.evaluate import evaluate_labels
from myograft.model.geometry import Region
from myograft.numerics.distance import depth_within
from myograft.numerics.evidence import numbers_at
from myograft.phantom import PhantomSpec
from myograft.workflow import predict_plane
from myograft.workflow.simulate import simulate
from myograft.write import read_labels_block

TABLES = [
    f"{name}.{extension}" for name in ("fibers", "nuclei", "sections") for extension in ("csv", "parquet")
]
NETWORKS = ["segment.fibers.method=network", "segment.nuclei.method=network"]
ONLY_FIBERS = ("channels.nuclei=none", "channels.donor_nucleus=none")


def batch(path, out, *assignments, **options):
    settings = load_settings("laminin_dapi_lamin_ac", [*NETWORKS, *assignments])
    return run_batch(BatchRequest(inputs=(path,), out=out, settings=settings, **options))


def run(path, out, *assignments, **options):
    outcome = batch(path, out, *assignments, **options)
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    return out / path.name.split(".")[0]


def reason(path, out, *assignments):
    outcome = batch(path, out, *assignments)
    assert outcome.failed_n == 1
    return outcome.slides_table.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    target = tmp_path_factory.mktemp("slide") / "slide.ome.tif"
    return simulate(PhantomSpec(1200, 1150, 0.8, seed=12, panel="dystrophic_mouse", snr=25), target)


@pytest.fixture(scope="module")
def whole(slide, tmp_path_factory):
    return run(slide.image, tmp_path_factory.mktemp("whole"), "tiling.tile_px=2048")


def tables(folder):
    return {name: (folder / "tables" / "machine" / name).read_bytes() for name in TABLES}


def pixels(folder, name):
    group = folder / "image.ome.zarr" / "labels" / name
    return read_labels_block(group, Region(0, 0, 1200, 1150))


@pytest.mark.parametrize(("tile_px", "workers_n"), [(512, 2), pytest.param(1024, 1, marks=pytest.mark.slow)])
def test_any_tile_and_any_number_of_workers_give_the_same(slide, whole, tmp_path, tile_px, workers_n):
    other = run(slide.image, tmp_path, f"tiling.tile_px={tile_px}", workers_n=workers_n)
    for name in ("fibers", "nuclei"):
        assert np.array_equal(pixels(other, name), pixels(whole, name))
    assert tables(other) == tables(whole)


def test_an_offset_moves_outlines_and_not_how_likely_they_are(slide, whole, tmp_path):
    moved = run(
        slide.image, tmp_path, "tiling.tile_px=2048", "segment.fibers.boundary_offset_um=1.5", *ONLY_FIBERS
    )
    plain, wider = (open_result(folder).tables["fibers"] for folder in (whole, moved))
    assert np.ma.median(wider["csa_um2"]) > 1.05 * np.ma.median(plain["csa_um2"])
    assert np.ma.median(wider["outline_probability"]) == pytest.approx(
        np.ma.median(plain["outline_probability"]), abs=0.02
    )


def test_what_is_hardly_right_is_left_out(slide, whole, tmp_path):
    least = 0.9
    strict = run(
        slide.image,
        tmp_path,
        "tiling.tile_px=2048",
        f"segment.fibers.least_outline_probability={least}",
        *ONLY_FIBERS,
    )
    plain, kept = (open_result(folder).tables["fibers"] for folder in (whole, strict))
    assert np.ma.getdata(kept["outline_probability"]).astype(float).min() >= least
    assert len(kept) == (np.ma.getdata(plain["outline_probability"]).astype(float) >= least).sum()


def test_fibers_larger_than_the_halo_are_told(slide, whole, tmp_path):
    folder = run(slide.image, tmp_path, "tiling.tile_px=512", "segment.fibers.halo_um=20", *ONLY_FIBERS)
    told = [note for note in open_result(folder).provenance.warnings if "halo_um=" in note]
    assert len(told) == 1
    assert "fibers at tile borders are longer than the 20 um" in told[0]
    assert not any("halo_um=" in note for note in open_result(whole).provenance.warnings)


def test_the_weights_are_on_record(whole):
    networks = open_result(whole).provenance.networks
    assert networks.keys() == {"fibers", "nuclei"}
    assert all(record.license == "BSD-3-Clause" for record in networks.values())
    assert "BSD-3-Clause" in (whole / "report.html").read_text(encoding="utf-8")


def test_other_weights_ask_another_question(slide, whole, small_weights):
    (whole / "journal.jsonl").write_text("{}\n", encoding="utf-8")  # so that nothing is replaced
    told = reason(slide.image, whole.parent, "tiling.tile_px=2048", f"segment.fibers.weights={small_weights}")
    (whole / "journal.jsonl").unlink()
    assert "holds corrections by people" in told


def test_fibers_that_fell_out_are_left_out_and_told(tmp_path):
    files = simulate(PhantomSpec(1200, 1150, 0.5, seed=33, panel="laminin_dapi"), tmp_path / "s.ome.tif")
    image, truth = tifffile.imread(files.image), tifffile.imread(files.fiber_labels)
    depth = depth_within(truth)
    whole_ones = np.setdiff1d(np.unique(truth), np.concatenate([[0], numbers_at(truth)]))
    fallen = [number for number in whole_ones if depth[truth == number].max() > 25][:3]
    gone = np.isin(truth, fallen) & (depth > 6)
    image[0][gone] = np.random.default_rng(0).choice(image[0][:20].ravel(), int(gone.sum()))
    holes = tmp_path / "holes.tif"
    tifffile.imwrite(holes, image, photometric="minisblack", metadata={"axes": "CYX"})
    told = ["read.pixel_size_um=0.5", "channels.sarcolemma=0", *ONLY_FIBERS]
    kept = run(holes, tmp_path / "kept", *told, "segment.fibers.empty_level=0")
    left, other = (
        run(holes, tmp_path / tile_px, *told, f"tiling.tile_px={tile_px}") for tile_px in ("512", "2048")
    )
    before, after = pixels(kept, "fibers"), pixels(left, "fibers")
    np.testing.assert_array_equal(after, pixels(other, "fibers"))
    middles = tuple(
        np.array([np.argwhere(gone & (truth == number)).mean(axis=0) for number in fallen]).astype(int).T
    )
    assert before[middles].all()
    assert not after[middles].any()
    # Others stay as they are: what went is empty in truth too.
    lost = np.setdiff1d(before[before > 0], before[after > 0])
    assert len(lost) < 10
    is_fiber = (truth > 0) & ~np.isin(truth, fallen)
    fibers_px, all_px = (np.bincount(before.ravel(), shown.ravel()) for shown in (is_fiber, before > 0))
    assert (fibers_px[lost] < 0.5 * all_px[lost]).all()
    said = json.loads((left / "run.json").read_text(encoding="utf-8"))["warnings"]
    assert any(
        f"{len(lost)} outlines of fibers with nothing but glass inside were left out" in line for line in said
    )


@pytest.mark.parametrize("kind", ["noise", "gradient", "speckled glass"])
def test_nothing_is_found_where_nothing_is(kind, tmp_path):
    random = np.random.default_rng(0)
    y, x = np.mgrid[:700, :700]
    plane = {
        "noise": random.normal(300, 20, (700, 700)),
        "gradient": 100 + x + 0.5 * y + random.normal(0, 5, (700, 700)),
        "speckled glass": 100 + random.normal(0, 3, (700, 700)) + 40 * (random.random((700, 700)) > 0.9995),
    }[kind]
    path = tmp_path / "empty.tif"
    counts = np.clip(np.stack([plane, plane.T]), 0, 65535).astype(np.uint16)
    tifffile.imwrite(path, counts, metadata={"axes": "CYX"})
    folder = run(
        path,
        tmp_path / "out",
        "read.pixel_size_um=0.8",
        "channels.sarcolemma=0",
        "channels.nuclei=1",
        "channels.donor_nucleus=none",
    )
    section = open_result(folder).tables["sections"].rows()[0]
    assert (section["fibers_n"], section["nuclei_n"]) == (0, 0)


def hazy_glass(seed, spread):
    """White glass out of focus, or dirty: smooth, and darker by a few levels here and there."""
    random = np.random.default_rng(seed)
    haze = ndimage.gaussian_filter(random.normal(size=(700, 700)), 12)
    light = 235 + spread * haze / haze.std()
    return light[..., None] + random.normal(0, 2, (700, 700, 3))


def photographs():
    random = np.random.default_rng(0)
    y, x = np.mgrid[:700, :700]
    return {
        "noise": random.normal(235, 4, (700, 700, 3)),
        "gradient": 200 + 0.032 * (x + y)[..., None] + random.normal(0, 2, (700, 700, 3)),
        "haze": hazy_glass(0, 6),
        "other haze": hazy_glass(2, 6),
        "much haze": hazy_glass(5, 10),
    }


@pytest.mark.parametrize("kind", list(photographs()))
def test_nothing_is_found_on_glass_of_a_photograph(kind, tmp_path):
    path = tmp_path / "glass.tif"
    tifffile.imwrite(path, np.clip(photographs()[kind], 0, 255).astype(np.uint8), photometric="rgb")
    request = BatchRequest((path,), tmp_path / "out", load_settings("he", ["read.pixel_size_um=0.3"]))
    assert run_batch(request).failed_n == 0
    section = open_result(tmp_path / "out" / "glass").tables["sections"].rows()[0]
    assert (section["fibers_n"], section["nuclei_n"]) == (0, 0)


def test_a_blank_photograph_is_told(tmp_path):
    path = tmp_path / "blank.tif"
    tifffile.imwrite(path, np.full((300, 300, 3), 240, np.uint8), photometric="rgb")
    request = BatchRequest((path,), tmp_path / "out", load_settings("he", ["read.pixel_size_um=0.3"]))
    outcome = run_batch(request)
    assert outcome.failed_n == 1
    assert "the channel is everywhere" in outcome.slides_table.read_text(encoding="utf-8")


def test_a_constant_tile_within_tissue_holds_nothing(slide, tmp_path):
    """A tile that a scanner lost, or a mask that somebody painted: no objects within, others as ever."""
    image = tifffile.imread(slide.image)
    image[..., 512:1024, 512:1024] = np.median(image, axis=(-2, -1), keepdims=True).astype(image.dtype)
    path = tmp_path / "patched.tif"
    tifffile.imwrite(path, image, photometric="minisblack", metadata={"axes": "CYX"})
    folder = run(
        path,
        tmp_path / "out",
        "read.pixel_size_um=0.8",
        "tiling.tile_px=512",
        *(f"channels.{role}={index}" for role, index in (("sarcolemma", 0), ("nuclei", 1))),
        workers_n=1,
    )
    inside = np.s_[560:976, 560:976]
    for name in ("fibers", "nuclei"):
        labels = pixels(folder, name)
        assert not labels[inside].any()
        assert len(np.unique(labels)) > 50


def test_a_photograph_compressed_as_jpeg_is_read_and_outlined(tmp_path, shared_data):
    image = tifffile.imread(shared_data / "muscle_he" / "he_1.tif")[:700, :700, :3]
    path = tmp_path / "jpeg.tif"
    options = {"compressionargs": {"level": 90}, "tile": (256, 256), "photometric": "rgb"}
    tifffile.imwrite(path, image, compression="jpeg", **options)
    tifffile.imwrite(tmp_path / "plain.tif", image, photometric="rgb")
    settings = load_settings("he", ["read.pixel_size_um=0.2765"])
    paths = (path, tmp_path / "plain.tif")
    assert run_batch(BatchRequest(paths, tmp_path / "out", settings)).failed_n == 0
    packed, plain = (
        np.asarray(open_result(tmp_path / "out" / path.stem).label_levels("fibers")[0]) for path in paths
    )
    assert plain.max() >= 10
    assert evaluate_labels(packed, plain).as_dict()["f1"] >= 0.9


def test_any_tile_gives_the_same_of_a_photograph(tmp_path, shared_data):
    image = tifffile.imread(shared_data / "muscle_he" / "he_1.tif")[:620, :1100, :3]
    path = tmp_path / "region.tif"
    tifffile.imwrite(path, image, photometric="rgb")
    found = []
    for tile_px in (512, 1024):
        settings = load_settings("he", ["read.pixel_size_um=0.2765", f"tiling.tile_px={tile_px}"])
        out = tmp_path / str(tile_px)
        assert run_batch(BatchRequest((path,), out, settings)).failed_n == 0
        opened = open_result(out / "region")
        found.append([np.asarray(opened.label_levels(name)[0]) for name in ("fibers", "nuclei")])
        found[-1].append(tables(out / "region"))
    assert found[0][0].max() >= 10
    for one, other in zip(found[0][:2], found[1][:2], strict=True):
        np.testing.assert_array_equal(one, other)
    assert found[0][2] == found[1][2]


@pytest.mark.slow
def test_the_largest_tiles_give_the_same_of_a_plane_that_is_larger(tmp_path):
    made = simulate(
        PhantomSpec(4300, 4200, 1.0, seed=3, panel="laminin_dapi_lamin_ac"), tmp_path / "s.ome.tif"
    )
    small, large = (run(made.image, tmp_path / tile, f"tiling.tile_px={tile}") for tile in ("512", "4096"))
    for name in ("fibers", "nuclei"):
        one, other = (open_result(folder).label_levels(name)[0] for folder in (small, large))
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    assert tables(small) == tables(large)


def test_an_image_smaller_than_a_patch_and_coarse_pixels_are_fine(tmp_path):
    made = simulate(PhantomSpec(150, 170, 2.0, seed=4, snr=30), tmp_path / "coarse.ome.tif")
    folder = run(made.image, tmp_path / "out")
    assert open_result(folder).tables["sections"].rows()[0]["fibers_n"] >= 8


@pytest.mark.parametrize(("many_patches", "is_kept"), [(0, False), (16, True)])
def test_networks_are_forgotten_where_there_are_many_patches(tmp_path, monkeypatch, many_patches, is_kept):
    path = tmp_path / "small.ome.tif"
    simulate(PhantomSpec(240, 200, 1.0, seed=3), path)
    monkeypatch.setattr(predict_plane, "_MANY_PATCHES", many_patches)
    run(path, tmp_path / "out", *ONLY_FIBERS)
    assert bool(predict_plane._network_of.cache_info().currsize) is is_kept


def test_missing_weights_are_told_and_nothing_is_written(slide, tmp_path):
    told = reason(slide.image, tmp_path, "segment.fibers.weights=nowhere.onnx")
    assert "nowhere.onnx: there are no such weights" in told
