"""Where tissue is and how far the pixels can be packed, told quickly: enough to plan with, not to measure with."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from myograft.execute import Engine
from myograft.model.geometry import Region
from myograft.model.stack import Projection, Stack
from myograft.prepare import Tissue
from myograft.read import read_plane
from myograft.tiling import CHUNK_PX
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import outline_role, survey_plane, tissue_of
from myograft.write import packed_fraction

#: Pixels that are looked at in one slide: some seconds. Slides of no more are surveyed as a run does it.
_PIXELS_N = 50_000_000

#: Edge of a window of the sample: files are stored in squares of 256 px or a multiple.
_WINDOW_PX = 256

#: Overview pixels along each side of a square of the sample.
_FINER = 4

#: Windows along each side that are packed to see how far that goes.
_PACKED_N = 4


@dataclass(frozen=True)
class Glance:
    """What a quick look at a slide's pixels says.

    Parameters
    ----------
    tissue
        Where tissue is.
    packed_fraction
        Part of their bytes that the pixels take on the disk.
    is_sample
        Whether only a sample of the pixels was looked at.
    """

    tissue: Tissue
    packed_fraction: float
    is_sample: bool


def glance(slide: Slide) -> Glance:
    """Look at a slide's pixels: all of them where they are few, else windows of a fixed grid over the plane.

    Raises
    ------
    InputError
        Where the pixels cannot be read, or those of a small slide cannot be measured.
    """
    height, width = slide.stack.shape
    packed = _packed_fraction(slide.stack)
    if height * width * slide.stack.planes_n <= _PIXELS_N:
        with Engine(1) as engine:
            return Glance(survey_plane(engine, slide).tissue, packed, is_sample=False)
    return Glance(_sampled_tissue(slide), packed, is_sample=True)


def _sampled_tissue(slide: Slide) -> Tissue:
    """Return tissue by means of windows, one for each square of the plane."""
    stack, role = slide.stack, outline_role(slide)
    height, width = stack.shape
    wanted_px = (height * width * stack.planes_n * _WINDOW_PX**2 / _PIXELS_N) ** 0.5
    step_px = int(-(-wanted_px // _WINDOW_PX)) * _WINDOW_PX
    if role is None:
        return tissue_of(slide, None, step_px)
    channel, plane = slide.roles.index_of[role], _plane(slide)
    means = [
        [
            float(read_plane(stack, channel, _window(y0, x0, step_px, stack), plane=plane).mean())
            for x0 in range(0, width, step_px)
        ]
        for y0 in range(0, height, step_px)
    ]
    # Cut finer, so that the least blur, of half an overview pixel, does not make tissue of the neighbors.
    fine_px = step_px // _FINER
    rows_n, columns_n = (-(-length // fine_px) for length in stack.shape)
    fine = np.repeat(np.repeat(np.array(means, np.float32), _FINER, axis=0), _FINER, axis=1)
    return tissue_of(slide, fine[:rows_n, :columns_n], fine_px)


def _window(y0: int, x0: int, step_px: int, stack: Stack) -> Region:
    """Return the window in the middle of a square that begins at a corner, on the grid of stored squares."""
    middle_px = step_px // _WINDOW_PX // 2 * _WINDOW_PX
    top, left = (
        min(begin + middle_px, (length - 1) // _WINDOW_PX * _WINDOW_PX)
        for begin, length in zip((y0, x0), stack.shape, strict=True)
    )
    return Region(top, left, top + _WINDOW_PX, left + _WINDOW_PX).intersect(stack.whole)


def _plane(slide: Slide) -> int | Projection:
    """Return the plane that is looked at; which is in best focus takes a look at all of them."""
    stack, projection = slide.stack, slide.settings.read.projection
    if stack.planes_n == 1 or projection is Projection.BEST_FOCUS:
        return stack.planes_n // 2
    return projection


def _packed_fraction(stack: Stack) -> float:
    """Return how far the pixels of all channels can be packed, by chunks spread over the plane."""
    tops, lefts = ([length * part // _PACKED_N for part in range(_PACKED_N)] for length in stack.shape)
    channels, plane = range(len(stack.channels)), stack.planes_n // 2
    fractions = []
    for y0, x0 in product(tops, lefts):
        window = Region(y0, x0, y0 + CHUNK_PX, x0 + CHUNK_PX).intersect(stack.whole)
        pixels = np.stack([read_plane(stack, channel, window, plane=plane) for channel in channels])
        fractions.append(packed_fraction(pixels))
    return float(np.mean(fractions))
