"""How much donor marker a nucleus shows over its surroundings."""

from __future__ import annotations

import numpy as np

from myograft.assign.settings import MarkerSettings
from myograft.model.arrays import Array, Labels, Mask
from myograft.model.biology import MarkerPattern
from myograft.model.geometry import Region
from myograft.numerics.distance import distance_to

#: Sectors that a nucleus is cut into.
_SECTORS = 8

#: Pixels of background below which a nucleus' surroundings say nothing.
_LEAST_BACKGROUND_PX = 8


def marker_signal(
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
    """Return the marker of every nucleus over its local background, in counts.

    Parameters
    ----------
    nuclei, marker
        Labels and counts of a part of the plane, shape of `crop`.
    ids, boxes
        Nuclei wanted: numbers, and boxes in px of the plane.
    crop
        The part of the plane; it reaches `settings.reach_px` beyond the nuclei, or to the plane's border.
    pixel_size_um
        Edge of a pixel.
    settings
        Pattern and widths.
    autofluorescence
        Counts of an empty channel; what shows there too does not count.

    Returns
    -------
    Array
        Shape (n,), float64; NaN where a nucleus has no background that could be measured (crowded on all sides).

    Notes
    -----
    The background is the median of an annulus that leaves out all nuclei and the gap around them. A ring marker
    (lamin A/C) is looked at in a band at the nuclear outline, a filled one in the whole nucleus.
    """
    reach = settings.reach_px(pixel_size_um)
    bounds = (crop.y1, crop.x1)
    answers = np.full(len(ids), np.nan)
    for position, (number, edges) in enumerate(zip(ids.tolist(), boxes.tolist(), strict=True)):
        grown = Region(*edges).grow(reach, bounds).intersect(crop)
        window = grown.inside(crop)
        labels = nuclei[window]
        body, background = _where(labels, number, pixel_size_um, settings)
        if background.sum() < _LEAST_BACKGROUND_PX or not body.any():
            continue
        signal = _over(marker[window], body, background)
        if autofluorescence is not None:
            shared = _over(autofluorescence[window], body, background)
            signal -= settings.autofluorescence_share * max(0.0, shared)
        answers[position] = signal
    return answers


def _where(labels: Labels, number: int, pixel_size_um: float, settings: MarkerSettings) -> tuple[Mask, Mask]:
    """Return where marker and background of a nucleus are measured."""
    mine = labels == number
    outside_um = _distance_um(mine, pixel_size_um)
    others = (labels > 0) & ~mine
    if settings.pattern is MarkerPattern.FILLED:
        body = mine
    else:
        inside_um = _distance_um(~mine, pixel_size_um)
        near = np.where(mine, inside_um <= settings.ring_inside_um, outside_um <= settings.ring_outside_um)
        body = near & ~others
    annulus = (outside_um > settings.gap_um) & (outside_um <= settings.gap_um + settings.background_um)
    if others.any():
        annulus &= _distance_um(others, pixel_size_um) > settings.gap_um
    return body, annulus


def _distance_um(mask: Mask, pixel_size_um: float) -> Array:
    """Return the distance of each pixel to the outline of a mask, half a pixel next to it; 0 within."""
    return np.asarray(np.maximum(distance_to(mask) - 0.5, 0.0) * pixel_size_um)


def _over(counts: Array, body: Mask, background: Mask) -> float:
    """Return the marker of a body over its background.

    The body is cut into sectors around its middle, and the median sector counts: a speck of lipofuscin brightens one
    or two of them, a donor's marker most.
    """
    y, x = np.nonzero(body)
    angle = np.arctan2(y - y.mean(), x - x.mean())
    sector = np.minimum(((angle + np.pi) / (2.0 * np.pi) * _SECTORS).astype(np.intp), _SECTORS - 1)
    pixels_n = np.bincount(sector, minlength=_SECTORS)
    total = np.bincount(sector, counts[body].astype(np.float64), minlength=_SECTORS)
    means = total[pixels_n > 0] / pixels_n[pixels_n > 0]
    return float(np.median(means)) - float(np.median(counts[background]))
