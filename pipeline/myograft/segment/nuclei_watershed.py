"""Nuclei by a watershed: bright spots over their surroundings, cut at necks, outlined at half their height."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from skimage.segmentation import watershed

from myograft.model.arrays import Image, Labels, Mask
from myograft.model.settings import Settings, knob
from myograft.numerics.distance import depth_within
from myograft.segment.fields import smooth, tops
from myograft.segment.method import TunedMethod


class NucleusWatershedSettings(Settings):
    """Nuclei by a watershed on the nuclear stain."""

    method: Literal["watershed"] = knob("watershed", "Name of the method.")
    working_um_per_px: float = knob(0.5, "Resolution the method works at.", unit="um/px", gt=0.1, le=2.0)
    halo_um: float = knob(40.0, "Margin a tile reads beyond what it owns.", unit="um", ge=10.0, le=500.0)
    level: float = knob(
        0.15,
        "Stain over the local background, as a part of bright stain, from which a pixel may be nucleus.",
        unit="1",
        gt=0.0,
        le=1.0,
    )
    outline_level: float = knob(
        0.55,
        "Height of the outline between the local background (0) and the nucleus' own brightness (1).",
        unit="1",
        gt=0.0,
        lt=1.0,
    )
    split_prominence: float = knob(
        0.1,
        "Depth of the neck (natural logarithm of a ratio of widths) from which a spot is two nuclei.",
        unit="1",
        gt=0.0,
        le=3.0,
    )
    split_by_brightness: float = knob(
        0.5, "Weight of brightness against width in that depth.", unit="1", ge=0.0, le=5.0
    )
    largest_um: float = knob(
        16.0, "Widest nucleus: what is wider is background.", unit="um", gt=1.0, le=200.0
    )
    min_area_um2: float = knob(8.0, "Smallest nucleus.", unit="um^2", ge=0.5)
    max_area_um2: float = knob(2000.0, "Largest nucleus: what is larger is dirt.", unit="um^2", gt=1.0)


class NucleusWatershed(TunedMethod[NucleusWatershedSettings]):
    """Nuclei by a watershed on the nuclear stain."""

    def segment(self, image: Image, um_per_px: float, tissue: Mask) -> Labels:
        """Return nuclei; see `SegmentationMethod`. Nuclei outside of tissue count too: a mask must not lose them."""
        del tissue
        knobs = self.settings
        stain = smooth(image, _CALM_UM / um_per_px)
        height = stain - _background(stain, knobs.largest_um / um_per_px)
        spots = height > knobs.level
        if not spots.any():
            return np.zeros(image.shape, np.uint32)
        regions = self._split(_filled(spots).astype(np.uint32), height, um_per_px)
        # Cut at half height, necks between touching nuclei show that the low level had bridged.
        regions = self._split(_at_own_height(regions, height, knobs.outline_level), height, um_per_px)
        return _at_own_height(regions, height, knobs.outline_level)

    def _split(self, regions: Labels, height: Image, um_per_px: float) -> Labels:
        """Return regions cut where they are narrow or dark between wide and bright parts."""
        knobs = self.settings
        depth = smooth(depth_within(regions) * np.float32(um_per_px), _CALM_UM / um_per_px)
        hills = np.log(np.maximum(depth, 0.3)) + np.float32(knobs.split_by_brightness) * np.log(
            np.maximum(height, 0.5 * knobs.level)
        )
        hills = np.where(regions > 0, hills, hills.min() - 1.0).astype(np.float32)
        markers = tops(hills, knobs.split_prominence)
        markers[regions == 0] = 0
        return np.asarray(watershed(-hills, markers, mask=regions > 0), np.uint32)


#: Blur against noise, in um: less than half the width of the thinnest nucleus.
_CALM_UM = 0.5


def _background(stain: Image, width_px: float) -> Image:
    """Return the stain without anything narrower than `width_px` (a gray opening, smoothed)."""
    edge = 2 * round(width_px / 2.0) + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (edge, edge))
    opened = cv2.morphologyEx(stain, cv2.MORPH_OPEN, disk, borderType=cv2.BORDER_REFLECT_101)
    return np.minimum(smooth(np.asarray(opened), edge / 4.0), stain)


def _filled(spots: Mask) -> Mask:
    """Return spots without holes of a few pixels (nucleoli, noise)."""
    closed = cv2.morphologyEx(spots.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return np.asarray(closed, bool)


def _at_own_height(regions: Labels, height: Image, level: float) -> Labels:
    """Return every region cut at a part of its own brightness: blur moves an outline at half height least."""
    n = int(regions.max()) + 1
    total = np.bincount(regions.ravel(), height.ravel(), minlength=n)
    square = np.bincount(regions.ravel(), np.square(height).ravel(), minlength=n)
    # Weighted by itself, the mean leans on the bright body and hardly feels the dim outline.
    brightness = square / np.maximum(total, 1e-9)
    # Only within regions: the background's own brightness is nearly nothing.
    kept = _filled((height >= level * brightness[regions]) & (regions > 0))
    return np.where(kept, regions, 0).astype(np.uint32)
