"""A stack of planes as a file holds it: a description that travels to workers, not the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

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
        Channels in file order; an RGB image has three, and hematoxylin as a fourth where it shows H&E.
    calibration
        Pixel size in um with its source.
    is_rgb
        Whether the channels are the colors of a brightfield photograph.
    photograph
        What the colors mean.
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
    series: str = "0"
    region: Region | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_stained_photograph(self) -> bool:
        """Whether tissue is dark on bright glass."""
        return self.photograph is not Photograph.COLORS

    @property
    def whole(self) -> Region:
        """The run's plane as a region."""
        return Region(0, 0, *self.shape)
