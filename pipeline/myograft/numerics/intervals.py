"""How sure is a fraction of counts."""

from __future__ import annotations

import scipy


def clopper_pearson(positive_n: int, all_n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a fraction.

    Parameters
    ----------
    positive_n, all_n
        Counts, ``0 <= positive_n <= all_n`` and ``all_n >= 1``.
    confidence
        Coverage, at least this for every true fraction (Clopper & Pearson 1934, doi:10.2307/2331986).

    Examples
    --------
    >>> low, high = clopper_pearson(0, 100)
    >>> low, round(high, 4)
    (0.0, 0.0362)
    """
    if not 0 <= positive_n <= all_n or all_n < 1:
        raise ValueError(f"no fraction: {positive_n} of {all_n}")
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if positive_n == 0 else float(scipy.stats.beta.ppf(tail, positive_n, all_n - positive_n + 1))
    high = (
        1.0
        if positive_n == all_n
        else float(scipy.stats.beta.ppf(1.0 - tail, positive_n + 1, all_n - positive_n))
    )
    return low, high
