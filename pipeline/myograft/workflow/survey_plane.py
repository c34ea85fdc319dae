"""Plane-wide knowledge before any outline: which z-plane, how bright is stain, where is tissue.

Every pixel is looked at once, tile by tile; what comes back is an overview, so that normalization never depends
on a tile (SCIENCE, known trap 4: objects invented in empty tiles).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from myograft.errors import InputError
from myograft.execute import Engine
from myograft.model.arrays import Array, Image, Mask
from myograft.model.channels import Role
from myograft.model.geometry import Region
from myograft.model.stack import Projection
from myograft.numerics.resample import downsample_mean, upsample_image
from myograft.numerics.stains import PER_DECADE, PER_DECADE_OF_8_BITS
from myograft.prepare import (
    Absorbance,
    ChannelSurvey,
    Normalization,
    Tissue,
    check_survey,
    find_normalization,
    find_tissue,
    focus_score,
    join_surveys,
    survey_tile,
)
from myograft.read import read_plane
from myograft.stitch import NucleiOfStack
from myograft.tiling import Tile, WorkingGrid
from myograft.workflow.slide import Slide

#: Longest edge of an overview; the step between its pixels is a power of two, so that it divides every tile.
_OVERVIEW_PX = 2048

#: Neighbors that a spline between pixels needs.
_SPLINE_PX = 2

#: Roles that outlines are made from; without one of them there is nothing to normalize.
_OUTLINE_ROLES = (Role.SARCOLEMMA, Role.NUCLEI)


@dataclass(frozen=True)
class Prepared:
    """A slide and what is known of its whole plane.

    Parameters
    ----------
    slide
        The slide.
    plane
        Number of the z-plane, or the projection, that is measured.
    surveys
        Overview of every role's channel.
    normalization
        Scale from counts to 0..1 per role.
    tissue
        Where tissue is.
    step_px
        Pixels per overview pixel.
    notes
        Assumptions for the user.
    """

    slide: Slide
    plane: int | Projection
    surveys: Mapping[Role, ChannelSurvey]
    normalization: Mapping[Role, Normalization]
    tissue: Tissue
    step_px: int
    notes: tuple[str, ...]

    def raw(self, role: Role, region: Region) -> Array:
        """Return the counts of a role's channel in a region, shape ``(H, W)``."""
        return read_plane(self.slide.stack, self.slide.roles.index_of[role], region, plane=self.plane)

    def working(self, role: Role, region: Region, grid: WorkingGrid) -> Image:
        """Return a role's normalized channel at working resolution; the region begins on the working grid."""
        if grid.up == 1:
            return self.normalization[role].apply(downsample_mean(self.raw(role, region), grid.down))
        around = grid.snap(region.grow(_SPLINE_PX, self.slide.stack.shape), self.slide.stack.shape)
        stain = self.normalization[role].apply(self.raw(role, around))
        # Where the plane ends within a group of pixels, its last ones stand for those that are missing.
        stain = np.pad(stain, [(0, -length % grid.down) for length in stain.shape], mode="edge")
        fine = downsample_mean(upsample_image(stain, grid.up), grid.down)
        rows, columns = grid.working(region).inside(grid.working(around))
        return fine[rows, columns]

    def tissue_at(self, region: Region, grid: WorkingGrid) -> Mask:
        """Return where tissue is, at working resolution."""
        mask = self.tissue.crop(region, grid.down)
        return mask if grid.up == 1 else np.repeat(np.repeat(mask, grid.up, axis=0), grid.up, axis=1)


def overview_step_px(shape: tuple[int, int]) -> int:
    """Return the pixels per overview pixel: the smallest power of two that keeps the overview small.

    Examples
    --------
    >>> overview_step_px((1000, 2048)), overview_step_px((5000, 40_000))
    (1, 32)
    """
    step = 1
    while max(shape) > step * _OVERVIEW_PX:
        step *= 2
    return step


