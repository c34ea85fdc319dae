"""Small pictures of objects: each stain side by side, equally bright for all objects, the outline drawn in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from myograft.api import Result, Review
from myograft.model.channels import Role
from myograft.model.correction import Target
from myograft.model.geometry import Region
from napari_myograft.blinding import is_blinded

Picture = NDArray[np.uint8]

#: Edge of the field around an object, in um: a nucleus with its neighbors.
FIELD_UM = 40.0

#: Part of a fiber's field that it fills.
_FILLED = 0.6

#: Width of a panel beside the slide on a small screen, and the largest useful picture, in px of the screen.
_PANEL_PX, _MOST_EDGE_PX = 430, 120

#: Pictures that are kept.
_KEPT_N = 512

_COLOR_OF_ROLE: Mapping[Role, tuple[float, float, float]] = {
    Role.SARCOLEMMA: (0.7, 0.7, 0.7),
    Role.NUCLEI: (0.25, 0.45, 1.0),
    Role.DONOR_NUCLEUS: (1.0, 0.2, 0.9),
    Role.DONOR_FIBER: (0.2, 1.0, 0.3),
    Role.AUTOFLUORESCENCE: (0.9, 0.8, 0.1),
}

_OUTLINE, _FIBER_OUTLINE = (255, 255, 255), (86, 180, 233)


@dataclass(frozen=True)
class Stain:
    """A channel and the counts that are shown black and bright, for all objects alike."""

    role: Role
    channel: int
    low: float
    high: float


class Crops:
    """Makes and keeps pictures of a review's objects.

    Parameters
    ----------
    review
        The review.
    result
        Its result, whose coarse levels tell how bright stains are.
    edge_px
        Height and width of one stain's picture, in px of the screen; None for what fits a panel.
    """

    def __init__(self, review: Review, result: Result, edge_px: int | None = None) -> None:
        self._review = review
        self.stains = _stains(result)
        self._edge_px = edge_px or min(_MOST_EDGE_PX, _PANEL_PX // (len(self.stains) + 1))
        self._kept = lru_cache(_KEPT_N)(self._made)

    @property
    def height_px(self) -> int:
        """Height of a picture."""
        return self._edge_px

    @property
    def width_px(self) -> int:
        """Width of a whole picture: all stains, and all of them together."""
        return self._edge_px * (len(self.stains) + 1)

    def picture(self, target: Target, object_id: int) -> Picture:
        """Return an object's picture, shape (edge, width, 3).

        Raises
        ------
        MyograftError
            Where the object, or the slide's pixels, are not there.
        """
        return self._kept(target, object_id)

    def forget(self) -> None:
        """Make all pictures again when they are asked for: outlines have changed."""
        self._kept.cache_clear()

    def _made(self, target: Target, object_id: int) -> Picture:
        shape, inside = self._window(target, object_id)
        gray = [self._stained(stain, shape, inside) for stain in self.stains]
        colored = [
            level[..., None] * np.array(_COLOR_OF_ROLE.get(stain.role, (1, 1, 1)))
            for stain, level in zip(self.stains, gray, strict=True)
        ]
        together = np.clip(np.sum(colored, axis=0), 0.0, 1.0) if colored else np.zeros((*shape, 3))
        pictures = [np.repeat(level[..., None], 3, axis=2) for level in gray] + [together]
        outlines = self._outlines(target, object_id, shape, inside)
        return np.concatenate([self._drawn(picture, outlines) for picture in pictures], axis=1)

    def _window(self, target: Target, object_id: int) -> tuple[tuple[int, int], tuple[Region, Region]]:
        """Return the shape of the field, and its part on the plane: there, and in the field."""
        box = self._review.box_of(target, object_id)
        size_um = self._review.finished.slide.stack.calibration.pixel_size_um
        needed_px = max(*box.shape) / _FILLED if target is Target.FIBER else FIELD_UM / size_um
        edge = max(8, round(max(needed_px, max(box.shape) * 1.3)))
        y0, x0 = (box.y0 + box.y1 - edge) // 2, (box.x0 + box.x1 - edge) // 2
        height, width = self._review.finished.slide.stack.shape
        there = Region(
            min(max(y0, 0), height),
            min(max(x0, 0), width),
            max(min(y0 + edge, height), 0),
            max(min(x0 + edge, width), 0),
        )
        return (edge, edge), (there, there.shift(-y0, -x0))

    def _stained(self, stain: Stain, shape: tuple[int, int], inside: tuple[Region, Region]) -> Any:
        field = np.zeros(shape)
        there, here = inside
        counts = self._review.crop(there, stain.channel).astype(np.float64)
        field[here.slices] = np.clip((counts - stain.low) / (stain.high - stain.low), 0.0, 1.0)
        return field

    def _outlines(
        self, target: Target, object_id: int, shape: tuple[int, int], inside: tuple[Region, Region]
    ) -> list[tuple[Any, tuple[int, int, int]]]:
        """Return masks whose outlines are drawn, with their colors: the fiber first, the object over it.

        In a blinded reading no fiber: that it lies in one is a call.
        """
        wanted = [(target, object_id, _OUTLINE)]
        has_fibers = Target.FIBER in self._review.finished.tables
        if target is Target.NUCLEUS and has_fibers and not is_blinded(self._review):
            fiber = self._review.row(target, object_id)["fiber_id"]
            if fiber is not None:
                wanted.insert(0, (Target.FIBER, fiber, _FIBER_OUTLINE))
        there, here = inside
        masks = []
        for of, number, color in wanted:
            if self._review.levels_shape(of):
                mask = np.zeros(shape, np.uint8)
                mask[here.slices] = self._review.labels(of, there) == number
                masks.append((mask, color))
        return masks

    def _drawn(self, picture: Any, outlines: Sequence[tuple[Any, tuple[int, int, int]]]) -> NDArray[np.uint8]:
        """Return a picture in px of the screen, with outlines a screen pixel wide."""
        edge = self._edge_px
        shown = cv2.resize((picture * 255).astype(np.uint8), (edge, edge), interpolation=cv2.INTER_LINEAR)
        for mask, color in outlines:
            large = cv2.resize(mask, (edge, edge), interpolation=cv2.INTER_NEAREST)
            contours, _ = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(shown, contours, -1, color, 1)
        # A line between this stain and the next.
        shown[:, -1] = 40
        return np.asarray(shown, np.uint8)


def _stains(result: Result) -> tuple[Stain, ...]:
    """Return the stains in the order of their roles, with what is black and bright in the whole plane."""
    if not result.image_levels:
        return ()
    coarse = np.asarray(result.image_levels[-1])
    wanted = (Role.DONOR_NUCLEUS, Role.NUCLEI, Role.SARCOLEMMA, Role.DONOR_FIBER, Role.AUTOFLUORESCENCE)
    stains = []
    for role in wanted:
        channel = result.provenance.roles.get(role)
        if channel is None:
            continue
        low, high = np.percentile(coarse[channel], (5.0, 99.8))
        stains.append(Stain(role, channel, float(low), float(max(high, low + 1.0))))
    return tuple(stains)
