"""How few donor nuclei a section can show: the count that false positives do not reach, and the fraction behind it."""

from __future__ import annotations

import math
from collections.abc import Callable

import scipy

#: Currie's conventional risk, of a false and of a missed detection.
_RISK = 0.05


def critical_count(all_n: int, false_positive_n: int, control_n: int, risk: float = _RISK) -> int:
    """Return the smallest count of calls that a section without donor nuclei hardly reaches, given a control.

    Parameters
    ----------
    all_n
        Nuclei of the section, at least 1.
    false_positive_n, control_n
        Nuclei called donor in the negative control, and all of it; the latter at least 1.
    risk
        Largest probability of so many false positives, predictive over the uncertainty of their rate.

    Returns
    -------
    int
        Between 1 and ``all_n + 1``; the latter, which no section reaches, where the control is too small to tell.

    Raises
    ------
    ValueError
        For counts that cannot be.

    Notes
    -----
    Currie 1968 (doi:10.1021/ac60259a007) takes the background as known. Here its rate is uncertain and gets the
    distribution ``Beta(k + 1, m - k)`` for k of m control nuclei, which makes the count of false positives
    beta-binomial. This is the distribution of the true rate above a threshold that was chosen from that control as an
    order statistic (Wilks 1942, Annals of Mathematical Statistics 13: 400-409; see `rates`), so that the risk is kept
    exactly there. For a threshold fixed beforehand it is kept too: the beta-binomial tail

        P(x or more of n, while k of m) = P(x or more of the x + k highest of all n + m nuclei are the section's)

    is hypergeometric, the p-value of Fisher's exact one-sided test. Jeffreys' ``Beta(k + 1/2, m - k + 1/2)`` would be
    too hopeful: with a threshold just above the maximum of 3,000 control nuclei, 9.5 % of sections of 5,000 nuclei
    without donor nuclei would be called, here 3.7 %.

    Examples
    --------
    >>> critical_count(2000, 0, 15_000), critical_count(2000, 0, 1_000_000), critical_count(20_000, 0, 3_000)
    (2, 1, 22)
    """
    _check(all_n, risk)
    if not 0 <= false_positive_n <= control_n or control_n < 1:
        raise ValueError(f"no rate: {false_positive_n} of {control_n}")

    def is_rare(count: int) -> bool:
        tail = scipy.stats.hypergeom.sf(count - 1, all_n + control_n, all_n, count + false_positive_n)
        return bool(tail <= risk)

    return _first_rare(is_rare, all_n)


def critical_count_of_clusters(
    all_n: int, false_positive_n: int, control_n: int, rate_bound: float, risk: float = _RISK
) -> int:
    """Return the critical count where control sections differ, so that their nuclei tell less than independent ones.

    Parameters
    ----------
    all_n, false_positive_n, control_n, risk
        As in `critical_count`.
    rate_bound
        Upper 95 % bound of the rate with sections taken as independent (`rates.rate_upper_bound_clustered`).

    Returns
    -------
    int
        Never less than `critical_count`, and the same where the bound is the one that pools all nuclei.

    Notes
    -----
    The bound says how many independent nuclei the control is worth; with so many the same beta-binomial distribution
    of false positives is asked. Simulated (200 studies of 2, 3, 5 and 10 control sections with 2,000 to 8,000 nuclei, a
    new section of 5,000, mean rate 1/500): a section without donor nuclei is called detected in 1 to 3 % where sections
    do not differ (pooled: 4 %), in 4, 5, 9 and 12 % where their rates have a coefficient of variation of 0.5 (pooled:
    15 to 16 %), in 5, 8, 12 and 16 % where it is 1 (pooled: 22 to 24 %). At a mean rate of 1/5,000 it is 6 % or fewer
    throughout. So it keeps the risk where sections are alike or calls are rare; more sections make the mean better
    known, not the next section. Its price where they do not differ: the count doubles from two sections, and is 15 and
    2 % higher from three and five.

    Examples
    --------
    >>> critical_count(5000, 12, 15_000), critical_count_of_clusters(5000, 12, 15_000, 0.0013)
    (10, 10)
    >>> critical_count_of_clusters(5000, 12, 15_000, 0.003)
    17
    """
    pooled = critical_count(all_n, false_positive_n, control_n, risk)
    rate = false_positive_n / control_n

    def bound_of(log_n: float) -> float:
        worth_n = math.exp(log_n)
        return float(scipy.stats.beta.ppf(0.95, rate * worth_n + 1.0, (1.0 - rate) * worth_n)) - rate_bound

    most, least = math.log(control_n), math.log(2.0)
    if not rate or rate >= 1.0 or bound_of(most) >= 0.0:
        return pooled
    worth_n = (
        math.exp(scipy.optimize.brentq(bound_of, least, most, xtol=1e-9)) if bound_of(least) > 0.0 else 2.0
    )

    def is_rare(count: int) -> bool:
        tail = scipy.stats.betabinom.sf(count - 1, all_n, rate * worth_n + 1.0, (1.0 - rate) * worth_n)
        return bool(tail <= risk)

    return max(pooled, _first_rare(is_rare, all_n))


