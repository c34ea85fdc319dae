"""Donor or host: scores in units of the host's own spread, and a threshold with a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myograft.assign.second_population import Cuts, Words, call_scores
from myograft.assign.settings import OriginSettings, ThresholdMethod
from myograft.model.arrays import Array
from myograft.model.biology import Origin


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
    given: float | None
    match settings.method:
        case ThresholdMethod.FIXED:
            given = settings.fixed_threshold
        case ThresholdMethod.CALIBRATED:
            if calibrated_threshold is None:
                raise ValueError("the method calibrated needs a threshold")
            given = calibrated_threshold
        case ThresholdMethod.EMPIRICAL_NULL:
            given = None
    cuts = Cuts(
        given,
        settings.least_score,
        settings.max_false_discovery,
        settings.min_donors,
        settings.min_nuclei,
        settings.undecided_width,
    )
    calls = call_scores(signal, cuts, _WORDS)
    return OriginCalls(
        method=str(settings.method),
        threshold=calls.threshold,
        signal=signal,
        score=calls.score,
        p_donor=calls.p_second,
        is_called=calls.is_called,
        is_undecided=calls.is_undecided,
        notes=calls.notes,
        host_location=calls.location,
        host_scale=calls.scale,
    )


def call_again(
    signal: Array,
    settings: OriginSettings,
    *,
    threshold: float | None,
    location: float | None,
    scale: float | None,
) -> OriginCalls:
    """Call nuclei that were measured again, after people changed outlines, by the rule of the whole section.

    Parameters
    ----------
    signal
        Marker over background in counts, shape (n,); NaN where unknown.
    settings
        Width of what is undecided.
    threshold
        Score at and above which the section's nuclei are donor; None where none could be set.
    location, scale
        Middle and spread of the section's host nuclei, in counts; None where they were not found.

    Returns
    -------
    OriginCalls
        Without `p_donor`, which speaks of all the section's scores.
    """
    score = np.full(len(signal), np.nan)
    if location is not None and scale is not None:
        score = np.asarray((signal - location) / scale)
    known = np.isfinite(score)
    reference = settings.least_score if threshold is None else threshold
    undecided = known & (np.abs(score - reference) <= settings.undecided_width)
    if settings.method is ThresholdMethod.EMPIRICAL_NULL:
        undecided |= known & (score >= settings.least_score) & (score < reference)
    if threshold is None:
        undecided = known & (score >= reference)
    unknown = np.full(len(signal), np.nan)
    return OriginCalls(
        str(settings.method), threshold, signal, score, unknown, known, undecided, (), location, scale
    )


_WORDS = Words(
    objects="nuclei",
    bulk="host",
    the_bulk="the host bulk",
    deviations="host standard deviations",
    least_n_knob="assign.origin.min_nuclei",
    uncalled="none is called donor or host",
)
