"""How well readers agree on measured values: intraclass correlation and limits of agreement, each with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from myograft.model.arrays import Array
from myograft.numerics.group_tests import mean_interval

#: Part of the largest value below which a spread is one of rounding.
_TIE = 1e-12

#: Standard deviations from the mean within which 95 % of a normal distribution lie.
_NORMAL_95 = float(scipy.special.ndtri(0.975))


@dataclass(frozen=True)
class Correlation:
    """An intraclass correlation with its 95 % interval; no interval where readers never differ."""

    value: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Limits:
    """Limits of agreement of two readers: first minus second.

    Parameters
    ----------
    bias, bias_interval
        Mean difference, and its 95 % t interval; None where differences do not vary.
    low, low_interval
        Below it lie 2.5 % of differences; None for fewer than two sections, or where nothing varies.
    high, high_interval
        Above it lie 2.5 %.
    """

    bias: float
    bias_interval: tuple[float, float] | None
    low: float | None = None
    low_interval: tuple[float, float] | None = None
    high: float | None = None
    high_interval: tuple[float, float] | None = None


def intraclass_correlation(values: Array) -> Correlation | None:
    """Return ICC(2,1): how much of the variance of single readings is between sections; None where that is undefined.

    Parameters
    ----------
    values
        Readings, shape (n, k): n sections in rows, k readers in columns.

    Returns
    -------
    Correlation or None
        None for fewer than two sections or readers, where sections do not differ, and where two leave no variance
        at all; what would lie below -1, as of two sections it can, is -1.

    Notes
    -----
    Case 2 of Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420: two-way, readers a random sample, absolute agreement
    (a reader who always counts more lowers it), one reading; ICC(A,1) of McGraw & Wong 1996,
    doi:10.1037/1082-989X.1.1.30, whose interval this is. It depends on how much the sections differ, and compares no
    study with another of other sections. Sections are taken as independent.

    Examples
    --------
    Table 2 of Shrout & Fleiss: six sections, four readers.

    >>> rows = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> found = intraclass_correlation(np.array(rows, float))
    >>> round(found.value, 4), [round(end, 3) for end in found.interval]
    (0.2898, [0.019, 0.761])
    """
    values = np.asarray(values, np.float64)
    n, k = values.shape
    if min(n, k) < 2 or _is_constant(values):
        return None
    # Far from zero, squares of what readers differ by would be lost.
    values = (values - values.mean()) / np.abs(values - values.mean()).max()
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    sections = k * float((rows**2).sum()) / (n - 1)
    readers = n * float((columns**2).sum()) / (k - 1)
    rest = float(((values - rows[:, None] - columns[None, :]) ** 2).sum()) / ((n - 1) * (k - 1))
    if max(readers, rest) <= _TIE**2:
        return Correlation(1.0, None)
    if max(sections, rest) <= _TIE**2:
        return None
    whole = sections + (k - 1) * rest + k * (readers - rest) / n
    if whole <= _TIE**2:
        return None
    value = max(-1.0, (sections - rest) / whole)
    return Correlation(value, _correlation_interval(sections, readers, rest, value, n, k))


def _correlation_interval(
    sections: float, readers: float, rest: float, value: float, n: int, k: int
) -> tuple[float, float]:
    """Return the interval of ICC(2,1) from mean squares (Shrout & Fleiss 1979, p. 424; Satterthwaite's freedom)."""
    about = rest * (n * (1.0 + (k - 1) * value) - k * value)
    along = k * value * readers
    below = (n - 1) * along**2 + about**2
    freedom = (k - 1) * (n - 1) * (along + about) ** 2 / below if below > 0.0 else float((n - 1) * (k - 1))
    # Mean squares that cancel leave less than one degree of freedom, at which no interval is one.
    freedom = max(freedom, _TIE)
    upper, lower = (
        float(scipy.stats.f.ppf(0.975, *freedoms)) for freedoms in ((n - 1, freedom), (freedom, n - 1))
    )
    noise = k * readers + (k * n - k - n) * rest
    low = n * (sections - upper * rest) / (upper * noise + n * sections) if np.isfinite(upper) else -1.0
    high = n * (lower * sections - rest) / (noise + n * lower * sections) if np.isfinite(lower) else 1.0
    return max(-1.0, min(low, value)), min(1.0, max(high, value))


def limits_of_agreement(first: Array, second: Array) -> Limits:
    """Return bias and 95 % limits of agreement of two readers.

    Parameters
    ----------
    first, second
        Readings of the same sections in the same order, shape (n,), n at least 1.

    Notes
    -----
    Bland & Altman 1986, doi:10.1016/S0140-6736(86)90837-8: mean difference -/+ 1.96 SD. The intervals of the limits are
    exact for normal differences (noncentral t: Carkeet 2015, doi:10.1097/OPX.0000000000000513); with few sections they
    are far wider than those by the normal approximation, and not symmetric. Differences are taken as independent, and
    as equally spread for small and large values: several sections of one subject are repeated measures, and the
    limits too narrow (Bland & Altman 2007, doi:10.1080/10543400701329422).

    Examples
    --------
    >>> found = limits_of_agreement(np.array([5.0, 7.0, 9.0, 8.0]), np.array([4.0, 7.0, 7.0, 7.0]))
    >>> found.bias, round(found.low, 3), round(found.high, 3)
    (1.0, -0.6, 2.6)
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    differences = first - second
    slack = _TIE * max(float(np.abs(first).max()), float(np.abs(second).max()))
    bias, n = float(differences.mean()), len(differences)
    if n < 2 or float(np.ptp(differences)) <= slack:
        return Limits(bias, None)
    deviation = float(differences.std(ddof=1))
    ends = scipy.stats.nct.ppf([0.025, 0.975], n - 1, _NORMAL_95 * np.sqrt(n)) * deviation / np.sqrt(n)
    near, far = (float(end) for end in ends)
    return Limits(
        bias,
        mean_interval(differences),
        bias - _NORMAL_95 * deviation,
        (bias - far, bias - near),
        bias + _NORMAL_95 * deviation,
        (bias + near, bias + far),
    )


def _is_constant(values: Array) -> bool:
    return float(np.ptp(values)) <= _TIE * float(np.abs(values).max())
