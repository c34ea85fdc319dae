"""Directories of objects and canonical numbers, against a plain loop."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from myograft.numerics.labels import canonical_renumber, objects_of

PLANES = hnp.arrays(
    np.uint32,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
    elements=st.sampled_from([0, 0, 1, 2, 7, 70_000]),
)


@given(labels=PLANES, origin=st.tuples(st.integers(0, 50), st.integers(0, 50)))
def test_objects_of_equals_a_plain_loop(labels, origin):
    found = objects_of(labels, origin)
    expected = sorted(set(labels.ravel().tolist()) - {0})
    assert found.label.tolist() == expected
    for row, label in enumerate(expected):
        ys, xs = np.nonzero(labels == label)
        ys, xs = ys + origin[0], xs + origin[1]
        assert found.box[row].tolist() == [ys.min(), xs.min(), ys.max() + 1, xs.max() + 1]
        assert found.anchor[row].tolist() == [ys[0], xs[0]]
        assert found.area_px[row] == len(ys)


@given(labels=PLANES)
def test_canonical_numbers_follow_the_first_pixels(labels):
    renumbered = canonical_renumber(labels)
    seen = list(dict.fromkeys(value for value in renumbered.ravel().tolist() if value))
    assert seen == list(range(1, len(seen) + 1))
    np.testing.assert_array_equal(renumbered == 0, labels == 0)
    pairs = set(zip(labels.ravel().tolist(), renumbered.ravel().tolist(), strict=True))
    assert len(pairs) == len({old for old, _ in pairs}) == len({new for _, new in pairs})
    np.testing.assert_array_equal(canonical_renumber(renumbered), renumbered)
