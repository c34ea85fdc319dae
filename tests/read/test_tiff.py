"""Every dialect of TIFF gives the same pixels, axes, sizes and names, by region."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from myograft.errors import CalibrationError, InputError
from myograft.model.geometry import Region
from myograft.model.stack import Projection
from myograft.read import ReadSettings, open_stack, read_plane

RNG = np.random.default_rng(0)
WITH_SIZE = ReadSettings(pixel_size_um=0.5)


def pixels(*shape, dtype=np.uint16):
    return RNG.integers(0, 200, shape).astype(dtype)


def ome(path, data, axes, **options):
    metadata = {"axes": axes, "PhysicalSizeX": 0.325, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.325,
                "PhysicalSizeYUnit": "µm"}  # fmt: skip
    tifffile.imwrite(path, data, ome=True, metadata=metadata | options.pop("metadata", {}), **options)
    return path


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tile": (32, 32)},
        {"tile": (32, 32), "compression": "zlib", "predictor": True},
        {"compression": "lzw", "rowsperstrip": 7},
        {"tile": (16, 16), "compression": "zstd"},
        {"bigtiff": True},
        {"byteorder": ">"},
    ],
)
def test_ome_tiff_of_every_make(tmp_path, options):
    data = pixels(2, 3, 70, 90)
    stack = open_stack(ome(tmp_path / "a.ome.tif", data, "ZCYX", **options), ReadSettings())
    assert (stack.axes, stack.planes_n, stack.shape, len(stack.channels)) == ("ZCYX", 2, (70, 90), 3)
    assert stack.calibration.pixel_size_um == pytest.approx(0.325)
    region = Region(11, 20, 55, 90)
    block = read_plane(stack, 2, region, plane=1)
    assert np.array_equal(block, data[1, 2, 11:55, 20:90])
    assert block.dtype == np.uint16
    assert block.dtype.isnative


def test_a_pyramid_is_read_at_full_resolution(tmp_path):
    data = pixels(2, 128, 128)
    path = tmp_path / "pyramid.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        options = {"tile": (64, 64), "compression": "zlib"}
        file.write(
            data, subifds=1, metadata={"axes": "CYX", "PhysicalSizeX": 1.0, "PhysicalSizeY": 1.0}, **options
        )
        file.write(data[:, ::2, ::2], subfiletype=1, **options)
    stack = open_stack(path, ReadSettings())
    assert stack.shape == (128, 128)
    assert np.array_equal(read_plane(stack, 1, stack.whole, plane=0), data[1])


def test_projections(tmp_path):
    data = pixels(4, 20, 30)
    stack = open_stack(ome(tmp_path / "z.ome.tif", data, "ZYX"), ReadSettings())
    assert np.array_equal(read_plane(stack, 0, stack.whole, plane=Projection.MAXIMUM), data.max(axis=0))
    mean = read_plane(stack, 0, stack.whole, plane=Projection.MEAN)
    assert mean == pytest.approx(data.mean(axis=0), rel=1e-6)


def test_imagej_with_its_unit_and_slice_labels(tmp_path):
    data = pixels(3, 2, 20, 30)
    path = tmp_path / "ij.tif"
    tifffile.imwrite(
        path,
        data,
        imagej=True,
        resolution=(4.0, 4.0),
        metadata={"axes": "ZCYX", "unit": "um", "spacing": 2.0},
    )
    stack = open_stack(path, ReadSettings())
    assert stack.calibration.pixel_size_um == pytest.approx(0.25)
    assert stack.calibration.z_step_um == pytest.approx(2.0)
    assert np.array_equal(read_plane(stack, 1, stack.whole, plane=2), data[2, 1])


@pytest.mark.parametrize(
    ("value", "unit", "expected_um"), [(325.0, "nm", 0.325), (0.000325, "mm", 0.325), (0.5, "micron", 0.5)]
)
def test_units_are_converted(tmp_path, value, unit, expected_um):
    metadata = {f"PhysicalSize{axis}": value for axis in "XY"}
    metadata |= {f"PhysicalSize{axis}Unit": "µm" if unit == "micron" else unit for axis in "XY"}
    stack = open_stack(ome(tmp_path / "u.ome.tif", pixels(20, 30), "YX", metadata=metadata), ReadSettings())
    assert stack.calibration.pixel_size_um == pytest.approx(expected_um)


@pytest.mark.parametrize("dots", [72, 96, 150, 300, 600])
def test_a_printers_resolution_is_no_calibration(tmp_path, dots):
    path = tmp_path / "print.tif"
    tifffile.imwrite(path, pixels(20, 30), resolution=(dots, dots), resolutionunit="INCH")
    with pytest.raises(CalibrationError, match="--pixel-size-um"):
        open_stack(path, ReadSettings())


def test_resolution_tags_in_centimeters_are_a_calibration(tmp_path):
    path = tmp_path / "cm.tif"
    tifffile.imwrite(path, pixels(20, 30), resolution=(20000, 20000), resolutionunit="CENTIMETER")
    assert open_stack(path, ReadSettings()).calibration.pixel_size_um == pytest.approx(0.5)


def test_two_calibrations_that_disagree_are_an_error(tmp_path):
    path = ome(
        tmp_path / "two.ome.tif", pixels(20, 30), "YX", resolution=(20000, 20000), resolutionunit="CENTIMETER"
    )
    with pytest.raises(CalibrationError, match="disagree") as caught:
        open_stack(path, ReadSettings())
    assert "0.325" in caught.value.sentence
    assert "0.5" in caught.value.sentence
    stack = open_stack(path, WITH_SIZE)
    assert stack.calibration.pixel_size_um == 0.5
    assert any("0.325" in note for note in stack.notes)


def test_pixels_that_are_not_square_are_an_error(tmp_path):
    path = ome(tmp_path / "flat.ome.tif", pixels(20, 30), "YX", metadata={"PhysicalSizeY": 0.65})
    with pytest.raises(CalibrationError, match="not square"):
        open_stack(path, ReadSettings())


@pytest.mark.parametrize(
    ("shape", "axes", "planes_n", "channels_n"), [((3, 20, 30), "CYX", 1, 3), ((9, 20, 30), "ZYX", 9, 1)]
)
def test_an_axis_without_a_name_is_told(tmp_path, shape, axes, planes_n, channels_n):
    path = tmp_path / "plain.tif"
    tifffile.imwrite(path, pixels(*shape), photometric="minisblack")
    stack = open_stack(path, WITH_SIZE)
    assert (stack.axes, stack.planes_n, len(stack.channels)) == (axes, planes_n, channels_n)
    assert any("read.axes" in note for note in stack.notes)
    other = open_stack(path, ReadSettings(pixel_size_um=0.5, axes="CYX" if axes == "ZYX" else "ZYX"))
    assert other.axes != axes


@pytest.mark.parametrize("samples_n", [3, 4])
def test_a_photograph_has_three_colors(tmp_path, samples_n):
    data = pixels(20, 30, samples_n, dtype=np.uint8)
    path = tmp_path / "rgb.tif"
    options = {"extrasamples": ["unassalpha"]} if samples_n == 4 else {}
    tifffile.imwrite(path, data, photometric="rgb", **options)
    stack = open_stack(path, WITH_SIZE)
    assert stack.is_rgb
    assert [channel.name for channel in stack.channels] == ["red", "green", "blue"]
    assert np.array_equal(read_plane(stack, 2, stack.whole, plane=0), data[..., 2])


def test_a_palette_is_looked_up(tmp_path):
    data = pixels(20, 30, dtype=np.uint8)
    colormap = RNG.integers(0, 65535, (3, 256)).astype(np.uint16)
    path = tmp_path / "palette.tif"
    tifffile.imwrite(path, data, photometric="palette", colormap=colormap)
    stack = open_stack(path, WITH_SIZE)
    assert stack.is_rgb
    assert np.array_equal(
        read_plane(stack, 1, stack.whole, plane=0), (colormap[1] >> 8).astype(np.uint8)[data]
    )


def test_a_tinted_gray_image_keeps_its_values(tmp_path):
    data = pixels(20, 30, dtype=np.uint8)
    green = np.zeros((3, 256), np.uint16)
    green[1] = np.arange(256) * 257
    path = tmp_path / "green.tif"
    tifffile.imwrite(path, data, photometric="palette", colormap=green)
    stack = open_stack(path, WITH_SIZE)
    assert not stack.is_rgb
    assert np.array_equal(read_plane(stack, 0, stack.whole, plane=0), data)


def test_a_region_is_the_plane(tmp_path):
    data = pixels(50, 60)
    stack = open_stack(ome(tmp_path / "r.ome.tif", data, "YX"), ReadSettings(), region=Region(10, 20, 40, 50))
    assert stack.shape == (30, 30)
    assert np.array_equal(read_plane(stack, 0, Region(5, 5, 10, 10), plane=0), data[15:20, 25:30])


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"", "empty"), (b"II*\x00nonsense", "TIFF"), (b"\xff\xd8\xffjpeg", "not a readable TIFF")],
)
def test_what_is_no_tiff_is_a_sentence(tmp_path, content, part):
    path = tmp_path / "bad.tif"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_stack(path, WITH_SIZE)
    assert part in caught.value.sentence
    assert "bad.tif" in caught.value.sentence


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("kept", [0.9, 0.5, 0.1])
def test_a_truncated_file_is_told_before_it_is_measured(tmp_path, compression, kept):
    whole = ome(tmp_path / "whole.ome.tif", pixels(3, 100, 100), "CYX", compression=compression)
    path = tmp_path / "cut.ome.tif"
    content = whole.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(InputError, match=r"cut\.ome\.tif"):
        open_stack(path, WITH_SIZE)


def test_a_time_series_is_refused(tmp_path):
    with pytest.raises(InputError, match="time series of 4 frames"):
        open_stack(ome(tmp_path / "t.ome.tif", pixels(4, 20, 30), "TYX"), ReadSettings())


def test_another_image_of_the_file(tmp_path):
    path = tmp_path / "two.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(pixels(20, 30), metadata=None)
        file.write(pixels(40, 50), metadata=None)
    assert open_stack(path, WITH_SIZE).shape == (20, 30)
    assert open_stack(path, ReadSettings(pixel_size_um=0.5, series="1")).shape == (40, 50)
    with pytest.raises(InputError, match="N from 0 to 1"):
        open_stack(path, ReadSettings(pixel_size_um=0.5, series="2"))


def test_hematoxylin_is_told_apart_by_color(tmp_path):
    path = tmp_path / "he.tif"
    data = np.full((20, 30, 4), 255, np.uint8)
    data[:10, :, :3] = (230, 60, 200)
    data[:5, :10, :3] = (90, 70, 150)
    tifffile.imwrite(path, data, photometric="rgb")
    stack = open_stack(path, ReadSettings(pixel_size_um=0.5, photograph="he"))
    assert [channel.label for channel in stack.channels] == ["red", "green", "blue", "hematoxylin"]
    stain = read_plane(stack, 3, Region(0, 0, 20, 30), plane=0)
    assert stain[:5, :10].min() > 50
    assert stain[:10, 10:].max() < 10
    assert stain[10:].max() == 0
    assert np.array_equal(read_plane(stack, 3, Region(2, 4, 12, 20), plane=0), stain[2:12, 4:20])


def test_what_is_no_photograph_has_no_hematoxylin(tmp_path):
    path = tmp_path / "gray.tif"
    tifffile.imwrite(path, np.zeros((20, 30), np.uint8))
    with pytest.raises(InputError, match="a photograph of he stain, but it is no color image"):
        open_stack(path, ReadSettings(pixel_size_um=0.5, photograph="he"))
