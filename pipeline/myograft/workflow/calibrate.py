"""A donor threshold from controls: finished results of sections without donor cells, and of donor tissue alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from myograft import __version__
from myograft.assign import BleedThrough, OriginSettings, call_origin
from myograft.errors import InputError
from myograft.model.arrays import Array
from myograft.model.columns import TableName
from myograft.model.donor_calibration import ControlSection, DonorCalibration, MarkerFingerprint
from myograft.model.provenance import Provenance
from myograft.model.result_layout import ResultLayout
from myograft.workflow.control_threshold import (
    LEAST_OBJECTS,
    CalibrateRequest,
    ControlWords,
    check_alike,
    check_none_apart,
    check_rate,
    check_sense,
    supported_threshold,
    write_calibration,
)
from myograft.workflow.donor_controls import fingerprint_of_record
from myograft.write import read_provenance, read_table

_WORDS = ControlWords(
    objects="nuclei",
    one_wrong="host nucleus",
    called="donor",
    deviations="host standard deviations",
    the_bulk="the host bulk",
    donors="donor cells",
    channel="donor",
)

#: Part by which a share of bleed-through given to a positive control may differ from the negatives'.
_SHARE_TOLERANCE = 0.2

_HEADER = """\
# A donor threshold learned from controls by 'myograft calibrate'. Use it with
#   --set assign.origin.method=calibrated --set assign.origin.calibration=THIS_FILE
"""


@dataclass(frozen=True)
class _Control:
    """A control section with the signals of its nuclei, in counts over background."""

    path: Path
    record: Provenance
    fingerprint: MarkerFingerprint
    section_id: str
    signal: Array
    location: float
    scale: float
    bleed_through_share: float | None = None


def calibrate_donors(request: CalibrateRequest, on_note: Callable[[str], None]) -> DonorCalibration:
    """Learn a donor threshold from controls and write it.

    The threshold is a nonparametric tolerance limit of the negative controls' scores (see
    `numerics.rates.threshold_from_control`). Donor tissue has no host nuclei to be standardized by: its signals are
    taken in units of the negative controls' spread.

    Raises
    ------
    UsageError
        Where the rate makes no sense.
    InputError
        Where a control cannot be used: no result, no marker, too few nuclei, measured otherwise than the others,
        donor cells where there should be none.
    """
    check_rate(request, _WORDS)
    negatives = [_open(path) for path in request.negatives]
    positives = [_open(path, has_hosts=False) for path in request.positives]
    positives = [_with_share_of(negatives, control) for control in positives]
    check_alike([*negatives, *positives], _WORDS)
    if not negatives[0].fingerprint.is_named:
        on_note(
            f"the files do not name the donor channel: that {negatives[0].fingerprint.channel} of a slide shows the "
            "same stain cannot be checked"
        )
    for control in negatives:
        check_none_apart(control, _apart(control), request, _WORDS, on_note)
    location = float(np.median([control.location for control in negatives]))
    scale = float(np.median([control.scale for control in negatives]))
    scores = [(control.signal - control.location) / control.scale for control in negatives]
    supported = supported_threshold(scores, request, _WORDS, on_note)
    threshold = supported.threshold
    calibration = DonorCalibration(
        threshold=threshold,
        max_false_positive_rate=request.max_false_positive_rate,
        rate_bound=supported.bound,
        rate_bound_by_section=supported.bound_by_section,
        negatives=tuple(
            _section(control, values, threshold) for control, values in zip(negatives, scores, strict=True)
        ),
        positives=tuple(
            _section(control, (control.signal - location) / scale, threshold) for control in positives
        ),
        host_location=location,
        host_scale=scale,
        fingerprint=negatives[0].fingerprint,
        created=datetime.now(UTC),
        version=__version__,
    )
    check_sense(calibration, request, _WORDS)
    write_calibration(calibration, request.out, _HEADER)
    return calibration


def _open(path: Path, *, has_hosts: bool = True) -> _Control:
    layout = ResultLayout(path)
    record = read_provenance(layout.provenance)
    fingerprint = fingerprint_of_record(record)
    table = layout.table(TableName.NUCLEI)
    if fingerprint is None or not table.is_file():
        raise InputError(
            "this result has no donor marker, or no nuclei that it was measured on",
            where=str(path),
            remedy="Run the control with the same preset as the slides, its donor channel included",
        )
    nuclei = read_table(table)
    signal = np.ma.filled(nuclei["donor_signal"], np.nan)
    signal = signal[np.isfinite(signal)]
    if len(signal) < LEAST_OBJECTS:
        raise InputError(
            f"this control has {len(signal)} nuclei whose marker was measured, fewer than {LEAST_OBJECTS}",
            where=str(path),
            remedy="Give a control with more tissue on it, or several",
        )
    section = read_table(layout.table(TableName.SECTIONS)).rows()[0]
    location, scale = section["donor_host_location"], section["donor_host_scale"]
    if has_hosts and (location is None or scale is None):
        raise InputError(
            "the host nuclei of this control were not found: its marker shows no spread, or most nuclei have it",
            where=str(path),
            remedy="Look at its donor channel: is it empty, or saturated? Does the control hold donor cells?",
        )
    return _Control(
        path,
        record,
        fingerprint,
        str(section["section_id"]),
        signal,
        location or 0.0,
        scale or 1.0,
        section["donor_bleed_through_share"],
    )


def _with_share_of(negatives: Sequence[_Control], positive: _Control) -> _Control:
    """Return a positive control as one of the negatives' bleed-through, or refuse one whose share is its own.

    Where all nuclei are donor, what their marker shares with the nuclear stain cannot be told from bleed-through: taken
    off, the marker is gone, and the sensitivity with it.
    """
    marker = positive.fingerprint.marker
    shares = [control.bleed_through_share for control in negatives if control.bleed_through_share is not None]
    share = float(np.median(shares)) if shares else 0.0
    remedy = (
        "Run it again with the share of the negative controls: --set assign.marker.bleed_through=given "
        f"--set assign.marker.bleed_through_share={share:.3g}"
    )
    if marker.get("bleed_through") == str(BleedThrough.ESTIMATED):
        raise InputError(
            "bleed-through was estimated from this positive control, which has no hosts to tell it from the marker",
            where=str(positive.path),
            remedy=remedy,
        )
    first = negatives[0].fingerprint.marker
    is_estimated = first.get("bleed_through") == str(BleedThrough.ESTIMATED)
    if not is_estimated or marker.get("bleed_through") != str(BleedThrough.GIVEN):
        return positive
    given = float(str(marker.get("bleed_through_share")))
    if abs(given - share) > _SHARE_TOLERANCE * share + 1e-3:
        raise InputError(
            f"the share of bleed-through given to this positive control, {given:.3g}, is not that of the negative ones",
            where=str(positive.path),
            remedy=remedy,
        )
    same = {key: first.get(key) for key in ("bleed_through", "bleed_through_share")}
    return replace(
        positive, fingerprint=positive.fingerprint.model_copy(update={"marker": {**marker, **same}})
    )


def _apart(control: _Control) -> tuple[int, int, float] | None:
    """Return how many nuclei of how many stand apart from the host bulk, and from which score on."""
    calls = call_origin(control.signal, OriginSettings())
    if not calls.is_called.any():
        raise InputError(
            f"this negative control holds two populations of nuclei, the larger one above: {calls.notes[0]}",
            where=str(control.path),
            remedy="Is this donor tissue? Give it with --positive; negative controls hold no donor cells",
        )
    if calls.threshold is None:
        return None
    return int((calls.score >= calls.threshold).sum()), len(control.signal), calls.threshold


def _section(control: _Control, scores: Array, threshold: float) -> ControlSection:
    return ControlSection(
        slide_id=control.record.slide_id,
        section_id=control.section_id,
        input_sha256=control.record.input_sha256,
        nuclei_n=len(scores),
        called_n=int((scores >= threshold).sum()),
    )
