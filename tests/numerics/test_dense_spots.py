"""Dense spots: random placement is called in 5 % of planes, a crowd is found where it is, wide gaps are no crowd."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.numerics.dense_spots import dense_spots

CELL = 25.0


def spots(points, open_um2, seed=0, draws_n=99):
    return dense_spots(
        np.asarray(points, float), open_um2, CELL, 100.0, least_ratio=2.0, draws_n=draws_n, seed=seed
    )


def placed(random, open_um2, n):
    """Points anywhere in the open area alike."""
    cell = random.choice(open_um2.size, n, p=open_um2.ravel() / open_um2.sum())
    return (np.stack(np.unravel_index(cell, open_um2.shape), axis=1) + random.random((n, 2))) * CELL


def muscle(random):
    """Open area of 1.5 mm of muscle: a tenth between fibers, half in a septum across, and no tissue at the left."""
    open_um2 = 0.1 * CELL**2 * random.uniform(0.5, 1.5, (60, 60))
    open_um2[28:34] *= 5.0
    open_um2[:, :6] = 0.0
    return open_um2


def test_random_placement_is_called_in_few_planes():
    random = np.random.default_rng(1)
    p = []
    for seed in range(100):
        open_um2 = muscle(random)
        p.append(spots(placed(random, open_um2, 900), open_um2, seed, 39).p)
    # 5 of 100 planes are to be expected; more than 10 with a chance of 1 %.
    assert np.mean(np.array(p) <= 0.05) <= 0.1


def test_a_septum_full_of_nuclei_is_no_crowd_where_the_plane_would_say_so():
    random = np.random.default_rng(2)
    open_um2 = muscle(random)
    points = placed(random, open_um2, 1500)
    assert spots(points, open_um2).spots_n == 0
    anywhere = np.where(open_um2 > 0.0, 0.1 * CELL**2, 0.0)
    assert spots(points, anywhere).spots_n > 0


@pytest.mark.parametrize("crowd_n", [60, 200])
def test_a_crowd_is_found_where_it_is(crowd_n):
    random = np.random.default_rng(3)
    open_um2 = muscle(random)
    crowd = random.normal((400.0, 1000.0), 40.0, (crowd_n, 2))
    found = spots(np.concatenate([placed(random, open_um2, 900), crowd]), open_um2)
    assert found.p == 0.01
    assert found.spots_n == 1
    assert found.points_n > 2 * found.expected
    assert np.hypot(found.center_um[0] - 400.0, found.center_um[1] - 1000.0) < 60.0
    assert 0.0 < found.area_um2 < np.pi * 250.0**2


def test_two_crowds_are_two():
    random = np.random.default_rng(4)
    open_um2 = muscle(random)
    crowds = [random.normal(middle, 35.0, (90, 2)) for middle in ((300.0, 500.0), (1200.0, 1100.0))]
    assert spots(np.concatenate([placed(random, open_um2, 900), *crowds]), open_um2).spots_n == 2


def test_nothing_to_go_by_is_nothing_said():
    open_um2 = np.full((20, 20), 60.0)
    assert spots(np.zeros((0, 2)), open_um2) is None
    assert spots([(10.0, 10.0)], np.zeros((20, 20))) is None
    assert spots([(9e9, 10.0), (-5.0, 10.0)], open_um2) is None


def test_the_seed_decides():
    random = np.random.default_rng(5)
    open_um2 = muscle(random)
    points = placed(random, open_um2, 400)
    assert spots(points, open_um2, 1) == spots(points, open_um2, 1)
