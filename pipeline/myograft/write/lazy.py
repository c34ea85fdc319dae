"""How a written pyramid is looked at without loading it."""

from __future__ import annotations

from pathlib import Path

import dask.array as da

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
