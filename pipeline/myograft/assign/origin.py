"""Donor or host: scores in units of the host's own spread, and a threshold with a name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from myograft.assign.lower_population import beneath
from myograft.assign.second_population import Cuts, Words, call_scores
from myograft.assign.settings import OriginSettings, ScoresFrom, ThresholdMethod
from myograft.model.arrays import Array
from myograft.model.biology import Origin
from myograft.model.donor_calibration import DonorCalibration

#: What a section without a second population cannot say by itself.
SINGLE_POPULATION = (
    "one population of nuclei is all host or all donor: here it is taken for host, and only a negative control can "
    "tell (myograft calibrate)"
)


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
    signal: Array, settings: OriginSettings, calibration: DonorCalibration | None = None
) -> OriginCalls:
    """Call nuclei donor or host.

    Parameters
    ----------
    signal
        Marker over background of every nucleus of the section, in counts, shape (n,); NaN where unknown.
    settings
        Method and cuts.
    calibration
        What was learned from controls, for the method that asks for it.

    Raises
    ------
    ValueError
        Where the method asks for a threshold from controls and there is none.

    Notes
    -----
    Scores are standardized by the host bulk, anchored on its lower half (see `numerics.robust.bulk`). The empirical
    null (Efron 2004, doi:10.1198/016214504000000089) calls a second population only where enough nuclei lie beyond
    `least_score`; it gives review priorities and a crude count, no corrected fraction.

    Where donors are the majority, the bulk is theirs, and every donor would be called host. So nothing is called where
    a population of its own lies beneath the bulk, or where the bulk itself lies beyond the threshold in the units of
    controls. Of a single population without controls nobody can say whether it is all host or all donor.
    """
    given: float | None
    match settings.method:
        case ThresholdMethod.FIXED:
            given = settings.fixed_threshold
        case ThresholdMethod.CALIBRATED:
            if calibration is None:
                raise ValueError("the method calibrated needs a calibration")
            given = calibration.threshold
            if settings.scores_from is ScoresFrom.CONTROLS:
                return _in_units_of_controls(signal, settings, calibration)
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
    if calls.location is not None:
        doubt = (
            _host_doubt(signal, calls.location, settings)
            if settings.method is not ThresholdMethod.CALIBRATED or calibration is None
            else _control_doubt(signal, calls.location, calibration)
        )
        if doubt is not None:
            return _uncalled(signal, settings, calls.threshold, doubt)
    is_single = calls.location is not None and calls.threshold is None
    return OriginCalls(
        method=str(settings.method),
        threshold=calls.threshold,
        signal=signal,
        score=calls.score,
        p_donor=calls.p_second,
        is_called=calls.is_called,
        is_undecided=calls.is_undecided,
        notes=(*calls.notes, SINGLE_POPULATION) if is_single else calls.notes,
        host_location=calls.location,
        host_scale=calls.scale,
    )


def _host_doubt(signal: Array, location: float, settings: OriginSettings) -> str | None:
    """Return why the bulk may not be the hosts, of the section's nuclei alone; None where nothing says so."""
    lower_n = beneath(signal, location, settings.least_score, settings.min_donors)
    if not lower_n:
        return None
    known_n = int(np.isfinite(signal).sum())
    return (
        f"{lower_n} of {known_n} nuclei form a population of their own below the other {known_n - lower_n}: if they "
        "are the host nuclei, most nuclei are donor. No nucleus is called donor or host. Calibrate on a negative "
        "control and use --set assign.origin.method=calibrated --set assign.origin.scores_from=controls, which takes "
        "the controls' host nuclei for the unit"
    )


def _control_doubt(signal: Array, location: float, calibration: DonorCalibration) -> str | None:
    """Return why the bulk may not be the hosts, by what the controls' hosts show; None where it may."""
    score = (signal - calibration.host_location) / calibration.host_scale
    middle = (location - calibration.host_location) / calibration.host_scale
    if middle < calibration.threshold:
        return None
    beyond_n = int((score >= calibration.threshold).sum())
    return (
        f"the middle of this slide's nuclei lies {middle:.1f} host standard deviations of the controls above their "
        "host nuclei, beyond the threshold: most nuclei may be donor, or the slide was stained or exposed otherwise. "
        f"No nucleus is called donor or host. In the controls' units {beyond_n} of {int(np.isfinite(signal).sum())} "
        "would be donor: if slide and controls were exposed alike, use --set assign.origin.scores_from=controls"
    )


def _uncalled(signal: Array, settings: OriginSettings, threshold: float | None, note: str) -> OriginCalls:
    unknown, no = np.full(len(signal), np.nan), np.zeros(len(signal), bool)
    return OriginCalls(str(settings.method), threshold, signal, unknown, unknown, no, no, (note,))


def _in_units_of_controls(
    signal: Array, settings: OriginSettings, calibration: DonorCalibration
) -> OriginCalls:
    calls = call_again(
        signal,
        settings,
        threshold=calibration.threshold,
        location=calibration.host_location,
        scale=calibration.host_scale,
    )
    note = (
        "scores are in units of the controls' host nuclei (assign.origin.scores_from): they hold where slide and "
        "controls were exposed alike"
    )
    return replace(calls, notes=(note,))


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
