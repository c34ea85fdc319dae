"""Whose is a stained rim where two fibers share a side? The positive neighbor's; a fiber must show its own."""

from __future__ import annotations

import numpy as np

from myograft.assign.fiber_settings import DonorFiberSettings
from myograft.model.arrays import Array, Mask


def reached_signal(signal: Array, counted: Mask, share: float) -> Array:
    """Return the signal that `share` of the counted sides reach; NaN without any.

    At least that share of the sides lies at or above a threshold just where this signal does.
    """
    falling = -np.sort(-np.where(counted, signal, -np.inf), axis=1)
    counted_n = counted.sum(axis=1)
    place = np.maximum(np.ceil(share * counted_n - 1e-9).astype(np.intp) - 1, 0)
    reached = np.take_along_axis(falling, place[:, None], axis=1)[:, 0]
    return np.where(counted_n > 0, reached, np.nan)


def rows_of(ids: Array, facing: Array) -> Array:
    """Return the row of each faced fiber, shape of `facing`; -1 where none is faced."""
    rows = np.minimum(np.searchsorted(ids, facing), len(ids) - 1)
    return np.where((facing > 0) & (ids[rows] == facing), rows, -1)


def own_fraction(positive: Mask, faced: Array, known: Mask) -> Array:
    """Return the part of each outline's known sides that faces no positive fiber."""
    own = known & ~((faced >= 0) & positive[faced])
    return np.asarray(own.sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def explain_rims(
    positive: Mask, faced: Array, signal: Array, known: Mask, least: float, settings: DonorFiberSettings
) -> tuple[Mask, Mask]:
    """Take off fibers whose stain their positive neighbors explain, the faintest first.

    Parameters
    ----------
    positive
        Fibers that are positive by their whole outline, shape (n,).
    faced
        Row of the fiber that each side faces, shape (n, sides); -1 for none.
    signal, known
        Stain of each side in counts, and whether it was measured, shape (n, sides).
    least
        Signal from which a side is stained.
    settings
        Which part of an outline must be stained, and which part must be a fiber's own.

    Returns
    -------
    tuple
        Positive fibers, shape (n,), and the sides that count, shape (n, SIDES).
    """
    positive = positive.copy()
    neighbors = _neighbors(faced, positive)

    def counted(rows: Array) -> Mask:
        own = known[rows] & ~((faced[rows] >= 0) & positive[faced[rows]])
        least_n = settings.least_open_fraction * known[rows].sum(axis=1)
        return np.where((own.sum(axis=1) >= np.maximum(least_n, 1))[:, None], own, known[rows])

    def reached(rows: Array) -> Array:
        return reached_signal(signal[rows], counted(rows), settings.least_covered_fraction)

    everyone = np.arange(len(positive))
    standing = np.where(positive, reached(everyone), np.inf)
    while len(standing):
        weakest = int(standing.argmin())
        if standing[weakest] >= least:
            break
        positive[weakest], standing[weakest] = False, np.inf
        again = np.array([row for row in neighbors.get(weakest, ()) if positive[row]], np.intp)
        if len(again):
            standing[again] = reached(again)
    return positive, counted(everyone)


def _neighbors(faced: Array, positive: Mask) -> dict[int, tuple[int, ...]]:
    """Return which positive fibers have a side that faces a positive fiber, by the faced fiber's row."""
    rows = np.broadcast_to(np.arange(len(faced))[:, None], faced.shape)
    chosen = (faced >= 0) & positive[:, None]
    pairs = np.unique(np.stack([faced[chosen], rows[chosen]], axis=1), axis=0)
    found: dict[int, list[int]] = {}
    for target, row in pairs.tolist():
        if positive[target]:
            found.setdefault(target, []).append(row)
    return {target: tuple(members) for target, members in found.items()}
