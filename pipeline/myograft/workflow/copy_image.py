"""The pixels beside the labels: an OME-Zarr copy that any viewer opens without the original file."""

from __future__ import annotations

import shutil

import numpy as np

from myograft.execute import Engine
from myograft.model.stack import COLORS_N, Stack
from myograft.numerics.stains import DENSITIES_SHOWN
from myograft.read import read_plane
from myograft.tiling import Tile
from myograft.workflow.earlier import Earlier
from myograft.workflow.pyramid import build_pyramid
from myograft.workflow.slide import Slide
from myograft.write import create_image, take_image, write_image_block


def copy_image(engine: Engine, slide: Slide, earlier: Earlier | None, *, copies_image: bool) -> None:
    """Create the image pyramid: all channels and planes, or a coarse overview where no copy is wanted."""
    if earlier is not None and "image" in earlier.parts:
        standing = earlier.layout.image
        engine.once("take image", lambda: take_image(standing, slide.draft.image))
        return
    stack = slide.stack
    planes = (stack.planes_n,) if stack.planes_n > 1 else ()

    def create() -> None:
        shutil.rmtree(slide.draft.image, ignore_errors=True)  # of a run that was killed just here
        create_image(
            slide.draft.image,
            shape=(len(stack.channels), *planes, *stack.shape),
            dtype=stack.measured_dtype,
            calibration=stack.calibration,
            channels=[channel.label for channel in stack.channels],
            windows=_windows(stack),
            is_overview=not copies_image,
        )

    engine.once("create image", create)
    engine.over("copy image", _copy, shared=slide, items=slide.tiles())
    build_pyramid(engine, slide.draft.image, "image pyramid")


def _windows(stack: Stack) -> list[tuple[float, float]] | None:
    """Return what viewers should show from dark to bright; None leaves it to the type of the pixels."""
    if stack.separation is None:
        return None
    densities_n = len(stack.channels) - COLORS_N
    return [(0.0, white) for white in stack.separation.white] + [DENSITIES_SHOWN] * densities_n


def _copy(slide: Slide, tile: Tile) -> None:
    channels = range(len(slide.stack.channels))
    for z in range(slide.stack.planes_n):
        block = np.stack([read_plane(slide.stack, channel, tile.owns, plane=z) for channel in channels])
        write_image_block(slide.draft.image, block, tile.owns, z=z)
