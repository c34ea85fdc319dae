"""How well two readers agree on calls: kappa, AC1, agreement on each call, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy

from myograft.model.arrays import Array
from myograft.numerics.intervals import clopper_pearson

#: Ends of a 95 % interval.
Interval: TypeAlias = tuple[float, float]

#: Part of 1 below which a difference is one of rounding.
_TIE = 1e-12


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement of one table.

    Parameters
    ----------
    value
        1 is perfect agreement.
    influence
        How much one object more in each cell would move it, times the number of objects, shape (q, q); its mean over
        the table is 0.
    least
        Smallest value there can be: 0 of a fraction, -1 of what is corrected for chance.
    """

    value: float
    influence: Array
    least: float


#: Computes a coefficient of a table, shape (q, q), what the first reader says by row, the second by column; objects may
#: be weighted. None where it is undefined.
Statistic: TypeAlias = Callable[[Array], Coefficient | None]


def cohens_kappa(table: Array) -> Coefficient | None:
    """Return Cohen's kappa; None where both readers give one and the same call to all objects.

    Parameters
    ----------
    table
        Objects by what the first (row) and the second reader (column) says, shape (q, q).

    Notes
    -----
    Cohen 1960, doi:10.1177/001316446002000104. The influence gives the large-sample variance of Fleiss, Cohen & Everitt
    1969, doi:10.1037/h0028106. Where a call is rare, kappa is low however rarely readers differ: look at AC1 and the
    agreement on each call beside it.

    Examples
    --------
    >>> round(cohens_kappa(np.array([[118, 5], [2, 0]])).value, 3)
    -0.023
    """
    shares, rows, columns = _shares(table)
    chance = float(rows @ columns)
    if not table.sum() or 1.0 - chance <= _TIE:
        return None
    value = (float(np.trace(shares)) - chance) / (1.0 - chance)
    slope = np.eye(len(shares)) - (1.0 - value) * (columns[:, None] + rows[None, :])
    return Coefficient(value, _centered(slope / (1.0 - chance), shares), -1.0)


def gwets_ac1(table: Array) -> Coefficient | None:
    """Return Gwet's AC1; None without objects.

    Parameters
    ----------
    table
        As for `cohens_kappa`; a call that nobody gave still counts as possible.

    Notes
    -----
    Gwet 2008, doi:10.1348/000711006X126600; the influence gives his variance for two readers. Unlike kappa it stays
    near the observed agreement where one call is rare, and is defined where all calls are equal.

    Examples
    --------
    >>> round(gwets_ac1(np.array([[118, 5], [2, 0]])).value, 2)
    0.94
    """
    shares, rows, columns = _shares(table)
    if not table.sum():
        return None
    mean = (rows + columns) / 2.0
    others_n = len(shares) - 1
    chance = float((mean * (1.0 - mean)).sum()) / others_n
    value = (float(np.trace(shares)) - chance) / (1.0 - chance)
    moved = (1.0 - mean[:, None] - mean[None, :]) / others_n
    slope = (np.eye(len(shares)) - (1.0 - value) * moved) / (1.0 - chance)
    return Coefficient(value, _centered(slope, shares), -1.0)


def observed_agreement(table: Array) -> Coefficient | None:
    """Return the part of objects on which both say the same; None without objects."""
    shares, _, _ = _shares(table)
    if not table.sum():
        return None
    return Coefficient(float(np.trace(shares)), _centered(np.eye(len(shares)), shares), 0.0)


def specific_agreement(category: int) -> Statistic:
    """Return what computes the agreement on one call: 2 both / (first + second); None where neither gave it.

    Of two calls these are positive and negative agreement (Cicchetti & Feinstein 1990,
    doi:10.1016/0895-4356(90)90159-M): where a reader gives the call, how often does the other one?

    Parameters
    ----------
    category
        Row and column of the call.

    Examples
    --------
    >>> round(specific_agreement(1)(np.array([[90, 3], [1, 6]])).value, 2)
    0.75
    """

    def statistic(table: Array) -> Coefficient | None:
        shares, rows, columns = _shares(table)
        if not table[category].sum() + table[:, category].sum():
            return None
        given = float(rows[category] + columns[category])
        value = 2.0 * float(shares[category, category]) / given
        is_it = np.arange(len(shares)) == category
        either = is_it[:, None].astype(float) + is_it[None, :]
        slope = (2.0 * np.outer(is_it, is_it) - value * either) / given
        return Coefficient(value, _centered(slope, shares), 0.0)

    return statistic


