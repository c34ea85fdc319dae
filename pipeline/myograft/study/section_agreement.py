"""How well readers agree on the values of whole sections, and what each of them found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from myograft.model.agreement import Compared
from myograft.model.arrays import Array
from myograft.model.columns import COLUMNS, TableName
from myograft.model.table import Table, from_rows
from myograft.numerics.group_tests import mean_interval
from myograft.numerics.reader_values import intraclass_correlation, limits_of_agreement
from myograft.study.reading_tables import ReadingTables

#: Values that are compared, columns of the sections table, with their names for people.
SECTION_VALUES: Mapping[str, str] = {
    "donor_nuclei_fraction": "Donor nuclei, part of all called",
    "donor_nuclei_n": "Donor nuclei",
    "in_fiber_donor_nuclei_n": "Donor nuclei in fibers",
    "donor_fibers_n": "Fibers with a donor nucleus",
    "nuclei_n": "Nuclei",
    "in_fiber_nuclei_fraction": "Nuclei in fibers, part of all",
    "fibers_n": "Fibers",
    "csa_mean_um2": "Mean CSA",
    "min_feret_mean_um": "Mean minimal Feret diameter",
    "centrally_nucleated_fibers_fraction": "Centrally nucleated fibers, part of all",
    "nuclei_per_fiber": "Nuclei per fiber",
}

#: Columns of the sections table with the ends of an interval within the section.
_ENDS = {"donor_nuclei_fraction": ("donor_nuclei_fraction_low", "donor_nuclei_fraction_high")}

_UNITS = {column.name: column.unit for column in COLUMNS[TableName.SECTIONS]}


def reader_values_table(readings: Sequence[ReadingTables]) -> Table:
    """Return each section's values as each reader leaves them.

    Parameters
    ----------
    readings
        All readers of all slides, in the order to show.
    """
    return from_rows(TableName.READER_VALUES, [row for reading in readings for row in _values_of(reading)])


def _values_of(reading: ReadingTables) -> Iterator[dict[str, Any]]:
    for section in reading.sections.rows():
        for variable in SECTION_VALUES:
            low, high = _ENDS.get(variable, (None, None))
            if section[variable] is not None:
                yield {
                    "slide_id": section["slide_id"],
                    "section_id": section["section_id"],
                    "reader": reading.reader,
                    "is_blinded": None if reading.is_machine else reading.is_blinded,
                    "reviewed_fraction": None if reading.is_machine else section["reviewed_fraction"],
                    "variable": variable,
                    "unit": _UNITS[variable],
                    "value": float(section[variable]),
                    "low": None if low is None else section[low],
                    "high": None if high is None else section[high],
                }


def value_rows(
    values: Table, readers: Sequence[str], groups: Sequence[tuple[str, ...]]
) -> list[dict[str, Any]]:
    """Return agreement on each section value, and each reader's mean.

    Parameters
    ----------
    values
        As `reader_values_table` gave it.
    readers
        Whose means are told.
    groups
        Readers to compare: the intraclass correlation of each group, limits of agreement where it is a pair.
    """
    rows: list[dict[str, Any]] = []
    measured = values.rows()
    for variable in dict.fromkeys(row["variable"] for row in measured):
        of_variable = [row for row in measured if row["variable"] == variable]
        for group in groups:
            about = _about(Compared.SECTION_VALUE, variable, ", ".join(group))
            table = _by_section(of_variable, group)
            rows += [{**about, "sections_n": len(table), **row} for row in _compared(table)]
        for reader in readers:
            own = _by_section(of_variable, (reader,))[:, 0]
            if len(own):
                about = _about(Compared.READER, variable, reader)
                rows.append({**about, "sections_n": len(own), **_mean(own)})
    return rows


def _about(compared: Compared, variable: str, readers: str) -> dict[str, Any]:
    return {"compared": str(compared), "variable": variable, "unit": _UNITS[variable], "readers": readers}


def _by_section(rows: Sequence[Mapping[str, Any]], readers: Sequence[str]) -> Array:
    """Return the values of sections that all these readers have, shape (n, readers)."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        found.setdefault((row["slide_id"], row["section_id"]), {})[row["reader"]] = row["value"]
    complete = [
        [values[reader] for reader in readers]
        for _, values in sorted(found.items())
        if all(reader in values for reader in readers)
    ]
    return np.array(complete, np.float64).reshape(-1, len(readers))


def _compared(values: Array) -> Iterator[dict[str, Any]]:
    correlation = intraclass_correlation(values) if len(values) else None
    # What an intraclass correlation is of has no unit.
    row: dict[str, Any] = {"statistic": "icc_2_1", "unit": "1"}
    if correlation is None:
        why = "it needs two sections" if len(values) < 2 else "sections do not differ"
        yield row | {"reason": f"undefined: {why}"}
    elif correlation.interval is None:
        yield row | {"value": correlation.value, "reason": "readers do not differ: no interval"}
    else:
        yield row | {"value": correlation.value, **_ends(correlation.interval)}
    if values.shape[1] != 2 or not len(values):
        return
    limits = limits_of_agreement(values[:, 0], values[:, 1])
    none = (
        "one section: no interval, no limits"
        if len(values) < 2
        else "differences do not vary: no interval, no limits"
    )
    yield {
        "statistic": "bias",
        "value": limits.bias,
        **_ends(limits.bias_interval),
        "reason": None if limits.bias_interval else none,
    }
    for name, value, interval in (
        ("limit_low", limits.low, limits.low_interval),
        ("limit_high", limits.high, limits.high_interval),
    ):
        yield {
            "statistic": name,
            "value": value,
            **_ends(interval),
            "reason": None if value is not None else none,
        }


def _mean(values: Array) -> dict[str, Any]:
    interval = mean_interval(values)
    why = "one section: no interval" if len(values) < 2 else "sections do not vary: no interval"
    return {
        "statistic": "mean",
        "value": float(values.mean()),
        **_ends(interval),
        "reason": None if interval else why,
    }


def _ends(interval: tuple[float, float] | None) -> dict[str, float]:
    return {} if interval is None else {"sections_low": interval[0], "sections_high": interval[1]}
