"""Outlines of a whole plane: every tile segments what it reads, neighbors agree, each object gets one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from myograft.errors import LabelsError
from myograft.execute import Engine
from myograft.model.arrays import Array, Labels
from myograft.model.channels import Role
from myograft.model.geometry import Region
from myograft.model.objects import ObjectDirectory
from myograft.numerics.evidence import numbers_at
from myograft.numerics.resample import downsample_labels, upsample_labels
from myograft.read import LabelSource, read_labels
from myograft.segment import FlowNetwork, SegmentationMethod, fiber_method, nucleus_method
from myograft.stitch import (
    SeamAgreement,
    Stitching,
    TileObjects,
    compare_seam,
    join_objects,
    neighbor_pairs,
    relabel,
    stitch,
    tile_objects,
)
from myograft.tiling import Tile, WorkingGrid
from myograft.workflow.predict_plane import Predicted, predict_plane
from myograft.workflow.pyramid import build_pyramid
from myograft.workflow.survey_plane import Prepared
from myograft.write import create_labels, read_scratch, write_labels_block, write_scratch


@dataclass(frozen=True)
class Outlined:
    """Objects of one kind on the plane; their pixels are in the label pyramid of that name.

    Parameters
    ----------
    name
        ``"fibers"`` or ``"nuclei"``.
    directory
        Number, box, anchor and size of every object.
    source
        How they were outlined, for provenance.
    probability
        How likely each outline is right, in the order of the directory; None where that is not known.
    notes
        What the user should know.
    """

    name: str
    directory: ObjectDirectory
    source: str
    probability: Array | None = None
    notes: tuple[str, ...] = ()


def outline_fibers(engine: Engine, prepared: Prepared, given: LabelSource | None) -> Outlined | None:
    """Outline fibers from the sarcolemma stain, or take given labels; None where there is neither."""
    if given is not None:
        return _take_given(engine, prepared, "fibers", given)
    if Role.SARCOLEMMA not in prepared.slide.roles:
        return None
    settings = prepared.slide.settings.segment.fibers
    return _segment(engine, prepared, "fibers", Role.SARCOLEMMA, fiber_method(settings), settings.method)


def outline_nuclei(engine: Engine, prepared: Prepared, given: LabelSource | None) -> Outlined | None:
    """Outline nuclei from the nuclear stain, or take given labels; None where there is neither."""
    if given is not None:
        return _take_given(engine, prepared, "nuclei", given)
    if Role.NUCLEI not in prepared.slide.roles:
        return None
    settings = prepared.slide.settings.segment.nuclei
    return _segment(engine, prepared, "nuclei", Role.NUCLEI, nucleus_method(settings), settings.method)


@dataclass(frozen=True)
class _Work:
    """What the tile tasks of one kind of object share."""

    prepared: Prepared
    name: str
    role: Role
    method: SegmentationMethod | FlowNetwork
    grid: WorkingGrid
    predicted: Predicted | None = None

    def scratch(self, tile: Tile) -> Path:
        return self.prepared.slide.scratch / f"{self.name}_{tile.name}.bin"


def _segment(
    engine: Engine,
    prepared: Prepared,
    name: str,
    role: Role,
    method: SegmentationMethod | FlowNetwork,
    source: str,
) -> Outlined:
    slide = prepared.slide
    pixel_size_um = slide.stack.calibration.pixel_size_um
    grid = WorkingGrid.nearest(
        pixel_size_um, method.working_um_per_px, may_refine=isinstance(method, FlowNetwork)
    )
    predicted = None
    if isinstance(method, FlowNetwork):
        predicted = predict_plane(engine, prepared, name, role, method, grid)
    work = _Work(prepared, name, role, method, grid, predicted)
    tiles = slide.tiles(method.halo_um)
    answers = engine.over(f"outline {name}", _segment_tile, shared=work, items=tiles)
    objects = [part for part, _ in answers]
    seams = engine.over(f"compare {name} at seams", _compare, shared=work, items=neighbor_pairs(tiles))
    stitching = stitch(
        objects,
        seams,
        slide.settings.stitch,
        method.min_area_um2 / pixel_size_um**2,
        method.max_area_um2 / pixel_size_um**2,
    )
    create_labels(slide.draft.image, name, shape=slide.stack.shape, calibration=slide.stack.calibration)
    placed = [(tile, stitching.lookup[tile.row, tile.column]) for tile in tiles]
    engine.over(f"write {name}", _relabel_tile, shared=work, items=placed)
    build_pyramid(engine, slide.draft.labels(name), f"{name} pyramid")
    notes = _beyond_halo(prepared, name, method, stitching.directory)
    return Outlined(name, stitching.directory, source, _probability(answers, stitching), notes)


def _probability(answers: Sequence[tuple[TileObjects, Array | None]], stitching: Stitching) -> Array | None:
    """Return the probability of each object of the plane, as the tile says that owns its first pixel."""
    joined = stitching.directory
    probability = np.zeros(len(joined))
    for part, known in answers:
        if known is None:
            return None
        own = part.directory
        at = stitching.lookup[part.tile.row, part.tile.column][own.label].astype(np.int64) - 1
        is_first = (at >= 0) & (own.anchor == joined.anchor[np.maximum(at, 0)]).all(axis=1)
        probability[at[is_first]] = known[own.label[is_first]]
    return probability


def _beyond_halo(
    prepared: Prepared, name: str, method: SegmentationMethod | FlowNetwork, directory: ObjectDirectory
) -> tuple[str, ...]:
    """Return a warning where objects across tile borders are larger than the margin in which a tile sees them whole."""
    slide, box = prepared.slide, directory.box
    pixel_size_um, tile_px = slide.stack.calibration.pixel_size_um, slide.settings.tiling.tile_px
    length_um = (box[:, 2:] - box[:, :2]) * pixel_size_um
    crosses = box[:, :2] // tile_px != (box[:, 2:] - 1) // tile_px
    beyond = (crosses & (length_um > method.halo_um)).any(axis=1)
    if not beyond.any():
        return ()
    longest_um = float(length_um[beyond].max())
    told = (
        f"{int(beyond.sum())} {name} at tile borders are longer than the {method.halo_um:g} um that a tile sees "
        f"beyond its border, the longest {longest_um:.0f} um: their outlines may be cut or joined there. Look at "
        f"them, and if they are real use --set segment.{name}.halo_um={np.ceil(longest_um / 50.0) * 50.0:.0f}"
    )
    return (told,)


def _segment_tile(work: _Work, tile: Tile) -> tuple[TileObjects, Array | None]:
    """Return a tile's objects, and how likely each is right, by its number in the tile; None where not known."""
    prepared, stack, grid = work.prepared, work.prepared.slide.stack, work.grid
    reads = grid.snap(tile.reads, stack.shape)
    tissue = prepared.tissue_at(reads, grid)
    calibration = None if work.predicted is None else work.predicted.calibration
    labels, probability = np.zeros(reads.shape, np.uint32), None if calibration is None else np.zeros(1)
    if tissue.any():
        um_per_px = grid.um_per_px(stack.calibration.pixel_size_um)
        if isinstance(work.method, FlowNetwork):
            assert work.predicted is not None  # noqa: S101 - a network has been asked
            fields = work.predicted.read(grid.working(reads))
            found = work.method.segment(fields, um_per_px, tissue)
            found = _about_to_be_owned(work, tile, reads, found, work.method.settings.boundary_offset_um)
            if calibration is not None:
                # Asked of the outline that the network drew, before an offset moves it.
                (y1, x1), plane = (reads.y1, reads.x1), stack.shape
                cut = numbers_at(found, (reads.y0 == 0, reads.x0 == 0, y1 == plane[0], x1 == plane[1]))
                probability = calibration.probability(work.method.evidence(fields, found, cut))
                found = work.method.without_unlikely(found, probability)
            labels = _stored(found, grid, reads.shape, work.method.height(fields))
            labels = work.method.adjust(labels, stack.calibration.pixel_size_um)
        else:
            found = work.method.segment(prepared.working(work.role, reads, grid), um_per_px, tissue)
            labels = _stored(found, grid, reads.shape)
    labels = labels[tile.reads.inside(reads)]
    write_scratch(work.scratch(tile), labels)
    return tile_objects(labels, tile), probability


