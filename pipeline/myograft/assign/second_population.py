"""Is there a second population beyond the bulk? Scores in units of the bulk's spread, and a threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from scipy.ndimage import gaussian_filter1d

from myograft.model.arrays import Array
from myograft.numerics.robust import bulk


@dataclass(frozen=True, slots=True)
class Cuts:
    """How a threshold is found, for nuclei or for fibers.

    Parameters
    ----------
    given
        Threshold that is not looked for (fixed by the user, or learned from controls); None for the empirical null.
    least_score
        Lowest threshold that the empirical null may set, and where the bulk ends.
    max_false_discovery
        Local false discovery rate at the threshold.
    least_beyond_n
        Objects beyond `least_score` without which there is no second population.
    least_n
        Objects below which the bulk cannot be found.
    undecided_width
        Distance from the threshold within which a person should look.
    bulk_is_majority
        Whether the bulk is more than half of the objects: then it is looked for from their median, else from their
        mode.
    """

    given: float | None
    least_score: float
    max_false_discovery: float
    least_beyond_n: int
    least_n: int
    undecided_width: float
    bulk_is_majority: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """How the notes name the objects, so that they say which knob to turn.

    Parameters
    ----------
    objects
        For example ``"nuclei"``.
    bulk, the_bulk
        What members of the bulk are called, and the bulk: ``"host"``, ``"the host bulk"``.
    deviations
        Unit of the score.
    least_n_knob
        Knob of `Cuts.least_n`.
    uncalled
        What happens where nothing can be called.
    side
        Where the second population lies: ``"above"`` or ``"below"``.
    """

    objects: str
    bulk: str
    the_bulk: str
    deviations: str
    least_n_knob: str
    uncalled: str
    side: str = "above"


@dataclass(frozen=True)
class ScoreCalls:
    """Which objects lie beyond the bulk.

    Parameters
    ----------
    threshold
        Score at and above which an object is of the second population; None where none could be set.
    score
        Signal in standard deviations of the bulk, shape (n,); NaN where unknown.
    p_second
        One minus the local false discovery rate, shape (n,); NaN where unknown.
    is_called
        Whether the object could be called, shape (n,).
    is_undecided
        Whether a person should look, shape (n,).
    notes
        What the user should know.
    location, scale
        Middle and spread of the bulk, in units of the signal; None where it was not found.
    """

    threshold: float | None
    score: Array
    p_second: Array
    is_called: Array
    is_undecided: Array
    notes: tuple[str, ...]
    location: float | None = None
    scale: float | None = None

    def score_of(self, signal: Array) -> Array:
        """Return signals in standard deviations of the bulk; NaN where it was not found."""
        if self.location is None or self.scale is None:
            return np.full(len(signal), np.nan)
        return np.asarray((signal - self.location) / self.scale)

    @property
    def least_signal(self) -> float | None:
        """Signal at the threshold; None where none could be set."""
        if self.threshold is None or self.location is None or self.scale is None:
            return None
        return self.location + self.threshold * self.scale

    @property
    def is_second(self) -> Array:
        """Whether each object is of the second population, shape (n,)."""
        return np.asarray(self.score >= (np.inf if self.threshold is None else self.threshold))


def call_scores(signal: Array, cuts: Cuts, words: Words) -> ScoreCalls:
    """Call objects of the bulk or of a second population with larger signals.

    Parameters
    ----------
    signal
        Shape (n,); NaN where unknown.
    cuts
        How the threshold is found.
    words
        How notes name the objects.

    Notes
    -----
    Scores are standardized by the bulk, anchored on its lower half (see `numerics.robust.bulk`). The empirical null
    (Efron 2004, doi:10.1198/016214504000000089) calls a second population only where enough objects lie beyond
    `least_score`; it gives review priorities and a crude count, no corrected fraction.
    """
    known = np.isfinite(signal)
    known_n = int(known.sum())
    if known_n < cuts.least_n:
        return _uncalled(
            signal,
            f"only {known_n} {words.objects} could be scored, fewer than {words.least_n_knob} = {cuts.least_n}: "
            f"{words.uncalled}",
        )
    start = float(np.median(signal[known])) if cuts.bulk_is_majority else None
    location, scale = bulk(signal[known], start=start)
    if scale <= 0:
        return _uncalled(
            signal, f"the marker shows no spread among {words.bulk} {words.objects}: none is called"
        )
    score = (signal - location) / scale
    threshold, p_second, notes = cuts.given, np.full(len(signal), np.nan), _NO_NOTES
    if cuts.given is None:
        threshold, p_second, notes = _empirical(score, known, cuts, words)
    reference = cuts.least_score if threshold is None else threshold
    undecided = known & (np.abs(score - reference) <= cuts.undecided_width)
    if cuts.given is None:
        # Between the bulk and a gap further out lie members of the bulk with much of something, or faint others.
        undecided |= known & (score >= cuts.least_score) & (score < reference)
    if threshold is None:
        # Nothing is called, so whatever stands out should be looked at.
        undecided = known & (score >= reference)
    return ScoreCalls(threshold, score, p_second, known, undecided, notes, location, scale)


#: Rise of the density beyond a gap that parts two populations.
_RISE = 4.0

_NO_NOTES: tuple[str, ...] = ()


def _uncalled(signal: Array, note: str) -> ScoreCalls:
    unknown, no = np.full(len(signal), np.nan), np.zeros(len(signal), bool)
    return ScoreCalls(None, unknown, unknown, no, no, (note,))


def _empirical(
    score: Array, known: Array, cuts: Cuts, words: Words
) -> tuple[float | None, Array, tuple[str, ...]]:
    """Return threshold and probabilities by the local false discovery rate."""
    values = score[known]
    beyond_n = int((values >= cuts.least_score).sum())
    if beyond_n < cuts.least_beyond_n:
        note = (
            f"no second population: {beyond_n} of {len(values)} {words.objects} lie {cuts.least_score:g} or more "
            f"{words.deviations} {words.side} {words.the_bulk} (at least {cuts.least_beyond_n} are needed); all are "
            f"called {words.bulk}"
        )
        return None, np.full(len(score), np.nan), (note,)
    rate = local_false_discovery(values)
    # The rate falls with the score; the threshold is the lowest score from which it stays low.
    order = np.argsort(values, kind="stable")
    too_high = np.flatnonzero(rate[order] > cuts.max_false_discovery)
    first = int(too_high[-1]) + 1 if len(too_high) else 0
    lowest = float(values[order[first]]) if first < len(values) else np.inf
    # The bulk has a heavier tail than the null: where a gap parts a second population from it, the gap decides.
    valley = valley_of(values, cuts.least_score, cuts.least_beyond_n)
    threshold = max(lowest, cuts.least_score, -np.inf if valley is None else valley)
    p_second = np.full(len(score), np.nan)
    p_second[known] = 1.0 - rate
    if not np.isfinite(threshold):
        note = (
            f"no score is clearly {words.side} {words.the_bulk}; all {words.objects} are called {words.bulk}"
        )
        return None, p_second, (note,)
    return threshold, p_second, ()


def local_false_discovery(scores: Array) -> Array:
    """Return the probability of each score to be of the bulk, a standard normal distribution.

    Parameters
    ----------
    scores
        Standardized by the bulk, shape (n,).

    Returns
    -------
    Array
        Density of the bulk over the density of all scores (Efron 2004), at most 1, never rising with the score. The
        density of all is a sum of normal kernels on asinh-stretched scores, whose width adapts to the tail.
    """
    stretched = np.arcsinh(scores)
    grid, smooth = _density(stretched)
    density = np.interp(stretched, grid, smooth)
    density *= 1.0 / np.sqrt(1.0 + scores**2)
    rate: Array = np.minimum(scipy.stats.norm.pdf(scores) / np.maximum(density, 1e-300), 1.0)
    rate[scores <= 0] = 1.0
    order = np.argsort(scores, kind="stable")
    falling = np.minimum.accumulate(rate[order])
    rate[order] = falling
    return rate


def valley_of(scores: Array, least: float, beyond_n: int) -> float | None:
    """Return the score of the gap between the bulk's tail and a second population; None where nothing parts them.

    Parameters
    ----------
    scores
        Standardized by the bulk, shape (n,).
    least
        Where the bulk ends: the gap lies at this score or above.
    beyond_n
        Least number of scores above the gap.

    Returns
    -------
    float or None
        Middle of the widest gap beyond which the density of asinh-stretched scores rises at least fourfold.

    Notes
    -----
    The antimode of a mixture as its threshold (Prewitt & Mendelsohn 1966, doi:10.1111/j.1749-6632.1965.tb11715.x): it
    asks nothing of the bulk's tail, which bleed-through and unevenly bright nuclei make heavier than any null that the
    bulk tells of.

    Examples
    --------
    >>> round(valley_of(np.array([0.0] * 90 + [5.0, 6.0, 8.0] + [40.0, 44.0, 47.0]), 5.0, 3))
    17
    """
    grid, density = _density(np.arcsinh(scores))
    start = int(np.searchsorted(grid, np.arcsinh(least)))
    if start >= len(grid) or not density[start:].any():
        return None
    highest_after = np.maximum.accumulate(density[::-1])[::-1]
    # Where the density is low and rises fourfold further on; of several such gaps the widest parts the populations.
    is_gap = (density * _RISE <= highest_after) & (highest_after > 0.0)
    is_gap[:start] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_gap.astype(np.int8), [0]])))
    if not len(edges):
        return None
    widest = int(np.argmax(edges[1::2] - edges[::2]))
    first, stop = edges[2 * widest], edges[2 * widest + 1]
    gap = density[first:stop]
    middle = float(grid[first:stop][gap <= gap.min() * (1.0 + 1e-9)].mean())
    is_enough = int((np.arcsinh(scores) >= middle).sum()) >= beyond_n
    return float(np.sinh(middle)) if is_enough else None


def _density(stretched: Array) -> tuple[Array, Array]:
    """Return the density of stretched scores, a sum of normal kernels, on a grid."""
    width = max(1.06 * min(float(stretched.std()), 1.0) * len(stretched) ** -0.2, 1e-3)
    # Counted into bins a tenth of a kernel wide, a slide's hundred thousands of nuclei cost no more than a field's.
    step = width / 10.0
    low = float(stretched.min()) - 5.0 * width
    bins_n = int((float(stretched.max()) + 5.0 * width - low) / step) + 2
    counts = np.bincount(((stretched - low) / step).astype(np.intp), minlength=bins_n).astype(np.float64)
    smooth = gaussian_filter1d(counts, 10.0, mode="constant", truncate=5.0) / (len(stretched) * step)
    return low + (np.arange(bins_n) + 0.5) * step, smooth
