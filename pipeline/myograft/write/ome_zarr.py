"""How pixels and labels lie in an OME-Zarr 0.5 pyramid that many workers fill without meeting in a chunk.

Level 0 is written block by block, each coarser level region by region from the one below (`pyramid`). Blocks
and regions cover whole chunks, so no two tasks write one chunk. A pyramid is created under a draft name and
renamed: one that is there has all its arrays and metadata. Chunks of zeros are not stored.

Without a full copy of the image (``--no-image-copy``) the pyramid begins `OVERVIEW_HALVINGS` coarser: a group
without any array would be no valid OME-Zarr image, viewers need something under the labels, and 1/64 of the
pixels is cheap.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec, BloscShuffle

from myograft.errors import OutputError
from myograft.model.arrays import Array, Labels
from myograft.model.geometry import Calibration, Region
from myograft.tiling import CHUNK_PX
from myograft.write.atomic import output_errors
from myograft.write.ngff import NGFF_VERSION, level_shapes, multiscales, omero
from myograft.write.pyramid import (
    build_coarser_level,
    check_whole_chunks,
    coarser_regions,
    halve_mean,
    halved,
    levels_n,
    open_level,
)

__all__ = [
    "OVERVIEW_HALVINGS",
    "build_coarser_level",
    "coarser_regions",
    "create_image",
    "create_labels",
    "levels_n",
    "read_labels_block",
    "write_image_block",
    "write_labels_block",
]

#: How often the image is halved where only an overview is kept: an eighth of the resolution.
OVERVIEW_HALVINGS = 3

_HALVINGS = "myograft_halvings"

# zarr runs Blosc on one thread, so the bytes are the same every time. Numbers of objects repeat byte by byte: there
# the quicker code is the smaller one too.
_IMAGE_CODEC = BloscCodec(cname="zstd", clevel=3, shuffle=BloscShuffle.bitshuffle)
_LABELS_CODEC = BloscCodec(cname="lz4", clevel=5, shuffle=BloscShuffle.shuffle)


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
    _create_pyramid(
        path,
        attributes,
        planes=shape[:-2],
        shapes=shapes,
        dtype=pixel_type,
        axes=axes,
        chunk_px=chunk,
        halvings=halvings,
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
    halvings = int(str(array.attrs[_HALVINGS]))
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


def create_labels(
    image_path: Path, name: str, *, shape: tuple[int, ...], calibration: Calibration, chunk_px: int = CHUNK_PX
) -> Path:
    """Create an empty label pyramid of 32-bit numbers under an image; one process at a time.

    Parameters
    ----------
    image_path
        The image group.
    name
        ``"fibers"`` or ``"nuclei"``.
    shape
        (H, W), or (Z, H, W) for labels of every optical plane, at full resolution.
    calibration
        Pixel size at full resolution.
    chunk_px
        Edge of a chunk in px.

    Returns
    -------
    Path
        The label group, ``labels/<name>``.

    Raises
    ------
    OutputError
        When the labels are there already or cannot be written.
    """
    path = image_path / "labels" / name
    shapes = level_shapes((shape[-2], shape[-1]))
    axes = "yx" if len(shape) == 2 else "zyx"
    attributes = {
        "version": NGFF_VERSION,
        "multiscales": multiscales(name, axes, len(shapes), calibration, is_averaged=False),
        "image-label": {"version": NGFF_VERSION, "source": {"image": "../../"}},
    }
    with output_errors(path):
        group = zarr.open_group(image_path / "labels", mode="a", zarr_format=3)
        _create_pyramid(
            path,
            attributes,
            planes=shape[:-2],
            shapes=shapes,
            dtype=np.dtype(np.uint32),
            axes=axes,
            chunk_px=chunk_px,
            halvings=0,
        )
        listed = sorted(entry.name for entry in path.parent.iterdir() if (entry / "zarr.json").is_file())
        names = [entry for entry in listed if not entry.startswith(".")]
        group.attrs["ome"] = {"version": NGFF_VERSION, "labels": names}
    return path


def write_labels_block(path: Path, region: Region, labels: Labels, z: int | None = None) -> None:
    """Write a block of labels to level 0.

    Parameters
    ----------
    path
        The label group.
    region
        Where the block lies, in px; covers whole chunks or ends with the plane.
    labels
        Shape (h, w), 0 is background.
    z
        Optical plane, of labels that have planes.

    Raises
    ------
    OutputError
        When the block cannot be written.
    ValueError
        When block, region and labels do not fit; 16-bit numbers are not widened silently.
    """
    array = open_level(path, 0, "r+")
    if labels.shape != region.shape or labels.dtype != np.uint32:
        raise ValueError(f"a block of {labels.shape}, {labels.dtype} for {region}; labels are uint32")
    check_whole_chunks(array, region)
    with output_errors(path):
        array[_where(region, z)] = labels


def read_labels_block(path: Path, region: Region, level: int = 0, z: int | None = None) -> Labels:
    """Return a block of labels, shape (h, w), or (Z, h, w) for all planes of labels that have planes.

    Parameters
    ----------
    path
        The label group.
    region
        Any rectangle, in px of `level`.
    level
        0 is full resolution.
    z
        Optical plane; None for all there are.

    Raises
    ------
    ResultError
        When the labels are missing.
    """
    return np.asarray(open_level(path, level, "r")[_where(region, z)], dtype=np.uint32)


def _where(region: Region, z: int | None) -> tuple[Any, ...]:
    return (... if z is None else z, *region.slices)


def _create_pyramid(
    path: Path,
    attributes: dict[str, Any],
    *,
    planes: tuple[int, ...],
    shapes: Sequence[tuple[int, int]],
    dtype: np.dtype[Any],
    axes: str,
    chunk_px: int,
    halvings: int,
) -> None:
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
                compressors=_LABELS_CODEC if not planes else _IMAGE_CODEC,
                fill_value=0,
                dimension_names=list(axes),
                attributes={_HALVINGS: halvings},
            )
        draft.rename(path)
