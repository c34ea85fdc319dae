"""The same numbers for any number of workers, again and again; the same fibers for any tile."""

from __future__ import annotations

import pytest

from myograft.api import BatchRequest, compare_labels, load_settings, run_batch
from myograft.phantom import PhantomSpec
from myograft.workflow.simulate import simulate

#: The classical method, whose objects may differ a little between tiles; networks, whose may not, are in test_networks.
WATERSHED = ("segment.fibers.method=watershed", "segment.nuclei.method=watershed")

TABLES = [
    f"{name}.{extension}" for name in ("fibers", "nuclei", "sections") for extension in ("csv", "parquet")
]


def run(path, out, *assignments, workers_n=1):
    settings = load_settings("laminin_dapi_lamin_ac", list(assignments))
    outcome = run_batch(BatchRequest(inputs=(path,), out=out, settings=settings, workers_n=workers_n))
    assert outcome.failed_n == 0
    return out / path.name.removesuffix(".ome.tif")


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    """Tissue over several tiles; small fibers, so that seams cut many."""
    target = tmp_path_factory.mktemp("slide") / "slide.ome.tif"
    return simulate(PhantomSpec(1060, 900, 0.8, seed=12, panel="dystrophic_mouse", snr=25), target)


@pytest.fixture(scope="module")
def tiled(slide, tmp_path_factory):
    return run(slide.image, tmp_path_factory.mktemp("one"), "tiling.tile_px=512", *WATERSHED)


def tables(folder, only=""):
    names = [name for name in TABLES if name.startswith(only)]
    return {name: (folder / "tables" / "machine" / name).read_bytes() for name in names}


def test_two_workers_write_the_same_bytes(slide, tiled, tmp_path):
    assert tables(run(slide.image, tmp_path, "tiling.tile_px=512", *WATERSHED, workers_n=2)) == tables(tiled)


def test_a_second_run_writes_the_same_bytes(slide, tiled, tmp_path):
    again = run(slide.image, tmp_path, "tiling.tile_px=512", *WATERSHED)
    assert tables(again) == tables(tiled)
    assert (again / "report.html").read_bytes()[:2000] == (tiled / "report.html").read_bytes()[:2000]


@pytest.mark.parametrize("tile_px", [1024, 2048])
@pytest.mark.parametrize("objects", ["fibers", "nuclei"])
def test_tiles_of_another_size_find_the_same_objects(slide, tiled, tmp_path_factory, tile_px, objects):
    out = tmp_path_factory.getbasetemp() / f"tile_{tile_px}"
    folder = out / "slide"
    if not folder.exists():
        run(slide.image, out, f"tiling.tile_px={tile_px}", *WATERSHED)
    figures = compare_labels(tiled, folder / "image.ome.zarr" / "labels" / objects, iou=0.9, objects=objects)
    assert figures["f1"] >= 0.99


def test_seams_leave_no_cut_fiber(slide, tiled):
    """Against truth, tiles find as much as the whole plane would (SCIENCE, known trap 3)."""
    assert compare_labels(tiled, slide.fiber_labels)["f1"] >= 0.85


@pytest.mark.parametrize(
    "panel", ["laminin_dapi_human_dystrophin", pytest.param("laminin_dapi_gfp", marks=pytest.mark.slow)]
)
def test_stained_fibers_do_not_depend_on_tiles_and_workers(tmp_path, panel):
    """With outlines that are given, every byte is the same: whose a shared rim is, is asked of the whole plane."""
    spec = PhantomSpec(580, 560, 1.0, seed=12, panel=panel, donor_fiber_fraction=0.2)
    files = simulate(spec, tmp_path / "slide.ome.tif")
    found = []
    for tile_px, workers_n in ((512, 2), (2048, 1)):
        request = BatchRequest(
            inputs=(files.image,),
            out=tmp_path / f"{tile_px}_{workers_n}",
            settings=load_settings("laminin_dapi_lamin_ac", [f"tiling.tile_px={tile_px}"]),
            workers_n=workers_n,
            copies_image=False,
            fiber_labels=files.fiber_labels,
            nucleus_labels=files.nucleus_labels,
        )
        assert run_batch(request).failed_n == 0
        found.append(tables(request.out / "slide"))
    assert found[0] == found[1]
    assert b"positive" in found[0]["fibers.csv"]


@pytest.mark.parametrize("um", [0.65, 2.0])
def test_pixels_that_do_not_fit_the_network_are_cut_alike_in_any_tile(tmp_path, um):
    files = simulate(PhantomSpec(601, 590, um, seed=12, panel="laminin_dapi"), tmp_path / "slide.ome.tif")
    folders = [
        run(files.image, tmp_path / str(tile_px), f"tiling.tile_px={tile_px}", f"read.pixel_size_um={um}")
        for tile_px in (512, 1024)
    ]
    assert tables(folders[0]) == tables(folders[1])
    assert compare_labels(folders[0], files.fiber_labels)["f1"] > 0.5
    nuclei = compare_labels(folders[0], files.nucleus_labels, objects="nuclei")
    assert nuclei["f1"] > (0.97 if um < 1.0 else 0.4)
