"""From counts to 0..1, one scale for the whole plane: a tile without tissue stays dark."""

from __future__ import annotations

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


def find_normalization(
    survey: ChannelSurvey, tissue: Tissue, settings: PrepareSettings, where: str
) -> Normalization:
    """Return the scale by percentiles of the pixels in tissue (of all pixels where there is no tissue).

    Raises
    ------
    InputError
        Where the percentiles coincide: the channel shows nothing.
    """
    rows = np.linspace(0, tissue.mask.shape[0] - 1, survey.sample.shape[0]).round().astype(np.intp)
    columns = np.linspace(0, tissue.mask.shape[1] - 1, survey.sample.shape[1]).round().astype(np.intp)
    inside = tissue.mask[np.ix_(rows, columns)]
    values = survey.sample[inside] if inside.any() else survey.sample.ravel()
    low, high = np.percentile(values, [settings.background_percentile, settings.stain_percentile])
    if high <= low:
        low, high = survey.minimum, survey.maximum
    if high <= low:
        raise InputError(
            "the channel shows nothing", where=where, remedy="Choose another channel, or set the role to none"
        )
    # Stretched to 0..1, noise alone would be full of objects.
    least = settings.least_contrast * survey.noise
    is_faint = bool(high - low < least)
    return Normalization(float(low), float(low + least if is_faint else high), is_faint)
