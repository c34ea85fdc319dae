"""Overlaps and one-to-one matches, against plain loops and drawn cases."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from myograft.numerics.matching import match_labels, overlaps

SHAPE = (7, 8)
PLANES = hnp.arrays(np.uint32, SHAPE, elements=st.integers(0, 4))


@given(first=PLANES, second=PLANES)
def test_overlaps_equal_a_plain_loop(first, second):
    found = overlaps(first, second)
    told = dict(
        zip(zip(found.first.tolist(), found.second.tolist(), strict=True), found.iou.tolist(), strict=True)
    )
    for a, b in itertools.product(range(1, 5), range(1, 5)):
        shared = np.sum((first == a) & (second == b))
        if shared:
            assert told.pop((a, b)) == pytest.approx(shared / np.sum((first == a) | (second == b)))
    assert told == {}


def best_by_trying(first, second, iou):
    """Largest number of pairs at that overlap, by trying every assignment."""
    numbers_a = sorted(set(first.ravel().tolist()) - {0})
    numbers_b = sorted(set(second.ravel().tolist()) - {0})
    found = overlaps(first, second)
    good = {
        (a, b): value
        for a, b, value in zip(found.first.tolist(), found.second.tolist(), found.iou.tolist(), strict=True)
        if value >= iou
    }
    short, long = (numbers_a, numbers_b) if len(numbers_a) <= len(numbers_b) else (numbers_b, numbers_a)
    best = (0, 0.0)
    for chosen in itertools.permutations(long, len(short)):
        pairs = [(x, y) if short is numbers_a else (y, x) for x, y in zip(short, chosen, strict=True)]
        values = [good[pair] for pair in pairs if pair in good]
        best = max(best, (len(values), sum(values)))
    return best


@given(first=PLANES, second=PLANES, iou=st.sampled_from([0.05, 0.2, 0.5, 0.7, 1.0]))
def test_the_match_is_the_best_there_is(first, second, iou):
    matching = match_labels(first, second, iou)
    pairs_n, total = best_by_trying(first, second, iou)
    assert len(matching.iou) == pairs_n
    assert matching.iou.sum() == pytest.approx(total)
    assert np.all(matching.iou >= iou)
    assert set(matching.unmatched_predicted.tolist()) | set(matching.predicted.tolist()) == set(
        first.ravel().tolist()
    ) - {0}
    assert set(matching.unmatched_truth.tolist()) | set(matching.truth.tolist()) == set(
        second.ravel().tolist()
    ) - {0}


def test_planes_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        overlaps(np.zeros((2, 3), np.uint32), np.zeros((3, 2), np.uint32))
