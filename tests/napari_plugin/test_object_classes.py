"""Every object has a class, the same from a table or from rows; a blinded reader sees nobody's calls but his own."""

from __future__ import annotations

import colorsys
from itertools import combinations

import numpy as np
import pytest

from myograft.model.columns import TableName
from myograft.model.correction import Target
from myograft.model.table import from_rows
from napari_myograft.object_classes import (
    COLOR_OF,
    LOOKED_AT,
    NAME_OF,
    Coloring,
    ObjectClass,
    class_codes,
    classes_of,
    codes_by_id,
    colorings,
    columns_of,
)

NUCLEI = [
    {"nucleus_id": 1, "origin": "donor", "is_undecided": False, "location": "in_fiber"},
    {"nucleus_id": 2, "origin": "host", "is_undecided": True, "location": "border"},
    {
        "nucleus_id": 4,
        "origin": "host",
        "is_undecided": False,
        "location": "interstitial",
        "is_reviewed": True,
    },
    {"nucleus_id": 7, "origin": None, "is_undecided": None, "location": None, "is_edited": True},
    {"nucleus_id": 9, "origin": "donor", "is_undecided": False, "location": None, "is_excluded": True},
]
FIBERS = [
    {"fiber_id": 1, "is_excluded": False, "donor_nuclei_n": 0},
    {"fiber_id": 2, "is_excluded": True, "donor_nuclei_n": None, "is_reviewed": True},
    {"fiber_id": 3, "is_excluded": True, "donor_nuclei_n": 2},
]
K = ObjectClass


def codes(target, coloring, rows, *, is_blinded=False):
    name = TableName.FIBERS if target is Target.FIBER else TableName.NUCLEI
    table = from_rows(name, rows)
    found = class_codes(target, coloring, table.columns, is_blinded=is_blinded)
    of_rows = class_codes(target, coloring, columns_of(rows, LOOKED_AT[target]), is_blinded=is_blinded)
    np.testing.assert_array_equal(found, of_rows)
    return [ObjectClass(code) for code in found.tolist()]


@pytest.mark.parametrize(
    ("coloring", "expected"),
    [
        (Coloring.ORIGIN, [K.DONOR, K.UNDECIDED, K.HOST, K.UNKNOWN, K.EXCLUDED]),
        (Coloring.LOCATION, [K.IN_FIBER, K.BORDER, K.INTERSTITIAL, K.UNKNOWN, K.EXCLUDED]),
        (Coloring.REVIEW, [K.UNREAD, K.UNREAD, K.READ, K.EDITED, K.UNREAD]),
    ],
)
def test_nuclei(coloring, expected):
    assert codes(Target.NUCLEUS, coloring, NUCLEI) == expected


@pytest.mark.parametrize(
    ("coloring", "expected"),
    [
        (Coloring.ORIGIN, [K.SIZED, K.EXCLUDED, K.WITH_DONOR]),
        (Coloring.SIZE, [K.SIZED, K.EXCLUDED, K.EXCLUDED]),
        (Coloring.REVIEW, [K.UNREAD, K.READ, K.UNREAD]),
    ],
)
def test_fibers(coloring, expected):
    assert codes(Target.FIBER, coloring, FIBERS) == expected


def test_a_blinded_reader_sees_only_what_was_read():
    assert codes(Target.NUCLEUS, Coloring.ORIGIN, NUCLEI, is_blinded=True) == [
        K.UNREAD,
        K.UNREAD,
        K.HOST,
        K.UNREAD,
        K.UNREAD,
    ]
    assert Coloring.LOCATION not in colorings(Target.NUCLEUS, is_blinded=True)
    assert colorings(Target.FIBER, is_blinded=True) == (Coloring.REVIEW,)


def test_codes_are_looked_up_by_number():
    table = from_rows(TableName.NUCLEI, NUCLEI)
    by_id = codes_by_id(table["nucleus_id"], np.array([5, 6, 7, 8, 9], np.uint8))
    assert by_id.tolist() == [0, 5, 6, 0, 7, 0, 0, 8, 0, 9]


@pytest.mark.parametrize("is_blinded", [False, True])
@pytest.mark.parametrize("target", list(Target))
def test_colors_of_a_legend_are_told_apart(target, is_blinded):
    for coloring in colorings(target, is_blinded=is_blinded):
        kinds = classes_of(target, coloring, is_blinded=is_blinded)
        assert all(NAME_OF[kind] for kind in kinds)
        for one, other in combinations([COLOR_OF[kind] for kind in kinds], 2):
            # Deuteranopes lose the difference of red and green: brightness and blue must differ enough.
            assert max(abs(a - b) for a, b in zip(deuteranope(one), deuteranope(other), strict=True)) > 0.1


def deuteranope(color):
    """Luma and blue-yellow, which a deuteranope sees."""
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    y, _, _ = colorsys.rgb_to_yiq(red, green, blue)
    return y, blue - (red + green) / 2
