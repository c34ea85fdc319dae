"""Positive or negative fibers: how much stain parts them from the bulk, and whose a shared rim is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from myograft.assign.fiber_marker import FiberSides
from myograft.assign.fiber_settings import (
    CytoplasmSettings,
    DonorFiberSettings,
    FiberCallSettings,
    FiberThresholdMethod,
    RareSide,
)
from myograft.assign.second_population import Cuts, ScoreCalls, Words, call_scores
from myograft.assign.shared_rims import explain_rims, own_fraction, reached_signal, rows_of
from myograft.model.arrays import Array, Mask
from myograft.model.biology import FiberCall
from myograft.numerics.robust import bulk

#: Part of an outline that few negative fibers show stained, however their neighbors are.
_STEADY = 0.75

#: Standard deviations of an unstained side above which a side is stained at all.
_SIDE_SD = 3.0


@dataclass(frozen=True)
class FiberCalls:
    """Calls of a section's fibers by one stain.

    Parameters
    ----------
    method
        How the threshold was set.
    threshold
        Score at and above which a fiber is positive (with `rare_side` low: at and below which it is negative); None
        where none could be set.
    signal
        Stain in counts, shape (n,); NaN where unknown. Of a rim: the signal that the asked part of the outline
        reaches; of the cytoplasm: over the middle of the bulk.
    score
        The same over the middle of the bulk, in standard deviations of the bulk.
    covered_fraction
        Part of the outline that is stained, shape (n,); None for the cytoplasm.
    is_positive, is_called, is_undecided
        Shape (n,).
    notes
        What the user should know.
    location, scale
        Middle and spread of the bulk in counts; None where it was not found.
    p_event
        One minus the local false discovery rate: how likely each fiber stands out from the bulk, shape (n,), NaN where
        unknown; None for a rim, whose call rests on its neighbors' as well, which that rate does not know.
    """

    method: str
    threshold: float | None
    signal: Array
    score: Array
    covered_fraction: Array | None
    is_positive: Mask
    is_called: Mask
    is_undecided: Mask
    notes: tuple[str, ...]
    location: float | None
    scale: float | None
    p_event: Array | None = None

    def columns(self, name: str) -> dict[str, Array]:
        """Return the columns of the fibers table; `name` begins each, for example ``donor_protein``."""
        call = np.where(self.is_positive, str(FiberCall.POSITIVE), str(FiberCall.NEGATIVE)).astype(object)
        columns: dict[str, Array] = {
            f"{name}_signal": np.ma.masked_invalid(self.signal),
            f"{name}_score": np.ma.masked_invalid(self.score),
            name: np.ma.MaskedArray(call, mask=~self.is_called),
            f"{name}_is_undecided": np.ma.MaskedArray(self.is_undecided, mask=~self.is_called),
        }
        if self.covered_fraction is not None:
            columns[f"{name}_covered_fraction"] = np.ma.masked_invalid(self.covered_fraction)
        if self.p_event is not None:
            columns[f"p_{name}"] = np.ma.masked_invalid(self.p_event)
        return columns


def call_cytoplasm(
    core: Array,
    settings: CytoplasmSettings,
    knobs: str,
    *,
    autofluorescence_core: Array | None = None,
    rare_side: RareSide = RareSide.HIGH,
    calibrated_threshold: float | None = None,
) -> FiberCalls:
    """Call fibers by the stain of their cytoplasm.

    Parameters
    ----------
    core
        Counts in the middle of every fiber of the section, shape (n,); NaN where unknown.
    settings
        Share of the autofluorescence, and cuts.
    knobs
        Where the settings stand, for the notes: ``"assign.donor_fiber"``.
    autofluorescence_core
        The same in an empty channel.
    rare_side
        Which side of the bulk the event lies on.
    calibrated_threshold
        Threshold learned from controls, in the unit of the score, for the method that asks for it.

    Notes
    -----
    The bulk, which is more than half of the fibers, is the background of each: section glass may be missing, the gaps
    between packed fibers are lit by them, and an offset of the camera falls out. What a fiber glows more than the bulk
    in the empty channel is taken off; what it glows less is not added, or dark fibers would rise where the share is
    set too high.
    """
    value = core
    if autofluorescence_core is not None and np.isfinite(autofluorescence_core).any():
        known = autofluorescence_core[np.isfinite(autofluorescence_core)]
        middle, _ = bulk(known, start=float(np.median(known)))
        shared = np.maximum(autofluorescence_core - middle, 0.0)
        value = core - settings.autofluorescence_share * shared
    sign = 1.0 if rare_side is RareSide.HIGH else -1.0
    cuts = _cuts(settings.call, sign, calibrated_threshold)
    calls = call_scores(sign * value, cuts, _words(knobs, rare_side))
    is_rare = calls.is_second
    return FiberCalls(
        method=str(settings.call.method),
        threshold=None if calls.threshold is None else sign * calls.threshold,
        signal=value - (np.nan if calls.location is None else sign * calls.location),
        score=sign * calls.score,
        covered_fraction=None,
        is_positive=is_rare if rare_side is RareSide.HIGH else calls.is_called & ~is_rare,
        is_called=calls.is_called,
        is_undecided=calls.is_undecided,
        notes=calls.notes,
        location=None if calls.location is None else sign * calls.location,
        scale=calls.scale,
        p_event=calls.p_second,
    )


def call_rim(
    ids: Array,
    sides: FiberSides,
    settings: DonorFiberSettings,
    knobs: str,
    calibrated_threshold: float | None = None,
) -> FiberCalls:
    """Call fibers by how much of their outline is stained, and by nothing that may be a neighbor's.

    Parameters
    ----------
    ids
        Numbers of all fibers of the section, ascending, shape (n,).
    sides
        Their outlines, side by side.
    settings, knobs, calibrated_threshold
        As in `call_cytoplasm`.

    Notes
    -----
    Neighbors lie so near that light cannot tell whose membrane is stained: a negative fiber beside positive ones shows
    their rims on the sides it shares with them. So a side counts only where it does not face a positive fiber. That
    takes fibers off the positive ones one by one, the faintest first: a fiber whose stain lies on shared sides alone
    is explained by its neighbors, and the sides it shares with others are theirs again. A positive fiber with positive
    ones all around has no side of its own; it is called by its whole outline and marked undecided.
    """
    known = np.isfinite(sides.signal)
    faced = rows_of(ids, sides.facing)
    words = _words(knobs, RareSide.HIGH)

    def explained(least: float) -> tuple[Mask, Mask]:
        whole = reached_signal(sides.signal, known, settings.least_covered_fraction)
        return explain_rims(whole >= least, faced, sides.signal, known, least, settings)

    # First look: what three quarters of an outline reach, which few neighbors of positive fibers do. It says whose
    # sides are whose, so that the bulk and the threshold come from sides of fibers' own.
    cuts = _cuts(settings.call, threshold=calibrated_threshold)
    steady = reached_signal(sides.signal, known, max(_STEADY, settings.least_covered_fraction))
    by_the_null = call_scores(steady, replace(cuts, given=None), words)
    first = _within_gap(by_the_null, sides.signal, known).least_signal
    counted = known if first is None else explained(first)[1]
    own = reached_signal(sides.signal, counted, settings.least_covered_fraction)
    calls = call_scores(own, cuts, words)
    if settings.call.method is FiberThresholdMethod.EMPIRICAL_NULL:
        calls = _within_gap(calls, sides.signal, counted)
    least = calls.least_signal
    if least is None:
        return _of_rim(calls, own, np.full(len(ids), np.nan), calls.is_undecided, settings)
    positive, counted = explained(least)
    signal = reached_signal(sides.signal, counted, settings.least_covered_fraction)
    counted_n = counted.sum(axis=1)
    covered = np.where(counted_n > 0, (counted & (sides.signal >= least)).sum(axis=1), np.nan)
    covered = covered / np.maximum(counted_n, 1)
    calls = replace(calls, score=calls.score_of(signal))
    undecided = np.abs(covered - settings.least_covered_fraction) <= settings.undecided_covered_width
    # Whole outlines stand in where the sides of their own are too few.
    undecided |= positive & (own_fraction(positive, faced, known) < settings.least_open_fraction)
    return _of_rim(calls, signal, covered, undecided & calls.is_called, settings)


def _of_rim(
    calls: ScoreCalls, signal: Array, covered: Array, undecided: Mask, settings: DonorFiberSettings
) -> FiberCalls:
    return FiberCalls(
        method=str(settings.call.method),
        threshold=calls.threshold,
        signal=signal,
        score=calls.score,
        covered_fraction=covered,
        is_positive=calls.is_second,
        is_called=calls.is_called,
        is_undecided=undecided,
        notes=calls.notes,
        location=calls.location,
        scale=calls.scale,
    )


def _within_gap(calls: ScoreCalls, signal: Array, counted: Mask) -> ScoreCalls:
    """Return the calls with a threshold that fits single sides as well.

    Anywhere between the highest fiber of the bulk and the lowest beyond is the same for fibers. Stained sides vary
    more than fibers do, so the middle is taken; and unstained ones, too, so that it lies beyond their noise.
    """
    if calls.threshold is None:
        return calls
    is_below = calls.score < calls.threshold
    if not is_below.any():
        return calls
    highest = float(calls.score[is_below].max())
    sides = signal[is_below[:, None] & counted]
    location, scale = bulk(sides, start=float(np.median(sides)))
    noise = float(calls.score_of(np.array([location + _SIDE_SD * scale]))[0])
    return replace(calls, threshold=max(0.5 * (highest + calls.threshold), noise))


def stands_apart(signal: Array) -> tuple[int, int, float] | None:
    """Return how many fibers of how many stand apart from the bulk, and from which score on; None where none do.

    Parameters
    ----------
    signal
        Of the fibers of one section, shape (n,), finite; higher is more like the event.
    """
    calls = call_scores(signal, _cuts(FiberCallSettings()), _words("assign", RareSide.HIGH))
    if calls.threshold is None:
        return None
    return int(calls.is_second.sum()), len(signal), calls.threshold


def _cuts(settings: FiberCallSettings, sign: float = 1.0, threshold: float | None = None) -> Cuts:
    """Return the cuts; `sign` turns thresholds of a low side over, `threshold` is the one learned from controls."""
    given: float | None
    match settings.method:
        case FiberThresholdMethod.FIXED:
            given = sign * settings.fixed_threshold
        case FiberThresholdMethod.CALIBRATED:
            if threshold is None:
                raise ValueError("the method calibrated needs a threshold")
            given = sign * threshold
        case FiberThresholdMethod.EMPIRICAL_NULL:
            given = None
    return Cuts(
        given,
        settings.least_score,
        settings.max_false_discovery,
        settings.min_beyond,
        settings.min_fibers,
        settings.undecided_width,
        bulk_is_majority=True,
    )


def _words(knobs: str, rare_side: RareSide) -> Words:
    is_high = rare_side is RareSide.HIGH
    bulk_call = str(FiberCall.NEGATIVE if is_high else FiberCall.POSITIVE)
    return Words(
        objects="fibers",
        bulk=bulk_call,
        the_bulk=f"the bulk of {bulk_call} fibers",
        deviations="of their standard deviations",
        least_n_knob=f"{knobs}.call.min_fibers",
        uncalled="none is called positive or negative",
        side="above" if is_high else "below",
    )
