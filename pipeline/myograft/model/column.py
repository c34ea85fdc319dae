"""One column of an output table: name, type, unit, meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Type of a column, as written to Parquet."""

    TEXT = "string"
    INTEGER = "int64"
    REAL = "double"
    FLAG = "bool"


@dataclass(frozen=True, slots=True)
class Column:
    """One output column.

    Parameters
    ----------
    name
        Name in every table file.
    kind
        Type; every type may be null.
    unit
        Unit, ``"1"`` for counts and ratios, ``""`` for text and flags.
    meaning
        What the number says, and when it is null.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str


def text(name: str, meaning: str) -> Column:
    """Return a column of text."""
    return Column(name, Kind.TEXT, "", meaning)


def flag(name: str, meaning: str) -> Column:
    """Return a column of yes and no."""
    return Column(name, Kind.FLAG, "", meaning)


def count(name: str, meaning: str) -> Column:
    """Return a column of whole numbers without a unit."""
    return Column(name, Kind.INTEGER, "1", meaning)


def real(name: str, unit: str, meaning: str) -> Column:
    """Return a column of numbers with a unit."""
    return Column(name, Kind.REAL, unit, meaning)
