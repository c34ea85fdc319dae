"""Corrected labels appear and go as a whole, also when a program was killed in the middle of it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import zarr

from myograft.model.geometry import Calibration, Region
from myograft.write import (
    copy_labels,
    create_image,
    create_labels,
    drop_labels,
    read_labels_block,
    write_labels_block,
)

WHOLE = Region(0, 0, 60, 50)
CALIBRATION = Calibration(0.5, None, "test")


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image"
    create_image(path, shape=(1, 60, 50), dtype="u1", calibration=CALIBRATION, channels=["a"])
    labels = create_labels(path, "fibers", shape=(60, 50), calibration=CALIBRATION)
    write_labels_block(labels, WHOLE, np.ones((60, 50), np.uint32))
    return path


def copied(image, value):
    with copy_labels(image, "fibers", "fibers_reviewed") as draft:
        write_labels_block(draft, WHOLE, np.full((60, 50), value, np.uint32))


def listed(image):
    return sorted(zarr.open_group(image / "labels", mode="r").attrs["ome"]["labels"])


def test_a_copy_appears_with_its_changes_and_goes(image):
    copied(image, 2)
    assert np.all(read_labels_block(image / "labels" / "fibers_reviewed", WHOLE) == 2)
    assert np.all(read_labels_block(image / "labels" / "fibers", WHOLE) == 1)
    assert listed(image) == ["fibers", "fibers_reviewed"]
    drop_labels(image, "fibers_reviewed")
    drop_labels(image, "fibers_reviewed")
    assert listed(image) == ["fibers"]


@pytest.mark.parametrize("is_there", [True, False], ids=["made anew since", "not made anew"])
def test_what_a_killed_program_left_undeleted_is_in_nobodys_way(image, monkeypatch, is_there):
    copied(image, 2)

    def killed(folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        drop_labels(image, "fibers_reviewed")
    monkeypatch.undo()
    if is_there:
        copied(image, 3)
    drop_labels(image, "fibers_reviewed")
    copied(image, 4)
    assert np.all(read_labels_block(image / "labels" / "fibers_reviewed", WHOLE) == 4)
    assert not [path for path in (image / "labels").iterdir() if path.name.startswith(".")]


def test_a_copy_that_fails_leaves_nothing(image):
    with pytest.raises(KeyError), copy_labels(image, "fibers", "fibers_reviewed"):
        raise KeyError
    assert listed(image) == ["fibers"]
    assert sorted(path.name for path in (image / "labels").iterdir() if path.is_dir()) == ["fibers"]
