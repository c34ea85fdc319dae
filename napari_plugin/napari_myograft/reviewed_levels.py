"""Reviewed labels as the levels of a napari layer: the class of every object, read where one looks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from myograft.model.geometry import Region

Labels: TypeAlias = NDArray[np.uint32]
Codes: TypeAlias = NDArray[np.uint8]

#: Edge of what is read and kept as one piece; the chunks of written labels are as large.
TILE_PX = 512

#: Numbers of objects kept in memory per pyramid: some screens full.
CACHE_MIB = 96

#: No level that fills a visible part of the screen is the last one, which napari reads once and for all.
_COARSEST_PX = 64

#: Width of an outline in px of the level that is shown, seen from near; the screen may show one of two such pixels.
_RIM_PX = 4

#: Levels finer than full resolution: a line through a nucleus seen from near must not hide it.
FINER_LEVELS_N = 3

#: Class of an object that nobody has classified (yet): shown, so that it is not overlooked.
UNKNOWN_CODE = 1


class LabelTiles:
    """Object numbers of all levels, read in tiles that are kept until they are forgotten or too many.

    Parameters
    ----------
    read
        Gives the labels of a region in px of a level, for the levels of `shapes`.
    shapes
        Height and width of the written levels, finest first. Coarser ones are made of the last by leaving out
        pixels, as the written ones are.
    cache_mib
        How much is kept.
    """

    def __init__(
        self,
        read: Callable[[Region, int], Labels],
        shapes: tuple[tuple[int, int], ...],
        cache_mib: float = CACHE_MIB,
    ) -> None:
        self._read = read
        self._written_n = len(shapes)
        self.shapes = _down_to(shapes, _COARSEST_PX)
        self._kept: OrderedDict[tuple[int, int, int], Labels] = OrderedDict()
        self._room_bytes = cache_mib * 2**20
        self._used_bytes = 0

    def read(self, region: Region, level: int) -> Labels:
        """Return the numbers in a region, in px of the level, that lies inside it; shape of the region."""
        out = np.empty(region.shape, dtype=np.uint32)
        if region.is_empty:
            return out
        for row in range(region.y0 // TILE_PX, -(-region.y1 // TILE_PX)):
            for column in range(region.x0 // TILE_PX, -(-region.x1 // TILE_PX)):
                tile = self._tile(level, row, column)
                box = Region(row * TILE_PX, column * TILE_PX, row * TILE_PX, column * TILE_PX)
                box = Region(box.y0, box.x0, box.y0 + tile.shape[0], box.x0 + tile.shape[1])
                shared = box.intersect(region)
                out[shared.inside(region)] = tile[shared.inside(box)]
        return out

    def forget(self, region: Region) -> None:
        """Read again what overlaps a region of full resolution."""
        for key in [key for key in self._kept if _overlaps(key, region)]:
            self._used_bytes -= self._kept.pop(key).nbytes

    def _tile(self, level: int, row: int, column: int) -> Labels:
        key = (level, row, column)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        height, width = self.shapes[level]
        tile = self._fresh(
            Region(
                row * TILE_PX,
                column * TILE_PX,
                min(height, (row + 1) * TILE_PX),
                min(width, (column + 1) * TILE_PX),
            ),
            level,
        )
        self._kept[key] = tile
        self._used_bytes += tile.nbytes
        while self._used_bytes > self._room_bytes and len(self._kept) > 1:
            self._used_bytes -= self._kept.popitem(last=False)[1].nbytes
        return tile

    def _fresh(self, region: Region, level: int) -> Labels:
        if level < self._written_n:
            return np.asarray(self._read(region, level), dtype=np.uint32)
        last = self._written_n - 1
        step = 2 ** (level - last)
        height, width = self.shapes[last]
        finer = Region(
            region.y0 * step,
            region.x0 * step,
            min(height, (region.y1 - 1) * step + 1),
            min(width, (region.x1 - 1) * step + 1),
        )
        return np.ascontiguousarray(self.read(finer, last)[::step, ::step])


def _down_to(shapes: tuple[tuple[int, int], ...], edge_px: int) -> tuple[tuple[int, int], ...]:
    """Return the shapes with ever coarser ones added until the last is at most so large."""
    levels = list(shapes)
    while max(levels[-1]) > edge_px:
        levels.append((-(-levels[-1][0] // 2), -(-levels[-1][1] // 2)))
    return tuple(levels)


def _overlaps(key: tuple[int, int, int], region: Region) -> bool:
    level, row, column = key
    edge = TILE_PX * 2**level
    tile = Region(row * edge, column * edge, (row + 1) * edge, (column + 1) * edge)
    return not tile.intersect(region).is_empty


class ClassCoded:
    """A pyramid of classes: what a layer shows of the labels of one target.

    Parameters
    ----------
    tiles
        The labels.
    codes
        Class by object number, shape (highest number + 1,); 0 is not shown.
    is_outlined
        Whether only the rim of each object is shown.
    """

    def __init__(self, tiles: LabelTiles, codes: Codes, *, is_outlined: bool = True) -> None:
        self._tiles = tiles
        self.is_outlined = is_outlined
        #: Part of the plane, in px of full resolution, where no class is shown.
        self.left_out: Region | None = None
        self._lut = np.empty(0, dtype=np.uint8)
        self.set_codes(codes)

    def set_codes(self, codes: Codes) -> None:
        """Class all objects anew; shape (highest number + 1,)."""
        # Numbers beyond the table end at its last place: made a moment ago and not classified yet.
        self._lut = np.append(codes, np.uint8(UNKNOWN_CODE)).astype(np.uint8)
        self._lut[0] = 0

    def set_code(self, code_of: Mapping[int, int]) -> None:
        """Class some objects anew; the labels are not read again."""
        highest = max(code_of, default=0)
        if highest >= len(self._lut) - 1:
            grown = np.full(highest + highest // 8 + 2, UNKNOWN_CODE, dtype=np.uint8)
            grown[: len(self._lut)] = self._lut
            self._lut = grown
        for object_id, code in code_of.items():
            self._lut[object_id] = code

    def code_of(self, object_id: int) -> int:
        """Return the class of an object."""
        return int(self._lut[min(object_id, len(self._lut) - 1)])

    def forget(self, region: Region) -> None:
        """Read the labels of a region of full resolution again."""
        self._tiles.forget(region)

    @property
    def levels(self) -> list[ClassLevel]:
        """One array-like per level, finest first; the first are finer than full resolution."""
        return [ClassLevel(self, level) for level in range(-FINER_LEVELS_N, len(self._tiles.shapes))]

    def shape_of(self, level: int) -> tuple[int, int]:
        """Return height and width of a level; of level -1 every pixel of full resolution is 2 x 2."""
        height, width = self._tiles.shapes[max(0, level)]
        return height << max(0, -level), width << max(0, -level)

    def read(self, region: Region, level: int) -> Codes:
        """Return the classes in a region given in px of the level; shape of the region."""
        # Seen from far, fibers are so few pixels wide that thick rims would fill them.
        rim_px = max(2, _RIM_PX - max(0, level))
        window = region.grow(rim_px, self.shape_of(level)) if self.is_outlined else region
        labels = self._tiles.read(window, level) if level >= 0 else self._finer(window, 1 << -level)
        codes: Codes = self._lut.take(labels, mode="clip")
        if self.is_outlined:
            codes[~rims(labels, rim_px)] = 0
        codes = codes[region.inside(window)]
        if self.left_out is not None:
            hidden = _at_level(self.left_out, level).intersect(region)
            codes[hidden.inside(region)] = 0
        return codes

    def _finer(self, region: Region, factor: int) -> Labels:
        known = Region(
            region.y0 // factor, region.x0 // factor, -(-region.y1 // factor), -(-region.x1 // factor)
        )
        labels = self._tiles.read(known, 0).repeat(factor, axis=0).repeat(factor, axis=1)
        return labels[region.shift(-known.y0 * factor, -known.x0 * factor).slices]


class ClassLevel:
    """One level of a class-coded pyramid, as much of an array as napari needs.

    Parameters
    ----------
    coded
        The pyramid.
    level
        Which level, 0 is full resolution.
    """

    def __init__(self, coded: ClassCoded, level: int) -> None:
        self._coded = coded
        self._level = level
        self.shape = coded.shape_of(level)
        self.dtype = np.dtype(np.uint8)
        self.ndim = 2
        #: napari reads whole chunks, and reads nothing while the view moves inside what it has.
        self.chunks = (TILE_PX // 2, TILE_PX // 2)

    @property
    def size(self) -> int:
        """Number of pixels."""
        return self.shape[0] * self.shape[1]

    def __getitem__(self, key: Any) -> Codes:
        rows, columns = _two_slices(key)
        y0, y1, y_step = rows.indices(self.shape[0])
        x0, x1, x_step = columns.indices(self.shape[1])
        region = Region(y0, x0, max(y0, y1), max(x0, x1))
        return self._coded.read(region, self._level)[::y_step, ::x_step]

    def __array__(self, dtype: Any = None, *, copy: Any = None) -> NDArray[Any]:
        del copy  # what is read is always new
        return np.asarray(self[:, :], dtype=dtype)


def _at_level(region: Region, level: int) -> Region:
    """Return a region of full resolution in px of a level."""
    corners = (region.y0, region.x0, region.y1, region.x1)
    y0, x0, y1, x1 = (-(-corner // (1 << level)) if level >= 0 else corner << -level for corner in corners)
    return Region(y0, x0, y1, x1)


def _two_slices(key: Any) -> tuple[slice, slice]:
    keys = key if isinstance(key, tuple) else (key,)
    if Ellipsis in keys:
        keys = tuple(part for part in keys if part is not Ellipsis)
    if len(keys) > 2 or any(not isinstance(part, slice) or (part.step or 1) < 1 for part in keys):
        raise IndexError(f"a level is read by two slices that go forward, not by {key!r}")
    rows, columns = (*keys, slice(None), slice(None))[:2]
    return rows, columns


def rims(labels: Labels, width_px: int = 1) -> NDArray[np.bool_]:
    """Return the pixels of objects that have another number near above, below, left or right; the border is no rim.

    Parameters
    ----------
    labels
        Shape (H, W).
    width_px
        How near.

    Returns
    -------
    ndarray of bool
        Shape (H, W).

    Examples
    --------
    >>> rims(np.array([[0, 7, 7, 7, 0]], dtype=np.uint32)).astype(int)
    array([[0, 1, 0, 1, 0]])
    """
    out = np.zeros(labels.shape, dtype=np.bool_)
    for step in range(1, width_px + 1):
        down = labels[step:] != labels[:-step]
        across = labels[:, step:] != labels[:, :-step]
        out[step:] |= down
        out[:-step] |= down
        out[:, step:] |= across
        out[:, :-step] |= across
    out &= labels != 0
    return out
