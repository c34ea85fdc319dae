"""Two levels of a factor, subject by subject: paired where each subject has both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from myograft.model.columns import TableName
from myograft.model.study import Comparison, Factor
from myograft.model.table import Table, from_rows
from myograft.numerics.group_tests import Effect, paired_effect, unpaired_effect

#: Values of subjects by name.
Values = Mapping[str, float]


def compare_levels(
    subjects: Table, comparison: Comparison, members: tuple[frozenset[str], frozenset[str]], seed: int
) -> Table:
    """Return the difference of two levels for each variable, with interval and exact test.

    Parameters
    ----------
    subjects
        As `hierarchy.subjects_table` gave it.
    comparison
        Factor and levels.
    members
        Subjects that the design has at the first and at the second level, measured or not. The comparison is paired
        where some have both.
    seed
        Of draws.

    Notes
    -----
    Comparisons are of subjects, never of pooled fibers or nuclei: fibers of one subject are alike. A subject with
    several values at a level counts once, with their mean. Estimated donor fractions enter as they are before they are
    cut off at 0: cut-off values of subjects without donor nuclei have a mean above 0, and a difference to them would be
    too small.
    """
    rows = subjects.rows()
    # Whether a design is paired is asked of the design: a null does not change it.
    is_paired = bool(members[0] & members[1])
    answers = []
    for variable, unit in dict.fromkeys((row["variable"], row["unit"]) for row in rows):
        shown = [row for row in rows if row["variable"] == variable]
        first, second = (_values(shown, comparison, end) for end in _ends(comparison))
        answers.append(
            {
                "factor": str(comparison.factor),
                "first": comparison.first,
                "second": comparison.second,
                "variable": variable,
                "unit": unit,
                "design": "paired" if is_paired else "unpaired",
                **_compared(first, second, members, seed, is_paired=is_paired),
                **_not_detected(shown, comparison, first, second, is_paired=is_paired),
            }
        )
    return from_rows(TableName.COMPARISONS, answers)


def _ends(comparison: Comparison) -> tuple[str, str]:
    return comparison.first, comparison.second


def _level(row: Mapping[str, Any], comparison: Comparison) -> Any:
    return row["arm" if comparison.factor is Factor.ARM else "time_point"]


def _values(rows: list[dict[str, Any]], comparison: Comparison, level: str) -> Values:
    found: dict[str, list[float]] = {}
    for row in rows:
        if _level(row, comparison) == level:
            exact = row["value_not_cut_off"]
            found.setdefault(row["subject"], []).append(row["value"] if exact is None else exact)
    return {subject: float(np.mean(values)) for subject, values in sorted(found.items())}


def _compared(
    first: Values,
    second: Values,
    members: tuple[frozenset[str], frozenset[str]],
    seed: int,
    *,
    is_paired: bool,
) -> dict[str, Any]:
    if is_paired:
        both = sorted(first.keys() & second.keys())
        left_out = sorted((members[0] | members[1]) - set(both))
        ours, theirs = (np.array([values[name] for name in both]) for values in (first, second))
    else:
        left_out = sorted((members[0] - first.keys()) | (members[1] - second.keys()))
        ours, theirs = (np.array(list(values.values())) for values in (first, second))
    row: dict[str, Any] = {
        "first_subjects_n": len(ours),
        "second_subjects_n": len(theirs),
        "left_out": ", ".join(left_out) or None,
    }
    if not len(ours) or not len(theirs):
        return row
    effect = paired_effect(ours, theirs, seed) if is_paired else unpaired_effect(ours, theirs, seed)
    return row | _described("first", ours) | _described("second", theirs) | _told(effect)


def _not_detected(
    rows: list[dict[str, Any]], comparison: Comparison, first: Values, second: Values, *, is_paired: bool
) -> dict[str, Any]:
    """Return how many of the compared subjects have a muscle whose zero is no certain one."""
    both = first.keys() & second.keys()
    told = {}
    for end, level, values in zip(("first", "second"), _ends(comparison), (first, second), strict=True):
        compared = both if is_paired else values.keys()
        doubtful = {
            row["subject"] for row in rows if _level(row, comparison) == level and row["not_detected_n"]
        }
        told[f"{end}_not_detected_n"] = len(doubtful & compared)
    return told


def _described(end: str, values: np.ndarray[Any, Any]) -> dict[str, Any]:
    return {
        f"{end}_mean": float(values.mean()),
        f"{end}_sd": float(values.std(ddof=1)) if len(values) > 1 else None,
    }


def _told(effect: Effect) -> dict[str, Any]:
    return {
        "difference": effect.difference,
        "difference_low": effect.low,
        "difference_high": effect.high,
        "p": effect.p,
        "least_p": effect.least_p,
        "p_is_exact": None if effect.p is None else effect.is_exact,
        "bootstrap_low": effect.bootstrap_low,
        "bootstrap_high": effect.bootstrap_high,
    }
