"""Where does one nucleus end and the next one above it begin? Read from the stain of its outlines, plane by plane."""

from __future__ import annotations

import numpy as np

from myograft.model.arrays import Array


def part_chain(profile: Array, plane: Array, valley: float, most_planes: float = np.inf) -> Array:
    """Return which part of a chain each outline belongs to.

    Parameters
    ----------
    profile
        Stain (or size) of the outlines of a chain, lowest first, shape (n,).
    plane
        Their planes, ascending, shape (n,).
    valley
        Part of the smaller of two peaks down to which the profile must fall between them.
    most_planes
        Planes that one nucleus may reach through.

    Returns
    -------
    Array
        0, 1, ... upward, shape (n,).

    Notes
    -----
    The profile is flooded from its peaks down; where two floods meet, the saddle decides (a watershed with a least
    depth). Nothing depends on whether the chain is read from below or from above, but for the middle of an exact
    mirror image.

    Examples
    --------
    >>> part_chain(np.array([10, 30, 28, 9, 12, 31, 8]), np.arange(7), 0.6).tolist()
    [0, 0, 0, 1, 1, 1, 1]
    >>> part_chain(np.array([10, 30, 22, 28, 12]), np.arange(5), 0.6).tolist()
    [0, 0, 0, 0, 0]
    """
    part = _flooded(profile, valley)
    while True:
        spans = [np.flatnonzero(part == one) for one in range(part[-1] + 1)]
        cuts = [
            _narrowest(profile, span)
            for span in spans
            if len(span) > 2 and plane[span[-1]] - plane[span[0]] + 1 > most_planes
        ]
        found = [cut for cut in cuts if cut is not None]
        if not found:
            return part
        for cut in found:
            part[_first_above(profile, cut) :] += 1


def _flooded(profile: Array, valley: float) -> Array:
    """Return the parts of a profile between saddles that are deep enough."""
    n = len(profile)
    peak = np.zeros(n)
    basin = np.full(n, -1)
    saddles = []
    for at in np.lexsort((np.arange(n), -profile)).tolist():
        beside = [other for other in (at - 1, at + 1) if 0 <= other < n and basin[other] >= 0]
        basins = sorted({int(basin[other]) for other in beside})
        if not basins:
            basin[at], peak[at] = at, profile[at]
        elif len(basins) == 1:
            basin[at] = basins[0]
        else:
            one, other = basins
            basin[at] = one
            if profile[at] <= valley * min(peak[one], peak[other]):
                saddles.append(at)
            else:
                basin[basin == other] = one
                peak[one] = max(peak[one], peak[other])
    part = np.zeros(n, np.int64)
    for at in saddles:
        part[_first_above(profile, at) :] += 1
    return part


def _first_above(profile: Array, saddle: int) -> int:
    """Return where the upper part begins: in the middle of the outlines that are as low as the saddle.

    Of an odd number the middle one goes to the side whose next outline is lower, else to the lower one.
    """
    low = high = saddle
    while profile[low - 1] == profile[saddle]:
        low -= 1
    while profile[high + 1] == profile[saddle]:
        high += 1
    goes_up = profile[high + 1] < profile[low - 1]
    return (low + high + 1) // 2 + int((high - low) % 2 == 0 and not goes_up)


def _narrowest(profile: Array, span: Array) -> int | None:
    """Return the deepest place between two higher ones within a span; None where there is none."""
    part = profile[span]
    left = np.maximum.accumulate(part)[:-2]
    right = np.maximum.accumulate(part[::-1])[::-1][2:]
    depth = part[1:-1] / np.maximum(np.minimum(left, right), 1e-9)
    if depth.min() >= 1.0:
        return None
    middle = 0.5 * (len(span) - 1)
    candidates = np.flatnonzero(depth == depth.min()) + 1
    return int(span[candidates[np.argmin(np.abs(candidates - middle))]])
