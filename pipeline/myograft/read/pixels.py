"""Pixels by region: opened by path in whatever process asks, few files open at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from myograft.errors import InputError
from myograft.model.arrays import Array
from myograft.model.geometry import Region
from myograft.model.stack import COLORS_N, Projection, Stack
from myograft.numerics.stains import hematoxylin_of, stored_density
from myograft.read import ome_zarr, tiff

#: Images kept open per process; a run reads one image and at most two label images.
_OPEN_AT_MOST = 4


@dataclass(frozen=True)
class _Open:
    """An open image: its array, its palette, and what to close."""

    array: Any
    colormap: Any
    file: Any

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


_opened: OrderedDict[tuple[str, str, int], _Open] = OrderedDict()
_lock = threading.RLock()


def close_all() -> None:
    """Close every image this process holds open."""
    with _lock:
        while _opened:
            _opened.popitem()[1].close()


def _open(path: Path, kind: str, series: str) -> _Open:
    """Return the open image, from the few kept open if it has not changed since."""
    stamp = path.stat().st_mtime_ns
    key = (str(path.resolve()), series, stamp)
    with _lock:
        if key in _opened:
            _opened.move_to_end(key)
            return _opened[key]
        if kind == "tiff":
            opened = _Open(*tiff.open_pixels(path, series))
        else:
            opened = _Open(ome_zarr.open_finest(path, series), None, None)
        _opened[key] = opened
        while len(_opened) > _OPEN_AT_MOST:
            _opened.popitem(last=False)[1].close()
        return opened


def read_block(path: Path, kind: str, series: str, axes: str, index: dict[str, int | slice]) -> Array:
    """Return part of a stored array with axes in the order Z, Y, X (those that are not indexed by a number).

    Parameters
    ----------
    path, kind, series
        Where the image is.
    axes
        Its stored axes.
    index
        Number or slice per axis; an axis that is not named is read at 0.

    Raises
    ------
    InputError
        Where the stored pixels cannot be decoded.
    """
    where = tuple(index.get(axis, 0) for axis in axes)
    try:
        block = np.asarray(_open(path, kind, series).array[where])
    except (OSError, ValueError, RuntimeError, KeyError, IndexError) as problem:
        raise InputError(
            f"pixels cannot be read ({(str(problem) or type(problem).__name__).splitlines()[0]})",
            where=str(path),
            remedy="Copy the file again from its source",
        ) from None
    kept = [axis for axis in axes if isinstance(index.get(axis, 0), slice)]
    order = [kept.index(axis) for axis in "ZYX" if axis in kept]
    block = block.transpose(order)
    return np.ascontiguousarray(block, dtype=block.dtype.newbyteorder("="))


def read_plane(stack: Stack, channel: int, region: Region, *, plane: int | Projection) -> Array:
    """Return one channel of one plane or projection.

    Parameters
    ----------
    stack
        The image.
    channel
        Number of the channel.
    region
        Rectangle of the run's plane, in px.
    plane
        Number of the z-plane, or a projection over all of them.

    Returns
    -------
    Array
        Shape (H, W); of the stored type, float32 for the mean projection, uint16 for the density of a stain (see
        `numerics.stains.stored_density`).
    """
    if plane is Projection.BEST_FOCUS:
        raise ValueError("the best-focused plane is chosen for the whole slide, and then read by its number")
    stored = region if stack.region is None else region.shift(stack.region.y0, stack.region.x0)
    index: dict[str, int | slice] = {"Y": stored.slices[0], "X": stored.slices[1]}
    if isinstance(plane, Projection):
        index["Z"] = slice(0, stack.planes_n)
    else:
        index["Z"] = plane
    if stack.is_stained_photograph and channel >= COLORS_N:
        colors = np.stack([read_plane(stack, color, region, plane=plane) for color in range(COLORS_N)])
        if stack.separation is None:
            return hematoxylin_of(colors, _white(stack.dtype))
        return stored_density(colors, stack.separation.white, stack.separation.rows[channel - COLORS_N])
    is_palette = stack.is_rgb and "S" not in stack.axes and "C" not in stack.axes
    if not is_palette:
        index["S" if "S" in stack.axes else "C"] = channel
    block = read_block(stack.path, stack.kind, stack.series, stack.axes, index)
    if is_palette:
        palette = np.asarray(_open(stack.path, stack.kind, stack.series).colormap)
        block = (palette[channel] >> 8).astype(np.uint8)[block]
    if not isinstance(plane, Projection) or block.ndim == 2:
        return block
    projected: Array = block.max(axis=0)
    if plane is Projection.MEAN:
        projected = block.mean(axis=0, dtype=np.float64).astype(np.float32)
    return projected


def _white(dtype: str) -> float:
    """Return the value of unstained glass: the most that the type holds, 1 for fractions."""
    kind = np.dtype(dtype)
    return float(np.iinfo(kind).max) if kind.kind in "ui" else 1.0
