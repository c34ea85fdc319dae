"""What decides how much work a slide is: its size, what is outlined in it at which resolution, and who does it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from myograft.execute import Workers
from myograft.model.channels import Role
from myograft.segment import (
    FiberCellposeSettings,
    FlowNetwork,
    NucleusCellposeSettings,
    SegmentationMethod,
    fiber_method,
    nucleus_method,
)
from myograft.stitch import links_planes
from myograft.tiling import WorkingGrid
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import overview_step_px


@dataclass(frozen=True)
class Outlining:
    """How objects of one kind are outlined, or that they are given.

    Parameters
    ----------
    name
        ``"fibers"`` or ``"nuclei"``.
    method
        Name of the method as in the settings; None where labels are given.
    grid
        Working pixels of the method.
    halo_px
        Margin that a tile reads beyond what it owns, in stored pixels.
    patch_px, margin_px
        Edge of a network's patch and the margin around it, in working pixels; 0 without a network.
    planes_n
        Optical planes that are outlined.
    is_large
        Whether the network is one of hundreds of millions of numbers.
    """

    name: str
    method: str | None
    grid: WorkingGrid
    halo_px: int
    patch_px: int = 0
    margin_px: int = 0
    planes_n: int = 1
    is_large: bool = False


@dataclass(frozen=True)
class PlanFacts:
    """A slide as far as the amount of work depends on it.

    Parameters
    ----------
    shape
        Height and width of the plane in px.
    pixel_size_um
        Edge of a pixel.
    channels_n, planes_n, pixel_bytes
        Channels, optical planes and bytes of one value.
    roles_n
        Channels that are measured.
    overview_step_px
        Pixels per overview pixel.
    tile_px
        Edge of what a tile owns.
    outlinings
        What is outlined.
    workers
        Who does the work.
    shards_n
        Processes that share the work.
    copies_image
        Whether the pixels are copied into the result.
    """

    shape: tuple[int, int]
    pixel_size_um: float
    channels_n: int
    planes_n: int
    pixel_bytes: int
    roles_n: int
    overview_step_px: int
    tile_px: int
    outlinings: tuple[Outlining, ...]
    workers: Workers
    shards_n: int = 1
    copies_image: bool = True

    @property
    def pixels_n(self) -> int:
        """Pixels of the plane."""
        return self.shape[0] * self.shape[1]

    @property
    def halo_px(self) -> int:
        """The widest margin that a tile reads."""
        return max((outlining.halo_px for outlining in self.outlinings), default=0)


def facts_of(
    slide: Slide, given: Collection[str], workers: Workers, *, shards_n: int = 1, copies_image: bool = True
) -> PlanFacts:
    """Return what decides how much work a slide is; `given` names the kinds whose outlines are given."""
    stack, settings = slide.stack, slide.settings
    planes_n = stack.planes_n if links_planes(stack, settings.stitch) else 1
    methods = (
        ("fibers", Role.SARCOLEMMA, fiber_method(settings.segment.fibers), 1),
        ("nuclei", Role.NUCLEI, nucleus_method(settings.segment.nuclei), planes_n),
    )
    return PlanFacts(
        shape=stack.shape,
        pixel_size_um=stack.calibration.pixel_size_um,
        channels_n=len(stack.channels),
        planes_n=stack.planes_n,
        pixel_bytes=np.dtype(stack.measured_dtype).itemsize,
        roles_n=len(slide.roles.index_of),
        overview_step_px=overview_step_px(stack.shape),
        tile_px=settings.tiling.tile_px,
        outlinings=tuple(
            Outlining(name, None, WorkingGrid(1), 0, planes_n=count)
            if name in given
            else _outlining(slide, name, method, count)
            for name, role, method, count in methods
            if name in given or role in slide.roles
        ),
        workers=workers,
        shards_n=shards_n,
        copies_image=copies_image,
    )


def _outlining(slide: Slide, name: str, method: SegmentationMethod | FlowNetwork, planes_n: int) -> Outlining:
    pixel_size_um = slide.stack.calibration.pixel_size_um
    settings = getattr(slide.settings.segment, name)
    is_network = isinstance(method, FlowNetwork)
    return Outlining(
        name,
        settings.method,
        WorkingGrid.nearest(pixel_size_um, method.working_um_per_px, may_refine=is_network),
        int(-(-method.halo_um // pixel_size_um)),
        settings.patch_px if is_network else 0,
        settings.margin_px if is_network else 0,
        planes_n,
        isinstance(settings, FiberCellposeSettings | NucleusCellposeSettings),
    )
