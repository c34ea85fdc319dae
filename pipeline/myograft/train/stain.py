"""Stains to learn from: every scene is painted as one of many stainings, microscopes and mishaps would show it.

Rims wide and narrow, doubled, uneven, torn; fibers dark, glowing by type, or filled; interstitium bright or dark, with
capillaries, sheets of connective tissue and debris; then blur, shading, background and noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from myograft.model.arrays import Array, Image, Mask
from myograft.numerics.distance import distance_to
from myograft.train.noise import Random, happens, log_uniform, smooth_noise, wander
from myograft.train.tissue import FINE, Scene


@dataclass(frozen=True)
class Ground:
    """What every painting of a scene needs to know of its pixels.

    Parameters
    ----------
    depth_px
        Signed distance to the nearest outline in fine pixels, positive inside a body.
    body
        Number of the body at or nearest to each pixel.
    off_sheet_px
        Distance to the nearest border between fascicles.
    """

    depth_px: Image
    body: Array
    off_sheet_px: Image


def survey(scene: Scene) -> Ground:
    """Return what every painting of a scene needs."""
    is_body = scene.bodies > 0
    is_edge = np.zeros(is_body.shape, bool)
    for axis in (0, 1):
        differs = np.diff(scene.bodies.astype(np.int64), axis=axis) != 0
        low = [slice(None)] * 2
        high = [slice(None)] * 2
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        is_edge[tuple(low)] |= differs
        is_edge[tuple(high)] |= differs
    depth = distance_to(is_edge) + np.float32(0.5)
    outside = (~is_body).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(
        outside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    body_of = np.zeros(int(nearest.max()) + 1, np.int64)
    body_of[nearest[is_body]] = scene.bodies[is_body]
    edge = np.zeros(is_body.shape, bool)
    edge[1:] |= scene.fascicle[1:] != scene.fascicle[:-1]
    edge[:, 1:] |= scene.fascicle[:, 1:] != scene.fascicle[:, :-1]
    return Ground(np.where(is_body, depth, -depth).astype(np.float32), body_of[nearest], distance_to(edge))


def paint(random: Random, scene: Scene, ground: Ground) -> Image:
    """Return a scene as a sarcolemma stain may show it: background about 0, bright stain about 1.

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
    light = _rims(random, scene, ground)
    light = np.maximum(light, _between(random, scene, ground))
    light += _inside(random, scene, ground)
    light[scene.is_glass & (ground.depth_px < -3.0 * FINE)] *= random.uniform(0.0, 0.3)
    light = np.maximum(light, _streaks(random, edge_px, scene.spacing_px))
    light += _specks(random, edge_px)
    if happens(random, 0.12):
        light *= _fold(random, edge_px)
    return expose(random, light)


def _rims(random: Random, scene: Scene, ground: Ground) -> Image:
    edge_px, bodies_n = len(scene.bodies), int(scene.bodies.max()) + 1
    width = FINE * log_uniform(random, 0.55, min(3.2, max(0.8, 0.045 * scene.spacing_px / FINE + 0.6)))
    spread = random.uniform(0.0, 0.35)
    own_width = width * np.exp(spread * random.standard_normal(bodies_n))
    if happens(random, 0.5):
        # Walls of vessels are thicker than fibers' rims.
        own_width[vessels_of(scene)] *= random.uniform(1.2, 2.5)
    own_light = np.exp(random.uniform(0.0, 0.45) * random.standard_normal(bodies_n))
    w = own_width[ground.body].astype(np.float32)
    if happens(random, 0.4):
        w = w * np.clip(1.0 + 0.35 * smooth_noise(random, edge_px, 0.3 * scene.spacing_px), 0.4, 2.5)
    offset = random.uniform(0.4, 0.7) * w
    rim = np.exp(-np.square((ground.depth_px + offset) / w)) * own_light[ground.body].astype(np.float32)
    if happens(random, 0.15):
        # A second contour, such as where membrane and basal lamina part.
        apart = w * random.uniform(2.2, 4.0)
        second = np.exp(-np.square((ground.depth_px + offset + apart) / w)) * random.uniform(0.2, 0.8)
        rim = np.maximum(rim, second)
    uneven = random.uniform(0.0, 0.8)
    rim *= np.clip(
        1.0 - uneven * (0.5 + 0.5 * smooth_noise(random, edge_px, FINE * log_uniform(random, 5, 40))),
        0.1,
        2.0,
    )
    if happens(random, 0.5):
        fraction_z = random.uniform(0.8, 2.5)
        missing = smooth_noise(random, edge_px, FINE * log_uniform(random, 3, 16))
        rim *= np.clip((fraction_z - missing) / 0.15, random.uniform(0.0, 0.3), 1.0)
    if happens(random, 0.3):
        grain = smooth_noise(random, edge_px, FINE * random.uniform(1.0, 2.5))
        rim *= np.clip(1.0 + 0.3 * grain, 0.2, 2.0)
    return np.asarray(rim, np.float32)


