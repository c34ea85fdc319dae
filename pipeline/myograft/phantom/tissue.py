"""Where fibers are: a power diagram of places on a jittered lattice, bent, shrunk and rounded.

Every place is a function of its lattice position and the seed, so any part of the plane can be made by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import ndtri

from myograft.model.arrays import Array
from myograft.phantom.chance import field, normal, uniform
from myograft.phantom.panel import TissueModel

#: Small fibers that a regenerating place is split into.
_SPLIT = 5
_PLACES_PER_CELL = 8

#: Neighbors that can limit a fiber at one point.
_NEIGHBORS = 9

#: Radius by which corners of fibers are rounded, in um.
_ROUNDING_UM = 1.6


class Stream(IntEnum):
    """What a random number is for; one stream each, so that nothing is correlated by accident."""

    JITTER_Y = 1
    JITTER_X = 2
    SIZE = 3
    KIND = 4
    REGENERATING = 5
    SPLIT_Y = 6
    SPLIT_X = 7
    FASCICLE_Y = 8
    FASCICLE_X = 9
    PERIMYSIUM = 10
    WARP_Y = 11
    WARP_X = 12
    EDGE = 13
    GLOW = 14
    PROTEIN = 15
    NUCLEI = 20
    STAIN = 60
    NOISE = 90


class PlaceKind(IntEnum):
    """What grows at a place."""

    FIBER = 0
    VESSEL = 1
    HOLE = 2
    CONNECTIVE = 3
    GLASS = 4


@dataclass(frozen=True)
class Places:
    """Centers of fibers and of what is there instead of fibers.

    Parameters
    ----------
    id
        Number of each place, unique in the phantom, shape (n,).
    y_um, x_um
        Position in the unbent tissue.
    weight_um2
        Power weight: larger is a larger fiber.
    kind
        `PlaceKind`.
    fascicle
        Number of the fascicle.
    is_regenerating
        Whether it is one of a cluster of small fibers.
    """

    id: Array
    y_um: Array
    x_um: Array
    weight_um2: Array
    kind: Array
    fascicle: Array
    is_regenerating: Array

    def __len__(self) -> int:
        return len(self.id)


def bend(model: TissueModel, seed: int, y_um: Array, x_um: Array) -> tuple[Array, Array]:
    """Return where points of the image lie in the unbent tissue."""
    reach = model.waviness_um
    qy, qx = y_um.astype(np.float64), x_um.astype(np.float64)
    for octave, scale_um in enumerate((60.0, 22.0)):
        part = reach / (1.0, 3.2)[octave]
        qy = qy + part * field(seed, Stream.WARP_Y + 100 * octave, y_um, x_um, scale_um)
        qx = qx + part * field(seed, Stream.WARP_X + 100 * octave, y_um, x_um, scale_um)
    return qy, qx


def unbend(model: TissueModel, seed: int, qy: Array, qx: Array) -> tuple[Array, Array]:
    """Return where points of the unbent tissue lie in the image (fixed-point iteration)."""
    y, x = qy.copy(), qx.copy()
    for _ in range(8):
        by, bx = bend(model, seed, y, x)
        y, x = y - (by - qy), x - (bx - qx)
    return y, x


def places_in(
    model: TissueModel, seed: int, extent_um: tuple[float, float], box_um: tuple[float, float, float, float]
) -> Places:
    """Return every place that can matter inside a box of the unbent tissue.

    Parameters
    ----------
    model, seed
        The tissue.
    extent_um
        Height and width of the phantom, which number the places.
    box_um
        ``(y0, x0, y1, x1)``; the margin that neighbors need is added here.
    """
    spacing = model.fiber_spacing_um
    pitch = spacing * 0.866
    margin = 4.0 * spacing
    rows = np.arange(int((box_um[0] - margin) // pitch), int((box_um[2] + margin) // pitch) + 2)
    columns = np.arange(int((box_um[1] - margin) // spacing), int((box_um[3] + margin) // spacing) + 2)
    r, c = (axis.ravel() for axis in np.meshgrid(rows, columns, indexing="ij"))
    jitter = 0.26 * spacing
    y = r * pitch + jitter * (2.0 * uniform(seed, Stream.JITTER_Y, r, c) - 1.0)
    x = (c + 0.5 * (r % 2)) * spacing + jitter * (2.0 * uniform(seed, Stream.JITTER_X, r, c) - 1.0)
    size = np.clip(normal(seed, Stream.SIZE, r, c), -2.2, 2.2)
    weight = (0.5 * spacing) ** 2 * model.size_spread * size
    kind = _kinds(model, seed, r, c)
    is_glass = _is_glass(model, seed, y, x)
    columns_n = int(extent_um[1] / spacing) + 40
    number = ((r + 20).astype(np.int64) * columns_n + (c + 20)) * _PLACES_PER_CELL + 1
    regenerating = _is_regenerating(model, seed, y, x) & (kind == PlaceKind.FIBER)
    weight[kind == PlaceKind.VESSEL] -= (0.3 * spacing) ** 2
    parts = []
    whole = ~regenerating
    parts.append(
        (number[whole], y[whole], x[whole], weight[whole], kind[whole], is_glass[whole], whole[whole])
    )
    for split in range(_SPLIT):
        angle = 2.0 * np.pi * (split + 0.5 * uniform(seed, Stream.SPLIT_Y, r, c, split)) / _SPLIT
        radius = spacing * (0.26 + 0.1 * uniform(seed, Stream.SPLIT_X, r, c, split))
        sy, sx = y + radius * np.sin(angle), x + radius * np.cos(angle)
        chosen = regenerating
        parts.append(
            (
                number[chosen] + 1 + split,
                sy[chosen],
                sx[chosen],
                np.full(chosen.sum(), -0.02 * spacing**2),
                kind[chosen],
                is_glass[chosen],
                ~chosen[chosen],
            )
        )
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    number, y, x, weight, kind, is_glass, is_whole = (column[order] for column in joined)
    kind = np.where(is_glass, int(PlaceKind.GLASS), kind)
    return Places(number, y, x, weight, kind, _fascicles(model, seed, y, x), ~is_whole)


def _kinds(model: TissueModel, seed: int, r: Array, c: Array) -> Array:
    chance = uniform(seed, Stream.KIND, r, c)
    cuts = np.cumsum([model.vessel_fraction, model.hole_fraction, model.connective_fraction])
    kind = np.full(len(r), int(PlaceKind.FIBER))
    for code, low, high in zip(
        (PlaceKind.VESSEL, PlaceKind.HOLE, PlaceKind.CONNECTIVE), (0.0, *cuts), cuts, strict=False
    ):
        kind[(chance >= low) & (chance < high)] = int(code)
    return kind


def _is_glass(model: TissueModel, seed: int, y: Array, x: Array) -> Array:
    edge = np.minimum(y, x) + 0.6 * model.glass_um * field(seed, Stream.EDGE, y, x, 220.0)
    return np.asarray(edge < model.glass_um)


def _is_regenerating(model: TissueModel, seed: int, y: Array, x: Array) -> Array:
    if not model.regenerating_fraction:
        return np.zeros(len(y), bool)
    # Smooth noise is nearly normal with a spread of about 0.45; its upper tail makes clusters.
    level = 0.45 * float(ndtri(1.0 - model.regenerating_fraction))
    return np.asarray(field(seed, Stream.REGENERATING, y, x, 130.0) > level)


def _fascicles(model: TissueModel, seed: int, y: Array, x: Array) -> Array:
    """Return the number of the nearest fascicle center of each place."""
    spacing = model.fascicle_um
    row, column = np.round(y / spacing).astype(np.int64), np.round(x / spacing).astype(np.int64)
    best = np.full(len(y), np.inf)
    number = np.zeros(len(y), np.int64)
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            r, c = row + dr, column + dc
            cy = (r + 0.35 * (2.0 * uniform(seed, Stream.FASCICLE_Y, r, c) - 1.0)) * spacing
            cx = (c + 0.35 * (2.0 * uniform(seed, Stream.FASCICLE_X, r, c) - 1.0)) * spacing
            distance = (y - cy) ** 2 + (x - cx) ** 2
            nearer = distance < best
            best = np.where(nearer, distance, best)
            number = np.where(nearer, (r + 1000) * 100_000 + c + 1000, number)
    return number


def gap_um(model: TissueModel, seed: int, places: Places, one: Array, other: Array) -> Array:
    """Return half the gap between two places: endomysium, or perimysium between fascicles."""
    shape = np.broadcast_shapes(np.shape(one), np.shape(other))
    one, other = np.broadcast_to(one, shape), np.broadcast_to(other, shape)
    differs = places.fascicle[one] != places.fascicle[other]
    gap = np.empty(shape)
    gap[differs] = model.perimysium_um * (
        0.4 + 1.2 * _of_pair(seed, Stream.PERIMYSIUM, places.fascicle, one[differs], other[differs])
    )
    gap[~differs] = model.endomysium_um * (
        0.5 + _of_pair(seed, Stream.PERIMYSIUM + 100, places.id, one[~differs], other[~differs])
    )
    return 0.5 * gap


def _of_pair(seed: int, stream: int, number: Array, one: Array, other: Array) -> Array:
    """Return chance that is the same from either side."""
    here, there = number[one], number[other]
    return uniform(seed, stream, np.minimum(here, there), np.maximum(here, there))


@dataclass(frozen=True)
class Relief:
    """How every pixel lies to the places around it.

    Parameters
    ----------
    owner
        Index of the pixel's place.
    inside_um
        Signed distance to the rounded outline of the owner, positive inside.
    other_um
        Distance to the outline of the nearest other place (at least 0).
    other
        Index of that place.
    """

    owner: Array
    inside_um: Array
    other_um: Array
    other: Array


def relief(model: TissueModel, seed: int, places: Places, qy: Array, qx: Array) -> Relief:
    """Return the relief at points of the unbent tissue, arrays of one shape."""
    lift = np.sqrt(places.weight_um2.max() - places.weight_um2)
    tree = cKDTree(np.stack([places.y_um, places.x_um, lift], axis=1))
    points = np.stack([qy.ravel(), qx.ravel(), np.zeros(qy.size)], axis=1)
    nearest_places = tree.query(points, k=min(_NEIGHBORS, len(places)))
    distance, index = (np.asarray(part) for part in nearest_places)
    owner, others = index[:, 0], index[:, 1:]
    dy = places.y_um[others] - places.y_um[owner][:, None]
    dx = places.x_um[others] - places.x_um[owner][:, None]
    to_bisector = (distance[:, 1:] ** 2 - distance[:, :1] ** 2) / (2.0 * np.hypot(dy, dx))
    gaps = gap_um(model, seed, places, np.broadcast_to(owner[:, None], others.shape), others)
    to_outline = to_bisector - gaps
    nearest = to_outline.min(axis=1)
    # A smooth minimum rounds the corners where three fibers meet.
    spread = np.exp(-(to_outline - nearest[:, None]) / _ROUNDING_UM).sum(axis=1)
    inside = nearest - _ROUNDING_UM * np.log(spread)
    beyond = to_bisector + gaps
    which = beyond.argmin(axis=1)
    rows = np.arange(len(owner))
    shape = qy.shape
    return Relief(
        owner.reshape(shape),
        inside.reshape(shape),
        np.maximum(beyond[rows, which], 0.0).reshape(shape),
        others[rows, which].reshape(shape),
    )
