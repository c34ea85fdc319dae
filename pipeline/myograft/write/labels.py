"""Labels of fibers and nuclei as OME-Zarr pyramids under an image: one plane, or every optical plane."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from myograft.model.arrays import Labels
from myograft.model.geometry import Calibration, Region
from myograft.tiling import CHUNK_PX
from myograft.write.atomic import output_errors
from myograft.write.ngff import NGFF_VERSION, level_shapes, multiscales
from myograft.write.pyramid import LABELS_CODEC, check_whole_chunks, create_pyramid, open_level


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
        zarr.open_group(image_path / "labels", mode="a", zarr_format=3)
        create_pyramid(
            path,
            attributes,
            planes=shape[:-2],
            shapes=shapes,
            dtype=np.dtype(np.uint32),
            axes=axes,
            chunk_px=chunk_px,
            halvings=0,
            codec=LABELS_CODEC,
        )
        _list_labels(image_path)
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


@contextmanager
def copy_labels(image_path: Path, name: str, new_name: str) -> Iterator[Path]:
    """Yield a draft copy of labels to be changed; it appears under its new name when the block ends well.

    Parameters
    ----------
    image_path
        The image group.
    name, new_name
        Labels that are there, and what their copy is to be called.

    Raises
    ------
    OutputError
        When the copy cannot be written.
    """
    folder = image_path / "labels"
    draft, target = folder / f".{new_name}.draft", folder / new_name
    with output_errors(target):
        if draft.exists():  # left by a program that was killed
            shutil.rmtree(draft)
        shutil.copytree(folder / name, draft)
        try:
            yield draft
            draft.rename(target)
        finally:
            if draft.exists():
                shutil.rmtree(draft)
        _list_labels(image_path)


def drop_labels(image_path: Path, name: str) -> None:
    """Delete labels, if they are there.

    Raises
    ------
    OutputError
        When they cannot be deleted.
    """
    target = image_path / "labels" / name
    gone = target.with_name(f".{name}.gone")
    with output_errors(target):
        if gone.exists():  # left by a program that was killed
            shutil.rmtree(gone)
        if not target.exists():
            return
        target.rename(gone)
        shutil.rmtree(gone)
        _list_labels(image_path)


def write_level_block(path: Path, level: int, region: Region, labels: Labels) -> None:
    """Write a block of any level, whose coarser levels the caller writes too.

    Parameters
    ----------
    path
        The label group.
    level
        0 is full resolution.
    region
        In px of the level; covers whole chunks or ends with the plane.
    labels
        Shape (h, w).

    Raises
    ------
    OutputError
        When the block cannot be written.
    """
    array = open_level(path, level, "r+")
    check_whole_chunks(array, region)
    with output_errors(path):
        array[region.slices] = labels


def _list_labels(image_path: Path) -> None:
    """Name the labels that are there in the group that holds them."""
    folder = image_path / "labels"
    group = zarr.open_group(folder, mode="a", zarr_format=3)
    listed = sorted(entry.name for entry in folder.iterdir() if (entry / "zarr.json").is_file())
    names = [name for name in listed if not name.startswith(".")]
    group.attrs["ome"] = {"version": NGFF_VERSION, "labels": names}
