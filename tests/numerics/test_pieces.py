"""Every object is one piece without holes, and nothing is lost but what falls off."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from myograft.numerics.pieces import largest_pieces, without_holes

small_labels = arrays(
    np.uint32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3)
)


@settings(deadline=None)
@given(small_labels)
def test_every_object_becomes_one_piece_and_keeps_its_largest(labels):
    whole = largest_pieces(labels)
    assert set(np.unique(whole)) - {0} == set(np.unique(labels)) - {0}
    for number in set(np.unique(labels)) - {0}:
        pieces, _ = ndimage.label(labels == number)
        largest = np.bincount(pieces.ravel())[1:].max()
        assert ndimage.label(whole == number)[1] == 1
        assert (whole == number).sum() == largest


@settings(deadline=None)
@given(small_labels)
def test_filled_holes_are_those_that_one_object_encloses(labels):
    filled = without_holes(labels)
    assert np.array_equal(filled[labels > 0], labels[labels > 0])
    rooms, rooms_n = ndimage.label(labels == 0)
    for room in range(1, rooms_n + 1):
        inside = rooms == room
        around = ndimage.binary_dilation(inside) & ~inside
        neighbors = set(np.unique(labels[around]))
        rows, columns = np.nonzero(inside)
        is_at_border = (
            rows.min() == 0
            or columns.min() == 0
            or rows.max() == labels.shape[0] - 1
            or columns.max() == labels.shape[1] - 1
        )
        expected = next(iter(neighbors)) if len(neighbors) == 1 and not is_at_border else 0
        assert set(np.unique(filled[inside])) == {expected}
