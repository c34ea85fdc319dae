"""From counts to 0..1, one scale for the whole plane: a tile without tissue stays dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from myograft.errors import InputError
from myograft.model.arrays import Array, Image
from myograft.prepare.settings import PrepareSettings
from myograft.prepare.survey import ChannelSurvey
from myograft.prepare.tissue import Tissue


@dataclass(frozen=True, slots=True)
class Normalization:
    """A linear scale.

    Parameters
    ----------
    low, high
        Counts that become 0 and 1.
    is_faint
        Whether the channel shows hardly more than noise, so that the scale was widened.
    """

    low: float
    high: float
    is_faint: bool = False

    def apply(self, counts: Array) -> Image:
        """Return normalized values; they are not clipped, so that nothing bright is lost."""
        scaled: Image = (counts.astype(np.float32) - np.float32(self.low)) * np.float32(
            1.0 / (self.high - self.low)
        )
        return scaled


@dataclass(frozen=True, slots=True)
class Absorbance:
    """How the channel of a photograph of stained tissue tells how much light the stain absorbs.

    Parameters
    ----------
    per_decade
        Counts per decade of absorbed light; None where the channel is the light that is left.
    """

    per_decade: float | None


def find_normalization(
    survey: ChannelSurvey,
    tissue: Tissue,
    settings: PrepareSettings,
    where: str,
    absorbance: Absorbance | None = None,
) -> Normalization:
    """Return the scale by percentiles of the pixels in tissue (of all pixels where there is no tissue).

    Parameters
    ----------
    survey
        What is known of the channel.
    tissue
        Where tissue is.
    settings
        Percentiles, and the least contrast.
    where
        Name of the channel, for messages.
    absorbance
        How a photograph tells absorbed light; None for a channel that is none, or whose contrast does not matter.

    Raises
    ------
    InputError
        Where the percentiles coincide: the channel shows nothing.
    """
    low, high = _percentiles(survey, tissue, settings)
    if high <= low:
        low, high = survey.minimum, survey.maximum
    if high <= low:
        raise InputError(
            "the channel shows nothing", where=where, remedy="Choose another channel, or set the role to none"
        )
    return _not_hazy(_scale(low, high, survey.noise, settings), settings, absorbance)


def _not_hazy(
    scale: Normalization, settings: PrepareSettings, absorbance: Absorbance | None
) -> Normalization:
    """Return a scale that spans the least density: haze on bare glass is smooth, and faint beside any stain."""
    if absorbance is None:
        return scale
    if absorbance.per_decade is None:
        # The bright end is glass: there it stays, and what is hardly darker is shown so.
        darkest = scale.high * 10.0**-settings.least_density
        return scale if scale.low <= darkest else Normalization(darkest, scale.high, is_faint=True)
    high = scale.low + settings.least_density * absorbance.per_decade
    return scale if scale.high >= high else Normalization(scale.low, high, is_faint=True)


def common_normalization(
    surveys: Sequence[ChannelSurvey], tissue: Tissue, settings: PrepareSettings, where: str
) -> Normalization:
    """Return one scale for a channel in all planes of a stack: that of the plane which shows most stain.

    A scale for each plane would stretch the noise of those in which nothing is in focus, and one from the pixels of all
    planes would depend on how many of these there are.

    Parameters
    ----------
    surveys
        One per plane.
    tissue, settings, where
        As in `find_normalization`.

    Raises
    ------
    InputError
        Where no plane shows anything.
    """
    ranges = [_percentiles(survey, tissue, settings) for survey in surveys]
    scales = [
        _scale(low, high, survey.noise, settings)
        for survey, (low, high) in zip(surveys, ranges, strict=True)
        if high > low
    ]
    if not scales:
        brightest = max(surveys, key=lambda survey: survey.maximum)
        return find_normalization(brightest, tissue, settings, where)
    return max(scales, key=lambda scale: (not scale.is_faint, scale.high - scale.low))


def _percentiles(survey: ChannelSurvey, tissue: Tissue, settings: PrepareSettings) -> tuple[float, float]:
    """Return what is called dark and bright, in counts."""
    rows = np.linspace(0, tissue.mask.shape[0] - 1, survey.sample.shape[0]).round().astype(np.intp)
    columns = np.linspace(0, tissue.mask.shape[1] - 1, survey.sample.shape[1]).round().astype(np.intp)
    inside = tissue.mask[np.ix_(rows, columns)]
    values = survey.sample[inside] if inside.any() else survey.sample.ravel()
    low, high = np.percentile(values, [settings.background_percentile, settings.stain_percentile])
    return low, high


def _scale(low: float, high: float, noise: float, settings: PrepareSettings) -> Normalization:
    # Stretched to 0..1, noise alone would be full of objects.
    least = settings.least_contrast * noise
    is_faint = bool(high - low < least)
    return Normalization(float(low), float(low + least if is_faint else high), is_faint)
