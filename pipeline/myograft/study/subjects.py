"""Muscles of one subject become one value, each counting once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from myograft.model.columns import TableName
from myograft.model.study import ONE_MUSCLE, Place
from myograft.model.table import Table, from_rows
from myograft.numerics.group_tests import mean_interval
from myograft.numerics.square_and_add import Estimate, total_of
from myograft.study.groups import columns_of, grouped

#: Rows whose muscles share the errors of one control: these do not cancel out between them.
_SHARED = "corrected"


def subjects_table(muscles: Table) -> Table:
    """Return what each subject shows at each arm and time point: the mean over its muscles.

    Parameters
    ----------
    muscles
        As `muscles_table` gave it.

    Notes
    -----
    Three intervals, never mixed: of the sections that were looked at; of the muscles that they are a sample of; of the
    subject, of which the muscles are a sample (t interval over muscles, from two on).
    """
    rows: list[dict[str, Any]] = []
    measured = [row for row in muscles.rows() if row["value"] is not None]
    for place, members in grouped(measured, _subject_of):
        for (variable, unit), values in grouped(members, lambda row: (row["variable"], row["unit"])):
            columns = columns_of(place)
            del columns["muscle"]
            rows.append({**columns, "variable": variable, "unit": unit, **_subject(values)})
    return from_rows(TableName.SUBJECTS, rows)


def _subject_of(row: Mapping[str, Any]) -> Place:
    return Place(row["subject"], ONE_MUSCLE, row["arm"], row["time_point"])


def _subject(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    plain = np.array([row["value"] for row in values])
    exact = [row["value"] if row["value_not_cut_off"] is None else row["value_not_cut_off"] for row in values]
    is_cut_off = any(row["value_not_cut_off"] is not None for row in values)
    bases = dict.fromkeys(row["donor_basis"] for row in values if row["donor_basis"])
    bounds = [row["none_found_high"] for row in values]
    whole = mean_interval(np.array(exact))
    return {
        "muscles_n": len(values),
        "sections_n": sum(row["sections_n"] for row in values),
        "value": float(plain.mean()),
        "value_not_cut_off": float(np.mean(exact)) if is_cut_off else None,
        "not_detected_n": sum(is_not_detected(row) for row in values),
        # Of muscles without any, at most the mean of what each may have.
        "none_found_high": None if None in bounds else float(np.mean(bounds)),
        "donor_basis": ", ".join(bases) or None,
        **_mean_of(values, "these_sections", "these_sections"),
        **_mean_of(values, "this_muscle", "these_muscles"),
        "this_subject_low": None if whole is None else max(whole[0], 0.0),
        "this_subject_high": None if whole is None else max(whole[1], 0.0),
    }


def is_not_detected(row: Mapping[str, Any]) -> bool:
    """Return whether a muscle's value is none, or too few to be told from false calls: no certain zero."""
    if row["none_found_high"] is not None:
        # Where every nucleus was read, none is none.
        return bool(row["none_found_high"] > 0.0)
    return row["donor_is_detected"] is False


def _mean_of(values: Sequence[Mapping[str, Any]], name: str, told: str) -> dict[str, Any]:
    """Return the interval of a mean of muscles from theirs; nothing where one has none."""
    if any(row[f"{name}_low"] is None for row in values):
        return {}
    parts = [Estimate(row["value"], row[f"{name}_low"], row[f"{name}_high"]) for row in values]
    if any(_SHARED in (row["donor_basis"] or "") for row in values):
        highs = [part.high for part in parts if part.high is not None]
        low = float(np.mean([part.low for part in parts]))
        high = float(np.mean(highs)) if len(highs) == len(parts) else None
    else:
        mean = total_of(parts).times(1.0 / len(parts))
        low, high = mean.low, mean.high
    return {f"{told}_low": max(low, 0.0), f"{told}_high": high}
