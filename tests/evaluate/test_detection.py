"""Figures of detection on drawn cases, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from myograft.evaluate import evaluate_calls, evaluate_labels
from myograft.numerics.matching import match_labels

PLANES = hnp.arrays(np.uint32, (7, 8), elements=st.integers(0, 5))


def draw(*boxes):
    plane = np.zeros((30, 30), np.uint32)
    for number, (y0, x0, y1, x1) in enumerate(boxes, start=1):
        plane[y0:y1, x0:x1] = number
    return plane


def test_a_drawn_case():
    truth = draw((5, 5, 15, 15), (5, 18, 15, 28), (18, 5, 28, 15))
    predicted = draw((5, 5, 15, 15), (5, 18, 15, 24), (20, 20, 28, 28))
    found = evaluate_labels(predicted, truth)
    assert (found.true_positive_n, found.false_positive_n, found.false_negative_n) == (2, 1, 1)
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(2 / 3)
    assert found.average_precision == pytest.approx(2 / 4)
    assert found.mean_matched_iou == pytest.approx((1 + 0.6) / 2)
    assert found.panoptic_quality == pytest.approx(1.6 / 3)
    assert evaluate_labels(predicted, truth, iou=0.7).true_positive_n == 1


def test_edge_objects_may_be_left_out():
    truth = draw((0, 5, 10, 15), (12, 12, 22, 22))
    predicted = draw((1, 5, 10, 15), (12, 12, 22, 22), (25, 25, 30, 30), (24, 2, 28, 6))
    with_edge = evaluate_labels(predicted, truth)
    assert (with_edge.true_positive_n, with_edge.false_positive_n, with_edge.false_negative_n) == (2, 2, 0)
    without = evaluate_labels(predicted, truth, ignore_edge=True)
    assert (without.true_positive_n, without.false_positive_n, without.false_negative_n) == (1, 1, 0)


def test_nothing_against_nothing_is_undefined():
    empty = np.zeros((4, 4), np.uint32)
    found = evaluate_labels(empty, empty)
    assert found.f1 is None
    assert found.panoptic_quality is None
    assert evaluate_labels(empty, draw()[:4, :4] + 1).recall == 0


@given(plane=PLANES)
def test_a_plane_agrees_with_itself(plane):
    found = evaluate_labels(plane, plane)
    assert found.false_positive_n == found.false_negative_n == 0
    if plane.any():
        assert found.f1 == found.panoptic_quality == found.mean_matched_iou == 1


@given(first=PLANES, second=PLANES, iou=st.sampled_from([0.1, 0.5, 0.9]))
def test_f1_does_not_care_who_is_truth(first, second, iou):
    one, other = evaluate_labels(first, second, iou=iou), evaluate_labels(second, first, iou=iou)
    assert one.f1 == other.f1
    assert one.precision == other.recall


@given(first=PLANES, second=PLANES, order=st.permutations(range(1, 6)))
def test_numbers_of_objects_do_not_matter(first, second, order):
    renumbered = np.array([0, *order], np.uint32)[first]
    assert evaluate_labels(renumbered, second) == evaluate_labels(first, second)


def test_calls_count_what_was_never_outlined():
    truth = draw((2, 2, 8, 8), (2, 12, 8, 18), (12, 2, 18, 8), (12, 12, 18, 18))
    predicted = draw((2, 2, 8, 8), (2, 12, 8, 18), (12, 2, 18, 8), (22, 22, 28, 28))
    matching = match_labels(predicted, truth, 0.5)
    found = evaluate_calls(
        matching,
        {1: "donor", 2: "host", 3: "donor", 4: "donor"},
        {1: "donor", 2: "donor", 3: "host", 4: "donor"},
        positive="donor",
    )
    assert (found.true_positive_n, found.false_positive_n, found.false_negative_n) == (1, 2, 2)
    assert found.f1 == pytest.approx(2 / 6)
    assert (found.compared_n, found.agreeing_n) == (3, 1)
    assert found.accuracy == pytest.approx(1 / 3)


def test_bodies_of_a_stack():
    truth = np.stack([draw((5, 5, 15, 15)), draw((5, 5, 15, 15), (0, 20, 9, 29)), draw((5, 5, 15, 15))])
    found = truth.copy()
    found[2] = 0
    figures = evaluate_labels(found, truth, iou=0.6)
    assert (figures.true_positive_n, figures.f1) == (2, 1.0)
    assert figures.mean_matched_iou == pytest.approx((2 / 3 + 1) / 2)
    # The first and last plane are no border: the one that is left out lies at the upper edge.
    assert evaluate_labels(found, truth, ignore_edge=True).true_positive_n == 1
