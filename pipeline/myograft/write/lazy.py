"""How a written pyramid is looked at without loading it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np

from myograft.model.arrays import Array
from myograft.write.pyramid import levels_n, open_level


def lazy_levels(path: Path) -> tuple[da.Array, ...]:
    """Return the levels of an image or label pyramid as lazy arrays, finest first.

    Parameters
    ----------
    path
        Image or label group.

    Returns
    -------
    tuple of dask.array.Array
        Axes as stored: (C, H, W) or (C, Z, H, W) for images, (H, W) or (Z, H, W) for labels.

    Raises
    ------
    ResultError
        When there is no pyramid.
    """
    return tuple(da.from_zarr(open_level(path, level, "r")) for level in range(levels_n(path)))


class StoredChannel:
    """One channel of one level of an image, as much of an array as a viewer needs.

    What is asked for is read at once. As a lazy array of Dask a whole slide has thousands of blocks, and to choose the
    few of a view among them takes longer than to read them.

    Parameters
    ----------
    path
        Image group.
    level
        Which level, 0 is full resolution.
    channel
        Which channel.
    """

    def __init__(self, path: Path, level: int, channel: int) -> None:
        self._array, self._channel = open_level(path, level, "r"), channel
        self.shape: tuple[int, ...] = self._array.shape[1:]
        self.chunks: tuple[int, ...] = self._array.chunks[1:]
        self.dtype, self.ndim = self._array.dtype, len(self.shape)

    @property
    def size(self) -> int:
        """Number of pixels."""
        return math.prod(self.shape)

    def __getitem__(self, key: Any) -> Array:
        keys = key if isinstance(key, tuple) else (key,)
        return np.asarray(self._array[(self._channel, *keys)])

    def __array__(self, dtype: Any = None, *, copy: Any = None) -> Array:
        del copy  # what is read is always new
        return np.asarray(self[...], dtype=dtype)


def stored_channel(path: Path, channel: int) -> tuple[StoredChannel, ...]:
    """Return the levels of a channel of an image, finest first; see `lazy_levels`."""
    return tuple(StoredChannel(path, level, channel) for level in range(levels_n(path)))