def _between(random: Random, scene: Scene, ground: Ground) -> Image:
    """Return what lies between fibers: matrix, sheets, capillaries."""
    edge_px = len(scene.bodies)
    outside = ground.depth_px < 0
    level = random.choice([0.0, 0.05, 0.2, 0.5, 0.8]) * random.uniform(0.5, 1.2)
    texture = np.clip(
        0.6 + 0.4 * smooth_noise(random, edge_px, FINE * log_uniform(random, 1.5, 12)), 0.0, 1.6
    )
    matrix = level * texture * outside
    if happens(random, 0.5):
        dense = random.uniform(0.2, 0.9)
        matrix = np.where(scene.is_connective & outside, np.maximum(matrix, dense * texture), matrix)
    if happens(random, 0.35):
        thick = scene.spacing_px * random.uniform(0.02, 0.25)
        strands = np.clip(
            0.5 + 0.6 * smooth_noise(random, edge_px, FINE * random.uniform(2.0, 8.0)), 0.0, 1.5
        )
        sheet = np.exp(-np.square(ground.off_sheet_px / thick)) * strands * random.uniform(0.3, 1.2)
        matrix = np.maximum(matrix, sheet * outside)
    if happens(random, 0.6):
        matrix = np.maximum(matrix, _capillaries(random, outside, scene.spacing_px))
    return np.asarray(np.maximum(matrix, _trunks(random, scene)), np.float32)


def _trunks(random: Random, scene: Scene) -> Image:
    """Return vessels and nerves that run along the section: two walls, and what is between them."""
    off = scene.off_trunk_px
    if np.isinf(off).all():
        return np.zeros(off.shape, np.float32)
    edge_px = len(off)
    wall = FINE * log_uniform(random, 0.6, 3.0)
    walls = random.uniform(0.2, 1.2) * np.exp(-np.square((off + wall) / wall))
    texture = np.clip(
        0.7 + 0.4 * smooth_noise(random, edge_px, FINE * log_uniform(random, 1.5, 10.0)), 0.0, 2.0
    )
    content = random.uniform(0.0, 0.8) * texture * (off < -wall)
    return np.asarray(np.maximum(walls, content), np.float32)


def _capillaries(random: Random, outside: Array, spacing: float) -> Image:
    """Return small rings and dots in the room between fibers: capillaries, nuclei that shine through."""
    drawn = np.zeros(outside.shape, np.float32)
    rows, columns = np.nonzero(outside)
    if not len(rows):
        return drawn
    count = int(random.integers(0, 1 + int(2.0 * outside.size / spacing**2)))
    largest = np.clip(0.18 * spacing / FINE, 4.0, 10.0)
    for index in random.integers(len(rows), size=min(count, 300)).tolist():
        radius = FINE * log_uniform(random, 1.2, largest)
        axes = (max(1, round(radius)), max(1, round(radius * random.uniform(0.4, 1.0))))
        thickness = -1 if happens(random, 0.4) else max(1, round(FINE * random.uniform(0.5, 1.5)))
        at = (int(columns[index]), int(rows[index]))
        turn = random.uniform(0.0, 180.0)
        cv2.ellipse(drawn, at, axes, turn, 0, 360, float(random.uniform(0.2, 1.3)), thickness, cv2.LINE_AA)
    return np.where(outside, drawn, drawn * np.float32(random.uniform(0.0, 0.6))).astype(np.float32)


def _inside(random: Random, scene: Scene, ground: Ground) -> Image:
    """Return what shines inside fibers: glow by fiber type, filled and necrotic fibers, vacuoles."""
    edge_px, bodies_n = len(scene.bodies), int(scene.bodies.max()) + 1
    inside = ground.depth_px > 0
    level = random.choice([0.0, 0.03, 0.1, 0.25, 0.4]) * random.uniform(0.3, 1.2)
    kinds = random.choice([1.0, 0.6, 0.3], size=bodies_n)
    glow = (
        level * np.where(happens(random, 0.35), kinds, 1.0) * np.exp(0.15 * random.standard_normal(bodies_n))
    )
    grain = np.clip(
        1.0
        + random.uniform(0.0, 0.3) * smooth_noise(random, edge_px, FINE * random.uniform(1.0, 4.0))
        + random.uniform(0.0, 0.3) * smooth_noise(random, edge_px, FINE * random.uniform(4.0, 20.0)),
        0.1,
        2.5,
    )
    glow[vessels_of(scene)] *= random.choice([0.0, 0.3, 1.0])
    filled = np.zeros(bodies_n)
    if happens(random, 0.45):
        chosen = random.random(bodies_n) < log_uniform(random, 0.01, 0.12)
        filled[chosen] = random.uniform(0.3, 1.0, int(chosen.sum()))
    light = (glow[ground.body] * grain).astype(np.float32)
    blotches = np.clip(
        0.7 + 0.5 * smooth_noise(random, edge_px, FINE * log_uniform(random, 2.0, 10.0)), 0.05, 2.0
    )
    light += (filled[ground.body] * blotches).astype(np.float32)
    if happens(random, 0.15):
        holes = smooth_noise(random, edge_px, FINE * log_uniform(random, 2.0, 8.0)) > random.uniform(0.8, 2.0)
        light = np.where(holes, light * np.float32(random.uniform(0.0, 0.5)), light)
    return np.where(inside, light, 0.0).astype(np.float32)


