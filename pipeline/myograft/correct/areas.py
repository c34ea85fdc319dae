"""Areas that readers left out, as pixels: of two about a place the later decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil

import numpy as np
from skimage.draw import polygon

from myograft.model.arrays import Array, Mask
from myograft.model.correction import ExcludeRegion, IncludeRegion
from myograft.model.geometry import Region

#: Length of the pieces that outlines are looked at in.
_PIECE_PX = 512


def excluded_mask(areas: Iterable[ExcludeRegion | IncludeRegion], region: Region, step_px: int = 1) -> Mask:
    """Return which pixels of a region are left out.

    Parameters
    ----------
    areas
        In the order in which they were drawn; corners in px of full resolution, pixel (0, 0) covers [0, 1) x [0, 1).
    region
        In steps of `step_px`.
    step_px
        Edge of the mask's pixels in px of full resolution; the middle of each decides.

    Examples
    --------
    >>> square = ExcludeRegion(outline=((1, 1), (1, 3), (3, 3), (3, 1)), reason="fold")
    >>> excluded_mask([square], Region(0, 0, 3, 3)).astype(int)
    array([[0, 0, 0],
           [0, 1, 1],
           [0, 1, 1]])
    """
    mask = np.zeros(region.shape, np.bool_)
    for area in areas:
        corners = np.asarray(area.outline) / step_px - (region.y0 + 0.5, region.x0 + 0.5)
        rows, columns = polygon(corners[:, 0], corners[:, 1], region.shape)
        mask[rows, columns] = isinstance(area, ExcludeRegion)
    return mask


def near_outlines(areas: Sequence[ExcludeRegion | IncludeRegion], edges: Array) -> Mask:
    """Return which boxes an outline of an area may cross; all others lie inside or outside of each area as a whole.

    Parameters
    ----------
    areas
        Corners in px of full resolution.
    edges
        Boxes ``(y0, x0, y1, x1)`` in px, shape (n, 4).
    """
    near = np.zeros(len(edges), np.bool_)
    for area in areas:
        corners = np.asarray(area.outline)
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            # Of a long slanted line the box would hold half of the plane; pieces hold little beside the line.
            pieces_n = max(1, ceil(float(np.abs(end - start).max()) / _PIECE_PX))
            ends = start + (end - start) * np.linspace(0.0, 1.0, pieces_n + 1)[:, None]
            for one, other in pairwise(ends):
                (y0, x0), (y1, x1) = np.minimum(one, other), np.maximum(one, other)
                near |= (edges[:, 0] <= y1) & (edges[:, 2] >= y0) & (edges[:, 1] <= x1) & (edges[:, 3] >= x0)
    return near


def is_cut(areas: Sequence[ExcludeRegion | IncludeRegion], mask: Mask, box: Region) -> bool:
    """Whether some pixels of an object are left out and others are not.

    Parameters
    ----------
    areas
        In the order in which they were drawn.
    mask
        The object in its box.
    box
        Where that lies, in px.
    """
    inside = excluded_mask(areas, box)[mask]
    return bool(inside.any() and not inside.all())
