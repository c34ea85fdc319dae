"""Sheets in which a person says of nuclei whether they are donor: CSV, as Excel and others save it."""

from __future__ import annotations

import csv
from pathlib import Path

from myograft.errors import InputError
from myograft.model.audit import Reading

#: Columns of a sheet; others are the reader's own.
NUCLEUS, READING = "nucleus_id", "reading"

_REMEDY = f"Keep the columns {NUCLEUS} and {READING}, one nucleus per row, and save the sheet as CSV"


def read_reading_sheet(path: Path) -> dict[int, Reading | None]:
    """Return what a sheet says, by nucleus, in the order of its rows; None where nothing was entered.

    Parameters
    ----------
    path
        CSV with commas, semicolons or tabs; UTF-8.

    Raises
    ------
    InputError
        Where it cannot be read, a column is missing, a nucleus is named twice or a reading is no word that is known.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputError(
            "there is no such sheet",
            where=str(path),
            remedy="Draw one with 'myograft audit RESULT --out FILE'",
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"the sheet cannot be read ({problem})", where=str(path), remedy=_REMEDY) from None
    separator = max(",;\t", key=lines[0].count) if lines else ","
    rows = csv.DictReader(lines, delimiter=separator)
    if not {NUCLEUS, READING} <= set(rows.fieldnames or ()):
        raise InputError(
            f"this is no sheet of readings: it has no column {NUCLEUS} or no column {READING}",
            where=str(path),
            remedy=_REMEDY,
        )
    found: dict[int, Reading | None] = {}
    for row in rows:
        where = f"{path}, line {rows.line_num}"
        nucleus = _number(row[NUCLEUS], where)
        if nucleus in found:
            raise InputError(
                f"nucleus {nucleus} is named twice", where=where, remedy="Keep one row per nucleus"
            )
        found[nucleus] = _reading(row[READING], where)
    return found


def _number(value: str | None, where: str) -> int:
    try:
        return int(value or "")
    except ValueError:
        raise InputError(f"{value!r} is no number of a nucleus", where=where, remedy=_REMEDY) from None


def _reading(value: str | None, where: str) -> Reading | None:
    word = (value or "").strip().casefold()
    if not word:
        return None
    try:
        return Reading(word)
    except ValueError:
        words = ", ".join(Reading)
        raise InputError(
            f"{value!r} is no reading", where=where, remedy=f"Write one of {words}, or nothing for not read"
        ) from None
