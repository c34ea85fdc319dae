"""Where tissue is on the glass: found on an overview of the whole plane."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from myograft.model.arrays import Image, Mask
from myograft.model.geometry import Region
from myograft.numerics.distance import distance_to
from myograft.prepare.settings import PrepareSettings

#: Blur that takes the noise out of the darkest place, in um.
_CALM_UM = 4.0


#: Distance to tissue from which glass is bare, in um, and area of it that tells its brightness, in um^2.
_BARE_UM, _LEAST_BARE_UM2 = 15.0, 2000.0

#: Edge of the overview that is enough to find bare glass.
_GLANCE_PX = 512

#: Part of the largest hole's size that a dark piece at the border of the image may have.
_AT_BORDER = 0.1


@dataclass(frozen=True)
class Tissue:
    """A mask of the plane at the resolution of the overview.

    Parameters
    ----------
    mask
        Shape (h, w): True is tissue.
    step_px
        Pixels per overview pixel.
    area_um2
        Area of the tissue.
    """

    mask: Mask
    step_px: int
    area_um2: float

    def crop(self, region: Region, factor: int) -> Mask:
        """Return where tissue is in a region, in working pixels of `factor` stored pixels."""
        rows = _centers(region.y0, region.y1, factor) // self.step_px
        columns = _centers(region.x0, region.x1, factor) // self.step_px
        return self.mask[np.ix_(rows, columns)]


def _centers(start: int, stop: int, factor: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the middle of each working pixel, in stored pixels; the last may hang over."""
    centers = np.arange(start, stop, factor, dtype=np.int64) + factor // 2
    return np.minimum(centers, stop - 1)


def find_tissue(
    overview: Image | None,
    plane_shape: tuple[int, int],
    pixel_size_um: float,
    step_px: int,
    settings: PrepareSettings,
) -> Tissue:
    """Return where tissue is.

    Stain is averaged over a few cells; a place is tissue where the average is a given part of what well-stained
    tissue has, and where the dark inside of a fiber is surrounded by such places.

    Parameters
    ----------
    overview
        Mean counts of the sarcolemma channel, or of the nuclei where there is none; None where all outlines are
        given.
    plane_shape
        Height and width of the plane in px.
    pixel_size_um
        Edge of a pixel of the plane.
    step_px
        Pixels per overview pixel.
    settings
        Smoothing and level.

    Notes
    -----
    Without an overview the whole plane is taken for tissue: densities are then per area of the plane.
    """
    shape = (-(-plane_shape[0] // step_px), -(-plane_shape[1] // step_px))
    plane_um2 = plane_shape[0] * plane_shape[1] * pixel_size_um**2
    if overview is None:
        return Tissue(np.ones(shape, np.bool_), step_px, plane_um2)
    overview_um = pixel_size_um * step_px
    # Glass has noise but no structure: the darkest place, not the darkest pixel, is without stain.
    calm = cv2.GaussianBlur(overview, (0, 0), max(_CALM_UM / overview_um, 0.5))
    dark = float(np.percentile(calm, 0.5))
    stain = np.clip(calm - dark, 0.0, np.percentile(calm, 99.5) - dark).astype(np.float32)
    sigma_px = max(settings.tissue_smoothing_um / 2.0 / overview_um, 0.5)
    smooth = cv2.GaussianBlur(stain, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT_101)
    full = float(np.percentile(smooth, 90.0))
    mask = np.asarray(smooth >= settings.tissue_level * full, np.bool_)
    mask = _without_small_holes(mask, settings.tissue_hole_um2 / overview_um**2)
    return Tissue(mask, step_px, plane_um2 * float(mask.mean()))


def find_glass(overview: Image, tissue: Tissue, pixel_size_um: float) -> float | None:
    """Return the counts of bare glass; None where the plane shows too little of it.

    Parameters
    ----------
    overview
        Mean counts of a channel, shape of the mask.
    tissue
        Where tissue is.
    pixel_size_um
        Edge of a pixel of the plane.
    """
    # A few hundred thousand pixels tell as much as all.
    every = max(1, max(overview.shape) // _GLANCE_PX)
    seen_um = pixel_size_um * tissue.step_px * every
    is_bare = distance_to(tissue.mask[::every, ::every]) * seen_um > _BARE_UM
    if is_bare.sum() * seen_um**2 < _LEAST_BARE_UM2:
        return None
    return float(np.median(overview[::every, ::every][is_bare]))


def _without_small_holes(mask: Mask, largest_px: float) -> Mask:
    """Return the mask with background pieces below a size filled: the dark inside of a large fiber is tissue.

    At the border of the image a piece is more likely glass, of which little is seen: there it must be smaller.
    """
    _, pieces, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    limit = np.full(len(stats), largest_px)
    limit[np.unique(np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]]))] *= _AT_BORDER
    is_small = stats[:, cv2.CC_STAT_AREA] <= limit
    is_small[0] = True
    return np.asarray(is_small[pieces], np.bool_)
