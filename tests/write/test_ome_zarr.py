"""OME-Zarr: valid, readable by others, and the same whoever writes which block when."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
from ome_zarr_models import open_ome_zarr
from ome_zarr_models.v05 import Image, ImageLabel
from ome_zarr_models.v05.labels import Labels as LabelsGroup

from myograft.errors import OutputError, ResultError
from myograft.model.geometry import Calibration, Region
from myograft.tiling import tile_plane
from myograft.write import (
    build_coarser_level,
    coarser_regions,
    create_image,
    create_labels,
    levels_n,
    read_labels_block,
    write_image_block,
    write_labels_block,
)
from myograft.write.pyramid import halve_mean

CALIBRATION = Calibration(0.5, 2.0, "test")
SHAPE = (1100, 530)


def pixels_of(shape, dtype, seed=0):
    return np.random.default_rng(seed).integers(0, 60_000, shape).astype(dtype)


def fill(path, write, rng, *, tile_px=512):
    """Write all blocks and build all levels, tasks in random order."""
    tiles = tile_plane(SHAPE, tile_px, 0)
    for index in rng.permutation(len(tiles)):
        write(tiles[index].owns)
    for level in range(1, levels_n(path)):
        regions = coarser_regions(path, level)
        for index in rng.permutation(len(regions)):
            build_coarser_level(path, level, regions[index])


def make_image(path, pixels, *, seed=0, tile_px=512, **options):
    create_image(
        path,
        shape=pixels.shape,
        dtype=pixels.dtype,
        calibration=CALIBRATION,
        channels=["laminin", "DAPI"],
        **options,
    )

    def write(region):
        for z in range(pixels.shape[1] if pixels.ndim == 4 else 1):
            plane = pixels[:, z] if pixels.ndim == 4 else pixels
            write_image_block(path, plane[:, *region.slices], region, z)

    fill(path, write, np.random.default_rng(seed), tile_px=tile_px)


def make_labels(image, labels, *, seed=0, name="fibers", chunk_px=512):
    path = create_labels(image, name, shape=labels.shape, calibration=CALIBRATION, chunk_px=chunk_px)
    fill(
        path,
        lambda region: write_labels_block(path, region, labels[region.slices]),
        np.random.default_rng(seed),
    )
    return path


@pytest.fixture
def labels():
    return np.kron(
        np.arange(1, 111 * 54 + 1, dtype=np.uint32).reshape(111, 54) + 70_000, np.ones((10, 10), "u4")
    )[: SHAPE[0], : SHAPE[1]].astype(np.uint32)


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("planes", [(), (3,)], ids=["plane", "stack"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_image_pyramid_equals_the_whole_computation(tmp_path, planes, dtype):
    path = tmp_path / "image.ome.zarr"
    expected = pixels_of((2, *planes, *SHAPE), dtype)
    make_image(path, expected)
    assert levels_n(path) == 3
    for level in range(levels_n(path)):
        stored = zarr.open_array(path / str(level), mode="r")
        np.testing.assert_array_equal(stored[:], expected)
        assert stored.dtype == np.dtype(dtype)
        expected = halve_mean(expected)


def test_label_pyramid_and_blocks(tmp_path, labels):
    make_image(tmp_path / "image.ome.zarr", pixels_of((2, *SHAPE), "uint8"))
    path = make_labels(tmp_path / "image.ome.zarr", labels)
    assert path == tmp_path / "image.ome.zarr" / "labels" / "fibers"
    for level in range(levels_n(path)):
        whole = read_labels_block(path, Region(0, 0, 9999, 9999), level)
        np.testing.assert_array_equal(whole, labels[:: 2**level, :: 2**level])
        assert whole.dtype == np.uint32
    np.testing.assert_array_equal(read_labels_block(path, Region(500, 7, 520, 530)), labels[500:520, 7:530])


def test_bytes_do_not_depend_on_order_or_tile_size(tmp_path, labels):
    image = pixels_of((2, *SHAPE), "uint16")
    for name, seed, tile_px in (("one", 1, 512), ("two", 2, 1024)):
        path = tmp_path / name / "image.ome.zarr"
        path.parent.mkdir()
        make_image(path, image, seed=seed, tile_px=tile_px)
        make_labels(path, labels, seed=seed)
    assert files(tmp_path / "one") == files(tmp_path / "two")


@pytest.mark.parametrize("planes", [(), (2,)], ids=["plane", "stack"])
@pytest.mark.parametrize("is_overview", [False, True])
def test_models_find_it_valid(tmp_path, labels, planes, is_overview):
    path = tmp_path / "image.ome.zarr"
    make_image(path, pixels_of((2, *planes, *SHAPE), "uint16"), is_overview=is_overview)
    fibers = make_labels(path, labels)
    make_labels(path, labels, name="nuclei")
    assert isinstance(open_ome_zarr(zarr.open_group(path, mode="r")), Image)
    image = Image.from_zarr(zarr.open_group(path, mode="r")).attributes.ome
    assert image.version == "0.5"
    assert LabelsGroup.from_zarr(zarr.open_group(path / "labels", mode="r")).label_paths == [
        "fibers",
        "nuclei",
    ]
    label = ImageLabel.from_zarr(zarr.open_group(fibers, mode="r")).attributes.ome
    assert label.image_label.source.image == "../../"
    axes = image.multiscales[0].axes
    assert [axis.unit for axis in axes if axis.name != "c"] == ["micrometer"] * (2 + len(planes))
    first = image.multiscales[0].datasets[0].coordinateTransformations
    pixel_um = 4.0 if is_overview else 0.5
    assert first[0].scale == [1.0, *(2.0 for _ in planes), pixel_um, pixel_um]
    assert label.multiscales[0].datasets[2].coordinateTransformations[0].scale == [2.0, 2.0]


@pytest.mark.parametrize("is_overview", [False, True])
def test_the_reference_reader_reads_it(tmp_path, labels, is_overview):
    path = tmp_path / "image.ome.zarr"
    image = pixels_of((2, *SHAPE), "uint16")
    make_image(path, image, is_overview=is_overview)
    make_labels(path, labels)
    nodes = list(Reader(parse_url(path))())
    if not is_overview:
        np.testing.assert_array_equal(nodes[0].data[0], image)
    assert nodes[0].metadata["channel_names"] == ["laminin", "DAPI"]
    found = [node for node in nodes if node.metadata.get("name") == "fibers"]
    np.testing.assert_array_equal(found[0].data[0], labels)


def test_channels_have_names_colors_and_windows(tmp_path):
    create_image(
        tmp_path / "i",
        shape=(2, 8, 8),
        dtype="uint16",
        calibration=CALIBRATION,
        channels=["a", "b"],
        colors=["FF0000", "00FF00"],
        windows=[(0, 100), (5, 900)],
    )
    omero = zarr.open_group(tmp_path / "i", mode="r").attrs["ome"]["omero"]["channels"]
    assert [(channel["label"], channel["color"]) for channel in omero] == [("a", "FF0000"), ("b", "00FF00")]
    assert omero[1]["window"] == {"min": 0.0, "max": 65535.0, "start": 5.0, "end": 900.0}


def test_coarse_pixels_lie_where_their_light_came_from(tmp_path):
    """The center of a pixel averaged from pixels 0 and 1 lies half a pixel further than that of pixel 0."""
    make_image(tmp_path / "i", pixels_of((2, *SHAPE), "uint8"))
    datasets = zarr.open_group(tmp_path / "i", mode="r").attrs["ome"]["multiscales"][0]["datasets"]
    assert [level["coordinateTransformations"][1:] for level in datasets] == [
        [],
        [{"type": "translation", "translation": [0.0, 0.25, 0.25]}],
        [{"type": "translation", "translation": [0.0, 0.75, 0.75]}],
    ]


def test_unknown_z_step_has_no_unit(tmp_path):
    create_image(
        tmp_path / "i",
        shape=(1, 2, 8, 8),
        dtype="uint8",
        calibration=Calibration(0.5, None, "x"),
        channels=["a"],
    )
    axes = zarr.open_group(tmp_path / "i", mode="r").attrs["ome"]["multiscales"][0]["axes"]
    assert axes[1] == {"name": "z", "type": "space"}


def test_overview_equals_three_halvings(tmp_path):
    image = pixels_of((2, *SHAPE), "uint16")
    make_image(tmp_path / "i", image, is_overview=True)
    stored = zarr.open_array(tmp_path / "i" / "0", mode="r")
    np.testing.assert_array_equal(stored[:], halve_mean(halve_mean(halve_mean(image))))


def test_zeros_are_not_stored_and_can_replace_labels(tmp_path, labels):
    create_image(tmp_path / "i", shape=(1, *SHAPE), dtype="uint8", calibration=CALIBRATION, channels=["a"])
    path = create_labels(tmp_path / "i", "fibers", shape=SHAPE, calibration=CALIBRATION)
    region = Region(0, 0, 512, 512)
    write_labels_block(path, region, np.zeros((512, 512), np.uint32))
    assert not (path / "0" / "c").exists()
    write_labels_block(path, region, labels[:512, :512])
    assert (path / "0" / "c" / "0" / "0").is_file()
    write_labels_block(path, region, np.zeros((512, 512), np.uint32))
    assert not (path / "0" / "c" / "0" / "0").exists()
    assert not read_labels_block(path, region).any()


def test_blocks_that_share_a_chunk_are_refused(tmp_path):
    create_image(tmp_path / "i", shape=(1, *SHAPE), dtype="uint8", calibration=CALIBRATION, channels=["a"])
    path = create_labels(tmp_path / "i", "fibers", shape=SHAPE, calibration=CALIBRATION)
    with pytest.raises(ValueError, match="whole chunks"):
        write_labels_block(path, Region(0, 0, 512, 500), np.zeros((512, 500), np.uint32))
    with pytest.raises(ValueError, match="whole chunks"):
        build_coarser_level(path, 1, Region(0, 0, 100, 100))
    with pytest.raises(ValueError, match="whole chunks"):
        write_labels_block(path, Region(1024, 512, 1536, 1024), np.zeros((512, 512), np.uint32))


@pytest.mark.parametrize("block", [np.zeros((512, 512), np.uint16), np.zeros((512, 511), np.uint32)])
def test_labels_of_another_type_or_shape_are_refused(tmp_path, block):
    create_image(tmp_path / "i", shape=(1, *SHAPE), dtype="uint8", calibration=CALIBRATION, channels=["a"])
    path = create_labels(tmp_path / "i", "fibers", shape=SHAPE, calibration=CALIBRATION)
    with pytest.raises(ValueError, match="labels are uint32"):
        write_labels_block(path, Region(0, 0, 512, 512), block)


def test_image_blocks_that_do_not_fit_are_refused(tmp_path):
    create_image(tmp_path / "i", shape=(1, *SHAPE), dtype="uint8", calibration=CALIBRATION, channels=["a"])
    with pytest.raises(ValueError, match="a block of"):
        write_image_block(tmp_path / "i", np.zeros((1, 512, 512), np.uint16), Region(0, 0, 512, 512))
    with pytest.raises(ValueError, match="2 channel names"):
        create_image(
            tmp_path / "j", shape=(1, 8, 8), dtype="u1", calibration=CALIBRATION, channels=["a", "b"]
        )


def test_an_overview_block_must_begin_on_its_pixels(tmp_path):
    create_image(
        tmp_path / "i",
        shape=(1, *SHAPE),
        dtype="u1",
        calibration=CALIBRATION,
        channels=["a"],
        is_overview=True,
    )
    with pytest.raises(ValueError, match="does not begin on a pixel"):
        write_image_block(tmp_path / "i", np.zeros((1, 512, 512), np.uint8), Region(4, 0, 516, 512))


def test_what_cannot_be_written_is_said(tmp_path):
    create = {"shape": (1, 8, 8), "calibration": CALIBRATION, "channels": ["a"]}
    create_image(tmp_path / "i", dtype="uint8", **create)
    with pytest.raises(OutputError, match="is there already"):
        create_image(tmp_path / "i", dtype="uint8", **create)
    with pytest.raises(OutputError, match=r"pixels of type complex64 cannot be stored\. Convert the image"):
        create_image(tmp_path / "c", dtype="complex64", **create)
    assert not (tmp_path / "c").exists()


def test_a_full_disk_while_writing_a_block(tmp_path, monkeypatch):
    create_image(tmp_path / "i", shape=(1, *SHAPE), dtype="uint8", calibration=CALIBRATION, channels=["a"])

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)  # zarr renames each chunk into place
    with pytest.raises(OutputError, match="the disk is full"):
        write_image_block(tmp_path / "i", np.ones((1, 512, 512), np.uint8), Region(0, 0, 512, 512))
    assert [path for path in (tmp_path / "i" / "0").rglob("*") if path.is_file()] == [
        tmp_path / "i" / "0" / "zarr.json"
    ]


def test_a_kill_while_creating_leaves_no_half_pyramid(tmp_path, monkeypatch):
    create = {"shape": (1, 8, 8), "dtype": "uint8", "calibration": CALIBRATION, "channels": ["a"]}

    def interrupted(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            create_image(tmp_path / "i", **create)
    assert not (tmp_path / "i").exists()
    create_image(tmp_path / "i", **create)
    assert [path.name for path in tmp_path.iterdir()] == ["i"]


def test_missing_labels(tmp_path):
    with pytest.raises(ResultError, match="no pyramid level here"):
        read_labels_block(tmp_path / "fibers", Region(0, 0, 1, 1))
    with pytest.raises(ResultError, match="no pyramid level here"):
        levels_n(tmp_path / "fibers")


def test_metadata_hold_nothing_that_varies(tmp_path):
    create_image(tmp_path / "i", shape=(1, 8, 8), dtype="uint8", calibration=CALIBRATION, channels=["a"])
    text = json.dumps(json.loads((tmp_path / "i" / "zarr.json").read_text(encoding="utf-8")))
    assert str(tmp_path) not in text
    assert ".draft" not in text


def test_real_image_survives_the_round_trip(shared_data, tmp_path):
    pixels = tifffile.imread(shared_data / "muscle_fluorescence" / "skm_hs_cw.tif")
    pixels = pixels[np.newaxis] if pixels.ndim == 2 else np.moveaxis(pixels, int(np.argmin(pixels.shape)), 0)
    channels = [str(index) for index in range(len(pixels))]
    path = tmp_path / "image.ome.zarr"
    create_image(path, shape=pixels.shape, dtype=pixels.dtype, calibration=CALIBRATION, channels=channels)
    write_image_block(path, pixels, Region(0, 0, *pixels.shape[-2:]))
    np.testing.assert_array_equal(zarr.open_array(path / "0", mode="r")[:], pixels)
