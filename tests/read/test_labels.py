"""Given labels fit pixel for pixel, or are refused."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from myograft.errors import LabelsError
from myograft.model.geometry import Region
from myograft.read import (
    ReadSettings,
    open_labels,
    open_stack,
    read_label_image,
    read_label_stack,
    read_labels,
)


def image(tmp_path, region=None):
    tifffile.imwrite(tmp_path / "image.tif", np.zeros((40, 50), np.uint16))
    return open_stack(tmp_path / "image.tif", ReadSettings(pixel_size_um=1.0), region=region)


def labels(tmp_path, data):
    tifffile.imwrite(tmp_path / "labels.tif", data, photometric="minisblack")
    return tmp_path / "labels.tif"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.int32, np.float32])
def test_any_whole_numbers(tmp_path, dtype):
    data = np.arange(2000).reshape(40, 50) % 100
    source = open_labels(labels(tmp_path, data.astype(dtype)), image(tmp_path))
    assert np.array_equal(read_labels(source, Region(3, 4, 10, 20)), data[3:10, 4:20])


def test_labels_of_the_region_or_of_the_whole_image(tmp_path):
    data = np.arange(2000, dtype=np.uint16).reshape(40, 50)
    region = Region(5, 6, 25, 36)
    whole = open_labels(labels(tmp_path, data), image(tmp_path, region))
    assert np.array_equal(read_labels(whole, Region(0, 0, 4, 4)), data[5:9, 6:10])
    part = open_labels(labels(tmp_path, data[5:25, 6:36]), image(tmp_path, region))
    assert np.array_equal(read_labels(part, Region(0, 0, 4, 4)), data[5:9, 6:10])


def test_more_than_65535_objects(tmp_path):
    data = np.arange(400 * 300, dtype=np.uint32).reshape(400, 300)
    assert read_label_image(labels(tmp_path, data)).max() == 119_999


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (np.zeros((40, 51), np.uint16), "40 x 51"),
        (np.full((40, 50), 0.5, np.float32), "whole numbers"),
        (np.full((40, 50), -1, np.int32), "between 0"),
        (np.zeros((40, 50, 3), np.uint8), "one plane"),
    ],
)
def test_what_does_not_fit_is_a_sentence(tmp_path, data, part):
    path = tmp_path / "labels.tif"
    tifffile.imwrite(path, data)
    with pytest.raises(LabelsError) as caught:
        read_labels(open_labels(path, image(tmp_path)), Region(0, 0, 40, 50))
    assert part in caught.value.sentence


def stack_of(tmp_path, planes_n):
    pixels = np.zeros((planes_n, 40, 50), np.uint16)
    tifffile.imwrite(tmp_path / "stack.tif", pixels, photometric="minisblack")
    return open_stack(tmp_path / "stack.tif", ReadSettings(pixel_size_um=1.0, axes="ZYX"))


@pytest.mark.parametrize("planes_n", [3, 9])
def test_labels_of_every_plane(tmp_path, planes_n):
    """Also of few planes, which look like channels."""
    data = np.arange(planes_n * 2000, dtype=np.uint32).reshape(planes_n, 40, 50)
    source = open_labels(labels(tmp_path, data), stack_of(tmp_path, planes_n), of_every_plane=True)
    assert source.planes_n == planes_n
    assert np.array_equal(read_labels(source, Region(3, 4, 10, 20), 2), data[2, 3:10, 4:20])
    assert np.array_equal(read_label_stack(tmp_path / "labels.tif"), data)


def test_labels_of_one_plane_are_a_plane(tmp_path):
    assert read_label_stack(labels(tmp_path, np.ones((40, 50), np.uint8))).shape == (40, 50)


def test_planes_of_labels_must_be_those_of_the_image(tmp_path):
    with pytest.raises(LabelsError, match=r"labels have 9 optical planes, the image .* has 5"):
        open_labels(
            labels(tmp_path, np.ones((9, 40, 50), np.uint8)), stack_of(tmp_path, 5), of_every_plane=True
        )
