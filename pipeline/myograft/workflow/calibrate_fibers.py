"""A threshold of stained fibers from controls: finished results without such fibers, and of such fibers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from myograft import __version__
from myograft.assign import stands_apart
from myograft.errors import InputError
from myograft.model.arrays import Array
from myograft.model.biology import FiberCall
from myograft.model.channels import Role
from myograft.model.columns import TableName
from myograft.model.fiber_calibration import FiberCalibration, FiberControlSection, FiberStainFingerprint
from myograft.model.fiber_marker_columns import STAIN_OF_ROLE
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
from myograft.workflow.fiber_controls import fiber_fingerprint_of_record
from myograft.write import read_provenance, read_table

_HEADER = """\
# A threshold of stained fibers learned from controls by 'myograft calibrate --role {role}'. Use it with
#   --set assign.{role}.call.method=calibrated --set assign.{role}.call.calibration=THIS_FILE
"""


@dataclass(frozen=True)
class _Control:
    """A control section with the signals of its fibers.

    `signal` is in counts and larger the more a fiber is like the event; of the cytoplasm it is not over the section's
    own bulk, so that sections without a bulk of negative fibers compare. `location` and `scale` are those of the bulk.
    """

    path: Path
    record: Provenance
    fingerprint: FiberStainFingerprint
    section_id: str
    signal: Array
    location: float
    scale: float

    @property
    def score(self) -> Array:
        """Signals in standard deviations of the section's own bulk."""
        return (self.signal - self.location) / self.scale


def calibrate_fibers(request: CalibrateRequest, on_note: Callable[[str], None]) -> FiberCalibration:
    """Learn a threshold of stained fibers from controls and write it.

    As for donor nuclei (see `calibrate.calibrate_donors`). Fibers of a positive control have no bulk of others to be
    compared with: their signals are taken over the middle of the negative controls' bulk, in units of its spread. Of
    the cytoplasm these are plain counts, so that the controls have to be exposed alike. Rims of a positive control
    have stained neighbors all around, which add their light: its sensitivity is rather too high for single positive
    fibers.

    Raises
    ------
    UsageError
        Where the rate makes no sense.
    InputError
        Where a control cannot be used: no result, no such stain, too few fibers, measured otherwise than the others,
        fibers that stand apart where there should be none.
    """
    words = _words(request.role)
    check_rate(request, words)
    negatives = [_open(path, request.role) for path in request.negatives]
    positives = [_open(path, request.role) for path in request.positives]
    check_alike([*negatives, *positives], words)
    for control in negatives:
        check_none_apart(control, stands_apart(control.signal), request, words, on_note)
    location = float(np.median([control.location for control in negatives]))
    scale = float(np.median([control.scale for control in negatives]))
    supported = supported_threshold([control.score for control in negatives], request, words, on_note)
    sign = _sign(negatives[0].fingerprint)
    calibration = FiberCalibration(
        threshold=sign * supported.threshold,
        max_false_positive_rate=request.max_false_positive_rate,
        rate_bound=supported.bound,
        rate_bound_by_section=supported.bound_by_section,
        negatives=tuple(_section(control, control.score, supported.threshold) for control in negatives),
        positives=tuple(
            _section(control, (control.signal - location) / scale, supported.threshold)
            for control in positives
        ),
        bulk_location=sign * location,
        bulk_scale=scale,
        fingerprint=negatives[0].fingerprint,
        created=datetime.now(UTC),
        version=__version__,
    )
    check_sense(calibration, request, words)
    write_calibration(calibration, request.out, _HEADER.format(role=request.role))
    return calibration


def _words(role: Role) -> ControlWords:
    name = STAIN_OF_ROLE[role].replace("_", " ")
    return ControlWords(
        objects="fibers",
        one_wrong="fiber of the bulk",
        called=f"to stand out by {name}",
        deviations="bulk standard deviations",
        the_bulk="the bulk",
        donors="such fibers",
        channel=str(role),
    )


def _sign(fingerprint: FiberStainFingerprint) -> float:
    """Return 1 where the event lies above the bulk, -1 where fibers without the stain are the event."""
    return -1.0 if fingerprint.event is FiberCall.NEGATIVE else 1.0


def _open(path: Path, role: Role) -> _Control:
    layout = ResultLayout(path)
    record = read_provenance(layout.provenance)
    fingerprint = fiber_fingerprint_of_record(record, role)
    if fingerprint is None:
        raise InputError(
            f"this result has no {role} channel, or no fibers that it was measured on",
            where=str(path),
            remedy=f"Run the control with the same preset as the slides, its {role} channel included",
        )
    name, sign = STAIN_OF_ROLE[role], _sign(fingerprint)
    section = read_table(layout.table(TableName.SECTIONS)).rows()[0]
    fibers = read_table(layout.table(TableName.FIBERS))
    score = np.ma.filled(fibers[f"{name}_score"], np.nan)
    score = score[np.isfinite(score)]
    location, scale = section[f"{name}_bulk_location"], section[f"{name}_bulk_scale"]
    if len(score) < LEAST_OBJECTS or location is None or scale is None:
        raise InputError(
            f"this control has {len(score)} fibers whose stain could be compared; {LEAST_OBJECTS} are needed",
            where=str(path),
            remedy="Give a control with more fibers on it; where it has many, look at its channel: is it empty?",
        )
    # Scores and the bulk give back the counts, whatever the pattern of the stain.
    signal = sign * (score * scale + location)
    return _Control(path, record, fingerprint, str(section["section_id"]), signal, sign * location, scale)


def _section(control: _Control, scores: Array, threshold: float) -> FiberControlSection:
    return FiberControlSection(
        slide_id=control.record.slide_id,
        section_id=control.section_id,
        input_sha256=control.record.input_sha256,
        fibers_n=len(scores),
        called_n=int((scores >= threshold).sum()),
    )