def _about_to_be_owned(work: _Work, tile: Tile, reads: Region, found: Labels, offset_um: float) -> Labels:
    """Return labels of the working grid without the objects that the tile only sees: others measure them."""
    stack, grid = work.prepared.slide.stack, work.grid
    # An offset moves outlines; and they may lie anywhere within a working pixel.
    reach_px = int(np.ceil(max(offset_um, 0.0) / stack.calibration.pixel_size_um))
    margin_px = reach_px + 2 * grid.down
    near = grid.working(grid.snap(tile.owns.grow(margin_px, stack.shape), stack.shape).intersect(reads))
    numbers_n = np.bincount(found[near.inside(grid.working(reads))].ravel(), minlength=int(found.max()) + 1)
    return np.where(numbers_n[found] > 0, found, 0).astype(np.uint32)


def _stored(labels: Labels, grid: WorkingGrid, shape: tuple[int, int], height: Array | None = None) -> Labels:
    """Return labels of the working grid on the stored one."""
    if grid.up > 1:
        return downsample_labels(labels, grid.up, shape)
    return upsample_labels(labels, grid.down, shape, height)


def _compare(work: _Work, pair: tuple[Tile, Tile]) -> SeamAgreement:
    first, second = pair
    return compare_seam(first, _labels_of(work, first), second, _labels_of(work, second))


def _labels_of(work: _Work, tile: Tile) -> Labels:
    labels: Labels = read_scratch(work.scratch(tile))
    return labels


def _relabel_tile(work: _Work, placed: tuple[Tile, Array]) -> None:
    tile, lookup = placed
    owned = _labels_of(work, tile)[tile.owns.inside(tile.reads)]
    write_labels_block(work.prepared.slide.draft.labels(work.name), tile.owns, relabel(owned, lookup))
    work.scratch(tile).unlink()


def _take_given(engine: Engine, prepared: Prepared, name: str, source: LabelSource) -> Outlined:
    slide = prepared.slide
    create_labels(slide.draft.image, name, shape=slide.stack.shape, calibration=slide.stack.calibration)
    parts = engine.over(
        f"read given {name}", _copy_labels, shared=(source, slide.draft.labels(name)), items=slide.tiles()
    )
    directory = join_objects(parts)
    if not len(directory):
        raise LabelsError(
            f"the given {name} labels hold no object where the image is",
            where=str(source.path),
            remedy="Give an integer image in which every object has a number of its own and background is 0",
        )
    build_pyramid(engine, slide.draft.labels(name), f"{name} pyramid")
    return Outlined(name, directory, f"given labels {source.path.name}")


def _copy_labels(shared: tuple[LabelSource, Path], tile: Tile) -> TileObjects:
    source, target = shared
    labels = read_labels(source, tile.owns)
    write_labels_block(target, tile.owns, labels)
    return tile_objects(labels, Tile(tile.row, tile.column, tile.owns, tile.owns))
