"""How the coarser levels of a pyramid come from the finest, region by region, in bounded memory.

Four pixels become one; regions begin at even pixels, so the values do not depend on the cut or on the
order of tasks.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from zarr.codecs import BloscCodec, BloscShuffle

from myograft.errors import OutputError, ResultError
from myograft.model.arrays import Array
from myograft.model.geometry import Region
from myograft.tiling import tile_plane
from myograft.write.atomic import output_errors

#: Where a level says how often the image was halved before it.
HALVINGS = "myograft_halvings"

# zarr runs Blosc on one thread, so the bytes are the same every time. Numbers of objects repeat byte by byte: there
# the quicker code is the smaller one too.
IMAGE_CODEC = BloscCodec(cname="zstd", clevel=3, shuffle=BloscShuffle.bitshuffle)
LABELS_CODEC = BloscCodec(cname="lz4", clevel=5, shuffle=BloscShuffle.shuffle)

#: Chunks along one side of a region that one task builds on a coarser level.
REGION_CHUNKS_N = 4


def halved(shape: tuple[int, int]) -> tuple[int, int]:
    """Return the shape of the next coarser level; odd sides round up."""
    return -(-shape[0] // 2), -(-shape[1] // 2)


def halve_mean(pixels: Array) -> Array:
    """Return the mean of each 2 x 2 pixels; at an odd border of the pixels that are there.

    Parameters
    ----------
    pixels
        Shape (..., H, W); integers of at most 32 bits or floats.

    Returns
    -------
    Array
        Shape (..., ceil(H / 2), ceil(W / 2)), same type; integers are rounded, halves up.

    Examples
    --------
    >>> halve_mean(np.array([[1, 2, 7], [2, 2, 8]], np.uint8))
    array([[2, 8]], dtype=uint8)
    """
    height, width = pixels.shape[-2:]
    before = [(0, 0)] * (pixels.ndim - 2)
    if height % 2 or width % 2:  # doubling the last row gives the mean of the pixels that are there
        pixels = np.pad(pixels, [*before, (0, height % 2), (0, width % 2)], mode="edge")
    top, bottom = pixels[..., 0::2, :], pixels[..., 1::2, :]
    corners = (top[..., 0::2], top[..., 1::2], bottom[..., 0::2], bottom[..., 1::2])
    if pixels.dtype.kind == "f":
        return np.asarray(((corners[0] + corners[1]) + (corners[2] + corners[3])) / 4, dtype=pixels.dtype)
    total = np.full(corners[0].shape, 2, dtype=np.int64 if pixels.dtype.itemsize > 2 else np.int32)
    for corner in corners:
        total += corner
    return (total >> 2).astype(pixels.dtype)


def halve_nearest(labels: Array) -> Array:
    """Return every second pixel of every second row: numbers of objects cannot be averaged.

    Parameters
    ----------
    labels
        Shape (..., H, W).

    Returns
    -------
    Array
        Shape (..., ceil(H / 2), ceil(W / 2)), same type.
    """
    return labels[..., ::2, ::2]


def create_pyramid(
    path: Path,
    attributes: dict[str, Any],
    *,
    planes: tuple[int, ...],
    shapes: Sequence[tuple[int, int]],
    dtype: np.dtype[Any],
    axes: str,
    chunk_px: int,
    halvings: int,
    codec: BloscCodec,
) -> None:
    """Create an empty pyramid; it appears whole or not at all.

    Parameters
    ----------
    path
        Image or label group.
    attributes
        Its OME metadata.
    planes
        Axes before height and width.
    shapes
        Height and width of each level.
    dtype, axes, chunk_px
        Type, letters of all axes, and edge of a chunk.
    halvings
        How often the finest level was halved.
    codec
        How chunks are compressed.

    Raises
    ------
    OutputError
        When it is there already or cannot be written.
    """
    draft = path.with_name(f".{path.name}.draft")
    if path.exists():
        raise OutputError("is there already", where=str(path), remedy="Choose another folder with --out")
    with output_errors(path):
        if draft.exists():  # left by a run that was killed
            shutil.rmtree(draft)
        group = zarr.create_group(draft, zarr_format=3, attributes={"ome": attributes})
        for level, plane in enumerate(shapes):
            group.create_array(
                str(level),
                shape=(*planes, *plane),
                chunks=(*(1 for _ in planes), chunk_px, chunk_px),
                dtype=dtype,
                compressors=codec,
                fill_value=0,
                dimension_names=list(axes),
                attributes={HALVINGS: halvings},
            )
        draft.rename(path)


def packed_fraction(pixels: Array) -> float:
    """Return the part of their bytes that pixels of an image take on the disk.

    Parameters
    ----------
    pixels
        One chunk or more, shape (N, H, W).
    """
    chunks = zarr.create_array(
        {}, shape=pixels.shape, chunks=(1, *pixels.shape[1:]), dtype=pixels.dtype, compressors=IMAGE_CODEC
    )
    chunks[:] = pixels
    return float(chunks.nbytes_stored()) / pixels.nbytes


def levels_n(path: Path) -> int:
    """Return the number of levels of an image or label pyramid.

    Raises
    ------
    ResultError
        When there is no pyramid.
    """
    count = 0
    while (path / str(count) / "zarr.json").is_file():
        count += 1
    if not count:
        raise _missing(path)
    return count


def stored_shape(path: Path) -> tuple[int, int]:
    """Return height and width of an image's or labels' finest level.

    Raises
    ------
    ResultError
        When there is no pyramid.
    """
    height, width = open_level(path, 0, "r").shape[-2:]
    return height, width


def coarser_regions(path: Path, level: int) -> tuple[Region, ...]:
    """Cut a coarser level into the regions that one task each may build.

    Parameters
    ----------
    path
        Image or label group.
    level
        From 1 on.

    Returns
    -------
    tuple of Region
        In px of `level`, raster order; each covers whole chunks, together they cover the plane.
    """
    array = open_level(path, level, "r")
    height, width = array.shape[-2:]
    tiles = tile_plane((height, width), array.chunks[-1] * REGION_CHUNKS_N, 0)
    return tuple(tile.owns for tile in tiles)


def build_coarser_level(path: Path, level: int, region: Region) -> None:
    """Compute one region of a level from the level below, chunk by chunk (memory: four chunks).

    Images are averaged, labels picked. The level below must be complete under the region.

    Parameters
    ----------
    path
        Image or label group.
    level
        From 1 on.
    region
        In px of `level`; covers whole chunks or ends with the plane.

    Raises
    ------
    OutputError
        When a chunk cannot be written.
    """
    below, array = open_level(path, level - 1, "r"), open_level(path, level, "r+")
    check_whole_chunks(array, region)
    # Only images have channels.
    has_channels = "c" in (getattr(array.metadata, "dimension_names", None) or ())
    halve = halve_mean if has_channels else halve_nearest
    fine_shape = below.shape[-2:]
    for tile in tile_plane(region.shape, array.chunks[-1], 0):
        here = tile.owns.shift(region.y0, region.x0)
        fine = Region(
            2 * here.y0, 2 * here.x0, min(2 * here.y1, fine_shape[0]), min(2 * here.x1, fine_shape[1])
        )
        for plane in np.ndindex(array.shape[:-2]):
            pixels = np.asarray(below[*plane, *fine.slices])
            with output_errors(path):
                array[*plane, *here.slices] = halve(pixels)


def open_level(path: Path, level: int, mode: Literal["r", "r+"]) -> zarr.Array[Any]:
    """Return the array of one level; writing leaves chunks of zeros out.

    Raises
    ------
    ResultError
        When there is no such level.
    """
    folder = path / str(level)
    with output_errors(path):
        try:
            description = (folder / "zarr.json").stat()
        except (FileNotFoundError, NotADirectoryError):
            raise _missing(folder) from None
        return _opened(folder, mode, (description.st_ino, description.st_mtime_ns, description.st_size))


@lru_cache(256)
def _opened(folder: Path, mode: Literal["r", "r+"], version: tuple[int, int, int]) -> zarr.Array[Any]:
    """Open an array once for as long as its description stays that version: reading that takes longer than a block."""
    del version
    return zarr.open_array(folder, mode=mode, zarr_format=3, config={"write_empty_chunks": False})


def _missing(path: Path) -> ResultError:
    return ResultError("there is no pyramid level here", where=str(path), remedy="Run the slide again")


def check_whole_chunks(array: zarr.Array[Any], region: Region) -> None:
    """Refuse a region that shares a chunk with its neighbor: two tasks that write one chunk lose pixels.

    Raises
    ------
    ValueError
        When the region neither ends on chunks nor with the plane.
    """
    chunk, (height, width) = array.chunks[-1], array.shape[-2:]
    if region != region.snap(chunk, (height, width)) or region.y1 > height or region.x1 > width:
        raise ValueError(
            f"{region} does not cover whole chunks of {chunk} px of a plane of {height} x {width} px"
        )
