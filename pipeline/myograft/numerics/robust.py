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
    >>> half_sample_mode(np.array([0.0, 1.0, 1.1, 1.3, 9.0, 10.0]))
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


#: Spread above the location beyond which a value is not of the bulk, while the bulk is looked for.
_CLIP = 3.0


def bulk(values: Array, *, start: float | None = None) -> tuple[float, float]:
    """Return location and scale of the bulk, anchored on its lower half.

    A second population of larger values moves a mean, a median and a median absolute deviation of all; so it is
    clipped off from above, beginning at the mode or where told, and the scale is taken from the values below the
    location alone. The scale is that of a normal distribution with the same lower half.

    Parameters
    ----------
    values
        Shape (n,), ``n >= 1``.
    start
        Where the bulk is looked for first; None for the mode. Where the bulk is more than half of the values, their
        median is the steadier start: of 100 values a mode may fall into the lower tail.

    Returns
    -------
    tuple of float
        Location and scale; the scale is 0 where the lower half is constant.
    """
    sample = np.asarray(values, np.float64)
    location = half_sample_mode(sample) if start is None else start
    scale = _lower_scale(sample, location)
    for _ in range(20):
        kept = sample[sample <= location + _CLIP * scale]
        moved = float(np.median(kept))
        spread = _lower_scale(kept, moved)
        if moved == location and spread == scale:
            break
        location, scale = moved, spread
    return location, scale


def _lower_scale(sample: Array, location: float) -> float:
    return 1.4826 * float(np.median(location - sample[sample <= location]))
