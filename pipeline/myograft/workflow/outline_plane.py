"""Outlines of a whole plane: every tile segments what it reads, neighbors agree, each object gets one number."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from myograft.errors import LabelsError
from myograft.execute import Engine
from myograft.model.arrays import Array
from myograft.model.channels import Role
from myograft.model.objects import LinkedObjects, ObjectDirectory
from myograft.prepare import find_glass
from myograft.read import LabelSource, read_labels
from myograft.segment import (
    FiberCellposeSettings,
    FiberNetworkSettings,
    FlowNetwork,
    SegmentationMethod,
    are_empty,
    fiber_method,
    nucleus_method,
)
from myograft.stitch import (
    SeamAgreement,
    Stitching,
    TileObjects,
    compare_seam,
    join_objects,
    leave_out,
    neighbor_pairs,
    stitch,
    tile_objects,
)
from myograft.tiling import Tile, WorkingGrid
from myograft.workflow.outline_tile import OutlineWork, TileAnswer, labels_of, segment_tile
from myograft.workflow.predict_plane import predict_plane
from myograft.workflow.pyramid import build_pyramid
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import Prepared
from myograft.write import create_labels, write_labels_block


@dataclass(frozen=True)
class Outlined:
    """Objects of one kind on the plane; their pixels are in the label pyramid of that name.

    Parameters
    ----------
    name
        ``"fibers"`` or ``"nuclei"``.
    directory
        Number, box, anchor and size of every object.
    probability
        How likely each outline is right, in the order of the directory; None where that is not known.
    notes
        What the user should know.
    linked
        Where each object lies in the stack, in the order of the directory; its box, anchor and size are then those of
        its largest outline, and its pixels are in labels of every plane. None for objects of one plane.
    """

    name: str
    directory: ObjectDirectory
    probability: Array | None = None
    notes: tuple[str, ...] = ()
    linked: LinkedObjects | None = None


def outline_fibers(engine: Engine, prepared: Prepared, given: LabelSource | None) -> Outlined | None:
    """Outline fibers from the sarcolemma stain, or take given labels; None where there is neither."""
    if given is not None:
        return take_given(engine, prepared, "fibers", given)
    if Role.SARCOLEMMA not in prepared.slide.roles:
        return None
    method = fiber_method(prepared.slide.settings.segment.fibers)
    return _segment(engine, prepared, "fibers", Role.SARCOLEMMA, method)


def outline_nuclei(engine: Engine, prepared: Prepared, given: LabelSource | None) -> Outlined | None:
    """Outline nuclei from the nuclear stain of the run's plane, or take given labels; None where there is neither."""
    if given is not None:
        return take_given(engine, prepared, "nuclei", given)
    if Role.NUCLEI not in prepared.slide.roles:
        return None
    method = nucleus_method(prepared.slide.settings.segment.nuclei)
    return _segment(engine, prepared, "nuclei", Role.NUCLEI, method)


@dataclass(frozen=True)
class Found:
    """Objects of a plane whose pixels still wait tile by tile.

    Parameters
    ----------
    work, tiles
        What was asked of which tiles.
    stitching
        The plane's numbering.
    probability
        How likely each outline is right; None where that is not known.
    notes
        What the user should know.
    """

    work: OutlineWork
    tiles: tuple[Tile, ...]
    stitching: Stitching
    probability: Array | None
    notes: tuple[str, ...] = ()

    def lookup(self, tile: Tile) -> Array:
        """Return the plane's number of each of a tile's own."""
        return self.stitching.lookup[tile.row, tile.column]

    def discard(self) -> None:
        """Remove the scratch files: their pixels are in the result."""
        for tile in self.tiles:
            self.work.scratch(tile).unlink(missing_ok=True)


def _segment(
    engine: Engine,
    prepared: Prepared,
    name: str,
    role: Role,
    method: SegmentationMethod | FlowNetwork,
) -> Outlined:
    slide = prepared.slide
    found = find_objects(engine, prepared, name, role, method)
    create_plane(engine, slide, name, slide.stack.shape)
    placed = [(tile, found.lookup(tile)) for tile in found.tiles]
    engine.over(f"write {name}", _relabel_tile, shared=found.work, items=placed)
    found.discard()
    build_pyramid(engine, slide.draft.labels(name), f"{name} pyramid")
    directory = found.stitching.directory
    notes = found.notes + beyond_halo(prepared, name, method, directory)
    return Outlined(name, directory, found.probability, notes)


def create_plane(engine: Engine, slide: Slide, name: str, shape: tuple[int, ...]) -> None:
    """Create the empty label pyramid of a kind of object."""

    def create() -> None:
        shutil.rmtree(slide.draft.labels(name), ignore_errors=True)  # of a run that was killed just here
        create_labels(slide.draft.image, name, shape=shape, calibration=slide.stack.calibration)

    engine.once(f"create {name}", create)


