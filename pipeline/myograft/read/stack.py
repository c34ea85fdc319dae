"""A file becomes a `Stack`: every question about it is answered once, here, or is an error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from myograft.errors import InputError
from myograft.model.channels import Channel
from myograft.model.geometry import Region
from myograft.model.stack import Photograph, Stack
from myograft.read.calibration import choose_calibration
from myograft.read.facts import FileFacts
from myograft.read.glass import brightest_of, sample_colors
from myograft.read.ome_zarr import is_ome_zarr, zarr_facts
from myograft.read.photograph import computed_channels, doubts_about, is_separated, notes_of, separation_of
from myograft.read.settings import ReadSettings
from myograft.read.tiff import tiff_facts


def file_facts(path: Path, settings: ReadSettings) -> FileFacts:
    """Return what a file or an OME-Zarr folder says of itself.

    Raises
    ------
    InputError
        Where there is no image to read.
    """
    if not path.exists():
        raise InputError("there is no such file", where=str(path), remedy="Check the path for a typing error")
    try:
        if not path.is_dir():
            return tiff_facts(path, settings)
        if is_ome_zarr(path):
            return zarr_facts(path, settings)
    except PermissionError:
        raise InputError(
            "the file may not be read", where=str(path), remedy="Ask for the right to read it"
        ) from None
    raise InputError(
        "this folder is not an OME-Zarr image",
        where=str(path),
        remedy=f"Name the images in it, for example {path}/*.tif",
    )


def open_stack(path: Path, settings: ReadSettings, *, region: Region | None = None) -> Stack:
    """Return the description of an image.

    Parameters
    ----------
    path
        TIFF, OME-TIFF or OME-Zarr.
    settings
        What the user said about files.
    region
        Rectangle of the stored plane to measure, in px; None for all of it.

    Raises
    ------
    InputError
        Where the file is missing, broken, a time series, or smaller than the region.
    CalibrationError
        Where the size of a pixel is not known.
    """
    facts = file_facts(path, settings)
    where = str(path)
    if facts.length("T") > 1:
        raise InputError(
            f"this is a time series of {facts.length('T')} frames",
            where=where,
            remedy="Save the frame to be measured as an image of its own",
        )
    if np.dtype(facts.dtype).kind not in "uif":
        raise InputError(
            f"pixels of type {facts.dtype} cannot be measured",
            where=where,
            remedy="Export the image as 8- or 16-bit integers",
        )
    calibration, notes = choose_calibration(facts, settings, where)
    plane = (facts.length("Y"), facts.length("X"))
    stack = Stack(
        path=path,
        kind=facts.kind,
        axes=facts.axes,
        stored_shape=facts.shape,
        planes_n=facts.length("Z"),
        shape=plane if region is None else _checked(region, plane, where).shape,
        dtype=facts.dtype,
        channels=_channels(facts, settings, where),
        calibration=calibration,
        is_rgb=facts.is_rgb,
        photograph=settings.photograph,
        series=facts.series,
        region=region,
        notes=(*facts.notes, *notes),
    )
    return _separated(stack, settings) if is_separated(settings.photograph) else stack


def _separated(stack: Stack, settings: ReadSettings) -> Stack:
    """Return a photograph with its stains told apart."""
    notes = notes_of(settings.photograph, settings.stains)
    white, colors = settings.glass, sample_colors(stack)
    if white is None:
        white = brightest_of(colors)
        shown = ", ".join(f"{value:.4g}" for value in white)
        notes += (f"bare glass is taken for {shown} (red, green, blue): the brightest of the photograph",)
    separation = separation_of(settings.photograph, settings.stains, white, str(stack.path))
    notes += doubts_about(settings.photograph, settings.stains, colors, white)
    return replace(stack, separation=separation, notes=(*stack.notes, *notes))


def _checked(region: Region, plane: tuple[int, int], where: str) -> Region:
    if region.y1 > plane[0] or region.x1 > plane[1]:
        raise InputError(
            f"the region reaches to ({region.y1}, {region.x1}), the image is {plane[0]} x {plane[1]} px",
            where=where,
            remedy="Give a --region (Y0 X0 HEIGHT WIDTH) inside the image",
        )
    return region


def _channels(facts: FileFacts, settings: ReadSettings, where: str) -> tuple[Channel, ...]:
    if facts.is_rgb:
        return (*facts.channels, *computed_channels(settings.photograph, settings.stains))
    if settings.photograph is not Photograph.COLORS:
        raise InputError(
            f"the settings say that this is a photograph of {settings.photograph} stain, but it is no color image",
            where=where,
            remedy="Give the color image, or leave read.photograph out",
        )
    if facts.length("C") > 1 and facts.length("S") > 1:
        raise InputError(
            f"the image has both channels and colors (axes {facts.axes})",
            where=where,
            remedy="Export it with one of the two",
        )
    count = max(facts.length("C"), facts.length("S"))
    if len(facts.channels) == count:
        return facts.channels
    return tuple(Channel(index) for index in range(count))
