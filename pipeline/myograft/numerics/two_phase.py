"""How many nuclei are donor when some were read by a person and a random part of the rest was audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from myograft.model.arrays import Array


@dataclass(frozen=True, slots=True)
class Stratum:
    """Nuclei of which a random part was read.

    Parameters
    ----------
    all_n
        Nuclei.
    read_n
        Of them read: drawn at random, or all.
    donor_n
        Of these donor.
    beside_donor_n, beside_host_n
        Nuclei that were not drawn and are known all the same, since somebody chose to read them. They say nothing of
        those that nobody read, only that so many at least are donor, and so many are not.

    Raises
    ------
    ValueError
        For counts that cannot be.
    """

    all_n: int
    read_n: int
    donor_n: int
    beside_donor_n: int = 0
    beside_host_n: int = 0

    def __post_init__(self) -> None:
        beside_n = self.beside_donor_n + self.beside_host_n
        is_possible = 0 <= self.donor_n <= self.read_n and min(self.beside_donor_n, self.beside_host_n) >= 0
        if not is_possible or self.read_n + beside_n > self.all_n:
            beside = f" and {beside_n} beside" if beside_n else ""
            raise ValueError(
                f"no stratum: {self.donor_n} donor of {self.read_n} read{beside} of {self.all_n}"
            )

    @property
    def known_n(self) -> int:
        """Nuclei that are donor for sure."""
        return self.donor_n + self.beside_donor_n

    @property
    def possible_n(self) -> int:
        """Nuclei that may be donor."""
        return self.all_n - (self.read_n - self.donor_n) - self.beside_host_n

    @property
    def expected_n(self) -> float | None:
        """How many are donor by the sample, within what is known for sure; None where none was drawn and read."""
        if self.known_n == self.possible_n:
            return float(self.known_n)
        if not self.read_n:
            return None
        return float(min(max(self.all_n * self.donor_n / self.read_n, self.known_n), self.possible_n))


def estimated_total(strata: Sequence[Stratum]) -> float | None:
    """Return the number of donor nuclei in all strata: each nucleus read stands for ``all_n / read_n`` of its stratum.

    The stratified expansion estimator (Neyman 1938, doi:10.1080/01621459.1938.10503378; Cochran 1977, Sampling
    Techniques, section 5.3), unbiased whatever the machine said, since only drawing is random. What is known beside the
    sample bounds it, which moves it towards the truth only.

    Parameters
    ----------
    strata
        Every nucleus is in one of them.

    Returns
    -------
    float or None
        None where a stratum has nuclei and none was read.

    Examples
    --------
    20 called donor, all read, 18 of them right; 980 called host, of which 200 were audited and one is donor:

    >>> estimated_total([Stratum(20, 20, 18), Stratum(980, 200, 1)])
    22.9
    """
    expected = [stratum.expected_n for stratum in strata]
    known = [number for number in expected if number is not None]
    return None if len(known) < len(expected) else float(sum(known))


def total_interval(strata: Sequence[Stratum], confidence: float = 0.95) -> tuple[int, int]:
    """Return an interval of the number of donor nuclei in all strata.

    Parameters
    ----------
    strata
        Every nucleus is in one of them.
    confidence
        Coverage aimed at, half of the rest at either end.

    Returns
    -------
    tuple of int
        Never below the donor nuclei that were read, nor above what was not read and these together. A stratum of
        which nothing was read may hold none or all.

    Notes
    -----
    Of *this section*: the nuclei are finite and fixed, only drawing is random. The number of donor nuclei among those
    of one stratum that were not read has two confidence distributions, dual to the hypergeometric test: beta-binomial
    with ``Beta(x, n - x + 1)`` for the lower, ``Beta(x + 1, n - x)`` for the upper end (the finite form of Clopper &
    Pearson's). Their mean (mid-P) is taken, strata are added by convolution, and the ends are its quantiles. It is
    close to melding (Fay, Proschan & Brittain 2015, doi:10.1111/biom.12231), which would take the unfavorable
    distribution of every stratum and cover too much. What is known beside the sample cuts both distributions off where
    no truth can lie.

    Examples
    --------
    >>> total_interval([Stratum(20, 20, 18)])
    (18, 18)
    >>> total_interval([Stratum(20, 20, 18), Stratum(980, 200, 0)])
    (18, 31)
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence lies between 0 and 1: {confidence}")
    tail = (1.0 - confidence) / 2.0
    known_n = sum(stratum.donor_n for stratum in strata)
    unseen = np.ones(1)
    for stratum in strata:
        if stratum.read_n < stratum.all_n:
            unseen = scipy.signal.fftconvolve(unseen, _unseen(stratum))
    below = np.cumsum(np.maximum(unseen, 0.0))
    below /= below[-1]
    low = int(np.searchsorted(below, tail, side="right"))
    high = int(np.searchsorted(below, 1.0 - tail, side="left"))
    return known_n + low, known_n + max(low, high)


@dataclass(frozen=True, slots=True)
class SampledPart:
    """The part of an estimated total that stands on a sample; parts of several sections add up.

    Parameters
    ----------
    total
        Donor nuclei of strata that were not read to the end, as estimated.
    variance
        Variance of this number, by chance of the draw.
    largest_weight
        Most nuclei that one read nucleus stands for; 0 where all were read.
    """

    total: float
    variance: float
    largest_weight: float

    def __add__(self, other: SampledPart) -> SampledPart:
        return SampledPart(
            self.total + other.total,
            self.variance + other.variance,
            max(self.largest_weight, other.largest_weight),
        )

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return an interval of the true number of these nuclei.

        Of a weighted sum of rare counts (Fay & Feuer 1997, Statistics in Medicine 16: 791-801): gamma distributions
        with the mean and variance of the sum, at the upper end of one more count of the largest weight. Exact where
        all weights are equal, and kept where sections with one or no donor nucleus in their samples are added, where
        square-and-add would lie too high at its lower end.

        Examples
        --------
        Three donor nuclei that each stand for ten, the exact Poisson interval 0.619 to 8.77 times ten:

        >>> [round(end, 1) for end in SampledPart(30.0, 300.0, 10.0).interval()]
        [6.2, 87.7]
        """
        tail = (1.0 - confidence) / 2.0
        low = 0.0
        if self.total > 0.0 and self.variance > 0.0:
            low = float(
                scipy.stats.gamma.ppf(tail, self.total**2 / self.variance, scale=self.variance / self.total)
            )
        if self.largest_weight <= 0.0:
            return self.total, self.total
        mean, variance = self.total + self.largest_weight, self.variance + self.largest_weight**2
        return low, float(scipy.stats.gamma.ppf(1.0 - tail, mean**2 / variance, scale=variance / mean))


def sampled_part(strata: Sequence[Stratum]) -> SampledPart:
    """Return the part of `estimated_total` that stands on a sample.

    The variance of the expansion estimator for rare events, ``sum(w ** 2 * x * (1 - f))`` with x donor nuclei read of a
    stratum, each standing for ``w = 1 / f``.

    Examples
    --------
    >>> sampled_part([Stratum(20, 20, 18), Stratum(980, 196, 1)])
    SampledPart(total=5.0, variance=20.0, largest_weight=5.0)
    """
    part = SampledPart(0.0, 0.0, 0.0)
    for stratum in strata:
        expected = stratum.expected_n
        if expected is not None and stratum.known_n < stratum.possible_n:
            weight = stratum.all_n / stratum.read_n
            part += SampledPart(expected, weight * stratum.donor_n * (weight - 1.0), weight)
    return part


def _unseen(stratum: Stratum) -> Array:
    """Return how likely each number of donor nuclei is among those that were not read."""
    rest_n = stratum.all_n - stratum.read_n
    number = np.arange(rest_n + 1)
    lower, upper = np.zeros(rest_n + 1), np.zeros(rest_n + 1)
    if stratum.donor_n:
        lower = scipy.stats.betabinom.pmf(
            number, rest_n, stratum.donor_n, stratum.read_n - stratum.donor_n + 1
        )
    else:
        lower[0] = 1.0
    if stratum.donor_n < stratum.read_n:
        upper = scipy.stats.betabinom.pmf(
            number, rest_n, stratum.donor_n + 1, stratum.read_n - stratum.donor_n
        )
    else:
        upper[-1] = 1.0
    mean: Array = (lower + upper) / 2.0
    within = np.clip(number, stratum.beside_donor_n, rest_n - stratum.beside_host_n)
    return np.bincount(within, weights=mean, minlength=rest_n + 1)
