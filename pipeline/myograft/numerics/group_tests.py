"""Is the difference between two groups of subjects more than chance? Intervals and exact tests on a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
import scipy

from myograft.model.arrays import Array

#: Rearrangements up to which all are looked at; beyond, so many are drawn.
MOST_EXACT_N = 200_000
_DRAWN_N = 99_999

#: Subjects from which resampling them says something (fewer give intervals that are too narrow).
LEAST_BOOTSTRAP_N = 20

_RESAMPLES_N = 9_999

#: Part of the largest value below which a difference is one of rounding: values that are equal stay so.
_TIE = 1e-12


@dataclass(frozen=True)
class Effect:
    """The difference of two means.

    Parameters
    ----------
    difference
        Mean of the first group minus mean of the second.
    low, high
        Ends of its 95 % t interval; None with too few subjects, or where nothing varies between them: a width of zero
        would be a claim.
    p
        Of the exact test over all rearrangements (or drawn ones), two-sided; None with fewer than two subjects.
    least_p
        Smallest p that so few subjects can give; None as p.
    is_exact
        Whether all rearrangements were looked at.
    bootstrap_low, bootstrap_high
        Ends of the 95 % interval by resampling subjects; None below 20 subjects.
    """

    difference: float
    low: float | None
    high: float | None
    p: float | None
    least_p: float | None
    is_exact: bool
    bootstrap_low: float | None = None
    bootstrap_high: float | None = None


def mean_interval(values: Array) -> tuple[float, float] | None:
    """Return the 95 % t interval of a mean; None for fewer than two values, or where all are equal.

    Examples
    --------
    Mean 5, standard deviation 2.1602, n = 4: 5 -/+ 3.1824 x 2.1602 / 2.

    >>> [round(end, 4) for end in mean_interval(np.array([3.0, 4.0, 5.0, 8.0]))]
    [1.5626, 8.4374]
    """
    if len(values) < 2 or _is_constant(values):
        return None
    half = float(scipy.stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    mean = float(values.mean())
    return mean - half, mean + half


def paired_effect(first: Array, second: Array, seed: int) -> Effect:
    """Compare two values of each subject.

    Parameters
    ----------
    first, second
        Values of the same subjects in the same order, shape (n,), n at least 1.
    seed
        Of the draws where there are too many rearrangements to look at all, and of the bootstrap.

    Notes
    -----
    Sign-flip test (Fisher 1935): if there is no effect, each subject's difference may as well have the other sign. The
    t interval is that of the mean difference.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    slack = _TIE * max(float(np.abs(first).max()), float(np.abs(second).max()))
    differences = first - second
    differences[np.abs(differences) <= slack] = 0.0
    n, mean = len(differences), float(differences.mean())
    if n < 2:
        return Effect(mean, None, None, None, None, is_exact=True)
    low, high = mean_interval(differences) or (None, None)
    all_n = 2**n
    random = np.random.default_rng(seed)
    if all_n <= MOST_EXACT_N:
        bits = (np.arange(all_n)[:, None] >> np.arange(n)) & 1
        means = np.where(bits == 1, -differences, differences).mean(axis=1)
    else:
        # By size and without their signs: the draws depend neither on the order nor on which level comes first.
        means = (random.choice([-1.0, 1.0], (_DRAWN_N, n)) * np.sort(np.abs(differences))).mean(axis=1)
    is_exact = all_n <= MOST_EXACT_N
    ends = _bootstrap((differences,), random) if n >= LEAST_BOOTSTRAP_N else (None, None)
    least = 2.0 / all_n if is_exact else 1.0 / (_DRAWN_N + 1)
    return Effect(mean, low, high, _two_sided(mean, means, slack, is_exact=is_exact), least, is_exact, *ends)