def find_objects(
    engine: Engine,
    prepared: Prepared,
    name: str,
    role: Role,
    method: SegmentationMethod | FlowNetwork,
    scratch_name: str | None = None,
) -> Found:
    """Outline the objects of a plane, and stitch them; their pixels stay in scratch files."""
    slide = prepared.slide
    pixel_size_um = slide.stack.calibration.pixel_size_um
    grid = WorkingGrid.nearest(
        pixel_size_um, method.working_um_per_px, may_refine=isinstance(method, FlowNetwork)
    )
    predicted, glass = None, _bare_glass(prepared, role, method)
    if isinstance(method, FlowNetwork):
        predicted = predict_plane(engine, prepared, name, role, method, grid, keeps_stain=glass is not None)
    work = OutlineWork(prepared, name, scratch_name or name, role, method, grid, predicted, glass)
    tiles = slide.tiles(method.halo_um)
    answers = engine.over(f"outline {name}", segment_tile, shared=work, items=tiles)
    objects = [answer.objects for answer in answers]
    seams = engine.over(f"compare {name} at seams", _compare, shared=work, items=neighbor_pairs(tiles))
    stitching = stitch(
        objects,
        seams,
        slide.settings.stitch,
        method.min_area_um2 / pixel_size_um**2,
        method.max_area_um2 / pixel_size_um**2,
    )
    stitching, left_out = _without_empty(work, answers, stitching)
    if predicted is not None:
        predicted.discard()
    probabilities = [answer.probability for answer in answers]
    return Found(work, tiles, stitching, _by_object(answers, probabilities, stitching), left_out)


def _by_object(
    answers: Sequence[TileAnswer], told: Sequence[Array | None], stitching: Stitching
) -> Array | None:
    """Return what is told of each object of the plane by the tile that owns its first pixel; None where not known."""
    joined = stitching.directory
    values = np.zeros(len(joined))
    for answer, known in zip(answers, told, strict=True):
        if known is None:
            return None
        part = answer.objects
        own = part.directory
        if not len(own) or not len(joined):
            continue
        at = stitching.lookup[part.tile.row, part.tile.column][own.label].astype(np.int64) - 1
        is_first = (at >= 0) & (own.anchor == joined.anchor[np.maximum(at, 0)]).all(axis=1)
        values[at[is_first]] = known[own.label[is_first]]
    return values


def _empty_level(method: SegmentationMethod | FlowNetwork) -> float:
    """Return the level below which an outline may be empty; 0 where nobody asks."""
    if isinstance(method, FlowNetwork) and isinstance(
        method.settings, FiberNetworkSettings | FiberCellposeSettings
    ):
        return method.settings.empty_level
    return 0.0


def _bare_glass(prepared: Prepared, role: Role, method: SegmentationMethod | FlowNetwork) -> float | None:
    """Return what bare glass shows, normalized; None where nobody asks, or the plane shows too little of it."""
    if not _empty_level(method):
        return None
    pixel_size_um = prepared.slide.stack.calibration.pixel_size_um
    glass = find_glass(prepared.surveys[role].mean, prepared.tissue, pixel_size_um)
    return None if glass is None else float(prepared.normalization[role].apply(np.array(glass)))


def _without_empty(
    work: OutlineWork, answers: Sequence[TileAnswer], stitching: Stitching
) -> tuple[Stitching, tuple[str, ...]]:
    """Leave out the fibers that fell out of the section, and say so."""
    glass, level = work.glass, _empty_level(work.method)
    light = None if glass is None else _by_object(answers, [answer.light for answer in answers], stitching)
    if glass is None or light is None:
        return stitching, ()
    is_empty = are_empty(light, glass, level)
    if not is_empty.any():
        return stitching, ()
    told = (
        f"{int(is_empty.sum())} outlines of {work.name} with nothing but glass inside were left out as fallen out of "
        f"the section; to keep them use --set segment.{work.name}.empty_level=0"
    )
    return leave_out(stitching, is_empty), (told,)


def beyond_halo(
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


def _compare(work: OutlineWork, pair: tuple[Tile, Tile]) -> SeamAgreement:
    first, second = pair
    return compare_seam(first, labels_of(work, first), second, labels_of(work, second))


def _relabel_tile(work: OutlineWork, placed: tuple[Tile, Array]) -> None:
    tile, lookup = placed
    write_labels_block(work.prepared.slide.draft.labels(work.name), tile.owns, work.owned(tile, lookup))


def take_given(engine: Engine, prepared: Prepared, name: str, source: LabelSource) -> Outlined:
    """Take outlines of a plane as they are, with their numbers."""
    slide = prepared.slide
    create_plane(engine, slide, name, slide.stack.shape)
    parts = engine.over(
        f"read given {name}", _copy_labels, shared=(source, slide.draft.labels(name)), items=slide.tiles()
    )
    directory = join_objects(parts)
    if not len(directory):
        raise no_object_given(name, source)
    build_pyramid(engine, slide.draft.labels(name), f"{name} pyramid")
    return Outlined(name, directory)


def no_object_given(name: str, source: LabelSource) -> LabelsError:
    """Return the error for given labels without an object."""
    return LabelsError(
        f"the given {name} labels hold no object where the image is",
        where=str(source.path),
        remedy="Give an integer image in which every object has a number of its own and background is 0",
    )


def _copy_labels(shared: tuple[LabelSource, Path], tile: Tile) -> TileObjects:
    source, target = shared
    labels = read_labels(source, tile.owns)
    write_labels_block(target, tile.owns, labels)
    return tile_objects(labels, Tile(tile.row, tile.column, tile.owns, tile.owns))
