"""Regions as a graph: drawn cases."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.segment.regions import contacts, merge_weak, neighbor_area, shapes


def halves():
    labels = np.ones((20, 40), np.uint32)
    labels[:, 20:] = 2
    return labels


def test_contacts_are_counted_by_faces():
    strong = np.zeros((20, 40), bool)
    strong[:5, 20] = True
    found = contacts(halves(), strong)
    assert (found.first.tolist(), found.second.tolist()) == ([1], [2])
    assert (found.length.tolist(), found.strong.tolist()) == ([20], [5])


@pytest.mark.parametrize(("stained", "count"), [(0, 1), (20, 2)])
def test_neighbors_without_stain_between_them_are_one(stained, count):
    strong = np.zeros((20, 40), bool)
    strong[:stained, 19:21] = True
    merged = merge_weak(halves(), strong, weakest=0.3, solidity=0.9, max_area_px=1e6)
    assert len(np.unique(merged)) == count


def test_what_would_not_be_convex_or_is_too_large_stays_two():
    labels = np.zeros((40, 40), np.uint32)
    labels[:10] = 1
    labels[10:, :10] = 2
    nothing = np.zeros(labels.shape, bool)
    assert len(np.unique(merge_weak(labels, nothing, weakest=0.3, solidity=0.9, max_area_px=1e6))) == 3
    assert len(np.unique(merge_weak(halves(), nothing[:20], weakest=0.3, solidity=0.9, max_area_px=700))) == 2


def test_shapes_of_a_rectangle():
    labels = np.zeros((30, 60), np.uint32)
    labels[5:25, 10:50] = 4
    stain = np.ones((30, 60), np.float32)
    stain[8:22, 13:47] = 0.1
    strong = np.zeros((30, 60), bool)
    strong[5:25, 10:30] = True
    found = shapes(labels, stain, strong)
    assert found.solidity.tolist() == [1.0]
    assert found.aspect[0] == pytest.approx(20 / np.hypot(20, 40))
    assert found.rim[0] == pytest.approx(0.5, abs=0.02)
    assert found.interior[0] == pytest.approx(0.1)
    assert found.edge[0] == pytest.approx(1.0)


def test_the_area_of_neighbors_is_weighted_by_contact():
    labels = halves()
    labels[:10, 30:] = 3
    area = np.bincount(labels.ravel())
    assert neighbor_area(labels, area)[1] == area[2]
    assert neighbor_area(labels, area)[2] == pytest.approx((20 * area[1] + 20 * area[3]) / 40)
