"""Outlines of one tile: what it sees whole, how likely each is right, what shows inside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from myograft.model.arrays import Array, Labels
from myograft.model.channels import Role
from myograft.model.geometry import Region
from myograft.numerics.distance import depth_within
from myograft.numerics.evidence import numbers_at
from myograft.numerics.resample import resample_labels
from myograft.segment import FlowNetwork, SegmentationMethod, light_inside
from myograft.stitch import TileObjects, relabel, tile_objects
from myograft.tiling import Tile, WorkingGrid
from myograft.workflow.predict_plane import Predicted
from myograft.workflow.survey_plane import Prepared
from myograft.write import read_scratch, write_scratch


@dataclass(frozen=True)
class OutlineWork:
    """What the tile tasks of one kind of object share.

    Parameters
    ----------
    prepared
        The slide.
    name, role
        Kind of object, and the stain it is outlined from.
    scratch_name
        What scratch files begin with: tells runs over several planes apart.
    method, grid
        What outlines it, at which resolution.
    predicted
        What the network says; None for a method without one.
    glass
        What bare glass shows, normalized; None where nobody asks whether outlines are empty.
    """

    prepared: Prepared
    name: str
    scratch_name: str
    role: Role
    method: SegmentationMethod | FlowNetwork
    grid: WorkingGrid
    predicted: Predicted | None
    glass: float | None

    def scratch(self, tile: Tile) -> Path:
        """Return where a tile's labels wait to be numbered."""
        return self.prepared.slide.scratch / f"{self.scratch_name}_{tile.name}.bin"

    def owned(self, tile: Tile, lookup: Array) -> Labels:
        """Return the labels that a tile owns, in the numbers of a lookup."""
        return relabel(labels_of(self, tile)[tile.owns.inside(tile.reads)], lookup)


@dataclass(frozen=True)
class TileAnswer:
    """What a tile says of its objects.

    Parameters
    ----------
    objects
        What it owns.
    probability, light
        How likely each is right, and what shows inside it, by its number in the tile; None where not known or asked.
    """

    objects: TileObjects
    probability: Array | None
    light: Array | None


def segment_tile(work: OutlineWork, tile: Tile) -> TileAnswer:
    """Outline a tile's objects; the labels wait in a scratch file."""
    prepared, stack, grid = work.prepared, work.prepared.slide.stack, work.grid
    reads = grid.snap(tile.reads, stack.shape)
    tissue = prepared.tissue_at(reads, grid)
    calibration = None if work.predicted is None else work.predicted.calibration
    labels, probability = np.zeros(reads.shape, np.uint32), None if calibration is None else np.zeros(1)
    light = None if work.glass is None else np.zeros(1)
    if tissue.any():
        um_per_px = grid.um_per_px(stack.calibration.pixel_size_um)
        if isinstance(work.method, FlowNetwork):
            assert work.predicted is not None  # noqa: S101 - a network has been asked
            seen = grid.working(reads)
            fields = work.predicted.read(seen)
            found = work.method.segment(fields, um_per_px, tissue, (seen.y0, seen.x0))
            found = _about_to_be_owned(work, tile, reads, found, work.method.settings.boundary_offset_um)
            depth = depth_within(found)
            if light is not None:
                light = light_inside(found, work.predicted.read_stain(seen), depth)
            if calibration is not None:
                # Asked of the outline that the network drew, before an offset moves it.
                (y1, x1), plane = (reads.y1, reads.x1), stack.shape
                cut = numbers_at(found, (reads.y0 == 0, reads.x0 == 0, y1 == plane[0], x1 == plane[1]))
                probability = calibration.probability(work.method.evidence(fields, found, cut, depth))
                found = work.method.without_unlikely(found, probability)
            labels = _stored(found, grid, reads, work.method.height(fields))
            labels = work.method.adjust(labels, stack.calibration.pixel_size_um)
        else:
            found = work.method.segment(prepared.working(work.role, reads, grid), um_per_px, tissue)
            labels = _stored(found, grid, reads)
    labels = labels[tile.reads.inside(reads)]
    write_scratch(work.scratch(tile), labels)
    return TileAnswer(tile_objects(labels, tile), probability, light)


def _about_to_be_owned(
    work: OutlineWork, tile: Tile, reads: Region, found: Labels, offset_um: float
) -> Labels:
    """Return labels of the working grid without the objects that the tile only sees: others measure them."""
    stack, grid = work.prepared.slide.stack, work.grid
    # An offset moves outlines; and they may lie anywhere within a working pixel.
    reach_px = int(np.ceil(max(offset_um, 0.0) / stack.calibration.pixel_size_um))
    margin_px = reach_px + 2 * grid.down
    near = grid.working(grid.snap(tile.owns.grow(margin_px, stack.shape), stack.shape).intersect(reads))
    numbers_n = np.bincount(found[near.inside(grid.working(reads))].ravel(), minlength=int(found.max()) + 1)
    return np.where(numbers_n[found] > 0, found, 0).astype(np.uint32, copy=False)


def _stored(labels: Labels, grid: WorkingGrid, reads: Region, height: Array | None = None) -> Labels:
    """Return labels of the working grid on the stored one; `reads` is where they lie there."""
    return resample_labels(labels, grid.down, grid.up, reads.shape, height, (reads.y0, reads.x0))


def labels_of(work: OutlineWork, tile: Tile) -> Labels:
    """Return all that a tile outlined, in numbers of its own, shape of what it reads."""
    labels: Labels = read_scratch(work.scratch(tile))
    return labels
