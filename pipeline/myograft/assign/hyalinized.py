"""Fibers that hematoxylin and eosin show as hyalinized fibers look: dense with eosin, without texture, round."""

from __future__ import annotations

import numpy as np

from myograft.assign.fiber_marker import fiber_middles
from myograft.assign.fiber_settings import HyalinizedSettings
from myograft.model.arrays import Array, Labels
from myograft.model.geometry import Region
from myograft.numerics.robust import bulk

#: Standard deviation of a normal distribution over the distance of its quartiles.
_SD_OF_QUARTILES = 1.0 / 1.349


def eosin_of_fibers(
    fibers: Labels,
    eosin: Array,
    ids: Array,
    boxes: Array,
    crop: Region,
    pixel_size_um: float,
    settings: HyalinizedSettings,
    *,
    nuclei: Labels | None = None,
) -> dict[str, Array]:
    """Return how dense the eosin in the middle of fibers is, and how much it varies there.

    Parameters
    ----------
    fibers, eosin
        Labels, and optical density of eosin, of a part of the plane, shape of `crop`.
    ids, boxes
        Fibers wanted: numbers, and boxes in px of the plane.
    crop
        The part of the plane.
    pixel_size_um
        Edge of a pixel.
    settings
        Depth of the middle.
    nuclei
        Labels of nuclei, left out where given.

    Returns
    -------
    dict
        ``eosin_density`` (median) and ``eosin_texture`` (spread of the middle half, as a standard deviation, over the
        median), shape (n,); NaN where there is too little of the fiber.
    """
    answers = np.full((2, len(ids)), np.nan)
    middles = fiber_middles(fibers, eosin, ids, boxes, crop, pixel_size_um, settings.core_depth_um, nuclei)
    for row, values in enumerate(middles):
        if values is None:
            continue
        low, middle, high = np.quantile(values.astype(np.float64), (0.25, 0.5, 0.75))
        answers[0, row] = middle
        answers[1, row] = (high - low) * _SD_OF_QUARTILES / middle if middle > 0.0 else np.nan
    return {"eosin_density": answers[0], "eosin_texture": answers[1]}


def hyalinized_candidates(
    density: Array, texture: Array, circularity: Array, settings: HyalinizedSettings, least_n: int
) -> dict[str, Array]:
    """Return which fibers look hyalinized, as columns of the fibers table.

    Parameters
    ----------
    density, texture
        As from `eosin_of_fibers`, of all fibers of a section, shape (n,).
    circularity
        4 pi area over the squared perimeter, shape (n,).
    settings
        Cuts.
    least_n
        Fibers below which the bulk cannot be found; nothing is said then.

    Notes
    -----
    Hyaline, opaque or hypercontracted fibers are rounded, stain deeply and evenly with eosin and have lost their
    striation (Cullen & Fulthorpe 1975, J. Neurol. Sci. 24: 179-200: the first stage of breakdown in Duchenne
    dystrophy). The three signs are asked for together, each against the section's own bulk, for the density of eosin
    differs between slides: density at `least_score` standard deviations above the bulk, texture at most `most_texture`
    times that of the middle fiber, circularity at least `least_circularity`. That is a list for a reader. It was not
    compared with readings of hyalinized fibers, so that no error rate is known, and nothing is estimated from it;
    thick or folded tissue, and contraction where a biopsy was cut, look alike.
    """
    known = np.isfinite(density) & np.isfinite(texture) & np.isfinite(circularity)
    score = np.full(len(density), np.nan)
    is_candidate = np.zeros(len(density), np.bool_)
    if known.sum() >= least_n:
        location, scale = bulk(density[known], start=float(np.median(density[known])))
        if scale > 0.0:
            score[known] = (density[known] - location) / scale
            is_even = texture <= settings.most_texture * np.median(texture[known])
            is_round = circularity >= settings.least_circularity
            is_candidate = known & (score >= settings.least_score) & is_even & is_round
    return {
        "eosin_density": np.ma.masked_invalid(density),
        "eosin_score": np.ma.masked_invalid(score),
        "eosin_texture": np.ma.masked_invalid(texture),
        "is_hyalinized_candidate": np.ma.MaskedArray(is_candidate, mask=~np.isfinite(score)),
    }