def _first_rare(is_rare: Callable[[int], bool], all_n: int) -> int:
    """Return the smallest count that is rare, for a tail that falls with the count: by halving the range."""
    common, rare = 0, all_n + 1
    while rare - common > 1:
        middle = (common + rare) // 2
        if is_rare(middle):
            rare = middle
        else:
            common = middle
    return rare


def critical_count_of_rate(all_n: int, rate: float, risk: float = _RISK) -> int:
    """Return the smallest count that false positives hardly reach, their rate being known (Currie 1968).

    Parameters
    ----------
    all_n
        Nuclei of the section, at least 1.
    rate
        Part of the host nuclei that is called donor, 0 to 1.
    risk
        Largest probability of so many false positives.

    Examples
    --------
    >>> [critical_count_of_rate(n, 1 / 5000) for n in (200, 500, 2000, 5000)]
    [1, 2, 3, 4]
    """
    _check(all_n, risk)
    _check_rate(rate, "rate of false positives")
    # The quantile c is the smallest with P(count > c) <= risk; float rounding may move it by one.
    count = int(scipy.stats.binom.ppf(1.0 - risk, all_n, rate)) + 1
    while count > 1 and scipy.stats.binom.sf(count - 2, all_n, rate) <= risk:
        count -= 1
    while scipy.stats.binom.sf(count - 1, all_n, rate) > risk:
        count += 1
    return max(count, 1)


def detection_limit(
    all_n: int, critical_n: int, rate: float, sensitivity: float = 1.0, risk: float = _RISK
) -> float | None:
    """Return the smallest true fraction that is detected with high probability (Currie 1968, doi:10.1021/ac60259a007).

    Parameters
    ----------
    all_n
        Nuclei of the section, at least 1.
    critical_n
        Count from which on donor nuclei are said to be detected (`critical_count`), at least 1.
    rate
        Part of the host nuclei that is called donor, 0 to 1. They help to reach the critical count: where the rate is
        only known to be small, 0 gives the limit that holds for every rate.
    sensitivity
        Part of the donor nuclei that is called donor, more than 0, at most 1. Where it is uncertain, its lower bound is
        the one that does not promise too much.
    risk
        Largest probability that this fraction is missed.

    Returns
    -------
    float or None
        Fraction of donor nuclei, between 0 and 1. None where even a section of donor nuclei only could be missed.

    Raises
    ------
    ValueError
        For counts or rates that cannot be.

    Examples
    --------
    >>> limits = [detection_limit(n, critical_count_of_rate(n, 1 / 5000), 1 / 5000) for n in (500, 2000, 5000)]
    >>> [f"{limit:.3%}" for limit in limits]
    ['0.925%', '0.295%', '0.135%']
    """
    _check(all_n, risk)
    _check_rate(rate, "rate of false positives")
    _check_rate(sensitivity, "sensitivity")
    if critical_n < 1:
        raise ValueError(f"a critical count is at least 1: {critical_n}")
    if sensitivity == 0.0 or critical_n > all_n:
        return None

    def surplus(fraction: float) -> float:
        called = fraction * sensitivity + (1.0 - fraction) * rate
        return float(scipy.stats.binom.sf(critical_n - 1, all_n, called)) - (1.0 - risk)

    if surplus(0.0) >= 0.0:
        return 0.0
    if surplus(1.0) < 0.0:
        return None
    return float(scipy.optimize.brentq(surplus, 0.0, 1.0, xtol=1e-12))


def upper_limit_of_none(all_n: int, sensitivity: float = 1.0, confidence: float = 0.95) -> float:
    """Return the one-sided upper bound of the fraction where none of the nuclei is called donor.

    The exact bound of zero of n, ``1 - (1 - confidence) ** (1 / n)`` (Clopper & Pearson 1934,
    doi:10.2307/2331986; about 3 / n for 95 %, the "rule of three"), divided by the sensitivity. It leaves false
    positives out: they could only make zero less likely.

    Parameters
    ----------
    all_n
        Nuclei of the section, at least 1.
    sensitivity
        Part of the donor nuclei that is called donor, 0 to 1. Where it is unknown, 1 gives a bound that is too low.
    confidence
        Probability that the bound is not below the true fraction.

    Returns
    -------
    float
        At most 1.

    Examples
    --------
    >>> round(1000 * upper_limit_of_none(1000), 2), round(1000 * upper_limit_of_none(1000, 0.5), 2)
    (2.99, 5.98)
    """
    _check(all_n, confidence)
    _check_rate(sensitivity, "sensitivity")
    bound = 1.0 - (1.0 - confidence) ** (1.0 / all_n)
    return 1.0 if bound >= sensitivity else float(bound / sensitivity)


def _check(all_n: int, probability: float) -> None:
    if all_n < 1:
        raise ValueError(f"a section without nuclei has no limit: {all_n}")
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a risk or confidence lies between 0 and 1: {probability}")


def _check_rate(value: float, name: str) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"a {name} lies between 0 and 1: {value}")
