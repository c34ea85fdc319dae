"""OME-Zarr 0.4 and 0.5: what a multiscale image says of itself, and its finest level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.errors import BaseZarrError

from myograft.errors import InputError
from myograft.model.channels import Channel
from myograft.read.facts import FileFacts, SizeClaim, name_axes
from myograft.read.settings import ReadSettings
from myograft.read.units import micrometers

_BROKEN = (BaseZarrError, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError)

#: Files that make a folder a Zarr group.
_MARKS = ("zarr.json", ".zgroup", ".zattrs")


def is_ome_zarr(path: Path) -> bool:
    """Whether a folder holds a Zarr group."""
    return any((path / mark).is_file() for mark in _MARKS)


def zarr_facts(path: Path, settings: ReadSettings) -> FileFacts:
    """Return what an OME-Zarr image says of itself.

    Raises
    ------
    InputError
        Where it is no valid multiscale image.
    """
    try:
        series, attributes = _group(path, settings.series)
        multiscale = _multiscale(attributes)
        names = [_axis(axis) for axis in multiscale["axes"]]
        array = _finest(path, series, multiscale)
        if len(names) != array.ndim:
            raise ValueError(f"the metadata name {len(names)} axes, the array has {array.ndim}")  # told below
        axes, notes = name_axes("".join(names), array.shape, settings.axes, str(path))
        return FileFacts(
            kind="ome-zarr",
            series=series,
            axes=axes,
            shape=tuple(array.shape),
            dtype=str(np.dtype(array.dtype).newbyteorder("=")),
            channels=_channels(attributes, axes, array.shape),
            claims=_claims(multiscale, axes),
            notes=notes,
        )
    except InputError:
        raise
    except _BROKEN as problem:
        detail = (str(problem) or type(problem).__name__).splitlines()[0].rstrip(".")
        raise InputError(
            f"this is not a valid OME-Zarr image ({detail})",
            where=str(path),
            remedy="Give the folder of a multiscale image, or write it anew with a current tool",
        ) from None


def open_finest(path: Path, series: str) -> Any:
    """Return the finest level as a Zarr array."""
    attributes = _attributes(path, series)
    return _finest(path, series, _multiscale(attributes))


def _attributes(path: Path, series: str) -> Mapping[str, Any]:
    group = zarr.open_group(path / series if series else path, mode="r")
    attributes = dict(group.attrs)
    inner = attributes.get("ome")
    return inner if isinstance(inner, Mapping) else attributes


def _group(path: Path, wish: str) -> tuple[str, Mapping[str, Any]]:
    """Return the path of the image's group within the folder, and its metadata."""
    top = _attributes(path, "")
    if "multiscales" in top:
        return "", top
    if "plate" in top or "well" in top:
        raise InputError(
            "this is a plate of many images",
            where=str(path),
            remedy="Give the folder of one field, such as PLATE.zarr/A/1/0",
        )
    if (path / wish).is_dir():
        inner = _attributes(path, wish)
        if "multiscales" in inner:
            return wish, inner
    raise InputError(
        "this Zarr folder holds no multiscale image",
        where=str(path),
        remedy="Give the folder whose metadata hold 'multiscales', or name it with --set read.series=GROUP",
    )


def _multiscale(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    entries = attributes["multiscales"]
    if not isinstance(entries, Sequence) or not entries or not entries[0].get("datasets"):
        raise ValueError("'multiscales' names no dataset")
    if not entries[0].get("axes"):
        raise ValueError("'multiscales' names no axes; version 0.4 or newer is needed")
    first: Mapping[str, Any] = entries[0]
    return first


def _finest(path: Path, series: str, multiscale: Mapping[str, Any]) -> Any:
    return zarr.open_array((path / series if series else path) / multiscale["datasets"][0]["path"], mode="r")


def _axis(axis: Any) -> str:
    name = axis if isinstance(axis, str) else str(axis["name"])
    return name.upper() if len(name) == 1 else "Q"


def _claims(multiscale: Mapping[str, Any], axes: str) -> tuple[SizeClaim, ...]:
    """Return the size of a pixel of the finest level; an axis without a unit claims nothing."""
    scale = np.ones(len(axes))
    for holder in (multiscale, multiscale["datasets"][0]):
        for transform in holder.get("coordinateTransformations", ()):
            if transform.get("type") == "scale":
                scale = scale * np.asarray(transform["scale"], np.float64)
    sizes: dict[str, float] = {}
    for letter, axis, step in zip(axes, multiscale["axes"], scale.tolist(), strict=True):
        unit = axis.get("unit") if isinstance(axis, Mapping) else None
        length = micrometers(step, str(unit)) if unit else None
        if length is not None:
            sizes[letter] = length
    if not {"Y", "X"} <= set(sizes):
        return ()
    return (SizeClaim("OME-Zarr metadata", sizes["Y"], sizes["X"], sizes.get("Z")),)


def _channels(attributes: Mapping[str, Any], axes: str, shape: Sequence[int]) -> tuple[Channel, ...]:
    described = attributes.get("omero", {}).get("channels", ())
    if "C" not in axes or len(described) != shape[axes.index("C")]:
        return ()
    return tuple(
        Channel(index, str(channel["label"]) if channel.get("label") else None)
        for index, channel in enumerate(described)
    )
