"""What scenes show: vessels without fibers in them, photographs with dark nuclei, scenes that end within the image."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from myograft.train.examples import decode_image, encode_image, example_of
from myograft.train.fibers import FiberExamples
from myograft.train.photograph import photograph
from myograft.train.plane_edge import OUTSIDE, ended, mirrored, mirrored_labels, with_plane_edge
from myograft.train.settings import SceneSettings
from myograft.train.stain import paint, survey
from myograft.train.tissue import FINE, random_scene


def scenes(count, edge_px=256):
    for seed in range(count):
        random = np.random.default_rng([seed, 8])
        yield random, random_scene(random, edge_px, (40.0, 90.0))


def test_no_fiber_lies_in_a_vessel():
    found_n = 0
    for _, scene in scenes(20):
        inside = scene.off_trunk_px < -1.0
        found_n += bool(inside.any())
        assert not scene.bodies[inside].any()
        assert not scene.fibers[~np.isin(scene.fibers, scene.bodies)].any()
    assert found_n >= 2


def test_every_fiber_is_one_piece():
    for _, scene in scenes(6):
        for number in np.unique(scene.fibers)[1:]:
            assert ndimage.label(scene.fibers == number)[1] == 1


def test_a_photograph_is_brighter_between_fibers_than_in_them():
    brighter = []
    for random, scene in scenes(10):
        image = photograph(random, scene, survey(scene))
        assert image.shape == tuple(length // FINE for length in scene.fibers.shape)
        assert np.isfinite(image).all()
        is_fiber = scene.fibers[FINE // 2 :: FINE, FINE // 2 :: FINE] > 0
        if is_fiber.any() and not is_fiber.all():
            brighter.append(np.median(image[~is_fiber]) > np.median(image[is_fiber]))
    assert np.mean(brighter) >= 0.9


def test_paintings_are_finite_and_about_1():
    for random, scene in scenes(10):
        image = paint(random, scene, survey(scene))
        assert np.isfinite(image).all()
        assert 0.2 < np.percentile(image, 99.5) < 5.0


@given(st.integers(0, 2**31), st.integers(8, 60))
def test_beyond_an_end_nothing_is_shown_and_nothing_is_asked(seed, edge_px):
    random = np.random.default_rng(seed)
    labels = np.kron(random.integers(0, 4, (edge_px, edge_px)), np.ones((2, 2))).astype(np.uint32)
    image = random.normal(0.4, 0.3, labels.shape).astype(np.float32)
    (shown,), asked = ended(random, [image], labels, 1.0)
    is_out = shown == OUTSIDE
    assert is_out.any()
    assert not is_out.all()
    # What is kept is a rectangle with the origin in it.
    rows, columns = ~is_out.all(axis=1), ~is_out.all(axis=0)
    assert np.array_equal(~is_out, rows[:, None] & columns[None, :])
    assert not is_out[0, 0]
    assert not asked[is_out].any()
    assert np.array_equal(asked[~is_out], labels[~is_out])
    assert np.array_equal(shown[~is_out], image[~is_out])


def test_scenes_end_as_often_as_is_asked():
    labels, image = np.ones((8, 8), np.uint32), np.zeros((8, 8), np.float32)
    random = np.random.default_rng(0)
    ends_n = sum((ended(random, [image], labels, 0.4)[0][0] == OUTSIDE).any() for _ in range(500))
    assert 150 < ends_n < 250
    assert all(ended(random, [image], labels, 0.0)[1].all() for _ in range(20))


@given(st.integers(2, 30), st.integers(1, 6), st.integers(0, 2**31), st.floats(0.5, 0.95))
def test_a_mirror_keeps_what_lies_before_it_and_repeats_it(height, width, seed, share):
    random = np.random.default_rng(seed)
    labels = np.kron(random.integers(0, 4, (height, width)), np.ones((2, 2))).astype(np.uint32)
    line = min(max(int(np.ceil(share * len(labels))), (len(labels) + 1) // 2), len(labels) - 1)
    image, both = mirrored(labels, line), mirrored_labels(labels, line)
    assert image.shape == both.shape == labels.shape
    assert np.array_equal(both[:line], labels[:line])
    assert np.array_equal(both > 0, image > 0)
    assert np.array_equal(image[line], labels[line - 1])
    at_line = set(labels[line - 1].tolist())
    behind = set(np.unique(both[line:]).tolist()) - {0}
    assert behind & set(np.unique(labels).tolist()) <= at_line


def test_scenes_are_mirrored_as_often_as_is_asked():
    labels = np.arange(64, dtype=np.uint32).reshape(8, 8) + 1
    image, random = labels.astype(np.float32), np.random.default_rng(0)
    scenes = SceneSettings(mirrored_fraction=0.25)
    shown = [with_plane_edge(random, [image], labels, scenes) for _ in range(500)]
    assert 90 < sum(not np.array_equal(images[0], image) for images, _ in shown) < 160
    plain = SceneSettings(mirrored_fraction=0.0)
    assert all(np.array_equal(with_plane_edge(random, [image], labels, plain)[1], labels) for _ in range(20))


@given(st.integers(0, 2**31))
def test_storage_keeps_images_and_what_lies_outside_apart(seed):
    image = np.random.default_rng(seed).uniform(-0.25, 1.75, (9, 9)).astype(np.float32)
    image[4:] = OUTSIDE
    back = decode_image(encode_image(image))
    assert (back[4:] == OUTSIDE).all()
    assert np.abs(back[:4] - image[:4]).max() < 0.005
    assert (decode_image(encode_image(np.full((2, 2), -9.0, np.float32))) > OUTSIDE).all()


def test_what_an_end_cuts_has_its_middle_in_its_rest():
    """A network is asked for the flows of what is seen of an object, as a plane's border cuts it."""
    for number in range(40):
        images, labels = FiberExamples(
            7, SceneSettings(edge_px=128, paintings_n=1, ended_fraction=1.0)
        ).scene(number)
        is_out = images[0] == OUTSIDE
        example = example_of(images, labels)
        assert not example.is_object[is_out].any()
        rows = int((~is_out[:, 0]).sum())
        inner = np.setdiff1d(
            labels[rows - 1, 1:-1], np.concatenate([labels[0], labels[:, 0], labels[:, -1], [0]])
        )
        for fiber in inner[:3]:
            pixels = labels == fiber
            if pixels.sum() < 60:
                continue
            down = example.flows[0][pixels].astype(float)
            assert down.min() < 0 < down.max(), "flows lead up and down to a middle within the image"
            return
    raise AssertionError("no scene had a fiber at its end")
