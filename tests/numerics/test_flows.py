"""Flows lead home: they agree with Cellpose's, and following them gives the objects back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.evaluate import evaluate_labels
from myograft.numerics.flows import flow_errors, flows_of_labels
from myograft.numerics.sinks import FLOW_UNIT, objects_of_flows
from myograft.phantom import Phantom, PhantomSpec


def stored(flows):
    return np.round(flows * FLOW_UNIT).astype(np.int16)


@pytest.fixture(scope="module")
def fibers():
    phantom = Phantom(PhantomSpec(400, 420, 1.0, seed=3, panel="dystrophic_mouse"))
    labels = phantom.region(phantom.whole).fibers
    # Of what the border cuts, specks may be left that no method would find.
    area = np.bincount(labels.ravel())
    labels[(area < 40)[labels]] = 0
    return labels


@pytest.fixture(scope="module")
def predicted(fibers):
    """Flows as a network would give them: blurred and noisy."""
    random = np.random.default_rng(0)
    flows = flows_of_labels(fibers)
    return (flows + random.normal(0.0, 0.15, flows.shape)).astype(np.float32)


@given(st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_flows_have_length_one_in_objects_and_none_outside(seed):
    random = np.random.default_rng(seed)
    labels = np.kron(random.integers(0, 5, (6, 5)), np.ones((7, 8))).astype(np.uint32)
    length = np.hypot(*flows_of_labels(labels))
    assert (length[labels == 0] == 0).all()
    # At the middle of an object there is no direction.
    assert ((np.abs(length - 1.0) < 1e-5) | (length == 0.0)).all()


def test_flows_are_those_of_cellpose(fibers, cellpose_dynamics):
    theirs, _ = cellpose_dynamics.masks_to_flows_gpu(
        np.unique(fibers, return_inverse=True)[1].reshape(fibers.shape)
    )
    cosine = (flows_of_labels(fibers) * theirs).sum(axis=0)[fibers > 0]
    assert np.percentile(cosine, 1) > 0.99


@pytest.mark.filterwarnings("ignore:Sparse invariant checks")
def test_objects_are_those_of_cellpose(fibers, predicted, cellpose_dynamics):
    """On the phantom, average precision 1.0 at an IoU of 0.9."""
    ours = objects_of_flows(stored(predicted), fibers > 0)
    theirs = cellpose_dynamics.compute_masks(
        5.0 * stored(predicted).astype(np.float32) / FLOW_UNIT,
        np.where(fibers > 0, 5.0, -5.0).astype(np.float32),
        flow_threshold=0.0,
    ).astype(np.uint32)
    result = evaluate_labels(ours, theirs, iou=0.9)
    assert result.average_precision == 1.0, result


def test_following_flows_gives_the_objects_back(fibers):
    found = objects_of_flows(stored(flows_of_labels(fibers)), fibers > 0)
    assert evaluate_labels(found, fibers, iou=0.9).f1 > 0.99


def test_a_part_of_the_plane_gives_the_same_objects(fibers, predicted):
    """What lies whole inside a part is followed along the same paths, to the last pixel."""
    whole = objects_of_flows(stored(predicted), fibers > 0)
    part = np.s_[60:340, 80:360]
    of_part = objects_of_flows(stored(predicted)[:, *part], (fibers > 0)[part])
    core = np.s_[70:210, 70:210]
    first, second = whole[part][core], of_part[core]
    pairs = np.unique(np.stack([first.ravel(), second.ravel()]), axis=1)
    assert len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]


def test_no_flow_and_no_object_are_nothing():
    assert objects_of_flows(np.zeros((2, 9, 9), np.int16), np.ones((9, 9), bool)).max() == 0
    assert objects_of_flows(np.zeros((2, 9, 9), np.int16), np.zeros((9, 9), bool)).max() == 0


def test_flow_errors_tell_a_merged_object_from_a_true_one(fibers):
    flows = flows_of_labels(fibers)
    merged = fibers.copy()
    first, second = np.unique(fibers[150:250, 150:250])[1:3]
    merged[merged == second] = first
    errors = flow_errors(merged, flows)
    assert errors[0] == 0.0
    assert errors[first] > 0.3
    others = np.setdiff1d(np.unique(fibers), [0, first, second])
    assert errors[others].max() < 1e-6
