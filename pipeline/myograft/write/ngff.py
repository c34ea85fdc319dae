"""What OME-Zarr 0.5 says about an image or label pyramid: levels, axes, pixel sizes, channel colors.

Specification: https://ngff.openmicroscopy.org/0.5/ (Moore et al. 2021, doi:10.1038/s41592-021-01326-w). Tests
hold the result against the models of `ome_zarr_models` and the reader of `ome_zarr`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from myograft.model.geometry import Calibration
from myograft.write.pyramid import halved

NGFF_VERSION = "0.5"

#: Halving ends when the plane's longer side is at most this: one screen, one chunk.
SMALLEST_PX = 512

#: Colors for channels without one, told apart by color-blind readers too.
_PALETTE = ("FF00FF", "00FF00", "00FFFF", "FFFF00", "FF0000", "8080FF")


def level_shapes(shape: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Return the plane's shape on every level of its pyramid, the finest first; odd sides round up.

    Examples
    --------
    >>> level_shapes((1025, 600))
    ((1025, 600), (513, 300), (257, 150))
    """
    shapes = [shape]
    while max(shapes[-1]) > SMALLEST_PX:
        shapes.append(halved(shapes[-1]))
    return tuple(shapes)


def multiscales(
    name: str,
    axes: str,
    levels_n: int,
    calibration: Calibration,
    *,
    first_halving: int = 0,
    is_averaged: bool,
) -> list[dict[str, Any]]:
    """Return the ``multiscales`` metadata of a pyramid.

    The center of the first pixel of full resolution is the origin. A pixel averaged from 2 x 2 lies at their
    center, so averaged levels carry a translation of half a pixel less half a fine pixel; one that is picked
    from the 2 x 2 stays where it was.

    Parameters
    ----------
    name
        Name of the image or labels.
    axes
        Axes in lower case, such as ``"czyx"``.
    levels_n
        Number of levels.
    calibration
        Pixel size of the run's plane; a z axis of unknown step has scale 1 and no unit.
    first_halving
        How often the stored level 0 is halved already.
    is_averaged
        Whether coarser pixels are means (images) or picked (labels).
    """
    datasets = []
    for level in range(levels_n):
        factor = 2 ** (first_halving + level)
        pixel_um = calibration.pixel_size_um * factor
        step = {"z": calibration.z_step_um or 1.0, "y": pixel_um, "x": pixel_um}
        transforms: list[dict[str, Any]] = [
            {"type": "scale", "scale": [step.get(axis, 1.0) for axis in axes]}
        ]
        if is_averaged and factor > 1:
            offset_um = (factor - 1) / 2 * calibration.pixel_size_um
            translation = [offset_um if axis in "yx" else 0.0 for axis in axes]
            transforms.append({"type": "translation", "translation": translation})
        datasets.append({"path": str(level), "coordinateTransformations": transforms})
    return [
        {
            "name": name,
            "axes": [_axis(axis, calibration) for axis in axes],
            "datasets": datasets,
            "type": "mean of 2 x 2" if is_averaged else "nearest",
        }
    ]


def omero(
    channels: Sequence[str],
    colors: Sequence[str] | None,
    windows: Sequence[tuple[float, float]] | None,
    dtype: np.dtype[Any],
) -> dict[str, Any]:
    """Return the ``omero`` metadata: name, color and display window of each channel.

    Parameters
    ----------
    channels
        Names.
    colors
        Six hexadecimal digits each; None takes a palette (white for a single channel).
    windows
        Darkest and brightest displayed value per channel; None takes the whole range of the type (0 to 1 for
        floats).
    dtype
        Type of the pixels.
    """
    low, high = (np.iinfo(dtype).min, np.iinfo(dtype).max) if dtype.kind in "iu" else (0.0, 1.0)
    palette = _PALETTE if len(channels) > 1 else ("FFFFFF",)
    colors = colors or [palette[index % len(palette)] for index in range(len(channels))]
    windows = windows or [(low, high)] * len(channels)
    return {
        "channels": [
            {
                "label": label,
                "color": color,
                "active": True,
                "window": {"min": float(low), "max": float(high), "start": float(start), "end": float(end)},
            }
            for label, color, (start, end) in zip(channels, colors, windows, strict=True)
        ],
        "rdefs": {"model": "color"},
    }


def _axis(axis: str, calibration: Calibration) -> dict[str, str]:
    if axis == "c":
        return {"name": "c", "type": "channel"}
    if axis == "z" and calibration.z_step_um is None:
        return {"name": "z", "type": "space"}
    return {"name": axis, "type": "space", "unit": "micrometer"}