def unpaired_effect(first: Array, second: Array, seed: int) -> Effect:
    """Compare two groups of different subjects.

    Parameters
    ----------
    first, second
        Values, shapes (n,) and (m,), at least one each.
    seed
        As for `paired_effect`.

    Notes
    -----
    Permutation test: if there is no effect, any n of all subjects may as well have been the first group. The interval
    is Welch's, for groups that spread differently.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    difference = float(first.mean() - second.mean())
    n, together = len(first), np.concatenate([first, second])
    if min(n, len(second)) < 2:
        return Effect(difference, None, None, None, None, is_exact=True)
    low, high = _welch(first, second) or (None, None)
    # The smaller group is chosen from sorted values: the draws depend neither on the order nor on which comes first.
    together, part_n = np.sort(together), min(n, len(second))
    rest_n = len(together) - part_n
    all_n = comb(len(together), part_n)
    random = np.random.default_rng(seed)
    is_exact = all_n <= MOST_EXACT_N
    chosen = (
        _all_choices(len(together), part_n)
        if is_exact
        else np.argsort(random.random((_DRAWN_N, len(together))), axis=1, kind="stable")[:, :part_n]
    )
    sums, total = together[chosen].sum(axis=1), together.sum()
    differences = sums / part_n - (total - sums) / rest_n
    enough = min(n, len(second)) >= LEAST_BOOTSTRAP_N
    ends = _bootstrap((first, second), random) if enough else (None, None)
    least = (2.0 if n == len(second) else 1.0) / all_n if is_exact else 1.0 / (_DRAWN_N + 1)
    slack = _TIE * float(np.abs(together).max())
    p = _two_sided(difference, differences, slack, is_exact=is_exact)
    return Effect(difference, low, high, p, least, is_exact, *ends)


def _welch(first: Array, second: Array) -> tuple[float, float] | None:
    """Return the 95 % interval of a difference of means (Welch 1947, doi:10.1093/biomet/34.1-2.28)."""
    if _is_constant(first) and _is_constant(second):
        return None
    difference = float(first.mean() - second.mean())
    squares = [float(group.var(ddof=1)) / len(group) for group in (first, second)]
    # Squares of the smallest numbers there are become zero.
    if not sum(squares):
        return None
    # Shares of the variance, so that nothing is lost where both are tiny.
    shares = [square / sum(squares) for square in squares]
    freedom = 1.0 / sum(
        share**2 / (len(group) - 1) for share, group in zip(shares, (first, second), strict=True)
    )
    half = float(scipy.stats.t.ppf(0.975, freedom)) * float(np.sqrt(sum(squares)))
    return difference - half, difference + half


def _two_sided(found: float, rearranged: Array, slack: float, *, is_exact: bool) -> float:
    """Return the part of rearrangements that are at least as extreme; drawn ones count the observed one too."""
    beyond_n = int((np.abs(rearranged) >= abs(found) - slack).sum())
    return beyond_n / len(rearranged) if is_exact else (beyond_n + 1) / (len(rearranged) + 1)


@lru_cache(maxsize=8)
def _all_choices(all_n: int, chosen_n: int) -> Array:
    return np.array(list(combinations(range(all_n), chosen_n)), np.intp)


def _bootstrap(groups: tuple[Array, ...], random: np.random.Generator) -> tuple[float, float]:
    """Return the 95 % percentile interval of the (difference of) means, subjects drawn with replacement."""
    means = [
        group[random.integers(0, len(group), (_RESAMPLES_N, len(group)))].mean(axis=1) for group in groups
    ]
    drawn = means[0] if len(means) == 1 else means[0] - means[1]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def ratio_interval(numerators: Array, denominators: Array) -> tuple[float, float] | None:
    """Return the 95 % interval of a ratio of sums over sampled sections; None for fewer than two, or without variation.

    Parameters
    ----------
    numerators, denominators
        One per section, shape (n,); the sum of the denominators is more than 0.

    Notes
    -----
    Linearized variance of the ratio estimator (Cochran 1977, Sampling Techniques, section 6.4), with n - 1 degrees of
    freedom: sections are the sample, and what lies clustered in one of them counts as one. Sections that all show the
    same, such as no donor nucleus, tell nothing of how sections vary.
    """
    n = len(numerators)
    if n < 2:
        return None
    ratio = float(numerators.sum() / denominators.sum())
    off = numerators - ratio * denominators
    if float(np.abs(off).max()) <= _TIE * float(np.abs(numerators).max()):
        return None
    spread = float(np.sqrt(n / (n - 1) * (off * off).sum()) / denominators.sum())
    half = float(scipy.stats.t.ppf(0.975, n - 1)) * spread
    return ratio - half, ratio + half


def jackknife_interval(whole: float, without: Array) -> tuple[float, float] | None:
    """Return the 95 % interval of a statistic of sampled sections from what it is without each of them.

    Parameters
    ----------
    whole
        The statistic of all sections; the middle of the interval.
    without
        The statistic without the first, the second, ... section, shape (n,).

    Notes
    -----
    Variance ``(n - 1) / n * sum((without - mean) ** 2)`` (Efron & Stein 1981, doi:10.1214/aos/1176345462), with n - 1
    degrees of freedom. None for fewer than two sections, or where leaving out any of them changes nothing.

    Examples
    --------
    The mean of 1, 2 and 6, whose t interval it is:

    >>> [round(end, 3) for end in jackknife_interval(3.0, np.array([4.0, 3.5, 1.5]))]
    [-3.572, 9.572]
    """
    n = len(without)
    if n < 2 or _is_constant(without):
        return None
    spread = float(np.sqrt((n - 1) * np.var(without)))
    half = float(scipy.stats.t.ppf(0.975, n - 1)) * spread
    return whole - half, whole + half


def _is_constant(values: Array) -> bool:
    return float(np.ptp(values)) <= _TIE * float(np.abs(values).max())
