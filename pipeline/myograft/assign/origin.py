"""Donor or host: scores in units of the host's own spread, and a threshold with a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.stats import norm

from myograft.assign.settings import OriginSettings, ThresholdMethod
from myograft.model.arrays import Array
from myograft.model.biology import Origin
from myograft.numerics.robust import bulk


@dataclass(frozen=True)
class OriginCalls:
    """Calls of a section's nuclei.

    Parameters
    ----------
    method
        How the threshold was set.
    threshold
        Score at and above which a nucleus is donor; None where none could be set.
    signal
        Marker over background in counts, shape (n,); NaN where unknown.
    score
        The same in host standard deviations.
    p_donor
        One minus the local false discovery rate, shape (n,); NaN where unknown.
    is_called
        Whether the nucleus has an origin.
    is_undecided
        Whether a person should look.
    notes
        What the user should know.
    host_location, host_scale
        Middle and spread of the host bulk, in counts; None where it was not found.
    """

    method: str
    threshold: float | None
    signal: Array
    score: Array
    p_donor: Array
    is_called: Array
    is_undecided: Array
    notes: tuple[str, ...]
    host_location: float | None = None
    host_scale: float | None = None

    def columns(self) -> dict[str, Array]:
        """Return the columns of the nuclei table."""
        is_donor = self.score >= (np.inf if self.threshold is None else self.threshold)
        origin = np.where(is_donor, str(Origin.DONOR), str(Origin.HOST)).astype(object)
        return {
            "donor_signal": np.ma.masked_invalid(self.signal),
            "donor_score": np.ma.masked_invalid(self.score),
            "p_donor": np.ma.masked_invalid(self.p_donor),
            "origin": np.ma.MaskedArray(origin, mask=~self.is_called),
            "is_undecided": np.ma.MaskedArray(self.is_undecided, mask=~self.is_called),
        }


def call_origin(
    signal: Array, settings: OriginSettings, calibrated_threshold: float | None = None
) -> OriginCalls:
    """Call nuclei donor or host.

    Parameters
    ----------
    signal
        Marker over background of every nucleus of the section, in counts, shape (n,); NaN where unknown.
    settings
        Method and cuts.
    calibrated_threshold
        Threshold learned from controls, for the method that asks for it.

    Raises
    ------
    ValueError
        Where the method asks for a threshold from controls and there is none.

    Notes
    -----
    Scores are standardized by the host bulk, anchored on its lower half (see `numerics.robust.bulk`). The empirical
    null (Efron 2004, doi:10.1198/016214504000000089) calls a second population only where enough nuclei lie beyond
    `least_score`; it gives review priorities and a crude count, no corrected fraction.
    """
    known = np.isfinite(signal)
    known_n = int(known.sum())
    method = str(settings.method)
    if known_n < settings.min_nuclei:
        note = (
            f"only {known_n} nuclei could be scored, fewer than assign.origin.min_nuclei = {settings.min_nuclei}: "
            "none is called donor or host"
        )
        return _uncalled(signal, method, (note,))
    location, scale = bulk(signal[known])
    if scale <= 0:
        return _uncalled(signal, method, ("the marker shows no spread among host nuclei: none is called",))
    score = (signal - location) / scale
    threshold: float | None
    p_donor, notes = np.full(len(signal), np.nan), _NO_NOTES
    match settings.method:
        case ThresholdMethod.FIXED:
            threshold = settings.fixed_threshold
        case ThresholdMethod.CALIBRATED:
            if calibrated_threshold is None:
                raise ValueError("the method calibrated needs a threshold")
            threshold = calibrated_threshold
        case ThresholdMethod.EMPIRICAL_NULL:
            threshold, p_donor, notes = _empirical(score, known, settings)
    reference = settings.least_score if threshold is None else threshold
    undecided = known & (np.abs(score - reference) <= settings.undecided_width)
    if settings.method is ThresholdMethod.EMPIRICAL_NULL:
        # Between the bulk and a gap further out lie hosts with much of something, or faint donors.
        undecided |= known & (score >= settings.least_score) & (score < reference)
    if threshold is None:
        # Nothing is called donor, so whatever stands out should be looked at.
        undecided = known & (score >= reference)
    return OriginCalls(method, threshold, signal, score, p_donor, known, undecided, notes, location, scale)


#: Rise of the density beyond a gap that parts two populations.
_RISE = 4.0

_NO_NOTES: tuple[str, ...] = ()


def _uncalled(signal: Array, method: str, notes: tuple[str, ...]) -> OriginCalls:
    unknown, no = np.full(len(signal), np.nan), np.zeros(len(signal), bool)
    return OriginCalls(method, None, signal, unknown, unknown, no, no, notes)


def _empirical(
    score: Array, known: Array, settings: OriginSettings
) -> tuple[float | None, Array, tuple[str, ...]]:
    """Return threshold and probabilities by the local false discovery rate."""
    values = score[known]
    beyond_n = int((values >= settings.least_score).sum())
    if beyond_n < settings.min_donors:
        note = (
            f"no second population: {beyond_n} of {len(values)} nuclei lie {settings.least_score:g} or more host "
            f"standard deviations above the host bulk (at least {settings.min_donors} are needed); all are called "
            "host"
        )
        return None, np.full(len(score), np.nan), (note,)
    rate = local_false_discovery(values)
    # The rate falls with the score; the threshold is the lowest score from which it stays low.
    order = np.argsort(values, kind="stable")
    too_high = np.flatnonzero(rate[order] > settings.max_false_discovery)
    first = int(too_high[-1]) + 1 if len(too_high) else 0
    lowest = float(values[order[first]]) if first < len(values) else np.inf
    # Hosts have a heavier tail than the null: where a gap parts a second population from it, the gap decides.
    valley = valley_of(values, settings.least_score, settings.min_donors)
    threshold = max(lowest, settings.least_score, -np.inf if valley is None else valley)
    p_donor = np.full(len(score), np.nan)
    p_donor[known] = 1.0 - rate
    if not np.isfinite(threshold):
        return None, p_donor, ("no score is clearly above the host bulk; all nuclei are called host",)
    return threshold, p_donor, ()


def local_false_discovery(scores: Array) -> Array:
    """Return the probability of each score to be of the host bulk, a standard normal distribution.

    Parameters
    ----------
    scores
        Standardized by the bulk, shape (n,).

    Returns
    -------
    Array
        Host density over the density of all scores (Efron 2004), at most 1, never rising with the score. The
        density of all is a sum of normal kernels on asinh-stretched scores, whose width adapts to the tail.
    """
    stretched = np.arcsinh(scores)
    grid, smooth = _density(stretched)
    density = np.interp(stretched, grid, smooth)
    density *= 1.0 / np.sqrt(1.0 + scores**2)
    rate: Array = np.minimum(norm.pdf(scores) / np.maximum(density, 1e-300), 1.0)
    rate[scores <= 0] = 1.0
    order = np.argsort(scores, kind="stable")
    falling = np.minimum.accumulate(rate[order])
    rate[order] = falling
    return rate


def valley_of(scores: Array, least: float, beyond_n: int) -> float | None:
    """Return the score of the gap between the hosts' tail and a second population; None where nothing parts them.

    Parameters
    ----------
    scores
        Standardized by the bulk, shape (n,).
    least
        Where the host bulk ends: the gap lies at this score or above.
    beyond_n
        Least number of scores above the gap.

    Returns
    -------
    float or None
        Middle of the widest gap beyond which the density of asinh-stretched scores rises at least fourfold.

    Notes
    -----
    The antimode of a mixture as its threshold (Prewitt & Mendelsohn 1966, doi:10.1111/j.1749-6632.1965.tb11715.x): it
    asks nothing of the hosts' tail, which bleed-through and unevenly bright nuclei make heavier than any null that the
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
