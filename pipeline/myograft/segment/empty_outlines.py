"""Fibers that fell out of the section: a rim of stain around bare glass, which an outline alone does not tell."""

from __future__ import annotations

import numpy as np
from numba import njit

from myograft.model.arrays import Array, Image, Labels

#: Depth from which a pixel lies well inside, over the mean depth of the object: half the radius of a disk, where the
#: rim's blur does not reach.
_WELL_INSIDE = 1.5

#: Objects without which it is not known what fibers of the section show inside.
_LEAST_OBJECTS = 20

#: Width of the gap that parts empty outlines from fibers; fibers alone leave none so far below their median.
_GAP = 0.1


def light_inside(labels: Labels, image: Image, depth: Image) -> Array:
    """Return the mean of an image well inside every object, by number; 0 for numbers without a pixel.

    Parameters
    ----------
    labels, image
        Shape (H, W).
    depth
        `depth_within` of the labels.

    Examples
    --------
    >>> rimmed = np.array([[90.0, 90.0, 3.0, 90.0, 90.0]])
    >>> light_inside(np.array([[1, 1, 1, 1, 1]], np.uint32), rimmed, np.array([[0.5, 1.5, 2.5, 1.5, 0.5]])).tolist()
    [0.0, 3.0]
    """
    # Pixels and their depths; then pixels well inside and their light.
    depths, lights = (np.zeros((int(labels.max()) + 1, 2)) for _ in range(2))
    _add_up_inside(labels, image, depth, depths, lights)
    light: Array = lights[:, 1] / np.maximum(lights[:, 0], 1.0)
    return light


@njit(cache=True, nogil=True)
def _add_up_inside(labels: Array, image: Array, depth: Array, depths: Array, lights: Array) -> None:
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            if labels[y, x]:
                depths[labels[y, x], 0] += 1.0
                depths[labels[y, x], 1] += depth[y, x]
    for y in range(height):
        for x in range(width):
            number = labels[y, x]
            if number and depth[y, x] * depths[number, 0] > _WELL_INSIDE * depths[number, 1]:
                lights[number, 0] += 1.0
                lights[number, 1] += image[y, x]


def are_empty(light: Array, glass: float, highest_level: float) -> Array:
    """Return which objects hold nothing but glass.

    Parameters
    ----------
    light
        Mean inside each object of a section, in counts, shape (n,).
    glass
        Counts of bare glass.
    highest_level
        Level below which an object may be empty: 0 is glass, 1 the median of all objects.

    Returns
    -------
    Array
        Shape (n,), bool.

    Notes
    -----
    Fibers differ in what they show (types, autofluorescence, uneven light), so that no level alone parts the faintest
    of them from holes. Objects are empty only where a gap in the levels sets them apart: in doubt, none is. It does not
    matter whether tissue is brighter than glass, or darker as in a stained photograph.

    Examples
    --------
    >>> are_empty(np.array([103.0, 104.0] + [120.0] * 30), 100.0, 0.4)[:3].tolist()
    [True, True, False]
    >>> bool(are_empty(np.linspace(103.0, 130.0, 60), 100.0, 0.4).any())
    False
    """
    none = np.zeros(len(light), bool)
    median = float(np.median(light)) if len(light) >= _LEAST_OBJECTS else glass
    if median == glass:
        return none
    levels = (light - glass) / (median - glass)
    ordered = np.unique(levels)
    starts, widths = ordered[:-1], np.diff(ordered)
    is_gap = (starts < highest_level) & (widths >= _GAP)
    if not is_gap.any():
        return none
    # The topmost gap: below it lie a few fragments, each with a level of its own.
    return np.asarray(levels <= starts[np.flatnonzero(is_gap)[-1]])
