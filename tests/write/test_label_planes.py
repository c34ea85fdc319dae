"""Labels of every optical plane lie in a pyramid as those of one plane do; what is read is what is there now."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import zarr

from myograft.errors import ResultError
from myograft.model.geometry import Calibration, Region
from myograft.write import (
    build_coarser_level,
    coarser_regions,
    create_image,
    create_labels,
    read_labels_block,
    write_labels_block,
)

SHAPE = (1100, 530)
CALIBRATION = Calibration(0.5, 2.0, "test")


def test_labels_of_every_plane(tmp_path):
    labels = np.arange(SHAPE[0] * SHAPE[1], dtype=np.uint32).reshape(SHAPE)
    create_image(tmp_path / "i", shape=(1, 2, *SHAPE), dtype="u1", calibration=CALIBRATION, channels=["a"])
    path = create_labels(tmp_path / "i", "nuclei", shape=(2, *SHAPE), calibration=CALIBRATION)
    whole = Region(0, 0, *SHAPE)
    write_labels_block(path, whole, labels, z=1)
    assert not read_labels_block(path, whole, z=0).any()
    np.testing.assert_array_equal(read_labels_block(path, whole)[1], labels)
    part = Region(3, 5, 40, 60)
    np.testing.assert_array_equal(read_labels_block(path, part, z=1), labels[part.slices])
    for region in coarser_regions(path, 1):
        build_coarser_level(path, 1, region)
    # Numbers of objects are picked, never averaged.
    np.testing.assert_array_equal(read_labels_block(path, Region(0, 0, 9999, 9999), 1, z=1), labels[::2, ::2])
    axes = zarr.open_group(path, mode="r").attrs["ome"]["multiscales"][0]["axes"]
    assert [axis["name"] for axis in axes] == ["z", "y", "x"]


def test_labels_are_read_anew_once_they_are_gone_or_others(tmp_path):
    whole = Region(0, 0, *SHAPE)
    for number in (1, 2):
        create_image(tmp_path / "i", shape=(1, *SHAPE), dtype="u1", calibration=CALIBRATION, channels=["a"])
        path = create_labels(tmp_path / "i", "nuclei", shape=SHAPE, calibration=CALIBRATION)
        write_labels_block(path, whole, np.full(SHAPE, number, np.uint32))
        assert (read_labels_block(path, whole) == number).all()
        shutil.rmtree(tmp_path / "i")
        with pytest.raises(ResultError, match="no pyramid level"):
            read_labels_block(path, whole)
