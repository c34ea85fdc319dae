"""A donor threshold from controls: finished results of sections without donor cells, and of donor tissue alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import yaml

from myograft import __version__
from myograft.assign import OriginSettings, call_origin
from myograft.errors import InputError, UsageError
from myograft.model.arrays import Array
from myograft.model.columns import TableName
from myograft.model.donor_calibration import ControlSection, DonorCalibration, MarkerFingerprint
from myograft.model.provenance import Provenance
from myograft.model.result_layout import ResultLayout
from myograft.numerics.rates import (
    control_size_needed,
    rate_upper_bound,
    rate_upper_bound_clustered,
    threshold_from_control,
)
from myograft.workflow.donor_controls import fingerprint_of_record
from myograft.write import output_errors, read_provenance, read_table, write_text

#: Control nuclei below which no threshold is set: their host bulk is not known.
_LEAST_NUCLEI = 50

_HEADER = """\
# A donor threshold learned from controls by 'myograft calibrate'. Use it with
#   --set assign.origin.method=calibrated --set assign.origin.calibration=THIS_FILE
"""


@dataclass(frozen=True)
class CalibrateRequest:
    """What ``myograft calibrate`` is asked for.

    Parameters
    ----------
    negatives
        Results of sections without donor cells.
    out
        File to write.
    max_false_positive_rate
        Rate at which host nuclei may be called donor.
    positives
        Results of donor tissue alone.
    accepts_outliers
        Whether nuclei that stand apart in a negative control are taken for artifacts that slides will have, too.
    least_score
        Least threshold, in host standard deviations. Within the host bulk a small difference of the spread between two
        sections moves many nuclei across a threshold; beyond it, few.
    """

    negatives: tuple[Path, ...]
    out: Path
    max_false_positive_rate: float
    positives: tuple[Path, ...] = ()
    accepts_outliers: bool = False
    least_score: float = 3.0


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
    if not 0.0 < request.max_false_positive_rate < 1.0:
        raise UsageError(
            f"a false-positive rate lies between 0 and 1, not at {request.max_false_positive_rate:g}",
            where="--max-false-positive-rate",
            remedy="Give for example 0.001: one host nucleus in 1,000 called donor",
        )
    negatives = [_open(path) for path in request.negatives]
    positives = [_open(path, has_hosts=False) for path in request.positives]
    _check_alike([*negatives, *positives])
    for control in negatives:
        _check_no_donors(control, request, on_note)
    location = float(np.median([control.location for control in negatives]))
    scale = float(np.median([control.scale for control in negatives]))
    scores = [(control.signal - control.location) / control.scale for control in negatives]
    threshold, bound = _threshold(np.concatenate(scores), request, on_note)
    called_n = np.array([(values >= threshold).sum() for values in scores])
    nuclei_n = np.array([len(values) for values in scores])
    calibration = DonorCalibration(
        threshold=threshold,
        max_false_positive_rate=request.max_false_positive_rate,
        rate_bound=bound,
        rate_bound_by_section=rate_upper_bound_clustered(called_n, nuclei_n) if len(scores) > 1 else None,
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
    _check_sense(calibration, request)
    text = yaml.safe_dump(calibration.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    with output_errors(request.out.parent):
        request.out.parent.mkdir(parents=True, exist_ok=True)
        write_text(request.out, _HEADER + text)
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
    if len(signal) < _LEAST_NUCLEI:
        raise InputError(
            f"this control has {len(signal)} nuclei whose marker was measured, fewer than {_LEAST_NUCLEI}",
            where=str(path),
            remedy="Give a control with more tissue on it, or several",
        )
    section = read_table(layout.table(TableName.SECTIONS)).rows()[0]
    location, scale = section["donor_host_location"], section["donor_host_scale"]
    if has_hosts and (location is None or scale is None):
        raise InputError(
            "the marker of this control shows no spread among its nuclei: there is nothing to compare with",
            where=str(path),
            remedy="Look at its donor channel: is it empty, or saturated?",
        )
    return _Control(
        path, record, fingerprint, str(section["section_id"]), signal, location or 0.0, scale or 1.0
    )


def _check_alike(controls: Sequence[_Control]) -> None:
    first = controls[0]
    for other in controls[1:]:
        differing = first.fingerprint.differences(other.fingerprint)
        if differing:
            raise InputError(
                f"this control does not match the first one, {first.path}: {'; '.join(differing)}",
                where=str(other.path),
                remedy="Calibrate on controls of one panel, run with the same settings",
            )
    seen: dict[tuple[str, str], Path] = {}
    for control in controls:
        key = (control.record.input_sha256, control.section_id)
        if key in seen:
            raise InputError(
                f"this control is the same image as {seen[key]}",
                where=str(control.path),
                remedy="Give each control once: its nuclei would count twice",
            )
        seen[key] = control.path


def _check_no_donors(control: _Control, request: CalibrateRequest, on_note: Callable[[str], None]) -> None:
    calls = call_origin(control.signal, OriginSettings())
    if calls.threshold is None:
        return
    apart_n = int((calls.score >= calls.threshold).sum())
    told = (
        f"{apart_n} of {len(control.signal)} nuclei stand apart from the host bulk of this negative control "
        f"(scores from {calls.threshold:.1f})"
    )
    if not request.accepts_outliers:
        raise InputError(
            f"{told}: are there donor cells in it?",
            where=str(control.path),
            remedy="Look at them in its report. Leave the control out if they are donor cells; use --accept-outliers "
            "if they are artifacts that slides will have, too: they raise the threshold",
        )
    on_note(f"{control.path}: {told}; taken for artifacts")


def _threshold(
    scores: Array, request: CalibrateRequest, on_note: Callable[[str], None]
) -> tuple[float, float]:
    """Return the threshold and the upper bound of the rate it supports."""
    rate = request.max_false_positive_rate
    found = threshold_from_control(scores, rate)
    lowest = float(np.nextafter(scores.max(), np.inf)) if found is None else found.threshold
    threshold = max(lowest, request.least_score)
    bound = rate_upper_bound(int((scores >= threshold).sum()), len(scores))
    if found is None:
        on_note(
            f"the controls hold {len(scores):,} nuclei; a rate of {rate:g} needs {control_size_needed(rate):,}. No "
            f"control nucleus reaches the threshold, which supports a rate of {bound:.2g} with 95 % confidence"
        )
    if threshold > lowest:
        on_note(
            f"the controls would allow a threshold of {lowest:.2f} host standard deviations; within the host bulk it "
            f"would not hold for other sections, and {threshold:g} was taken (--least-score)"
        )
    return threshold, bound


def _section(control: _Control, scores: Array, threshold: float) -> ControlSection:
    return ControlSection(
        slide_id=control.record.slide_id,
        section_id=control.section_id,
        input_sha256=control.record.input_sha256,
        nuclei_n=len(scores),
        called_n=int((scores >= threshold).sum()),
    )


def _check_sense(calibration: DonorCalibration, request: CalibrateRequest) -> None:
    sensitivity = calibration.sensitivity
    if sensitivity is not None and sensitivity <= calibration.rate_bound:
        raise InputError(
            f"{calibration.found_n} of {calibration.positive_n} nuclei of the positive controls are called donor, no "
            "more than of the negative ones",
            where=", ".join(str(path) for path in request.positives),
            remedy="Look at their donor channel: is it the right one, stained and exposed like the others?",
        )
