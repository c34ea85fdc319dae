"""Pixels from what a hand draws: parts on either side of a line, the inside of an outline, the gap between parts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import ndimage
from skimage.draw import line as straight_line
from skimage.draw import polygon
from skimage.measure import label
from skimage.segmentation import watershed

from myograft.correct.boxes import hull_of
from myograft.errors import CorrectionError
from myograft.model.arrays import Array, Mask
from myograft.model.correction import Pixels
from myograft.model.geometry import Region

#: A piece of fewer pixels is no part of its own: it is where a shaky line touches the rim.
SLIVER_PX = 5

#: An end of a stroke points where its last so many px of length point, not where the hand trembled last.
DIRECTION_PX = 10.0

#: Around the object, so that a line leaves it before it leaves the window.
_MARGIN_PX = 2

_ANY_SIDE = np.ones((3, 3), bool)


def split_by_line(pixels: Pixels, line: Sequence[tuple[float, float]]) -> tuple[Pixels, ...]:
    """Cut an object along a line drawn by hand.

    Where the stroke begins or ends inside the object it goes on straight until it leaves it. The line is
    four-connected, so that parts touch nowhere across it, not even at corners; parts themselves hang together by sides
    or corners. Afterwards every pixel of the line, and of pieces too small to be a part, goes to the part next to it:
    none is lost. Pieces of an object of several that the line does not cut stay with the nearest part; a line that
    only passes between such pieces separates those on its two sides.

    Parameters
    ----------
    pixels
        The object.
    line
        Corners ``(y, x)`` of the stroke in px of full resolution, pixel (0, 0) covering [0, 1) x [0, 1).

    Returns
    -------
    tuple of Pixels
        Two or more parts, together exactly the object, in raster order of their first pixels.

    Raises
    ------
    CorrectionError
        When the line does not divide the object.
    """
    box = pixels.box
    window = Region(box.y0 - _MARGIN_PX, box.x0 - _MARGIN_PX, box.y1 + _MARGIN_PX, box.x1 + _MARGIN_PX)
    mask = pixels.to_mask(window)
    stroke = [(y - window.y0, x - window.x0) for y, x in line]
    parts: Array = np.zeros(mask.shape, np.int32)
    if len(set(stroke)) > 1:
        parts = _cut_pieces(mask, stroke)
        if parts.max() < 2:
            parts = _pieces_by_side(mask, stroke)
    if parts.max() < 2:
        raise CorrectionError(
            "the line does not divide the object", remedy="Draw it across, from outside to outside"
        )
    return tuple(
        Pixels.from_mask(parts == number, y0=window.y0, x0=window.x0) for number in _in_raster_order(parts)
    )


def _cut_pieces(mask: Mask, stroke: Sequence[tuple[float, float]]) -> Array:
    """Return the object's parts, 1 to n, as the stroke cuts it; 1 alone where it does not."""
    cut = _rastered([_left_at(mask, stroke[::-1]), *stroke, _left_at(mask, stroke)], mask.shape)
    whole = label(mask, connectivity=2)
    pieces = label(mask & ~cut, connectivity=2)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    # Pieces that were in one with another before the cut: those are what it separates.
    home = np.zeros(len(sizes), np.int64)
    home[pieces.ravel()] = whole.ravel()
    is_part = sizes >= SLIVER_PX
    parts_n = np.bincount(home[is_part], minlength=whole.max() + 1)
    is_part &= parts_n[home] > 1
    is_part[0] = False
    number = np.where(is_part, np.cumsum(is_part), 0)
    return _given_to_parts(number[pieces], mask)


def _pieces_by_side(mask: Mask, stroke: Sequence[tuple[float, float]]) -> Array:
    """Return the pieces of the object, 1 to n by the side of the stroke on which most of each lies.

    The stroke's ends go on for ever.
    """
    pieces, far = label(mask, connectivity=2), 2.0 * sum(mask.shape)
    cut = _rastered([_beyond(stroke[::-1], far), *stroke, _beyond(stroke, far)], mask.shape)
    sides = label(~cut, connectivity=1)
    side_of = np.zeros(pieces.max() + 1, np.intp)
    for piece in range(1, len(side_of)):
        side_of[piece] = np.bincount(sides[(pieces == piece) & ~cut], minlength=1).argmax()
    chosen, number = np.unique(side_of[1:], return_inverse=True)
    return np.where(mask, np.append(0, number + 1)[pieces], 0) if len(chosen) else pieces


def _given_to_parts(parts: Array, mask: Mask) -> Array:
    """Let each part grow over the pixels of the object that have none: first along the object, then by distance."""
    if not parts.any():
        return parts
    grown = watershed(np.zeros(mask.shape, np.uint8), parts, connectivity=2, mask=mask)
    nearest = ndimage.distance_transform_edt(grown == 0, return_distances=False, return_indices=True)
    return np.where(mask, grown[tuple(nearest)], 0)


