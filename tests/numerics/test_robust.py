"""The bulk is found although a second population lies above it; intervals cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from myograft.numerics.intervals import clopper_pearson
from myograft.numerics.robust import bulk, half_sample_mode


@settings(deadline=None)
@given(st.integers(0, 2**31), st.floats(0.0, 0.35), st.floats(-100, 100), st.floats(0.1, 50))
def test_thirty_percent_donors_do_not_move_the_bulk(seed, donors, location, scale):
    random = np.random.default_rng(seed)
    n = 2000
    values = random.normal(0, 1, n)
    values[: int(donors * n)] += 20
    found, spread = bulk(values * scale + location)
    assert (found - location) / scale == pytest.approx(0.0, abs=0.2)
    assert spread / scale == pytest.approx(1.0, abs=0.2)


def test_mode_of_equal_values():
    assert half_sample_mode(np.full(7, 3.0)) == 3.0
    assert bulk(np.full(7, 3.0)) == (3.0, 0.0)
    with pytest.raises(ValueError, match="nothing"):
        half_sample_mode(np.zeros(0))


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_interval_covers(n, fraction):
    covered = sum(
        binom.pmf(k, n, fraction)
        for k in range(n + 1)
        if clopper_pearson(k, n)[0] <= fraction <= clopper_pearson(k, n)[1]
    )
    assert covered >= 0.95 - 1e-9


def test_zero_of_n_has_the_known_bound():
    assert clopper_pearson(0, 500)[1] == pytest.approx(3.7 / 500, rel=0.01)
    with pytest.raises(ValueError, match="no fraction"):
        clopper_pearson(3, 2)
