"""How much of the nuclear stain shows in the marker's channel: the hosts, who have no marker, tell."""

from __future__ import annotations

import numpy as np

from myograft.model.arrays import Array
from myograft.numerics.robust import bulk

#: Groups of nuclei of like nuclear stain, and nuclei in each at least.
_GROUPS_N, _LEAST_IN_GROUP = 8, 25

#: Rounds in which the share is found.
_ROUNDS_N = 4


def bleed_through_share(signal: Array, stain: Array) -> float | None:
    """Return the counts of the marker's channel that go with one count of the nuclear stain.

    Parameters
    ----------
    signal, stain
        Marker and nuclear stain of every nucleus, each over its local background and measured at the same place, in
        counts, shape (n,); NaN where unknown.

    Returns
    -------
    float or None
        At least 0; None where there are too few nuclei, or they are all equally bright.

    Notes
    -----
    Nuclei are put into eight groups of like stain; in each the marker of the host bulk is found, anchored on its lower
    half, so that donors in it do not count; a line through the groups' middles has the share as its slope (least
    squares). Wherever hosts are the larger part of every group, donors do not move it.

    Examples
    --------
    >>> stain = np.linspace(100.0, 300.0, 400)
    >>> marked = 7.0 + 0.2 * stain + np.where(np.arange(400) % 5 == 0, 500.0, 0.0)
    >>> round(bleed_through_share(marked, stain), 2)
    0.2
    """
    known = np.isfinite(signal) & np.isfinite(stain)
    marked, stained = signal[known], stain[known]
    groups_n = min(_GROUPS_N, len(marked) // _LEAST_IN_GROUP)
    if groups_n < 3:
        return None
    order = np.lexsort((marked, stained))
    groups = np.array_split(order, groups_n)
    middle = np.array([np.median(stained[group]) for group in groups])
    spread = middle - middle.mean()
    if not spread.any():
        return None
    share = 0.0
    # Within a group the stain differs too, which blurs its hosts until the share is taken off.
    for _ in range(_ROUNDS_N):
        host = np.array([bulk((marked - share * stained)[group])[0] for group in groups])
        share += float((spread * host).sum() / (spread * spread).sum())
    return max(0.0, share)


def without_bleed_through(signal: Array, stain: Array, share: float) -> Array:
    """Return the marker without what the nuclear stain adds to it.

    Parameters
    ----------
    signal, stain
        As in `bleed_through_share`.
    share
        Counts of the marker's channel that go with one count of the stain.
    """
    left: Array = signal - share * np.maximum(stain, 0.0)
    return left
