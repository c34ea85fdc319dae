"""Sheets that say whose muscle each section is of, and what was done to it: CSV, as Excel and others save it."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path

from myograft.errors import InputError
from myograft.model.study import ONE_MUSCLE, DesignRow, Place

_NEEDED = ("slide_id", "subject")
_KNOWN = (*_NEEDED, "section_id", "muscle", "arm", "time_point", "position_um")

_REMEDY = (
    "Give a CSV file with the columns slide_id and subject and, where they apply, section_id, muscle, arm, "
    "time_point and position_um; one line per slide or section"
)


def read_design_sheet(path: Path) -> tuple[DesignRow, ...]:
    """Return the lines of a design.

    Parameters
    ----------
    path
        CSV with commas, semicolons or tabs; UTF-8. Other columns are the user's own; empty lines do not count.

    Raises
    ------
    InputError
        Where it cannot be read, a column or a subject is missing, a line has more cells than columns, a slide or
        section is named twice, or one name is written in two ways.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputError("there is no such design", where=str(path), remedy=_REMEDY) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"the design cannot be read ({problem})", where=str(path), remedy=_REMEDY) from None
    separator = max(",;\t", key=lines[0].count) if lines else ","
    sheet = csv.DictReader(lines, delimiter=separator)
    names = [(name or "").strip().casefold() for name in sheet.fieldnames or ()]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise InputError(
            f"this is no design: it has no column {' and no column '.join(missing)}",
            where=str(path),
            remedy=_REMEDY,
        )
    doubled = sorted({name for name in names if name in _KNOWN and names.count(name) > 1})
    if doubled:
        raise InputError(
            f"the column {doubled[0]} is there twice", where=str(path), remedy="Keep one of them"
        )
    sheet.fieldnames = names
    rows: list[DesignRow] = []
    seen: dict[tuple[str, str | None], int] = {}
    for values in sheet:
        _check_cells(values, f"{path}, line {sheet.line_num}")
        cells = {name: (values.get(name) or "").strip() for name in _KNOWN}
        if not any(cells.values()):
            continue
        row = _row(cells, sheet.line_num, path)
        key = (row.slide_id, row.section_id)
        if key in seen:
            what = f"slide {row.slide_id}" + (f", section {row.section_id}," if row.section_id else "")
            raise InputError(
                f"{what} is named twice, first in line {seen[key]}",
                where=f"{path}, line {row.line}",
                remedy="Keep one line",
            )
        seen[key] = row.line
        rows.append(row)
    if not rows:
        raise InputError("the design names no slide", where=str(path), remedy=_REMEDY)
    _check_spelling(rows, path)
    return tuple(rows)


def _check_cells(values: Mapping[str | None, object], where: str) -> None:
    """Refuse a line with more cells than the header: a separator inside a cell has shifted what follows it."""
    if values.get(None):
        raise InputError(
            "this line has more cells than the header names",
            where=where,
            remedy='Put a cell that holds the separator between quotes, such as "Smith, John"',
        )


def _check_spelling(rows: list[DesignRow], path: Path) -> None:
    """Refuse names that differ in case alone: two spellings of one subject or arm would be two of them."""
    for name in ("subject", "muscle", "arm", "time_point"):
        seen: dict[str, str] = {}
        for row in rows:
            written = getattr(row.place, name)
            if written is None:
                continue
            first = seen.setdefault(" ".join(written.casefold().split()), written)
            if first != written:
                raise InputError(
                    f"the {name} is {written!r} here, and {first!r} in a line above",
                    where=f"{path}, line {row.line}",
                    remedy="Write it alike: they would count as two",
                )


def _row(cells: dict[str, str], line: int, path: Path) -> DesignRow:
    for name in _NEEDED:
        if not cells[name]:
            raise InputError(
                f"the {name} is missing",
                where=f"{path}, line {line}",
                remedy=f"Fill the column {name}: sections of one subject are counted together",
            )
    return DesignRow(
        slide_id=cells["slide_id"],
        section_id=cells["section_id"] or None,
        place=Place(
            cells["subject"], cells["muscle"] or ONE_MUSCLE, cells["arm"] or None, cells["time_point"] or None
        ),
        line=line,
        position_um=_position(cells["position_um"], f"{path}, line {line}"),
    )


def _position(text: str, where: str) -> float | None:
    if not text:
        return None
    try:
        # A comma is the decimal point of many a spreadsheet.
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"{text!r} is no position", where=where, remedy="Give micrometers along the muscle, such as 120"
        )
    return value