def objects_interval(tables: Array, weights: Array, statistic: Statistic) -> Interval | None:
    """Return the 95 % interval of a coefficient that takes each object for independent of the others.

    Parameters
    ----------
    tables
        Objects that were read, by stratum, shape (h, q, q).
    weights
        How many objects each one of a stratum stands for, shape (h,).
    statistic
        Of the weighted sum of the tables.

    Returns
    -------
    tuple of float or None
        None where the coefficient is undefined; and where readers never differ in a weighted sample.

    Notes
    -----
    Linearized variance, on the scale of ``logit((value - least) / (1 - least))``: near 1, where agreement is wanted,
    the plain interval covers too little and goes beyond 1. Readers that agree on all n objects say nothing of how they
    vary; the lower end is then the coefficient of the table in which as many disagreements as n agreements leave
    possible (Clopper & Pearson) are spread evenly. Where objects of a section are alike this is too narrow for other
    sections.
    """
    whole = _weighted(tables, weights)
    found = statistic(whole)
    if found is None:
        return None
    if _differ_n(whole) <= _TIE * whole.sum():
        return _never_differ(tables, weights, statistic)
    z = found.influence / whole.sum()
    variance = 0.0
    for table, weight in zip(tables, weights, strict=True):
        n = table.sum()
        if n:
            mean = float((table * z).sum()) / n if len(tables) > 1 else 0.0
            variance += weight**2 * float((table * (z - mean) ** 2).sum())
    return _on_logit_scale(found, float(np.sqrt(variance)), float(scipy.stats.norm.ppf(0.975)))


def sections_interval(tables: Array, statistic: Statistic) -> Interval | None:
    """Return the 95 % interval of a coefficient for which sections are the sample.

    Parameters
    ----------
    tables
        One per section (or subject), shape (n, q, q); objects may be weighted.
    statistic
        Of their sum.

    Returns
    -------
    tuple of float or None
        None with fewer than two sections, where it is undefined with or without one of them, or where leaving out any
        changes nothing.

    Notes
    -----
    Jackknife over sections (Efron & Stein 1981, doi:10.1214/aos/1176345462), t with n - 1 degrees of freedom, on the
    same scale as `objects_interval`: nuclei of one section share stain, focus and the reader's fatigue, and count as
    one. A bootstrap of the few sections that two people read would be too narrow.
    """
    found = statistic(tables.sum(axis=0))
    sections_n = len(tables)
    if found is None or sections_n < 2:
        return None
    without = [statistic(tables.sum(axis=0) - table) for table in tables]
    values = np.array([part.value for part in without if part is not None])
    if len(values) < sections_n or float(np.ptp(values)) <= _TIE:
        return None
    spread = float(np.sqrt((sections_n - 1) * np.var(values)))
    return _on_logit_scale(found, spread, float(scipy.stats.t.ppf(0.975, sections_n - 1)))


def overlap_interval(both_n: int, one_n: int) -> Interval | None:
    """Return the exact 95 % interval of ``2 both / (2 both + one)``: agreement on a call, F1 of a detection, Dice.

    Parameters
    ----------
    both_n
        Objects to which both give the call, or that both have.
    one_n
        Objects to which one of them does.

    Notes
    -----
    It grows with ``both / (both + one)``, a fraction of counts, so that the ends of that one's interval (Clopper &
    Pearson) are its ends. It takes objects for independent.

    Examples
    --------
    >>> [round(end, 3) for end in overlap_interval(6, 4)]
    [0.416, 0.935]
    """
    if not both_n + one_n:
        return None
    low, high = (2.0 * end / (1.0 + end) for end in clopper_pearson(both_n, both_n + one_n))
    return low, high


def _shares(table: Array) -> tuple[Array, Array, Array]:
    """Return the parts of all objects in each cell, row and column."""
    if table.ndim != 2 or table.shape[0] != table.shape[1] or len(table) < 2 or (table < 0).any():
        raise ValueError(f"no table of two readers' calls: {table!r}")
    shares = np.asarray(table, np.float64) / max(float(table.sum()), np.finfo(np.float64).tiny)
    return shares, shares.sum(axis=1), shares.sum(axis=0)


def _centered(slope: Array, shares: Array) -> Array:
    return np.asarray(slope - (slope * shares).sum())


def _weighted(tables: Array, weights: Array | Sequence[float]) -> Array:
    whole: Array = np.einsum("hij,h->ij", np.asarray(tables, np.float64), np.asarray(weights, np.float64))
    return whole


def _differ_n(table: Array) -> float:
    return float(table.sum() - np.trace(table))


def _never_differ(tables: Array, weights: Array, statistic: Statistic) -> Interval | None:
    """Return what n agreements leave possible; None for weighted objects, of which no such number is known."""
    if float(np.ptp(weights)) > _TIE * float(np.max(weights)):
        return None
    table = tables.sum(axis=0)
    n, q = int(table.sum()), len(table)
    unseen = 1.0 - clopper_pearson(n, n)[0]
    apart = (np.ones((q, q)) - np.eye(q)) / (q * (q - 1))
    least = statistic(n * ((1.0 - unseen) * table / n + unseen * apart))
    return None if least is None else (least.value, 1.0)


def _on_logit_scale(found: Coefficient, spread: float, times: float) -> Interval | None:
    wide = 1.0 - found.least
    part = (found.value - found.least) / wide
    if spread <= _TIE or not _TIE < part < 1.0 - _TIE:
        return None
    middle = np.log(part / (1.0 - part))
    half = times * spread / (wide * part * (1.0 - part))
    low, high = (found.least + wide / (1.0 + np.exp(-(middle + end * half))) for end in (-1.0, 1.0))
    return float(low), float(high)
