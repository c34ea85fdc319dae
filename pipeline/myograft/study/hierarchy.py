"""Sections of one muscle become one value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy

from myograft.model.arrays import Array
from myograft.model.columns import TableName
from myograft.model.table import Table, from_rows
from myograft.numerics.group_tests import jackknife_interval, ratio_interval
from myograft.numerics.rates import rate_upper_bound
from myograft.study.donor_reading import total_read
from myograft.study.estimated_fraction import estimated_fraction
from myograft.study.groups import columns_of, grouped
from myograft.study.measured_section import MeasuredSection
from myograft.study.variables import VARIABLES, VARIANCE_COEFFICIENT, Variable


def muscles_table(sections: Sequence[MeasuredSection]) -> Table:
    """Return what each muscle shows, a row per variable: of its sections, and of the muscle they are a sample of.

    Parameters
    ----------
    sections
        In any order.
    """
    rows: list[dict[str, Any]] = []
    ordered = sorted(sections, key=lambda part: (str(part.row["slide_id"]), str(part.row["section_id"])))
    for place, members in grouped(ordered, lambda part: part.place):
        rows.extend({**columns_of(place), **_ratio(variable, members)} for variable in VARIABLES)
        rows.append({**columns_of(place), **_spread(members)})
        estimated = estimated_fraction(members)
        if estimated is not None:
            rows.append({**columns_of(place), **estimated})
    return from_rows(TableName.MUSCLES, rows)


def _ratio(variable: Variable, members: Sequence[MeasuredSection]) -> dict[str, Any]:
    counted = [(part, found) for part in members if (found := part.sums(variable)) is not None]
    row: dict[str, Any] = {"variable": variable.name, "unit": variable.unit, "sections_n": len(counted)}
    if not counted:
        return row
    parts = [part for part, _ in counted]
    tops, bottoms = (np.array(column) for column in zip(*(found for _, found in counted), strict=True))
    row |= {
        "numerator": float(tops.sum()),
        "denominator": float(bottoms.sum()),
        "value": variable.factor * float(tops.sum() / bottoms.sum()),
    }
    row |= _of_calls(variable, parts, row) if variable.is_of_calls else {}
    muscle = ratio_interval(tops, bottoms)
    if muscle is not None:
        # Never surer of the muscle than of the sections it is known by.
        low, high = (variable.factor * end for end in muscle)
        row |= {
            "this_muscle_low": max(min(low, row.get("these_sections_low", low)), 0.0),
            "this_muscle_high": max(high, row.get("these_sections_high", high)),
        }
    return row


def _of_calls(variable: Variable, parts: Sequence[MeasuredSection], row: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be said of a count of calls: how they were made, how sure, and what none of them means."""
    read = [found for part in parts if (found := part.read(variable)) is not None]
    as_called = [part for part in parts if part.read(variable) is None]
    factor = variable.factor / row["denominator"]
    told: dict[str, Any] = {"donor_basis": _basis(variable, parts)}
    if read and not as_called:
        these = total_read(read).times(factor)
        told |= {"these_sections_low": max(these.low, 0.0), "these_sections_high": these.high}
    if row["numerator"] > 0.0:
        return told
    most = total_read(read).high if read else 0.0
    if as_called:
        most = (most or 0.0) + _most_of_none(variable, as_called)
    return told | {"none_found_high": factor * (most or 0.0)}


def _basis(variable: Variable, parts: Sequence[MeasuredSection]) -> str | None:
    """Return how donor nuclei of these sections were counted."""
    if not variable.is_of_donors:
        return None
    # Fibers with a donor nucleus have no estimate: they stand as readers left them.
    after = "read" if variable.domain else "as reviewed"
    ways = [(after, any(part.reading is not None for part in parts))]
    ways.append(("called", any(part.reading is None for part in parts)))
    return " and ".join(way for way, is_there in ways if is_there)


def _most_of_none(variable: Variable, parts: Sequence[MeasuredSection]) -> float:
    """Return how many there may be in sections in which none was called, at 95 %, one-sided (SCIENCE, section 5.6).

    Where no threshold could be set, what stands out may be donor too. Divided by the sensitivity where controls say it.
    """
    found = [part.calibration.sensitivity for part in parts if part.calibration and variable.is_of_donors]
    sensitivity = min((one for one in found if one), default=1.0)
    candidates_n = sum(part.row["donor_candidates_n"] or 0 for part in parts) if variable.is_of_donors else 0
    all_n = round(sum(sums[1] for part in parts if (sums := part.sums(variable)) is not None))
    if variable.unit == "1" and candidates_n <= all_n:
        return all_n * min(1.0, rate_upper_bound(candidates_n, all_n) / sensitivity)
    # Of an area nothing caps what may be there: the Poisson bound, 3 for none.
    return float(scipy.stats.gamma.ppf(0.95, candidates_n + 1)) / sensitivity


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
