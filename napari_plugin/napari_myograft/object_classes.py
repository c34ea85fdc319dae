"""Which class an object is shown as, and in which color: few classes, told apart by color-blind eyes too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from myograft.model.biology import Location, Origin
from myograft.model.correction import Target

Codes: TypeAlias = NDArray[np.uint8]
Column: TypeAlias = "np.ma.MaskedArray[Any, Any]"
Columns: TypeAlias = Mapping[str, Column]


class ObjectClass(IntEnum):
    """What an object is shown as; 0 is background."""

    UNKNOWN = 1
    UNREAD = 2
    READ = 3
    EDITED = 4
    DONOR = 5
    HOST = 6
    UNDECIDED = 7
    IN_FIBER = 8
    BORDER = 9
    INTERSTITIAL = 10
    SIZED = 11
    EXCLUDED = 12
    WITH_DONOR = 13


class Coloring(StrEnum):
    """By what objects are told apart."""

    ORIGIN = "origin"
    LOCATION = "location"
    SIZE = "size"
    REVIEW = "review"


#: Colors after Okabe & Ito (2008), which people with any common color blindness tell apart, and grays.
COLOR_OF: Mapping[ObjectClass, str] = {
    ObjectClass.UNKNOWN: "#ffffff",
    ObjectClass.UNREAD: "#b4b4b4",
    ObjectClass.READ: "#009e73",
    ObjectClass.EDITED: "#f0e442",
    ObjectClass.DONOR: "#d55e00",
    ObjectClass.HOST: "#00c48f",
    ObjectClass.UNDECIDED: "#f0e442",
    ObjectClass.IN_FIBER: "#009e73",
    ObjectClass.BORDER: "#f0e442",
    ObjectClass.INTERSTITIAL: "#d55e00",
    ObjectClass.SIZED: "#56b4e9",
    ObjectClass.EXCLUDED: "#cc79a7",
    ObjectClass.WITH_DONOR: "#d55e00",
}

NAME_OF: Mapping[ObjectClass, str] = {
    ObjectClass.UNKNOWN: "no call",
    ObjectClass.UNREAD: "not read yet",
    ObjectClass.READ: "read",
    ObjectClass.EDITED: "edited",
    ObjectClass.DONOR: "donor",
    ObjectClass.HOST: "host",
    ObjectClass.UNDECIDED: "undecided",
    ObjectClass.IN_FIBER: "in a fiber",
    ObjectClass.BORDER: "at its border",
    ObjectClass.INTERSTITIAL: "between fibers",
    ObjectClass.SIZED: "sized",
    ObjectClass.EXCLUDED: "excluded",
    ObjectClass.WITH_DONOR: "with donor nuclei",
}

_CLASSES_OF: Mapping[tuple[Target, Coloring], tuple[ObjectClass, ...]] = {
    (Target.NUCLEUS, Coloring.ORIGIN): (
        ObjectClass.DONOR,
        ObjectClass.HOST,
        ObjectClass.UNDECIDED,
        ObjectClass.EXCLUDED,
        ObjectClass.UNKNOWN,
    ),
    (Target.NUCLEUS, Coloring.LOCATION): (
        ObjectClass.IN_FIBER,
        ObjectClass.BORDER,
        ObjectClass.INTERSTITIAL,
        ObjectClass.EXCLUDED,
        ObjectClass.UNKNOWN,
    ),
    (Target.FIBER, Coloring.ORIGIN): (ObjectClass.WITH_DONOR, ObjectClass.SIZED, ObjectClass.EXCLUDED),
    (Target.FIBER, Coloring.SIZE): (ObjectClass.SIZED, ObjectClass.EXCLUDED),
}
_REVIEW_CLASSES = (ObjectClass.UNREAD, ObjectClass.READ, ObjectClass.EDITED)
_BLINDED_CLASSES = (ObjectClass.UNREAD, ObjectClass.DONOR, ObjectClass.HOST, ObjectClass.UNKNOWN)


def colorings(target: Target, *, is_blinded: bool) -> tuple[Coloring, ...]:
    """Return by what the objects may be told apart; a blinded reader sees nothing that the machine called."""
    if is_blinded:
        return (Coloring.ORIGIN, Coloring.REVIEW) if target is Target.NUCLEUS else (Coloring.REVIEW,)
    return (*(kind for of, kind in _CLASSES_OF if of is target), Coloring.REVIEW)


def classes_of(target: Target, coloring: Coloring, *, is_blinded: bool) -> tuple[ObjectClass, ...]:
    """Return the classes that a coloring uses, for a legend."""
    if coloring is Coloring.REVIEW:
        return _REVIEW_CLASSES
    return _BLINDED_CLASSES if is_blinded else _CLASSES_OF[target, coloring]


def codes_by_id(ids: Column, codes: Codes) -> Codes:
    """Return the class of every number up to the highest, 0 where there is no such object."""
    known = np.ma.getdata(ids).astype(np.int64)
    table: Codes = np.zeros(int(known.max(initial=0)) + 1, dtype=np.uint8)
    table[known] = codes
    return table


def class_codes(target: Target, coloring: Coloring, columns: Columns, *, is_blinded: bool) -> Codes:
    """Return the class of every row of a reviewed fibers or nuclei table.

    Parameters
    ----------
    target
        What the rows are.
    coloring
        By what they are told apart.
    columns
        Columns of the table, or of some rows of it (:func:`columns_of`).
    is_blinded
        Whether only what a person said counts.
    """
    read, edited = _flag(columns, "is_reviewed"), _flag(columns, "is_edited")
    if coloring is Coloring.REVIEW:
        return _first_true(
            (edited, ObjectClass.EDITED), (read, ObjectClass.READ), otherwise=ObjectClass.UNREAD
        )
    if target is Target.NUCLEUS:
        return _nucleus_codes(coloring, columns, hidden=~read if is_blinded else np.zeros_like(read))
    excluded = (_flag(columns, "is_excluded"), ObjectClass.EXCLUDED)
    if coloring is Coloring.ORIGIN:
        with_donor = np.ma.filled(columns["donor_nuclei_n"], 0) > 0
        return _first_true((with_donor, ObjectClass.WITH_DONOR), excluded, otherwise=ObjectClass.SIZED)
    return _first_true(excluded, otherwise=ObjectClass.SIZED)


def columns_of(rows: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, Column]:
    """Return some columns of rows given as dictionaries, None as null."""
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        mask = [value is None for value in values]
        filled = [
            value if value is not None else next((v for v in values if v is not None), 0) for value in values
        ]
        dtype = object if any(isinstance(value, str) for value in values) else None
        columns[name] = np.ma.MaskedArray(np.array(filled, dtype=dtype), mask=mask)
    return columns


#: Columns that :func:`class_codes` looks at.
LOOKED_AT: Mapping[Target, tuple[str, ...]] = {
    Target.NUCLEUS: ("is_reviewed", "is_edited", "origin", "is_undecided", "location", "is_excluded"),
    Target.FIBER: ("is_reviewed", "is_edited", "is_excluded", "donor_nuclei_n"),
}


def _nucleus_codes(coloring: Coloring, columns: Columns, hidden: NDArray[np.bool_]) -> Codes:
    unread = (hidden, ObjectClass.UNREAD)
    excluded = (_flag(columns, "is_excluded"), ObjectClass.EXCLUDED)
    if coloring is Coloring.LOCATION:
        places = ((Location.IN_FIBER, ObjectClass.IN_FIBER), (Location.BORDER, ObjectClass.BORDER))
        named = [(_equals(columns, "location", place), kind) for place, kind in places]
        between = (_equals(columns, "location", Location.INTERSTITIAL), ObjectClass.INTERSTITIAL)
        return _first_true(unread, excluded, *named, between, otherwise=ObjectClass.UNKNOWN)
    return _first_true(
        unread,
        excluded,
        (_flag(columns, "is_undecided"), ObjectClass.UNDECIDED),
        (_equals(columns, "origin", Origin.DONOR), ObjectClass.DONOR),
        (_equals(columns, "origin", Origin.HOST), ObjectClass.HOST),
        otherwise=ObjectClass.UNKNOWN,
    )


def _first_true(*choices: tuple[NDArray[np.bool_], ObjectClass], otherwise: ObjectClass) -> Codes:
    conditions = [condition for condition, _ in choices]
    kinds = [np.uint8(kind) for _, kind in choices]
    return np.select(conditions, kinds, default=np.uint8(otherwise)).astype(np.uint8)


def _flag(columns: Columns, name: str) -> NDArray[np.bool_]:
    if name not in columns:  # what only a reviewed table has
        return np.zeros(len(next(iter(columns.values()))), dtype=np.bool_)
    return np.asarray(np.ma.filled(columns[name], fill_value=0), dtype=np.bool_)


def _equals(columns: Columns, name: str, value: str) -> NDArray[np.bool_]:
    matches = np.asarray(np.ma.getdata(columns[name]) == str(value), dtype=np.bool_)
    return matches & ~np.ma.getmaskarray(columns[name])
