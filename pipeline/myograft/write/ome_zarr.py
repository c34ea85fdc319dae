"""How pixels lie in an OME-Zarr 0.5 pyramid that many workers fill without meeting in a chunk.

Level 0 is written block by block, each coarser level region by region from the one below (`pyramid`). Blocks
and regions cover whole chunks, so no two tasks write one chunk. A pyramid is created under a draft name and
renamed: one that is there has all its arrays and metadata. Chunks of zeros are not stored.

Without a full copy of the image (``--no-image-copy``) the pyramid begins `OVERVIEW_HALVINGS` coarser: a group
without any array would be no valid OME-Zarr image, viewers need something under the labels, and 1/64 of the
pixels is cheap.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from myograft.errors import OutputError
from myograft.model.arrays import Array
from myograft.model.geometry import Calibration, Region
from myograft.tiling import CHUNK_PX
from myograft.write.atomic import output_errors
from myograft.write.ngff import NGFF_VERSION, level_shapes, multiscales, omero
from myograft.write.pyramid import (
    HALVINGS,
    IMAGE_CODEC,
    check_whole_chunks,
    create_pyramid,
    halve_mean,
    halved,
    open_level,
)

#: How often the image is halved where only an overview is kept: an eighth of the resolution.
OVERVIEW_HALVINGS = 3


def create_image(
    path: Path,
    *,
    shape: tuple[int, ...],
    dtype: str | np.dtype[Any],
    calibration: Calibration,
    channels: Sequence[str],
    colors: Sequence[str] | None = None,
    windows: Sequence[tuple[float, float]] | None = None,
    chunk_px: int = CHUNK_PX,
    is_overview: bool = False,
) -> None:
    """Create an empty image pyramid: groups, metadata and the arrays of all levels.

    Parameters
    ----------
    path
        The new group, ``image.ome.zarr``.
    shape
        (C, H, W), or (C, Z, H, W) for optical planes, at full resolution.
    dtype
        Type of the pixels: integers of at most 32 bits, 32- or 64-bit floats.
    calibration
        Pixel size at full resolution.
    channels
        Channel names, one per channel.
    colors, windows
        Display color (six hexadecimal digits) and range per channel; None takes defaults.
    chunk_px
        Edge of a chunk in px of full resolution.
    is_overview
        Keep only an overview, `OVERVIEW_HALVINGS` coarser; blocks are given at full resolution all the same.

    Raises
    ------
    OutputError
        When the image is there already, cannot be written, or has pixels of a type that cannot be stored.
    ValueError
        When shape and channel names do not fit.
    """
    pixel_type = np.dtype(dtype)
    if len(shape) not in {3, 4} or shape[0] != len(channels):
        raise ValueError(f"an image of shape {shape} with {len(channels)} channel names")
    if not (pixel_type.kind in "iu" and pixel_type.itemsize <= 4) and pixel_type.name not in {
        "float32",
        "float64",
    }:
        raise OutputError(
            f"pixels of type {pixel_type.name} cannot be stored",
            where=str(path),
            remedy="Convert the image to 8- or 16-bit integers or 32-bit floats",
        )
    halvings = OVERVIEW_HALVINGS if is_overview else 0
    # an overview has as many levels as a full image: OME-Zarr wants as many for an image as for its labels
    shapes = level_shapes((shape[-2], shape[-1]))
    for _ in range(halvings):
        shapes = (*shapes[1:], halved(shapes[-1]))
    axes = "cyx" if len(shape) == 3 else "czyx"
    attributes = {
        "version": NGFF_VERSION,
        "multiscales": multiscales(
            path.name.split(".")[0], axes, len(shapes), calibration, first_halving=halvings, is_averaged=True
        ),
        "omero": omero(channels, colors, windows, pixel_type),
    }
    chunk = max(1, chunk_px >> halvings)
    create_pyramid(
        path,
        attributes,
        planes=shape[:-2],
        shapes=shapes,
        dtype=pixel_type,
        axes=axes,
        chunk_px=chunk,
        halvings=halvings,
        codec=IMAGE_CODEC,
    )


def write_image_block(path: Path, block: Array, region: Region, z: int = 0) -> None:
    """Write all channels of one block of one optical plane to the finest level.

    Parameters
    ----------
    path
        The image group.
    block
        Pixels, shape (C, h, w), type of the image.
    region
        Where the block lies, in px of full resolution; covers whole chunks or ends with the plane.
    z
        Optical plane.

    Raises
    ------
    OutputError
        When the block cannot be written.
    ValueError
        When block, region and image do not fit.
    """
    array = open_level(path, 0, "r+")
    halvings = int(str(array.attrs[HALVINGS]))
    if block.shape != (array.shape[0], *region.shape) or block.dtype != array.dtype:
        raise ValueError(
            f"a block of {block.shape}, {block.dtype} for {region} of {array.shape}, {array.dtype}"
        )
    if region.y0 % 2**halvings or region.x0 % 2**halvings:
        raise ValueError(f"{region} does not begin on a pixel of the overview")
    for _ in range(halvings):
        block = halve_mean(block)
        region = Region(region.y0 // 2, region.x0 // 2, *halved((region.y1, region.x1)))
    check_whole_chunks(array, region)
    with output_errors(path):
        if array.ndim == 3:
            array[:, *region.slices] = block
        else:
            array[:, z, *region.slices] = block


def take_image(source: Path, target: Path) -> None:
    """Take an image pyramid over from another result, without its labels.

    Chunks share their place on the disk where it can link (they are replaced, never changed in place); elsewhere they
    are copied.

    Parameters
    ----------
    source, target
        The image group that is there, and the new one; what a killed run left of it is replaced.

    Raises
    ------
    OutputError
        When the image cannot be written.
    """

    def leave_out(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name == "labels" and Path(folder) == source]

    with output_errors(target):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, copy_function=_link_or_copy, ignore=leave_out)


def _link_or_copy(source: str, target: str) -> None:
    if not source.endswith(".json"):
        try:
            os.link(source, target)
        except OSError:  # a disk without links, or one file linked as often as it may be
            pass
        else:
            return
    shutil.copy2(source, target)
