"""Whose nucleus is it, and where does it lie: overlap and distance, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np

from myograft.assign.settings import AssignSettings, PositionRule, PositionSettings
from myograft.model.arrays import Array, Image, Labels, Mask
from myograft.model.biology import Location, Position
from myograft.model.geometry import Region
from myograft.model.objects import ObjectDirectory
from myograft.numerics.distance import depth_within


def locate_nuclei(
    nuclei: Labels,
    fibers: Labels,
    ids: Array,
    boxes: Array,
    crop: Region,
    fiber_directory: ObjectDirectory,
    pixel_size_um: float,
    settings: AssignSettings,
) -> dict[str, Array]:
    """Return fiber, overlap, distance to the outline, location and position of nuclei.

    A nucleus belongs to the one fiber that holds the largest part of it (of equals, the one with the lower
    number), so that it is never counted in two fibers.

    Parameters
    ----------
    nuclei, fibers
        Labels of a part of the plane, shape of `crop`.
    ids, boxes
        Nuclei wanted: numbers, and boxes in px of the plane.
    crop
        The part of the plane; it reaches `search_um` beyond the nuclei and holds every fiber near them whole.
    fiber_directory
        Fibers near the nuclei.
    pixel_size_um
        Edge of a pixel.
    settings
        Cuts and rules.

    Returns
    -------
    dict
        Columns of the nuclei table, one value per id.
    """
    signed_um = _signed_distance_um(fibers, pixel_size_um, settings.search_um)
    box_of = {
        int(number): Region(*(int(edge) for edge in box))
        for number, box in zip(fiber_directory.label, fiber_directory.box, strict=True)
    }
    rows = []
    for number, edges in zip(ids.tolist(), boxes.tolist(), strict=True):
        window = Region(*edges).inside(crop)
        mask = nuclei[window] == number
        fiber, overlap = _owner(fibers[window][mask])
        y, x = (float(axis.mean()) for axis in np.nonzero(mask))
        center = (y + window[0].start, x + window[1].start)
        location = _location(overlap, settings)
        position = None
        if location is Location.IN_FIBER:
            box = box_of[fiber].inside(crop)
            position = _position(
                fibers[box] == fiber,
                (center[0] - box[0].start, center[1] - box[1].start),
                pixel_size_um,
                settings.position,
            )
        rows.append(
            _Row(
                fiber, overlap, float(signed_um[_nearest(center[0]), _nearest(center[1])]), location, position
            )
        )
    return _columns(rows)


@dataclass(frozen=True, slots=True)
class _Row:
    fiber: int
    overlap: float
    distance_um: float
    location: Location
    position: Position | None


def _columns(rows: list[_Row]) -> dict[str, Array]:
    fiber = np.array([row.fiber for row in rows], np.int64)
    distance = np.array([row.distance_um for row in rows], np.float64)
    positions: Any = [row.position for row in rows]
    return {
        "fiber_id": np.ma.MaskedArray(fiber, mask=fiber == 0),
        "overlap_fraction": np.ma.MaskedArray(np.array([row.overlap for row in rows], np.float64)),
        "border_distance_um": np.ma.masked_invalid(distance),
        "location": np.ma.MaskedArray(np.array([str(row.location) for row in rows], dtype=object)),
        "position": np.ma.MaskedArray(
            np.array([str(position or "") for position in positions], dtype=object),
            mask=np.array([position is None for position in positions], bool),
        ),
    }


def _owner(under: Array) -> tuple[int, float]:
    """Return the fiber with the largest part of a nucleus, and that part; (0, 0) without one."""
    numbers, counts = np.unique(under[under > 0], return_counts=True)
    if not len(numbers):
        return 0, 0.0
    best = int(counts.argmax())
    return int(numbers[best]), float(counts[best]) / len(under)


def _location(overlap: float, settings: AssignSettings) -> Location:
    if overlap >= settings.in_fiber_overlap:
        return Location.IN_FIBER
    return Location.INTERSTITIAL if overlap <= settings.interstitial_overlap else Location.BORDER


def _signed_distance_um(fibers: Labels, pixel_size_um: float, search_um: float) -> Image:
    """Return the distance to the nearest outline, positive inside a fiber; NaN beyond the search radius."""
    depth_um = depth_within(fibers) * np.float32(pixel_size_um)
    signed = np.where(fibers > 0, depth_um, -depth_um)
    return np.where(depth_um <= search_um, signed, np.float32(np.nan))


def _position(
    fiber: Mask, center: tuple[float, float], pixel_size_um: float, settings: PositionSettings
) -> Position:
    """Return where in its fiber a nucleus lies.

    Parameters
    ----------
    fiber
        The fiber in its bounding box.
    center
        Centroid of the nucleus in that box, in px; pixel centers are whole numbers.
    """
    if settings.rule is PositionRule.DISTANCE:
        depth_um = depth_within(np.pad(fiber, 1).astype(np.uint32)) * pixel_size_um
        y = min(max(_nearest(center[0]), 0), fiber.shape[0] - 1)
        x = min(max(_nearest(center[1]), 0), fiber.shape[1] - 1)
        is_central = bool(fiber[y, x]) and float(depth_um[y + 1, x + 1]) > settings.distance_cut_um
    else:
        is_central = ray_fraction(fiber, center) < settings.ray_cut
    return Position.CENTRAL if is_central else Position.PERIPHERAL


#: Step along a ray, in px.
_STEP_PX = 0.25


def ray_fraction(fiber: Mask, center: tuple[float, float]) -> float:
    """Return how far out a point lies: 0 at the fiber's centroid, 1 on its outline along the same ray.

    The rule of MyoQuant (Meyer et al. 2024, github.com/lambda-science/MyoQuant): distance from the fiber's
    centroid to the nucleus over the distance from the centroid to the outline behind it.

    Parameters
    ----------
    fiber
        Shape (H, W).
    center
        ``(y, x)`` in px; pixel centers are whole numbers.

    Examples
    --------
    >>> ray_fraction(np.ones((1, 9), bool), (0.0, 4.0)), ray_fraction(np.ones((1, 9), bool), (0.0, 8.0)) > 0.8
    (0.0, True)
    """
    y, x = np.nonzero(fiber)
    dy, dx = center[0] - float(y.mean()), center[1] - float(x.mean())
    distance = float(np.hypot(dy, dx))
    if distance < _STEP_PX:
        return 0.0
    uy, ux = dy / distance, dx / distance
    reach = float(np.hypot(*fiber.shape))
    steps = np.arange(0.0, reach, _STEP_PX)
    rows = np.floor(center[0] + steps * uy + 0.5).astype(np.int64)
    columns = np.floor(center[1] + steps * ux + 0.5).astype(np.int64)
    within = (rows >= 0) & (rows < fiber.shape[0]) & (columns >= 0) & (columns < fiber.shape[1])
    inside = np.zeros(len(steps), bool)
    inside[within] = fiber[rows[within], columns[within]]
    # The first step out of the fiber is the outline behind the nucleus.
    out = int(np.argmin(inside)) if not inside.all() else len(steps)
    return distance / (distance + out * _STEP_PX)


def _nearest(coordinate: float) -> int:
    """Return the nearest pixel; halves go up, and not to the even pixel, which depends on where a window begins."""
    return floor(coordinate + 0.5)
