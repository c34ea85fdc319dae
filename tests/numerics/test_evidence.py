"""What speaks for an outline: the same for a part and the whole plane, and less for a wrong one."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.numerics.evidence import EVIDENCE, evidence_of, numbers_at
from myograft.numerics.flows import flows_of_labels
from myograft.phantom import Phantom, PhantomSpec

NONE = np.zeros(0, np.uint32)


@pytest.fixture(scope="module")
def fibers():
    phantom = Phantom(PhantomSpec(260, 260, 1.0, seed=3, panel="dystrophic_mouse"))
    return phantom.region(phantom.whole).fibers


@pytest.fixture(scope="module")
def said(fibers):
    """Logit and flows of a network that is right everywhere."""
    return np.where(fibers > 0, 4.0, -4.0).astype(np.float32), flows_of_labels(fibers)


def column(evidence, name):
    return evidence[:, EVIDENCE.index(name)]


def test_right_outlines_have_no_flow_error(fibers, said):
    numbers = np.unique(fibers)[1:]
    evidence = evidence_of(fibers, *said, NONE)[numbers]
    assert evidence.shape == (len(numbers), len(EVIDENCE))
    assert column(evidence, "flow").max() < 1e-3
    assert np.allclose(column(evidence, "inside"), 4.0)
    assert np.allclose(np.exp(column(evidence, "size")), np.bincount(fibers.ravel())[numbers])
    assert not column(evidence, "cut").any()


def test_a_joined_outline_and_a_half_one_show(fibers, said):
    whole = np.setdiff1d(np.unique(fibers), [0, *numbers_at(fibers)])
    first, second, half = whole[10], whole[11], whole[20]
    wrong = np.where(fibers == second, first, fibers)
    rows = np.nonzero(wrong == half)[0]
    wrong[: int(rows.mean())][wrong[: int(rows.mean())] == half] = 0
    right, evidence = (evidence_of(labels, *said, NONE) for labels in (fibers, wrong))
    assert column(evidence, "flow")[first] > column(right, "flow")[first] + 0.2
    assert column(evidence, "flow")[half] > column(right, "flow")[half] + 0.1


def test_an_object_that_the_edge_cuts_is_marked(fibers, said):
    cut = numbers_at(fibers, (True, False, False, False))
    assert set(cut) == set(np.unique(fibers[0])) - {0}
    evidence = evidence_of(fibers, *said, cut)
    assert np.array_equal(np.flatnonzero(column(evidence, "cut")), cut)
    assert np.array_equal(column(evidence, "cut_flow"), column(evidence, "cut") * column(evidence, "flow"))


def test_a_part_of_the_plane_says_the_same(fibers, said):
    """To the bit: a tile must not decide whether an object is kept."""
    part = np.s_[30:230, 20:240]
    whole_there = np.setdiff1d(np.unique(fibers[part]), [0, *numbers_at(fibers[part])])
    logit, flows = said
    random = np.random.default_rng(0)
    logit = logit + random.normal(size=logit.shape).astype(np.float32)
    flows = flows + 0.2 * random.normal(size=flows.shape).astype(np.float32)
    of_whole = evidence_of(fibers, logit, flows, NONE)[whole_there]
    of_part = evidence_of(fibers[part], logit[part], flows[:, *part], NONE)[whole_there]
    assert np.array_equal(of_whole, of_part)
