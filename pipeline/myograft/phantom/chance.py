"""Chance that depends on a place and a seed alone, so that any part of a phantom can be made by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri

from myograft.model.arrays import Array


def uniform(seed: int, stream: int, *keys: Any) -> Array:
    """Return numbers in (0, 1) that are a hash of the keys.

    Parameters
    ----------
    seed
        The phantom's seed.
    stream
        What the number is for; different streams are independent.
    keys
        Integers or integer arrays that broadcast.

    Notes
    -----
    The finalizer of SplitMix64 (Steele et al. 2014, doi:10.1145/2660193.2660195), once per key.

    Examples
    --------
    >>> bool(uniform(1, 2, 3, 4) == uniform(1, 2, 3, 4)), bool(uniform(1, 2, 3, 4) == uniform(1, 2, 4, 3))
    (True, False)
    """
    with np.errstate(over="ignore"):
        state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(stream)
        for key in keys:
            state = _mixed(
                state + np.asarray(key).astype(np.int64).view(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
            )
        bits = _mixed(state) >> np.uint64(11)
    return np.asarray((bits.astype(np.float64) + 0.5) * 2.0**-53)


def _mixed(state: Any) -> Any:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def normal(seed: int, stream: int, *keys: Any) -> Array:
    """Return standard normal numbers that are a hash of the keys."""
    return np.asarray(ndtri(uniform(seed, stream, *keys)))


def poisson(mean: Array, chance: Array) -> Array:
    """Return Poisson counts for uniform numbers, by walking up the distribution (means of a few at most)."""
    term = np.exp(-np.asarray(mean, np.float64))
    total = term.copy()
    count = np.zeros(np.shape(chance), np.int64)
    for k in range(1, 16):
        count += chance > total
        term = term * mean / k
        total = total + term
    return count


def field(seed: int, stream: int, y_um: Array, x_um: Array, scale_um: float) -> Array:
    """Return smooth noise in [-1, 1] that varies over `scale_um`, at any points of the plane.

    Parameters
    ----------
    seed, stream
        As in `uniform`.
    y_um, x_um
        Coordinates, of one shape.
    scale_um
        Distance of the lattice that is interpolated.
    """
    row, column = np.floor(y_um / scale_um), np.floor(x_um / scale_um)
    fy, fx = y_um / scale_um - row, x_um / scale_um - column
    fy, fx = fy * fy * (3.0 - 2.0 * fy), fx * fx * (3.0 - 2.0 * fx)
    top, left = int(row.min()), int(column.min())
    rows = np.arange(top, int(row.max()) + 2)
    columns = np.arange(left, int(column.max()) + 2)
    lattice = uniform(seed, stream, rows[:, None], columns[None, :]) * 2.0 - 1.0
    i, j = row.astype(np.int64) - top, column.astype(np.int64) - left
    upper = lattice[i, j] * (1.0 - fx) + lattice[i, j + 1] * fx
    lower = lattice[i + 1, j] * (1.0 - fx) + lattice[i + 1, j + 1] * fx
    blended: Array = upper * (1.0 - fy) + lower * fy
    return blended
