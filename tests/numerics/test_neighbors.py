"""Neighbors against all distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from myograft.numerics.neighbors import neighbors_n

WHERE = st.integers(-300, 300) | st.floats(-300.0, 300.0)
POINTS = st.lists(st.tuples(WHERE, WHERE), max_size=40)
RADII = st.lists(st.integers(1, 250), min_size=1, max_size=5, unique=True).map(sorted)


@given(POINTS, RADII, st.sampled_from([1.0, 1e-3, 1e4]))
def test_every_pair_is_counted_once_from_each_side(points, radii, scale):
    points = np.array(points, float).reshape(-1, 2) * scale
    radii = np.array(radii, float)
    squares = cdist(points, points, "sqeuclidean")
    expected = (squares[:, :, None] <= np.square(radii)).sum(axis=1) - 1  # itself
    assert np.array_equal(neighbors_n(points, radii), expected)


@pytest.mark.parametrize("edge_um", [1.0, 0.25, 20.0])
def test_a_radius_apart_is_a_neighbor_wherever_cells_begin(edge_um):
    # Distances on a lattice are radii, and its lines lie where cells do.
    places = np.meshgrid(np.arange(40.0), np.arange(30.0), indexing="ij")
    lattice = np.stack(places, axis=-1).reshape(-1, 2) * edge_um
    counts = neighbors_n(lattice, np.array([1.0, 2.0]) * edge_um)
    inner = ((lattice >= 1.5 * edge_um) & (lattice <= [37.5 * edge_um, 27.5 * edge_um])).all(axis=1)
    assert {tuple(row) for row in counts[inner].tolist()} == {(4, 12)}


def test_few_points_far_apart_need_no_more_cells_than_many():
    points = np.array([[0.0, 0.0], [1e9, 1e9], [1e9, 1e9 + 3.0]])
    assert neighbors_n(points, np.array([1e-3, 3.0])).tolist() == [[0, 0], [0, 1], [0, 1]]
