"""How bright is a channel, over the whole plane? Gathered tile by tile, judged once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from myograft.errors import InputError
from myograft.model.arrays import Array, Image
from myograft.numerics.resample import downsample_mean
from myograft.prepare.settings import PrepareSettings

#: Pixels at the highest value that make a plateau, and the value below which a twentieth of it holds too few others.
_PLATEAU_PX, _LEAST_PLATEAU = 20, 200.0

#: Clipped pixels of a marker from which the user is warned: the rim of a nucleus, however rare such nuclei are.
_MARKED_PX = 30

#: Of every square of so many overview pixels, one stored pixel is kept for percentiles.
_SAMPLE_STEP = 4


@dataclass(frozen=True)
class ChannelSurvey:
    """What is known of one channel of a tile or of the plane.

    Parameters
    ----------
    mean
        Overview: means over squares, shape (h, w), in counts.
    sample
        Pixels of a fixed grid over the plane, in counts, shape (h', w').
    grain
        Difference of each of these pixels and its right neighbor, in counts: what the noise is read from.
    saturated_n
        Pixels at the largest value their type can hold (of integers only).
    highest_n, nearly_highest_n
        Pixels at the highest value there is, and within a twentieth below it where that value was reached: a camera
        of 12 bits saturates far below what its type can hold (of integers only).
    invalid_n
        Pixels that are NaN or infinite.
    pixels_n
        All pixels.
    minimum, maximum
        Extremes of the valid pixels, in counts.
    """

    mean: Image
    sample: Array
    grain: Array
    saturated_n: int
    invalid_n: int
    pixels_n: int
    minimum: float
    maximum: float
    highest_n: int = 0
    nearly_highest_n: int = 0

    @property
    def clipped_n(self) -> int:
        """Pixels at a value beyond which nothing was recorded; 0 where the brightest ones just end.

        Either the largest value of their type, or a plateau: more pixels at the highest value than in the twentieth
        below it, which light that was not cut off never shows.
        """
        if self.saturated_n:
            return self.saturated_n
        is_plateau = self.highest_n >= _PLATEAU_PX and self.highest_n > self.nearly_highest_n
        return self.highest_n if is_plateau and self.maximum >= _LEAST_PLATEAU else 0

    @property
    def noise(self) -> float:
        """Standard deviation of the noise in counts: stain is smooth from pixel to pixel, noise is not."""
        return 1.4826 * float(np.median(np.abs(self.grain))) / float(np.sqrt(2.0))


def survey_tile(image: Array, step_px: int) -> ChannelSurvey:
    """Return what is to be known of a tile.

    Parameters
    ----------
    image
        Counts, shape (H, W); the tile begins on the grid of overview pixels.
    step_px
        Edge of an overview pixel's square.
    """
    is_float = image.dtype.kind == "f"
    apart_px = _SAMPLE_STEP * step_px
    invalid_n = int(image.size - np.isfinite(image).sum()) if is_float else 0
    saturated_n = 0 if is_float else int((image == np.iinfo(image.dtype).max).sum())
    valid = image if not invalid_n else np.where(np.isfinite(image), image, 0)
    highest = valid.max()
    highest_n = 0 if is_float else int((valid == highest).sum())
    near_n = 0 if is_float else int((valid > 0.95 * float(highest)).sum()) - highest_n
    columns = np.arange(0, image.shape[1], apart_px)
    sample = np.asarray(valid[::apart_px, columns], np.float32)
    beside = np.asarray(valid[::apart_px, np.minimum(columns + 1, image.shape[1] - 1)], np.float32)
    return ChannelSurvey(
        mean=downsample_mean(valid, step_px),
        sample=sample,
        grain=beside - sample,
        saturated_n=saturated_n,
        invalid_n=invalid_n,
        pixels_n=image.size,
        minimum=float(valid.min()),
        maximum=float(highest),
        highest_n=highest_n,
        nearly_highest_n=near_n,
    )


def join_surveys(parts: Sequence[tuple[int, int, ChannelSurvey]]) -> ChannelSurvey:
    """Return the survey of the plane from those of its tiles, each with the tile's row and column."""
    rows_n = 1 + max(row for row, _, _ in parts)
    grid: list[list[ChannelSurvey]] = [[] for _ in range(rows_n)]
    for row, _, survey in sorted(parts, key=lambda part: part[:2]):
        grid[row].append(survey)
    surveys = [survey for _, _, survey in parts]
    maximum = max(survey.maximum for survey in surveys)
    highest = [survey for survey in surveys if survey.maximum == maximum]
    return ChannelSurvey(
        mean=np.block([[survey.mean for survey in row] for row in grid]),
        sample=np.block([[survey.sample for survey in row] for row in grid]),
        grain=np.block([[survey.grain for survey in row] for row in grid]),
        saturated_n=sum(survey.saturated_n for survey in surveys),
        invalid_n=sum(survey.invalid_n for survey in surveys),
        pixels_n=sum(survey.pixels_n for survey in surveys),
        minimum=min(survey.minimum for survey in surveys),
        maximum=maximum,
        highest_n=sum(survey.highest_n for survey in highest),
        nearly_highest_n=sum(survey.nearly_highest_n for survey in highest),
    )


def check_survey(
    survey: ChannelSurvey, settings: PrepareSettings, where: str, *, is_marker: bool = False
) -> tuple[str, ...]:
    """Return warnings about a channel.

    Parameters
    ----------
    survey
        What is known of it.
    settings
        How much of it may be saturated.
    where
        Its name, for messages.
    is_marker
        Whether it shows rare marked nuclei: then a few clipped pixels matter, which are no part of all worth naming.

    Raises
    ------
    InputError
        Where the channel is black, constant, mostly saturated, or holds NaN: numbers from it would be inventions.
    """
    if survey.invalid_n:
        raise InputError(
            f"{survey.invalid_n} of {survey.pixels_n} pixels are NaN or infinite",
            where=where,
            remedy="Export the image anew; a stitching or registration program has left holes without a value",
        )
    if survey.minimum == survey.maximum:
        kind = "all black" if survey.maximum == 0 else f"everywhere {survey.maximum:g}"
        raise InputError(
            f"the channel is {kind}",
            where=where,
            remedy="Choose another channel with --set channels.ROLE=N, or set the role to none",
        )
    fraction = survey.saturated_n / survey.pixels_n
    if fraction > settings.saturated_fraction_max:
        raise InputError(
            f"{100 * fraction:.0f} % of the pixels are saturated",
            where=where,
            remedy="Image the slide with a shorter exposure, or raise prepare.saturated_fraction_max",
        )
    clipped = survey.clipped_n / survey.pixels_n
    counted = f"saturated, at {survey.maximum:g} counts"
    if is_marker and survey.clipped_n >= _MARKED_PX:
        told = (
            f"{where}: {survey.clipped_n:,} pixels of the marker are {counted}: marked nuclei there are brighter than "
            "measured, and a sensitivity learned from such nuclei means little. Image slides and controls with a "
            "shorter exposure"
        )
        return (told,)
    if clipped > settings.saturated_fraction_warning:
        return (
            f"{where}: {100 * clipped:.1f} % of the pixels are {counted}; outlines there may be too wide",
        )
    return ()
