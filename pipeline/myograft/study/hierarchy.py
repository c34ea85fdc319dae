"""Sections of one muscle become one value, muscles of one subject one value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from myograft.measure.engraftment import estimates
from myograft.model.arrays import Array
from myograft.model.columns import TableName
from myograft.model.donor_calibration import DonorCalibration
from myograft.model.study import ONE_MUSCLE, Place
from myograft.model.table import Table, from_rows
from myograft.numerics.group_tests import jackknife_interval, ratio_interval
from myograft.study.variables import (
    CORRECTED_FRACTION,
    DONOR_FRACTION,
    VARIABLES,
    VARIANCE_COEFFICIENT,
    Variable,
)

Key = TypeVar("Key")


@dataclass(frozen=True)
class MeasuredSection:
    """A section and its place in the study.

    Parameters
    ----------
    row
        Its row of the sections table; null as None.
    place
        Whose it is.
    calibration
        What controls say of its donor calls; None without controls that fit, and after a review.
    is_reviewed
        Whether people corrected it.
    position_um
        Where its middle lies in a series along the muscle; None where it is not one of a series.
    """

    row: Mapping[str, Any]
    place: Place
    calibration: DonorCalibration | None = None
    is_reviewed: bool = False
    position_um: float | None = None


def muscles_table(sections: Sequence[MeasuredSection]) -> Table:
    """Return what each muscle shows, a row per variable: of its sections, and of the muscle they are a sample of.

    Parameters
    ----------
    sections
        In any order.
    """
    rows: list[dict[str, Any]] = []
    ordered = sorted(sections, key=lambda part: (str(part.row["slide_id"]), str(part.row["section_id"])))
    for place, members in _grouped(ordered, lambda part: part.place):
        rows.extend({**_columns_of(place), **_ratio(variable, members)} for variable in VARIABLES)
        rows.append({**_columns_of(place), **_spread(members)})
        corrected = _corrected(members)
        if corrected is not None:
            rows.append({**_columns_of(place), **corrected})
    return from_rows(TableName.MUSCLES, rows)


def subjects_table(muscles: Table) -> Table:
    """Return what each subject shows at each arm and time point: the mean over its muscles.

    Parameters
    ----------
    muscles
        As `muscles_table` gave it.
    """
    rows: list[dict[str, Any]] = []
    measured = [row for row in muscles.rows() if row["value"] is not None]
    for place, members in _grouped(measured, _subject_of):
        for (variable, unit), values in _grouped(members, lambda row: (row["variable"], row["unit"])):
            columns = _columns_of(place)
            del columns["muscle"]
            rows.append(
                {
                    **columns,
                    "variable": variable,
                    "unit": unit,
                    "muscles_n": len(values),
                    "sections_n": sum(row["sections_n"] for row in values),
                    "value": float(np.mean([row["value"] for row in values])),
                }
            )
    return from_rows(TableName.SUBJECTS, rows)


def _subject_of(row: Mapping[str, Any]) -> Place:
    return Place(row["subject"], ONE_MUSCLE, row["arm"], row["time_point"])


def _columns_of(place: Place) -> dict[str, Any]:
    return {
        "subject": place.subject,
        "muscle": place.muscle,
        "arm": place.arm,
        "time_point": place.time_point,
    }


Member = TypeVar("Member")


def _grouped(members: Iterable[Member], key_of: Callable[[Member], Key]) -> list[tuple[Key, list[Member]]]:
    """Return members by key; places in the order of their names, other keys as they come."""
    groups: dict[Key, list[Member]] = {}
    for member in members:
        groups.setdefault(key_of(member), []).append(member)
    return sorted(groups.items(), key=lambda item: _order(item[0]))


def _order(key: object) -> tuple[str, ...]:
    if isinstance(key, Place):
        return (key.subject, key.muscle, key.arm or "", key.time_point or "")
    return ()


def _ratio(variable: Variable, members: Sequence[MeasuredSection]) -> dict[str, Any]:
    sums = [found for part in members if (found := variable.sums(part.row)) is not None]
    row: dict[str, Any] = {"variable": variable.name, "unit": variable.unit, "sections_n": len(sums)}
    if not sums:
        return row
    tops, bottoms = (np.array(column) for column in zip(*sums, strict=True))
    row |= {
        "numerator": float(tops.sum()),
        "denominator": float(bottoms.sum()),
        "value": variable.factor * float(tops.sum() / bottoms.sum()),
    }
    muscle = ratio_interval(tops, bottoms)
    if muscle is not None:
        row |= {
            "this_muscle_low": variable.factor * max(muscle[0], 0.0),
            "this_muscle_high": variable.factor * muscle[1],
        }
    return row


def _corrected(members: Sequence[MeasuredSection]) -> dict[str, Any] | None:
    """Return the donor fraction corrected for false calls, from the summed counts; None without one calibration.

    Corrected fractions of sections are not averaged: each is cut off at zero, and their mean would be too high.
    """
    counted = [
        (found, part.calibration) for part in members if (found := DONOR_FRACTION.sums(part.row)) is not None
    ]
    calibrations = {None if known is None else known.model_dump_json() for _, known in counted}
    calibration = counted[0][1] if counted else None
    if calibration is None or len(calibrations) > 1:
        return None
    donor_n = round(sum(top for (top, _), _ in counted))
    called_n = round(sum(bottom for (_, bottom), _ in counted))
    told = estimates(donor_n, called_n, calibration)
    return {
        "variable": CORRECTED_FRACTION,
        "unit": "1",
        "sections_n": len(counted),
        "value": told["donor_fraction_corrected"],
        "these_sections_low": told["donor_fraction_corrected_low"],
        "these_sections_high": told["donor_fraction_corrected_high"],
        "donor_critical_n": told["donor_critical_n"],
        "donor_detection_limit_fraction": told["donor_detection_limit_fraction"],
        "donor_is_detected": told["donor_is_detected"],
    }


def _spread(members: Sequence[MeasuredSection]) -> dict[str, Any]:
    """Return the variance coefficient of all sized fibers of the sections together (Briguet 2004).

    Coefficients of sections are not averaged: how far sections lie apart is a part of the muscle's spread.
    """
    parts = [
        (
            float(found["fibers_sized_n"]),
            float(found["min_feret_mean_um"]),
            float(found["min_feret_sd_um"] or 0.0),
        )
        for found in (part.row for part in members)
        if found["fibers_sized_n"] and found["min_feret_mean_um"] is not None
    ]
    whole = _coefficient(np.array(parts)) if parts else None
    row: dict[str, Any] = {"variable": VARIANCE_COEFFICIENT, "unit": "1", "sections_n": len(parts)}
    if whole is None:
        return row | {"sections_n": 0}
    row["value"] = whole
    without = [_coefficient(np.array(parts[:at] + parts[at + 1 :])) for at in range(len(parts))]
    known = [value for value in without if value is not None] if len(parts) > 1 else []
    muscle = jackknife_interval(whole, np.array(known)) if len(known) == len(parts) > 1 else None
    if muscle is not None:
        row |= {"this_muscle_low": max(muscle[0], 0.0), "this_muscle_high": muscle[1]}
    return row


def _coefficient(parts: Array) -> float | None:
    """Return 1000 x SD / mean from the number, mean and SD (ddof 1) of each part; None for fewer than two fibers."""
    if not len(parts):
        return None
    fibers_n, means, spreads = parts.T
    all_n = fibers_n.sum()
    if all_n < 2:
        return None
    mean = float((fibers_n * means).sum() / all_n)
    squares = ((fibers_n - 1) * spreads**2 + fibers_n * (means - mean) ** 2).sum()
    return 1000.0 * float(np.sqrt(squares / (all_n - 1))) / mean
