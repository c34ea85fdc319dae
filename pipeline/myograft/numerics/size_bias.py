"""Fibers that hold a donor nucleus are large because large fibers hold more nuclei: what chance alone would show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myograft.model.arrays import Array
from myograft.numerics.relabeling import relabelings, two_sided_p


@dataclass(frozen=True)
class SizeAgainstChance:
    """A mean over the fibers with a donor nucleus against relabeling.

    Parameters
    ----------
    mean
        Over the fibers with at least one donor nucleus.
    expected, low, high
        Mean, 2.5 % and 97.5 % quantile of that mean under relabeling.
    p
        Two-sided, ``1 / (n + 1)`` to 1.
    """

    mean: float
    expected: float
    low: float
    high: float
    p: float


def donor_fiber_size(
    sizes: Array, fiber_of_nucleus: Array, is_donor: Array, relabelings_n: int, seed: int
) -> tuple[SizeAgainstChance, ...]:
    """Compare the mean size of fibers with a donor nucleus with that under relabeling of the nuclei in fibers.

    Parameters
    ----------
    sizes
        One row per measure of size, one column per fiber, shape ``(m, f)``.
    fiber_of_nucleus
        Column of the fiber that each called nucleus lies in, shape ``(n,)``.
    is_donor
        Shape ``(n,)``, at least one of them.
    relabelings_n, seed
        Draws of the null hypothesis, see `relabelings`.

    Returns
    -------
    tuple of SizeAgainstChance
        One per measure; all from the same draws.

    Notes
    -----
    A fiber with n of N nuclei bears one of D donor nuclei with probability ``1 - C(N - n, D) / C(N, D)``: the larger
    the fiber, the likelier. Comparing its size with that of fibers without a donor nucleus finds this, growth or not.
    """
    found = _means(sizes, fiber_of_nucleus[is_donor])
    draws = relabelings(len(is_donor), int(is_donor.sum()), relabelings_n, seed)
    drawn = np.array([_means(sizes, fiber_of_nucleus[chosen]) for chosen in draws])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return tuple(
        SizeAgainstChance(
            mean=float(found[k]),
            expected=float(drawn[:, k].mean()),
            low=float(low[k]),
            high=float(high[k]),
            p=two_sided_p(float(found[k]), drawn[:, k]),
        )
        for k in range(len(sizes))
    )


def _means(sizes: Array, bearing: Array) -> Array:
    """Return the mean sizes of fibers, each counted once however often it is named."""
    is_bearing = np.zeros(sizes.shape[1], bool)
    is_bearing[bearing] = True
    return np.asarray(sizes[:, is_bearing].mean(axis=1))
