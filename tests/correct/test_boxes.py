"""Boxes that are made when asked for are what a dictionary of them would be, whatever edits do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.correct.boxes import EditedBoxes, StoredBoxes
from myograft.model.geometry import Region

numbers = st.integers(1, 12)
boxes = st.builds(
    lambda y, x, height, width: Region(y, x, y + height, x + width),
    *(st.integers(0, 20) for _ in range(2)),
    *(st.integers(1, 9) for _ in range(2)),
)


@given(
    st.dictionaries(numbers, boxes),
    st.lists(st.dictionaries(numbers, st.none() | boxes), max_size=6),
    st.tuples(st.integers(0, 25), st.integers(0, 25)),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_edited_boxes_are_as_a_dictionary_after_the_same_edits(base, edits, low, size):
    edited, expected = EditedBoxes(StoredBoxes.of(base)), dict(base)
    for edit in edits:
        edited.put(edit)
        expected = {number: box for number, box in (expected | edit).items() if box is not None}
    assert dict(edited) == expected
    assert len(edited) == len(expected)
    assert {number for number in range(14) if number in edited} == expected.keys()
    assert edited.keys() & {1, 2, 3} == expected.keys() & {1, 2, 3}
    high = (low[0] + size[0], low[1] + size[1])
    assert edited.reaching(low, high) == {
        number
        for number, box in expected.items()
        if box.y0 <= high[0] and box.y1 >= low[0] and box.x0 <= high[1] and box.x1 >= low[1]
    }


def test_a_box_that_is_gone_is_missed():
    edited = EditedBoxes(StoredBoxes.of({3: Region(0, 0, 1, 1)}))
    edited.put({3: None})
    with pytest.raises(KeyError, match="3"):
        edited[3]
    assert edited.get(3) is None
