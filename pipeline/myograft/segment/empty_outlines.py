"""Fibers that fell out of the section: a rim of stain around bare glass, which an outline alone does not tell."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from myograft.model.arrays import Array, Image, Labels
from myograft.numerics.distance import depth_within

#: Part of an object's depth from which a pixel lies well inside, where the rim's blur does not reach.
_WELL_INSIDE = 0.5

#: Objects without which it is not known what fibers of the section show inside.
_LEAST_OBJECTS = 20

#: Width of the gap that parts empty outlines from fibers; fibers alone leave none so far below their median.
_GAP = 0.1


def light_inside(labels: Labels, image: Image) -> Array:
    """Return the mean of an image well inside every object, by number; 0 for numbers without a pixel.

    Parameters
    ----------
    labels, image
        Shape (H, W).

    Examples
    --------
    >>> rimmed = np.pad([[3.0]], 1, constant_values=90.0)
    >>> light_inside(np.ones((3, 3), np.uint32), rimmed).tolist()
    [0.0, 3.0]
    """
    # In a frame of background, so that the border of the array is an outline too.
    depth, numbers = depth_within(np.pad(labels, 1))[1:-1, 1:-1], np.arange(int(labels.max()) + 1)
    deepest = np.asarray(ndimage.maximum(depth, labels, numbers), np.float32)
    is_inside = (labels > 0) & (depth > _WELL_INSIDE * deepest[labels])
    inside = labels[is_inside]
    total = np.bincount(inside, image[is_inside].astype(np.float64), minlength=len(numbers))
    light: Array = total / np.maximum(np.bincount(inside, minlength=len(numbers)), 1)
    return light


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