def _rastered(corners: Sequence[tuple[float, float]], shape: tuple[int, ...]) -> Mask:
    """Return the pixels under a polyline, four-connected: nothing slips through between two of its pixels."""
    drawn = np.zeros(shape, bool)
    for (y0, x0), (y1, x1) in pairwise(np.floor(corners).astype(int).tolist()):
        rows, columns = straight_line(y0, x0, y1, x1)
        # Beside each diagonal step, the pixel in the corner.
        rows, columns = np.concatenate([rows, rows[1:]]), np.concatenate([columns, columns[:-1]])
        is_here = (rows >= 0) & (columns >= 0) & (rows < shape[0]) & (columns < shape[1])
        drawn[rows[is_here], columns[is_here]] = True
    return drawn


def _left_at(mask: Mask, stroke: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the first place outside of the object straight on from the stroke's last corner."""
    end = np.asarray(stroke[-1])
    step = np.asarray(_beyond(stroke, 0.5)) - end
    while _is_on(mask, end):
        end = end + step
    return float(end[0]), float(end[1])


def _is_on(mask: Mask, place: Array) -> bool:
    y, x = np.floor(place).astype(int).tolist()
    return 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and bool(mask[y, x])


def _beyond(stroke: Sequence[tuple[float, float]], distance_px: float) -> tuple[float, float]:
    """Return the place so far straight on from the stroke's last corner."""
    end = np.asarray(stroke[-1])
    before = next(
        (c for c in map(np.asarray, reversed(stroke)) if np.hypot(*(end - c)) >= DIRECTION_PX),
        max(map(np.asarray, stroke), key=lambda corner: float(np.hypot(*(end - corner)))),
    )
    ahead = end + distance_px * (end - before) / np.hypot(*(end - before))
    return float(ahead[0]), float(ahead[1])


def _in_raster_order(parts: Array) -> list[int]:
    numbers, first = np.unique(parts, return_index=True)
    return [int(number) for number in numbers[np.argsort(first)] if number]


def fill_outline(outline: Sequence[tuple[float, float]], bounds: tuple[int, int]) -> Pixels:
    """Return the pixels whose center lies inside an outline drawn by hand, or on it.

    An outline that crosses itself, as strokes do where they close, leaves no hole.

    Parameters
    ----------
    outline
        Corners ``(y, x)`` in px of full resolution, in order.
    bounds
        Height and width of the plane; what lies outside is left out.

    Raises
    ------
    CorrectionError
        When no pixel's center lies inside.

    Examples
    --------
    >>> fill_outline([(0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (2.0, 0.0)], (9, 9)).runs
    ((0, 0, 2), (1, 0, 2))
    """
    # The center of pixel (0, 0) is (0.5, 0.5).
    corner_rows, corner_columns = np.asarray(outline, dtype=float).reshape(-1, 2).T - 0.5
    nothing = np.zeros(0, np.intp)
    rows, columns = polygon(corner_rows, corner_columns, bounds) if len(outline) > 2 else (nothing, nothing)
    if not len(rows):
        raise CorrectionError(
            "there is no pixel of the image inside the outline",
            remedy="Draw around the object, inside the image",
        )
    y0, x0 = int(rows.min()), int(columns.min())
    mask = np.zeros((int(rows.max()) - y0 + 1, int(columns.max()) - x0 + 1), bool)
    mask[rows - y0, columns - x0] = True
    return Pixels.from_mask(ndimage.binary_fill_holes(mask), y0=y0, x0=x0)


def bridge_between(parts: Sequence[Pixels], most_px: int, free: Mask | None = None) -> Pixels | None:
    """Return the thin gap between parts that are to become one object.

    Parameters
    ----------
    parts
        Two or more objects.
    most_px
        Width of the widest gap that is filled.
    free
        Where no other object lies, of the shape of the box that holds all parts; None for everywhere.

    Returns
    -------
    Pixels or None
        Pixels of no part, between two of them and inside the closing of their union, so that the bridge does not
        bulge out at its ends; None where they touch or lie too far apart.
    """
    box = hull_of(part.box for part in parts)
    if box is None or len(parts) < 2:
        return None
    margin = most_px + 1
    window = Region(box.y0 - margin, box.x0 - margin, box.y1 + margin, box.x1 + margin)
    masks = [part.to_mask(window) for part in parts]
    distances = np.sort([ndimage.distance_transform_edt(~mask) for mask in masks], axis=0)
    # Between the centers of the pixels on either side of a gap of n px lie n + 1 px.
    is_between = distances[0] + distances[1] <= most_px + 1
    reached = distances[0] <= (most_px + 1) / 2
    closed = ndimage.distance_transform_edt(reached) > (most_px + 1) / 2
    gap = is_between & closed & (distances[0] > 0)
    if free is not None:
        gap[box.inside(window)] &= free
    pieces = label(gap, connectivity=2)
    joins = np.zeros(pieces.max() + 1, np.intp)
    for mask in masks:
        joins[np.unique(pieces[ndimage.binary_dilation(mask, _ANY_SIDE)])] += 1
    joins[0] = 0
    bridge = joins[pieces] >= 2
    return Pixels.from_mask(bridge, y0=window.y0, x0=window.x0) if bridge.any() else None
