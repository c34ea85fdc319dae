"""How well two readers agree on single objects: calls of nuclei, which objects there are, how alike outlines are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from myograft.model.agreement import Compared, Sample
from myograft.model.arrays import Array
from myograft.model.correction import Target
from myograft.numerics.agreement import (
    Statistic,
    cohens_kappa,
    gwets_ac1,
    objects_interval,
    observed_agreement,
    overlap_interval,
    sections_interval,
    specific_agreement,
)
from myograft.numerics.group_tests import mean_interval, ratio_interval
from myograft.numerics.intervals import clopper_pearson
from myograft.study.call_tables import CALLS, CallTables, call_tables
from myograft.study.pairing import LEAST_IOU, Pairs
from myograft.study.reading_tables import ReadingTables

#: Rows of the agreement table.
Rows = list[dict[str, Any]]

_ONE_SECTION = "one section: no interval over sections"
_ALIKE_SECTIONS = "sections do not vary, or one of them holds all there is: no interval over sections"


def call_rows(
    readers: str, pairs: Sequence[Pairs], machines: Mapping[str, ReadingTables], variables: Sequence[str]
) -> Rows:
    """Return the agreement of two readers on nuclei: of all that both read, and of the random audit where they read it.

    Parameters
    ----------
    readers
        Their names, for the table.
    pairs
        Nuclei of each slide.
    machines
        The machine's tables by slide.
    variables
        Calls that the slides have.
    """
    rows: Rows = []
    for variable in variables:
        for sample in Sample:
            tables = call_tables(pairs, machines, variable, sample)
            if tables is not None:
                about = {
                    "compared": str(Compared.CALL),
                    "variable": variable,
                    "unit": "1",
                    "readers": readers,
                    "sample": str(sample),
                    "objects_n": tables.read_n,
                    "sections_n": len(tables.sections),
                }
                rows += [{**about, **row} for row in _of_calls(tables, sample)]
    return rows


def _of_calls(tables: CallTables, sample: Sample) -> Iterator[dict[str, Any]]:
    missing = tables.missing or (None if tables.read_n else "no nucleus with a clear call was read by both")
    for (i, one), (j, other) in (
        (first, second) for first in enumerate(tables.categories) for second in enumerate(tables.categories)
    ):
        yield {
            "statistic": "calls_n",
            "category": f"{one}/{other}",
            "value": None if missing else float(tables.whole[i, j]),
            "reason": missing,
        }
    statistics: list[tuple[str, str | None, Statistic, str]] = [
        ("observed_agreement", None, observed_agreement, ""),
        (
            "cohens_kappa",
            None,
            cohens_kappa,
            "both give all nuclei one and the same call: kappa is undefined",
        ),
        ("gwets_ac1", None, gwets_ac1, ""),
    ]
    statistics += [
        ("specific_agreement", name, specific_agreement(number), f"neither called any nucleus {name}")
        for number, name in enumerate(tables.categories)
    ]
    for name, category, statistic, why in statistics:
        row: dict[str, Any] = {"statistic": name, "category": category}
        yield row | (
            {"reason": missing} if missing else _estimated(tables, sample, name, category, statistic, why)
        )


def _estimated(
    tables: CallTables, sample: Sample, name: str, category: str | None, statistic: Statistic, why: str
) -> dict[str, Any]:
    found = statistic(tables.whole)
    if found is None:
        return {"reason": why}
    if sample is Sample.AUDIT:
        alone = objects_interval(tables.strata, tables.weights, statistic)
    elif category is not None:
        at = tables.categories.index(category)
        both_n = int(tables.whole[at, at])
        alone = overlap_interval(both_n, int(tables.whole[at].sum() + tables.whole[:, at].sum()) - 2 * both_n)
    elif name == "observed_agreement":
        alone = clopper_pearson(int(np.trace(tables.whole)), tables.read_n)
    else:
        alone = objects_interval(tables.whole[None], np.ones(1), statistic)
    return _told(found.value, alone, sections_interval(tables.sections, statistic), len(tables.sections))


def _told(
    value: float, alone: tuple[float, float] | None, over: tuple[float, float] | None, sections_n: int
) -> dict[str, Any]:
    reasons = []
    if alone is None:
        why = "readers do not differ" if value == 1.0 else "one reader says the same of all"
        reasons.append(f"{why}: no interval over objects")
    if over is None and sections_n < 2:
        reasons.append(_ONE_SECTION)
    elif over is None:
        reasons.append(
            "readers do not differ: no interval over sections" if value == 1.0 else _ALIKE_SECTIONS
        )
    ends = {
        f"{name}_{end}": interval[at]
        for name, interval in (("objects", alone), ("sections", over))
        if interval is not None
        for at, end in enumerate(("low", "high"))
    }
    return {"value": value, **ends, "reason": "; ".join(reasons) or None}


def outline_rows(readers: str, pairs: Sequence[Pairs], target: Target) -> Rows:
    """Return how well two readers agree on which objects there are, and on their outlines.

    Parameters
    ----------
    readers
        Their names, for the table.
    pairs
        Fibers, or nuclei, of each slide.
    target
        Which.

    Notes
    -----
    An object counts where its reader looked at it. One that only one of them has is a disagreement, as is a pair that
    overlaps by less than half; a pair that one of them did not look at does not count.
    """
    sections = [found for part in pairs for found in _section_outlines(part)]
    tables = np.array([[[hits, alone], [others, 0]] for hits, alone, others, _ in sections], float)
    tables = tables.reshape(-1, 2, 2)
    about = {
        "compared": str(Compared.OUTLINE),
        "variable": f"{target}s" if target is Target.FIBER else "nuclei",
        "unit": "1",
        "readers": readers,
        "sections_n": len(sections),
    }
    whole = tables.sum(axis=0)
    hits_n, all_n = int(whole[0, 0]), int(whole.sum())
    f1 = specific_agreement(0)
    found = f1(whole)
    rows: Rows = [
        {**about, "statistic": "detection_f1", "objects_n": all_n},
        {**about, "statistic": "dice_mean"},
    ]
    if found is None:
        rows[0]["reason"] = "no object was read by both"
    else:
        rows[0] |= _told(
            found.value,
            overlap_interval(hits_n, all_n - hits_n),
            sections_interval(tables, f1),
            len(sections),
        )
    dice = [values for *_, values in sections if len(values)]
    rows[1] |= {"objects_n": hits_n, "sections_n": len(dice)}
    rows[1] |= _mean_dice(dice) if dice else {"reason": "no outline of one matches one of the other"}
    return rows


def _section_outlines(pairs: Pairs) -> Iterator[tuple[int, int, int, Array]]:
    """Yield of each section the objects that match, those of one reader alone, and the Dice of those that match."""
    counts = pairs.both_read
    is_match = counts & (pairs.iou >= LEAST_IOU)
    apart = counts & ~is_match
    ends = (pairs.first, pairs.second)
    alone = [
        rows[objects.is_read[rows]]
        for objects, rows in zip(ends, (pairs.only_first, pairs.only_second), strict=True)
    ]
    of_pair = pairs.first.said("section_id")[pairs.rows[:, 0]]
    of_alone = [objects.said("section_id")[rows] for objects, rows in zip(ends, alone, strict=True)]
    for name in np.unique(np.concatenate([of_pair[counts], *of_alone])):
        apart_n = int((apart & (of_pair == name)).sum())
        hits = is_match & (of_pair == name)
        first_n, second_n = (apart_n + int((sections == name).sum()) for sections in of_alone)
        yield int(hits.sum()), first_n, second_n, pairs.dice[hits]


def _mean_dice(sections: Sequence[Array]) -> dict[str, Any]:
    values = np.concatenate(sections)
    sums, counts = (np.array([of(part) for part in sections], float) for of in (np.sum, len))
    intervals = (mean_interval(values), ratio_interval(sums, counts))
    # A mean of Dice is no more than 1, whatever its t interval says.
    alone, over = (None if ends is None else (max(0.0, ends[0]), min(1.0, ends[1])) for ends in intervals)
    return _told(float(values.mean()), alone, over, len(sections))


def said_calls(readings: Sequence[ReadingTables]) -> tuple[str, ...]:
    """Return the calls that these slides have."""
    nuclei = [reading.nuclei for reading in readings if reading.nuclei is not None]
    return tuple(name for name in CALLS if any(not table[name].mask.all() for table in nuclei))