def vessels_of(scene: Scene) -> Array:
    """Return the numbers of the bodies that are no fibers."""
    return np.unique(scene.bodies[(scene.bodies > 0) & (scene.fibers == 0)])


def _streaks(random: Random, edge_px: int, spacing: float) -> Image:
    """Return lines that lead nowhere: half septa, strands, scratches."""
    drawn = np.zeros((edge_px, edge_px), np.float32)
    if not happens(random, 0.5):
        return drawn
    for _ in range(int(random.integers(1, 14))):
        start = random.uniform(0.0, edge_px, 2)
        line = wander(random, start, 0.12 * spacing, int(random.integers(2, 7)), 0.5)
        thickness = max(1, round(FINE * random.uniform(0.4, 1.6)))
        cv2.polylines(drawn, [line], False, float(random.uniform(0.15, 0.9)), thickness, cv2.LINE_AA)  # noqa: FBT003
    return drawn


def _specks(random: Random, edge_px: int) -> Image:
    """Return bright specks and debris."""
    drawn = np.zeros((edge_px, edge_px), np.float32)
    if happens(random, 0.5):
        return drawn
    for _ in range(int(random.integers(1, 120))):
        at = tuple(int(value) for value in random.integers(0, edge_px, 2))
        radius = max(1, round(FINE * log_uniform(random, 0.4, 2.5)))
        cv2.circle(drawn, at, radius, float(random.uniform(0.1, 1.2)), -1, cv2.LINE_AA)
    return drawn


def _fold(random: Random, edge_px: int) -> Image:
    """Return the factor by which a fold of the section is brighter."""
    grid = np.arange(edge_px, dtype=np.float32)
    angle = random.uniform(0.0, np.pi)
    along = grid[:, None] * np.cos(angle) + grid[None, :] * np.sin(angle)
    middle = along.min() + random.uniform(0.0, 1.0) * np.ptp(along)
    half = FINE * random.uniform(8.0, 40.0)
    away = (along - middle + 0.3 * half * smooth_noise(random, edge_px, 4.0 * half)) / half
    return np.asarray(1.0 + random.uniform(0.3, 1.6) * np.exp(-(away**4)), np.float32)


def expose(random: Random, light: Image, is_bright: Mask | None = None) -> Image:
    """Return fine light as a microscope and a normalization show it.

    Parameters
    ----------
    random
        Source of chance.
    light
        Light on the fine grid.
    is_bright
        Where, on the coarse grid, the stain lies whose brightness becomes about 1; everywhere without it.
    """
    edge_px = len(light)
    sigma = FINE * log_uniform(random, 0.15, 1.6)
    seen: Array = cv2.GaussianBlur(light, (0, 0), sigma)
    if happens(random, 0.15):
        softer = cv2.GaussianBlur(light, (0, 0), 2.5 * sigma)
        share = np.clip(0.5 + 0.6 * smooth_noise(random, edge_px, 0.3 * edge_px), 0.0, 1.0)
        seen = seen * (1.0 - share) + softer * share
    seen = cv2.resize(seen, None, fx=1.0 / FINE, fy=1.0 / FINE, interpolation=cv2.INTER_AREA)
    edge_px = len(seen)
    if happens(random, 0.5):
        seen = seen * np.clip(
            1.0 + random.uniform(0.0, 0.35) * smooth_noise(random, edge_px, 0.6 * edge_px), 0.2, 2.0
        )
    if happens(random, 0.4):
        seen = seen + random.uniform(0.0, 0.2) * (
            1.0 + smooth_noise(random, edge_px, log_uniform(random, 20.0, 300.0))
        )
    snr = log_uniform(random, 4.0, 80.0)
    spread = np.sqrt(0.3 + 0.7 * np.clip(seen, 0.0, None)) / snr
    noise: Array = random.standard_normal(seen.shape, dtype=np.float32)
    if happens(random, 0.3):
        # Compression and interpolation leave noise that is smooth.
        noise = cv2.GaussianBlur(noise, (0, 0), random.uniform(0.5, 1.2)) * 1.8
    seen = np.clip(seen + spread * noise, 0.0, None)
    if happens(random, 0.4):
        seen = seen ** random.uniform(0.6, 1.5)
    low = np.percentile(seen, random.uniform(0.5, 8.0))
    if is_bright is not None and is_bright.any():
        high = np.percentile(seen[is_bright], random.uniform(50.0, 98.0))
    else:
        high = np.percentile(seen, random.uniform(96.0, 99.9))
    scaled = (seen - low) / max(high - low, 1e-3)
    return np.asarray(scaled * log_uniform(random, 0.55, 1.4), np.float32)
