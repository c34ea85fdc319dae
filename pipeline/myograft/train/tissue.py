"""Scenes to learn from: fibers of every size and packing, with what lies between them, drawn from wide ranges.

The phantom's power diagram says whose each point is; here outlines are then shrunk, rounded, torn apart and
squeezed, so that packing runs from polygons wall to wall to round fibers afloat in dark interstitium.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from myograft.model.arrays import Array, Labels
from myograft.numerics.distance import depth_within, distance_to
from myograft.numerics.pieces import largest_pieces
from myograft.phantom.panel import TissueModel
from myograft.phantom.tissue import PlaceKind, Places, bend, places_in
from myograft.train.noise import Random, happens, log_uniform, smooth_noise, wander

#: Fine pixels per pixel that the network sees: stains are painted finer than they are seen.
FINE = 2

#: Bodies smaller than this are dropped, in fine pixels.
_LEAST_PX = 12


@dataclass(frozen=True)
class Scene:
    """Labels on the fine grid.

    Parameters
    ----------
    fibers
        True fibers, shape (H, W).
    bodies
        The same numbers, and higher ones for what has an outline but is no fiber, such as vessels.
    is_glass, is_connective
        Empty glass and holes; places filled with connective tissue.
    fascicle
        Number of the fascicle at each pixel.
    off_trunk_px
        Distance to the wall of vessels and nerves that run along the section, negative inside them; infinite
        without any.
    spacing_px
        Mean distance of fiber centers.
    """

    fibers: Labels
    bodies: Labels
    is_glass: Array
    is_connective: Array
    fascicle: Array
    off_trunk_px: Array
    spacing_px: float


def random_scene(random: Random, edge_px: int, spacing_px: tuple[float, float]) -> Scene:
    """Return a scene.

    Parameters
    ----------
    random
        Source of chance.
    edge_px
        Edge of the square in fine pixels.
    spacing_px
        Bounds of the mean distance of fiber centers in fine pixels.
    """
    spacing = log_uniform(random, *spacing_px)
    model = _random_model(random, spacing)
    seed = int(random.integers(1 << 31))
    places, owner = _whose(random, model, seed, edge_px)
    kind = places.kind[owner]
    fascicle = places.fascicle[owner]
    is_loose = happens(random, 0.45)
    gap = _gaps(random, len(places), spacing, is_loose=is_loose)
    depth = depth_within((owner + 1).astype(np.uint32))
    wide = (
        0.5 * model.perimysium_um * np.clip(1.0 + 0.5 * smooth_noise(random, edge_px, 3 * spacing), 0.2, 2.5)
    )
    off_fascicle = depth_within(
        (np.unique(fascicle, return_inverse=True)[1] + 1).reshape(owner.shape).astype(np.uint32)
    )
    ragged = smooth_noise(random, edge_px, max(3.0, 0.15 * spacing)) * random.uniform(0.0, 0.02) * spacing
    off_trunk = _trunks(random, edge_px, spacing)
    inside = np.minimum(depth - gap[owner] - ragged, off_fascicle - wide)
    inside = np.minimum(inside, off_trunk - gap.mean())
    has_outline = (kind == PlaceKind.FIBER) | (kind == PlaceKind.VESSEL)
    raw = np.where((inside > 0.5) & has_outline, owner + 1, 0).astype(np.uint32)
    # Round fibers may touch as well: what is left between them is small and dark.
    is_round = is_loose or happens(random, 0.35)
    rounding = random.uniform(0.1, 0.45) * spacing if is_round else random.uniform(0.02, 0.12) * spacing
    bodies = _rounded(raw, rounding)
    is_fiber = np.concatenate([[False], places.kind == PlaceKind.FIBER])
    fibers = np.where(is_fiber[bodies], bodies, 0).astype(np.uint32)
    is_glass = (kind == PlaceKind.GLASS) | (kind == PlaceKind.HOLE)
    return Scene(fibers, bodies, is_glass, kind == PlaceKind.CONNECTIVE, fascicle, off_trunk, spacing)


def _random_model(random: Random, spacing: float) -> TissueModel:
    return TissueModel(
        fiber_spacing_um=spacing,
        size_spread=random.uniform(0.03, 0.5),
        regenerating_fraction=random.choice([0.0, 0.0, 0.1, 0.3]),
        perimysium_um=random.choice([0.0, 0.1, 0.25, 0.5]) * spacing * random.uniform(0.5, 1.5),
        fascicle_um=spacing * random.uniform(4.0, 14.0),
        vessel_fraction=random.choice([0.0, 0.02, 0.06]),
        hole_fraction=random.choice([0.0, 0.02, 0.05, 0.1]),
        connective_fraction=random.choice([0.0, 0.02, 0.1]),
        waviness_um=spacing * random.uniform(0.0, 0.22),
        glass_um=random.choice([-1e6, -1e6, 0.25, 0.6]) * spacing * 4.0,
    )


def _whose(random: Random, model: TissueModel, seed: int, edge_px: int) -> tuple[Places, Array]:
    """Return the places, and for every pixel the index of the place that owns it."""
    grid = np.arange(edge_px) + 0.5
    y, x = np.meshgrid(grid, grid, indexing="ij")
    # A slanted cut makes fibers long in one direction, whichever it is.
    stretch, angle = (random.uniform(1.0, 2.2) if happens(random, 0.3) else 1.0), random.uniform(0.0, np.pi)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    qy, qx = bend(model, seed, across - across.min(), (along - along.min()) / stretch)
    box = (float(qy.min()), float(qx.min()), float(qy.max()), float(qx.max()))
    places = places_in(model, seed, (4.0 * edge_px, 4.0 * edge_px), box)
    lift = np.sqrt(places.weight_um2.max() - places.weight_um2)
    tree = cKDTree(np.stack([places.y_um, places.x_um, lift], axis=1))
    points = np.stack([qy.ravel(), qx.ravel(), np.zeros(qy.size)], axis=1)
    owner = np.asarray(tree.query(points, k=1)[1]).reshape(qy.shape)
    return places, owner


def _trunks(random: Random, edge_px: int, spacing: float) -> Array:
    """Return the distance to the wall of vessels and nerves that lie along the section, negative inside them."""
    off_trunk = np.full((edge_px, edge_px), np.inf, np.float32)
    if not happens(random, 0.3):
        return off_trunk
    for _ in range(int(random.integers(1, 3))):
        is_path = np.zeros((edge_px, edge_px), np.uint8)
        path = wander(
            random, random.uniform(0.0, edge_px, 2), 0.5 * spacing, int(random.integers(3, 24)), 0.3
        )
        cv2.polylines(is_path, [path], isClosed=False, color=1)
        half = FINE * log_uniform(random, 3.0, 16.0) * (1.0 + 0.15 * smooth_noise(random, edge_px, spacing))
        if is_path.any():
            off_trunk = np.minimum(off_trunk, distance_to(is_path > 0) - half)
    return off_trunk


def _gaps(random: Random, places_n: int, spacing: float, *, is_loose: bool) -> Array:
    """Return how far the outline of each place lies within its cell, in fine pixels."""
    if is_loose:
        middle = spacing * random.uniform(0.02, 0.1)
        gap = middle * np.exp(0.6 * random.standard_normal(places_n))
    else:
        gap = random.uniform(0.0, 1.6) * (0.6 + 0.8 * random.random(places_n))
    return np.minimum(gap, 0.25 * spacing)


def _rounded(bodies: Labels, radius_px: float) -> Labels:
    """Return bodies without what a disk of the radius does not reach; of what falls apart the largest piece stays."""
    inside = depth_within(bodies)
    deepest = np.zeros(int(bodies.max()) + 1, np.float32)
    np.maximum.at(deepest, bodies.ravel(), inside.ravel())
    own_radius = np.minimum(radius_px, 0.75 * deepest)[bodies]
    core = (inside > own_radius) & (bodies > 0)
    reach = distance_to(core)
    opened = np.where((reach <= own_radius + 0.5) & (inside > 0), bodies, 0).astype(np.uint32)
    whole = largest_pieces(opened)
    too_small = np.bincount(whole.ravel()) < _LEAST_PX
    return np.where(too_small[whole], 0, whole).astype(np.uint32)
