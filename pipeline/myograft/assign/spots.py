"""How many spots of a chromosome's probe (Y-FISH) a nucleus shows, and how high each stands out."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from myograft.assign.settings import MarkerSettings
from myograft.model.arrays import Array, Labels
from myograft.model.geometry import Region

#: Spots of one nucleus that are kept, the highest: more than any nucleus has.
MOST_SPOTS = 8

#: Full width at half maximum over the standard deviation of a normal distribution.
_FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))

#: Width of the surroundings over that of a spot.
_SURROUNDINGS = 3.0

#: Standard deviations at which the filters end.
_TRUNCATE = 4.0


def spot_heights(
    nuclei: Labels,
    marker: Array,
    ids: Array,
    boxes: Array,
    crop: Region,
    pixel_size_um: float,
    settings: MarkerSettings,
    *,
    autofluorescence: Array | None = None,
) -> Array:
    """Return the height of the highest spots in every nucleus, in counts.

    Parameters
    ----------
    nuclei, marker, ids, boxes, crop, pixel_size_um
        As for `marker_signal`.
    settings
        Width of a spot.
    autofluorescence
        Counts of an empty channel; grains of lipofuscin are spots too, and show there.

    Returns
    -------
    Array
        Shape (n, 8), float64, falling; 0 where there are fewer.

    Notes
    -----
    Spots are local maxima of the difference of two blurs, one as wide as a spot and one three times as wide (a
    difference of Gaussians, near the Laplacian that is best for spots in white noise: Sage et al. 2005,
    doi:10.1109/TIP.2005.852787). It does not see what is even over a nucleus, such as bleed-through and background.
    Heights are those of a Gaussian spot of the stated width; a maximum is where nothing within that width is higher.
    """
    sigma_px = settings.spot_um / _FWHM / pixel_size_um
    reach = settings.reach_px(pixel_size_um)
    around = max(1, round(settings.spot_um / pixel_size_um))
    heights = np.zeros((len(ids), MOST_SPOTS))
    for position, (number, edges) in enumerate(zip(ids.tolist(), boxes.tolist(), strict=True)):
        window = Region(*edges).grow(reach, (crop.y1, crop.x1)).intersect(crop).inside(crop)
        counts = marker[window].astype(np.float64)
        if autofluorescence is not None:
            counts -= settings.autofluorescence_share * autofluorescence[window]
        found = _tops(_standing_out(counts, sigma_px), around, nuclei[window] == number)[:MOST_SPOTS]
        heights[position, : len(found)] = found
    return heights


def _standing_out(counts: Array, sigma_px: float) -> Array:
    """Return how far each pixel stands out; at the middle of a Gaussian spot of this width its height."""
    narrow, wide = (
        ndimage.gaussian_filter(counts, factor * sigma_px, mode="nearest", truncate=_TRUNCATE)
        for factor in (1.0, _SURROUNDINGS)
    )
    # Blurring a Gaussian of variance s by one of variance t leaves s / (s + t) of its height.
    left: Array = (narrow - wide) / (1.0 / 2.0 - 1.0 / (1.0 + _SURROUNDINGS**2))
    return left


def _tops(standing_out: Array, around_px: int, inside: Array) -> Array:
    """Return the values of local maxima above 0 inside, the highest first."""
    y, x = np.mgrid[-around_px : around_px + 1, -around_px : around_px + 1]
    disk = y * y + x * x <= around_px * around_px
    is_top = standing_out == ndimage.maximum_filter(standing_out, footprint=disk, mode="nearest")
    values: Array = np.sort(standing_out[is_top & inside & (standing_out > 0.0)])[::-1]
    return values
