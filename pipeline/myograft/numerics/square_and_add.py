"""Intervals of sums: how far each part may be off at one end, squared, added, rooted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its interval.

    Parameters
    ----------
    value
        What is most likely.
    low, high
        Ends of its interval; `high` is None where no upper end is known.
    """

    value: float
    low: float
    high: float | None

    @property
    def below(self) -> float:
        """How far the lower end lies below the value, at least 0."""
        return max(0.0, self.value - self.low)

    @property
    def above(self) -> float | None:
        """How far the upper end lies above the value, at least 0; None where it is not known."""
        return None if self.high is None else max(0.0, self.high - self.value)

    def times(self, factor: float) -> Estimate:
        """Return it in another unit; the factor is not negative."""
        return Estimate(
            self.value * factor, self.low * factor, None if self.high is None else self.high * factor
        )


def total_of(parts: Sequence[Estimate]) -> Estimate:
    """Return the sum of independent estimates, with an interval of their common confidence.

    Parameters
    ----------
    parts
        Estimates with intervals of one confidence.

    Notes
    -----
    The variance of each part is recovered from its own interval, at the end that matters ("MOVER": Zou & Donner 2008,
    doi:10.1002/sim.3095; for differences of proportions Newcombe 1998): low = sum - sqrt(sum of (value - low)^2), and
    the like above. Nothing need be symmetric: of an estimate of 0 the lower end adds nothing and the upper one all it
    may be, where a variance from the sample would be 0.

    Examples
    --------
    >>> total_of([Estimate(10.0, 7.0, 16.0), Estimate(0.0, 0.0, 8.0)])
    Estimate(value=10.0, low=7.0, high=20.0)
    """
    value = sum(part.value for part in parts)
    above = [part.above for part in parts]
    known = [one for one in above if one is not None]
    return Estimate(
        value,
        value - hypot(*(part.below for part in parts)),
        value + hypot(*known) if len(known) == len(above) else None,
    )
