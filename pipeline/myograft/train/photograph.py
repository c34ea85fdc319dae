"""Hematoxylin and eosin to learn from: a scene as green light shows it, fibers gray on white, nuclei dark.

Nuclei lie in and between fibers here, because a network that never saw them takes them for borders.
"""

from __future__ import annotations

import cv2
import numpy as np

from myograft.model.arrays import Array, Image
from myograft.train.noise import Random, happens, log_uniform, smooth_noise
from myograft.train.stain import Ground
from myograft.train.tissue import FINE, Scene


def photograph(random: Random, scene: Scene, ground: Ground) -> Image:
    """Return a scene as the green light of a stained section may show it: glass about 1, fibers gray, nuclei dark.

    Parameters
    ----------
    random
        Source of chance.
    scene, ground
        The scene and its survey.

    Returns
    -------
    Image
        Shape (H / FINE, W / FINE).
    """
    edge_px = len(scene.bodies)
    is_fiber = scene.fibers > 0
    light = np.where(is_fiber, _fibers(random, scene), _between(random, scene))
    width = FINE * log_uniform(random, 0.4, 1.2)
    border = np.exp(-np.square(ground.depth_px / width)) * random.uniform(-0.12, 0.35)
    uneven = np.clip(
        0.7 + 0.6 * smooth_noise(random, edge_px, FINE * log_uniform(random, 4.0, 30.0)), 0.0, 1.5
    )
    light = light + border * uneven * is_fiber
    if happens(random, 0.3):
        is_vacuole = smooth_noise(random, edge_px, FINE * random.uniform(2.0, 6.0)) > random.uniform(2.0, 3.5)
        light = np.where(is_vacuole & is_fiber, random.uniform(0.6, 1.0), light)
    light = light * _nuclei(random, scene, ground)
    return _developed(random, np.clip(light, 0.0, 1.0).astype(np.float32))


def _fibers(random: Random, scene: Scene) -> Array:
    """Return the light that eosin leaves inside fibers."""
    edge_px, fibers_n = len(scene.bodies), int(scene.bodies.max()) + 1
    level = random.uniform(0.3, 0.7) * np.exp(random.uniform(0.02, 0.18) * random.standard_normal(fibers_n))
    if happens(random, 0.5):
        # Regenerating fibers are basophilic, necrotic ones pale.
        chosen = random.random(fibers_n) < random.uniform(0.02, 0.2)
        level[chosen] *= random.uniform(0.5, 1.4, int(chosen.sum()))
    texture = 1.0 + random.uniform(0.0, 0.08) * smooth_noise(random, edge_px, FINE * random.uniform(1.0, 4.0))
    texture += random.uniform(0.0, 0.12) * smooth_noise(random, edge_px, FINE * random.uniform(6.0, 40.0))
    return np.asarray(level[scene.fibers] * texture)


def _between(random: Random, scene: Scene) -> Array:
    """Return the light between fibers: glass, and connective tissue that eosin stains pale."""
    edge_px = len(scene.bodies)
    strands = smooth_noise(random, edge_px, FINE * log_uniform(random, 1.5, 12.0))
    where = np.clip(0.5 + smooth_noise(random, edge_px, 0.6 * scene.spacing_px), 0.0, 1.0)
    dense = np.where(scene.is_connective, 1.0, where) * np.clip(0.7 + 0.4 * strands, 0.0, 1.3)
    return np.asarray(1.0 - random.uniform(0.0, 0.5) * dense * ~scene.is_glass)


def _nuclei(random: Random, scene: Scene, ground: Ground) -> Image:
    """Return the part of the light that nuclei let pass: along borders, in the middle of fibers, in crowds."""
    edge_px = len(scene.bodies)
    passed = np.ones((edge_px, edge_px), np.float32)
    down, right = (np.asarray(np.gradient(ground.depth_px, axis=axis)) for axis in (0, 1))
    fibers_n = max(1.0, edge_px**2 / scene.spacing_px**2)
    depth = ground.depth_px
    places = (
        (np.abs(depth) < 3.0 * FINE, random.uniform(0.5, 3.0)),
        (depth > 0.25 * scene.spacing_px, random.choice([0.0, 0.1, 0.6, 1.2])),
        ((depth < 0) & (smooth_noise(random, edge_px, scene.spacing_px) > 1.0), random.uniform(0.0, 4.0)),
    )
    size = random.uniform(2.0, 4.5)
    for where, per_fiber in places:
        rows, columns = np.nonzero(where)
        if not len(rows):
            continue
        count = min(600, int(per_fiber * fibers_n))
        for index in random.integers(len(rows), size=count).tolist():
            y, x = int(rows[index]), int(columns[index])
            # Along the border, as nuclei lie; in the middle that is as good as any direction.
            turn = float(np.degrees(np.arctan2(down[y, x], right[y, x]))) + 90.0
            long = FINE * size * float(np.exp(0.25 * random.standard_normal()))
            axes = (max(1, round(long)), max(1, round(long * random.uniform(0.3, 1.0))))
            cv2.ellipse(passed, (x, y), axes, turn, 0, 360, float(random.uniform(0.1, 0.75)), -1, cv2.LINE_AA)
    return passed


def _developed(random: Random, light: Image) -> Image:
    """Return light on the fine grid as a camera stores it, compressed, and a normalization shows it."""
    blurred: Array = cv2.GaussianBlur(light, (0, 0), FINE * log_uniform(random, 0.2, 1.2))
    seen = cv2.resize(blurred, None, fx=1.0 / FINE, fy=1.0 / FINE, interpolation=cv2.INTER_AREA)
    edge_px = len(seen)
    shade = random.uniform(0.0, 0.06) * smooth_noise(random, edge_px, 0.6 * edge_px)
    noise = random.standard_normal(seen.shape, dtype=np.float32) / np.float32(
        log_uniform(random, 20.0, 200.0)
    )
    stored = np.clip(240.0 * (seen * (1.0 + shade) + noise), 0, 255).astype(np.uint8)
    if happens(random, 0.6):
        quality = int(random.integers(40, 96))
        _, packed = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, quality])
        stored = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    low, high = np.percentile(stored, [random.uniform(0.3, 3.0), random.uniform(97.0, 99.9)])
    scaled = (stored.astype(np.float32) - low) / max(high - low, 8.0)
    return np.asarray(scaled * log_uniform(random, 0.8, 1.25), np.float32)
