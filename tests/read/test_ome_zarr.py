"""OME-Zarr of both versions, valid and not."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

from myograft.errors import CalibrationError, InputError
from myograft.read import ReadSettings, open_stack, read_plane


def write_zarr(path, data, version, unit="micrometer", scale=0.5, axes="cyx"):
    group = zarr.open_group(path, mode="w", zarr_format=2 if version == "0.4" else 3)
    array = group.create_array(
        "0", shape=data.shape, dtype=data.dtype, chunks=(1,) * (data.ndim - 2) + (32, 32)
    )
    array[...] = data
    described = [{"name": axis, "type": "channel" if axis == "c" else "space"} for axis in axes]
    for axis in described:
        if axis["type"] == "space" and unit:
            axis["unit"] = unit
    scales = [1.0 if axis == "c" else scale for axis in axes]
    dataset = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scales}]}
    multiscales = [{"axes": described, "version": version, "datasets": [dataset]}]
    metadata = {"multiscales": multiscales, "omero": {"channels": [{"label": "laminin"}, {"label": "DAPI"}]}}
    group.attrs.update({"ome": metadata | {"version": "0.5"}} if version == "0.5" else metadata)
    return path


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_both_versions(tmp_path, version):
    data = np.random.default_rng(0).integers(0, 999, (2, 70, 60)).astype(np.uint16)
    stack = open_stack(write_zarr(tmp_path / "a.ome.zarr", data, version), ReadSettings())
    assert [channel.name for channel in stack.channels] == ["laminin", "DAPI"]
    assert stack.calibration.pixel_size_um == 0.5
    assert np.array_equal(read_plane(stack, 1, stack.whole, plane=0), data[1])


def test_units_are_converted_and_never_assumed(tmp_path):
    data = np.zeros((2, 20, 20), np.uint16)
    stack = open_stack(
        write_zarr(tmp_path / "nm.zarr", data, "0.5", unit="nanometer", scale=325.0), ReadSettings()
    )
    assert stack.calibration.pixel_size_um == pytest.approx(0.325)
    with pytest.raises(CalibrationError, match="--pixel-size-um"):
        open_stack(write_zarr(tmp_path / "none.zarr", data, "0.5", unit=None), ReadSettings())


def test_shared_examples(shared_data):
    folder = shared_data / "ngff_examples"
    for path in sorted((folder / "valid").glob("image-*.zarr")):
        stack = open_stack(path, ReadSettings(pixel_size_um=1.0))
        assert read_plane(stack, 0, stack.whole, plane=0).shape == stack.shape
    for name in ("image-01", "image-02", "image-03"):
        with pytest.raises(InputError, match="multiscale"):
            open_stack(folder / "invalid" / f"{name}.zarr", ReadSettings(pixel_size_um=1.0))
    with pytest.raises(InputError, match="plate"):
        open_stack(folder / "valid" / "plate-01.zarr", ReadSettings(pixel_size_um=1.0))


def test_another_folder_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="not an OME-Zarr"):
        open_stack(tmp_path, ReadSettings())
    with pytest.raises(InputError, match="no such file"):
        open_stack(tmp_path / "absent.zarr", ReadSettings())
