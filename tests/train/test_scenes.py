"""What scenes show: vessels without fibers in them, photographs with dark nuclei, edges that mirror."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from myograft.train.fibers import mirrored, mirrored_labels
from myograft.train.photograph import photograph
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
