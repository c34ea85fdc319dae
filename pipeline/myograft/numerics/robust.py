"""Where is the bulk of a sample, and how wide, when its upper part is another population."""

from __future__ import annotations

import numpy as np

from myograft.model.arrays import Array


def half_sample_mode(values: Array) -> float:
    """Return the mode: the shortest half of the sample, again and again (Robertson & Cryer 1974).

    Parameters
    ----------
    values
        Shape (n,), ``n >= 1``.

    Examples
    --------
    >>> half_sample_mode(np.array([0.0, 1.0, 1.1, 1.2, 9.0, 10.0]))
    1.05
    """
    rest = np.sort(np.asarray(values, np.float64))
    if not len(rest):
        raise ValueError("the mode of nothing")
    while len(rest) > 3:
        half = -(-len(rest) // 2)
        widths = rest[half - 1 :] - rest[: len(rest) - half + 1]
        start = int(widths.argmin())
        rest = rest[start : start + half]
    if len(rest) == 3:
        rest = rest[:2] if rest[1] - rest[0] <= rest[2] - rest[1] else rest[1:]
    return float(rest.mean())


def bulk(values: Array, half_width_quantile: float = 0.5) -> tuple[float, float]:
    """Return location and scale of the bulk, anchored on its lower half.

    A second population of larger values moves a mean, a median and a median absolute deviation; the values below
    the mode are not touched by it. The scale is that of a normal distribution with the same lower half.

    Parameters
    ----------
    values
        Shape (n,), ``n >= 2``.
    half_width_quantile
        Quantile of the distances below the location that sets the scale.

    Returns
    -------
    tuple of float
        Location and scale; the scale is 0 where the lower half is constant.
    """
    sample = np.asarray(values, np.float64)
    # The mode of a finite sample is rough: the median of what lies near it is its smooth neighbor.
    mode = half_sample_mode(sample)
    below = mode - sample[sample < mode]
    if not len(below):
        return mode, 0.0
    reach = 1.4826 * float(np.quantile(below, half_width_quantile))
    near = sample[np.abs(sample - mode) <= reach]
    location = float(np.median(near)) if len(near) else mode
    below = location - sample[sample <= location]
    return location, 1.4826 * float(np.quantile(below, half_width_quantile))
