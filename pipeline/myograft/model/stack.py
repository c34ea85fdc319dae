"""A stack of planes as a file holds it: a description that travels to workers, not the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from myograft.model.channels import Channel
from myograft.model.geometry import Calibration, Region


class Projection(StrEnum):
    """How optical planes become the one plane that fibers are outlined in."""

    MAXIMUM = "maximum"
    MEAN = "mean"
    BEST_FOCUS = "best_focus"


class Photograph(StrEnum):
    """What the colors of a brightfield photograph mean."""

    COLORS = "colors"
    HEMATOXYLIN_EOSIN = "he"
    H_DAB = "h_dab"
    XGAL = "xgal"
    XGAL_EOSIN = "xgal_eosin"


#: Channels of a photograph that are its colors; what is computed of them follows.
COLORS_N = 3


@dataclass(frozen=True, slots=True)
class Separation:
    """How stains are told apart by color: each computed channel is a weighted sum of optical densities.

    Parameters
    ----------
    white
        What bare glass shows in red, green and blue.
    rows
        Weights of the densities of red, green and blue, one row per computed channel.
    """

    white: tuple[float, float, float]
    rows: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """Pixels by reference: path, axes, size, calibration and channel names.

    Parameters
    ----------
    path
        File or OME-Zarr folder; workers open it by this path.
    kind
        ``"tiff"`` or ``"ome-zarr"``.
    axes
        Axes as stored, one letter each (for example ``"ZCYX"`` or ``"YXS"``).
    stored_shape
        Length of each stored axis.
    planes_n
        Number of optical planes (1 where there is no z axis).
    shape
        Height and width of the plane in pixels, of the selected region where there is one.
    dtype
        NumPy name of the stored type.
    channels
        Channels in file order; an RGB image has three, and those that are computed of its colors where it shows stains.
    calibration
        Pixel size in um with its source.
    is_rgb
        Whether the channels are the colors of a brightfield photograph.
    photograph
        What the colors mean.
    separation
        How stains are told apart by color; None where the photograph has no such stains, or only hematoxylin of H&E.
    series
        Position of the image in the file: series of a TIFF, path of the multiscale group of an OME-Zarr.
    region
        Rectangle of the stored plane that is the run's plane; None for all of it.
    notes
        Assumptions made on reading, to be told to the user.
    """

    path: Path
    kind: str
    axes: str
    stored_shape: tuple[int, ...]
    planes_n: int
    shape: tuple[int, int]
    dtype: str
    channels: tuple[Channel, ...]
    calibration: Calibration
    is_rgb: bool = False
    photograph: Photograph = Photograph.COLORS
    separation: Separation | None = None
    series: str = "0"
    region: Region | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_stained_photograph(self) -> bool:
        """Whether tissue is dark on bright glass."""
        return self.photograph is not Photograph.COLORS

    def is_darkened(self, channel: int) -> bool:
        """Whether a channel is darker where there is more stain: the colors of a photograph of stained tissue."""
        return self.is_stained_photograph and channel < COLORS_N

    @property
    def measured_dtype(self) -> str:
        """NumPy name of the type that holds every channel: computed densities need 16 bits."""
        return self.dtype if self.separation is None else str(np.result_type(self.dtype, np.uint16))

    @property
    def whole(self) -> Region:
        """The run's plane as a region."""
        return Region(0, 0, *self.shape)
