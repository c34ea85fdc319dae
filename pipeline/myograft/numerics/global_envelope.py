"""Is a whole curve unusual? The extreme rank length test, and the band that 95 of 100 random curves stay within."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from myograft.model.arrays import Array

#: Part of random curves that may leave the band.
_LEVEL = 0.05


@dataclass(frozen=True)
class GlobalEnvelope:
    """How unusually high a curve lies over all its points at once.

    Parameters
    ----------
    p
        Probability of a curve that is at least so extreme, ``1 / (n + 1)`` to 1.
    high
        Upper edge of the global 95 % envelope, shape ``(points,)``: a curve that leaves it somewhere has ``p <= 0.05``.
    """

    p: float
    high: Array


def global_envelope(observed: Array, drawn: Array) -> GlobalEnvelope:
    """Compare a curve with random ones by extreme rank length, upwards (Myllymäki et al. 2017).

    Parameters
    ----------
    observed
        The curve, shape ``(points,)``.
    drawn
        Curves under the null hypothesis, shape ``(n, points)``, exchangeable with the observed one where it holds.

    Notes
    -----
    doi:10.1111/rssb.12172. At every point all curves are ranked from the highest down, ties sharing their mean rank. A
    curve's ranks, sorted, are compared in the order of a dictionary: the more extreme curve has the smaller first rank,
    or as many as another of these and the smaller next one. Testing one point after the other would be wrong more
    often than 5 %; this is exact over all of them, however they hang together. Equal curves count against the claim.
    Where ties abound (few donor nuclei), a curve may be extreme by the p value and yet only touch the envelope.

    Examples
    --------
    >>> flat = np.zeros((99, 2))
    >>> global_envelope(np.array([0.0, 1.0]), flat).p, global_envelope(np.zeros(2), flat).p
    (0.01, 1.0)
    """
    curves = np.vstack([observed, drawn])
    # Twice the mean rank is whole, so that equal ranks are equal.
    ranks = np.round(2.0 * scipy.stats.rankdata(-curves, method="average", axis=0)).astype(np.int64)
    _, place, sharing = np.unique(np.sort(ranks, axis=1), axis=0, return_inverse=True, return_counts=True)
    p = np.cumsum(sharing)[place.ravel()] / len(curves)
    return GlobalEnvelope(float(p[0]), curves[p > _LEVEL].max(axis=0))