def survey_plane(engine: Engine, slide: Slide) -> Prepared:
    """Look at every pixel of every role once.

    Raises
    ------
    InputError
        Where a channel is black, constant, mostly saturated or holds NaN.
    """
    plane = _choose_plane(engine, slide)
    step = overview_step_px(slide.stack.shape)
    roles = tuple(sorted(slide.roles.index_of))
    tiles = slide.tiles()
    parts = engine.over("survey", _survey, shared=(slide, plane, step, roles), items=tiles)
    surveys = {
        role: join_surveys(
            [(tile.row, tile.column, part[role]) for tile, part in zip(tiles, parts, strict=True)]
        )
        for role in roles
    }
    notes: list[str] = []
    for role in roles:
        notes += check_survey(
            surveys[role],
            slide.settings.prepare,
            channel_name(slide, role),
            is_marker=role is Role.DONOR_NUCLEUS,
        )
    role_shown = outline_role(slide)
    tissue = tissue_of(slide, None if role_shown is None else surveys[role_shown].mean, step)
    normalization = {
        role: find_normalization(
            surveys[role],
            tissue,
            slide.settings.prepare.of(role),
            channel_name(slide, role),
            _absorbance(slide, role),
        )
        for role in roles
    }
    notes += [
        f"{channel_name(slide, role)}: the channel shows hardly more than noise or haze; what it shows may not be found"
        for role in roles
        if role in _OUTLINE_ROLES and normalization[role].is_faint
    ]
    if isinstance(plane, int) and slide.stack.planes_n > 1:
        notes.append(
            f"the best-focused of {slide.stack.planes_n} planes is plane {plane}; it alone is measured"
            if slide.settings.stitch.planes.nuclei is NucleiOfStack.PROJECTION
            else f"the best-focused of {slide.stack.planes_n} planes is plane {plane}; fibers are outlined in it"
        )
    return Prepared(slide, plane, surveys, normalization, tissue, step, tuple(notes))


def outline_role(slide: Slide) -> Role | None:
    """Return the role that outlines, and tissue, are told by first; None where all outlines are given."""
    return next((role for role in _OUTLINE_ROLES if role in slide.roles), None)


def tissue_of(slide: Slide, overview: Image | None, step_px: int) -> Tissue:
    """Return where tissue is by an overview of the outlines' channel in counts; None takes the whole plane for it."""
    role = outline_role(slide)
    if overview is not None and role is not None and slide.stack.is_darkened(slide.roles.index_of[role]):
        # Tissue is where light is missing.
        overview = np.asarray(overview.max() - overview, np.float32)
    pixel_size_um = slide.stack.calibration.pixel_size_um
    return find_tissue(overview, slide.stack.shape, pixel_size_um, step_px, slide.settings.prepare)


def _absorbance(slide: Slide, role: Role) -> Absorbance | None:
    """Return how a channel that outlines are drawn on tells absorbed light; None where no photograph shows it."""
    stack = slide.stack
    if role not in _OUTLINE_ROLES or not stack.is_stained_photograph:
        return None
    if stack.is_darkened(slide.roles.index_of[role]):
        return Absorbance(None)
    return Absorbance(PER_DECADE_OF_8_BITS if stack.separation is None else PER_DECADE)


def channel_name(slide: Slide, role: Role) -> str:
    """Return the channel of a role, for messages."""
    channel = slide.stack.channels[slide.roles.index_of[role]]
    return f"{slide.stack.path}, {channel.label} ({role})"


def _survey(
    shared: tuple[Slide, int | Projection, int, Sequence[Role]], tile: Tile
) -> dict[Role, ChannelSurvey]:
    slide, plane, step, roles = shared
    return {
        role: survey_tile(read_plane(slide.stack, slide.roles.index_of[role], tile.owns, plane=plane), step)
        for role in roles
    }


def _choose_plane(engine: Engine, slide: Slide) -> int | Projection:
    stack, projection = slide.stack, slide.settings.read.projection
    if stack.planes_n == 1:
        return 0
    if projection is not Projection.BEST_FOCUS:
        return projection
    role = outline_role(slide)
    if role is None:
        raise InputError(
            "the best-focused plane is chosen by the sarcolemma or nuclei channel, and neither is there",
            where=str(stack.path),
            remedy="Use --set read.projection=maximum, or name the channels",
        )
    scores = engine.over(
        "focus", _focus_of_planes, shared=(slide, slide.roles.index_of[role]), items=slide.tiles()
    )
    totals = [sum(tile[plane] for tile in scores) for plane in range(stack.planes_n)]
    return totals.index(max(totals))


def _focus_of_planes(shared: tuple[Slide, int], tile: Tile) -> list[float]:
    slide, channel = shared
    return [
        focus_score(read_plane(slide.stack, channel, tile.owns, plane=plane))
        for plane in range(slide.stack.planes_n)
    ]
