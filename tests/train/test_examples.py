"""Examples are a function of their number, show what they claim, and survive the disk."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.errors import LabelsError, UsageError
from myograft.numerics.sinks import FLOW_UNIT, objects_of_flows
from myograft.train.examples import (
    UNKNOWN,
    decode_image,
    encode_image,
    example_of,
    load_examples,
    make_examples,
)
from myograft.train.fibers import FiberExamples
from myograft.train.nuclei import NucleusExamples
from myograft.train.real import Field, RealExamples, find_pairs, read_pair, split_pairs
from myograft.train.settings import SceneSettings
from myograft.write import write_label_tiff

SCENES = SceneSettings(
    scenes_n=2, held_out_n=1, paintings_n=2, edge_px=128, least_size_px=10, most_size_px=30
)


@pytest.mark.parametrize("maker", [FiberExamples, NucleusExamples])
def test_an_example_is_a_function_of_seed_and_number(maker):
    first, again, other = maker(7, SCENES)(3), maker(7, SCENES)(3), maker(7, SCENES)(4)
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.flows, again.flows)
    assert not np.array_equal(first.images, other.images)
    assert first.images.shape == (2, 128, 128)
    assert first.flows.shape == (2, 128, 128)


@pytest.mark.parametrize("maker", [FiberExamples, NucleusExamples])
def test_examples_hold_objects_that_their_flows_lead_to(maker):
    counts = []
    for number in range(12):
        example = maker(1, SCENES)(number)
        is_known = example.is_object & (example.flows[0] != UNKNOWN)
        steps = np.where(is_known, example.flows, 0).astype(np.int32) * FLOW_UNIT // 100
        counts.append(int(objects_of_flows(steps.astype(np.int16), is_known).max()))
        assert (example.flows[:, ~example.is_object] == 0).all()
    assert np.median(counts) >= 3


@pytest.mark.parametrize("maker", [FiberExamples, NucleusExamples])
def test_paintings_show_the_objects(maker):
    """Seen through all stainings, most scenes differ between inside and outside."""
    differences = []
    for number in range(12):
        example = maker(1, SCENES)(number)
        if example.is_object.any():
            shown = [decode_image(image) for image in example.images]
            differences += [
                abs(image[example.is_object].mean() - image[~example.is_object].mean()) for image in shown
            ]
    assert np.median(differences) > 0.15


def test_stored_images_keep_their_values():
    image = np.linspace(-0.2, 1.7, 50, dtype=np.float32).reshape(5, 10)
    assert np.abs(decode_image(encode_image(image)) - image).max() < 0.005


def test_the_middle_of_what_the_border_cuts_is_unknown():
    labels = np.zeros((30, 30), np.uint32)
    labels[0:10, 5:15], labels[15:25, 10:20] = 1, 2
    example = example_of([np.zeros((30, 30), np.float32)], labels)
    assert (example.flows[:, labels == 1] == UNKNOWN).all()
    assert (example.flows[:, labels == 2] != UNKNOWN).all()


def test_examples_survive_the_disk_and_are_made_once(tmp_path):
    told = []
    make_examples(FiberExamples(1, SCENES), tmp_path, 2, 1, lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    first = load_examples(tmp_path, 2)[1]
    assert np.array_equal(first.images, FiberExamples(1, SCENES)(1).images)
    make_examples(FiberExamples(1, SCENES), tmp_path, 2, 1, lambda done, total: pytest.fail("made again"))
    # What lies there beyond the count is none of this training's.
    assert len(load_examples(tmp_path, 1)) == 1


def test_real_fields_are_brought_to_size():
    labels = np.zeros((90, 80), np.uint32)
    labels[10:50, 10:50] = 1
    image = np.where(labels > 0, 1000, 10).astype(np.uint16)
    example = RealExamples(1, (Field(image, labels),), SCENES)(0)
    assert min(example.is_object.shape) >= SCENES.edge_px // 2
    shown = decode_image(example.images[0])
    assert shown[example.is_object].mean() > shown[~example.is_object].mean() + 0.3


def write_pair(folder, name, shape, *, labels_shape=None):
    labels = np.zeros(labels_shape or shape, np.uint32)
    labels[2:6, 2:6] = 1
    write_label_tiff(folder / f"{name}_labels.tif", labels, pixel_size_um=1.0)
    write_label_tiff(folder / f"{name}_img.tif", np.full(shape, 7, np.uint32), pixel_size_um=1.0)


def test_pairs_are_split_by_kind(tmp_path):
    for number in range(7):
        write_pair(tmp_path, f"a{number}", (20, 20))
    write_pair(tmp_path, "b", (20, 30))
    pairs = find_pairs(tmp_path)
    learned, kept = split_pairs(pairs)
    assert [pair.image.name for pair in kept] == ["a0_img.tif", "a5_img.tif", "b_img.tif"]
    assert len(learned) == 5
    assert read_pair(learned[0]).labels.sum() == 16


def test_pairs_that_do_not_fit_or_are_not_there_are_told(tmp_path):
    with pytest.raises(UsageError, match="there is no image with outlines"):
        find_pairs(tmp_path)
    write_pair(tmp_path, "a", (20, 20), labels_shape=(20, 21))
    with pytest.raises(LabelsError, match="the image is 20 x 20 px, its labels are 20 x 21 px"):
        read_pair(find_pairs(tmp_path)[0])
