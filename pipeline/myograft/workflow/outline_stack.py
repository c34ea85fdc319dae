"""Nuclei of a stack of optical planes: outlined plane by plane, linked through the planes, each counted once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from myograft.execute import Engine
from myograft.model.arrays import Array
from myograft.model.channels import Role
from myograft.model.objects import ObjectDirectory
from myograft.prepare import ChannelSurvey, Normalization, common_normalization, join_surveys, survey_tile
from myograft.read import LabelSource, read_labels, read_plane
from myograft.segment import nucleus_method
from myograft.stitch import (
    Linking,
    SharedPixels,
    TileObjects,
    add_shared,
    add_stain,
    count_shared,
    join_objects,
    link_planes,
    linked_objects,
    links_planes,
    sum_stain,
    tile_objects,
)
from myograft.tiling import Tile
from myograft.workflow.outline_plane import (
    Found,
    Outlined,
    beyond_halo,
    create_plane,
    find_objects,
    no_object_given,
    outline_nuclei,
)
from myograft.workflow.outline_tile import OutlineWork
from myograft.workflow.pyramid import build_pyramid
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import Prepared, channel_name
from myograft.write import write_labels_block

_NUCLEI = "nuclei"

#: Two planes: their works, a tile, and the plane's number of each of the tile's own in both.
_Pair: TypeAlias = tuple[int, int, Tile, Array, Array]


def outline_nuclei_of_stack(engine: Engine, prepared: Prepared, given: LabelSource | None) -> Outlined | None:
    """Outline nuclei in the run's plane, or in every plane and link them, as the settings say."""
    slide = prepared.slide
    if not links_planes(slide.stack, slide.settings.stitch):
        return outline_nuclei(engine, prepared, given)
    if given is not None:
        return take_given_of_stack(engine, prepared, given)
    if Role.NUCLEI not in slide.roles:
        return None
    method = nucleus_method(slide.settings.segment.nuclei)
    scale = _common_scale(engine, prepared)
    found = []
    for z in range(slide.stack.planes_n):
        # Tasks of a plane need no overview of the slide; it would be sent to every worker for every plane.
        plane = replace(
            prepared, plane=z, normalization={**prepared.normalization, Role.NUCLEI: scale}, surveys={}
        )
        found.append(find_objects(engine, plane, _NUCLEI, Role.NUCLEI, method, f"{_NUCLEI}_{z}"))
    linking = _link(engine, slide, found)
    _write(engine, slide, found, linking)
    notes = (*_told(slide, linking), *_beyond_halo(prepared, found))
    objects = linking.objects
    return Outlined(_NUCLEI, objects.directory, _probability(found, linking), notes, linked=objects)


def _common_scale(engine: Engine, prepared: Prepared) -> Normalization:
    """Return one scale for the nuclear stain of all planes."""
    slide, tiles = prepared.slide, prepared.slide.tiles()
    surveys: list[ChannelSurvey] = []
    for z in range(slide.stack.planes_n):
        shared = (slide, z, prepared.step_px)
        parts = engine.over("survey planes", _survey, shared=shared, items=tiles)
        placed = [(tile.row, tile.column, part) for tile, part in zip(tiles, parts, strict=True)]
        # The overview is large, and only one is needed: that of the run's plane.
        surveys.append(replace(join_surveys(placed), mean=np.zeros((0, 0), np.float32)))
    where = channel_name(slide, Role.NUCLEI)
    return common_normalization(surveys, prepared.tissue, slide.settings.prepare.of(Role.NUCLEI), where)


def _survey(shared: tuple[Slide, int, int], tile: Tile) -> ChannelSurvey:
    slide, z, step = shared
    channel = slide.roles.index_of[Role.NUCLEI]
    return survey_tile(read_plane(slide.stack, channel, tile.owns, plane=z), step)


def _link(engine: Engine, slide: Slide, found: Sequence[Found]) -> Linking:
    settings = slide.settings.stitch.planes
    pairs = list(_pairs(found, settings.bridged_planes_n + 1))
    parts = engine.over("compare planes", _compare, shared=tuple(plane.work for plane in found), items=pairs)
    grouped: dict[tuple[int, int], list[SharedPixels]] = {}
    for (first, second, *_), part in zip(pairs, parts, strict=True):
        grouped.setdefault((first, second), []).append(part)
    return link_planes(
        [plane.stitching.directory for plane in found],
        {planes: add_shared(blocks) for planes, blocks in grouped.items()},
        settings,
        stain=[_stain(engine, plane) for plane in found],
        z_step_um=slide.stack.calibration.z_step_um,
    )


def _stain(engine: Engine, plane: Found) -> Array:
    """Return the stain of each object of a plane, in the order of its directory."""
    placed = [(tile, plane.lookup(tile)) for tile in plane.tiles]
    return add_stain(
        plane.stitching.directory, engine.over("sum stain", _sum_stain, shared=plane.work, items=placed)
    )


def _sum_stain(work: OutlineWork, placed: tuple[Tile, Array]) -> tuple[Array, Array]:
    tile, lookup = placed
    stain = work.prepared.normalization[work.role].apply(work.prepared.raw(work.role, tile.owns))
    return sum_stain(work.owned(tile, lookup), stain)


def _pairs(found: Sequence[Found], most_apart: int) -> Iterator[_Pair]:
    for first, one in enumerate(found):
        for second in range(first + 1, min(first + most_apart, len(found) - 1) + 1):
            for tile in one.tiles:
                yield first, second, tile, one.lookup(tile), found[second].lookup(tile)


def _compare(works: tuple[OutlineWork, ...], pair: _Pair) -> SharedPixels:
    first, second, tile, lookup, other_lookup = pair
    return count_shared(works[first].owned(tile, lookup), works[second].owned(tile, other_lookup))


def _write(engine: Engine, slide: Slide, found: Sequence[Found], linking: Linking) -> None:
    shape = (len(found), *slide.stack.shape)
    create_plane(engine, slide, _NUCLEI, shape)
    for z, (plane, lookup) in enumerate(zip(found, linking.lookup, strict=True)):
        placed = [(tile, lookup[plane.lookup(tile)]) for tile in plane.tiles]
        engine.over("write nuclei", _relabel_tile, shared=(plane.work, z), items=placed)
        plane.discard()
    build_pyramid(engine, slide.draft.labels(_NUCLEI), "nuclei pyramid")


def _relabel_tile(shared: tuple[OutlineWork, int], placed: tuple[Tile, Array]) -> None:
    (work, z), (tile, lookup) = shared, placed
    target = work.prepared.slide.draft.labels(_NUCLEI)
    write_labels_block(target, tile.owns, work.owned(tile, lookup), z=z)


def _probability(found: Sequence[Found], linking: Linking) -> Array | None:
    """Return how likely the largest outline of each nucleus is right."""
    objects = linking.objects
    probability = np.zeros(len(objects.directory))
    if not len(probability):
        return None if found[0].probability is None else probability
    for z, (plane, lookup) in enumerate(zip(found, linking.lookup, strict=True)):
        if plane.probability is None:
            return None
        own = plane.stitching.directory
        at = lookup[own.label].astype(np.int64) - 1
        is_largest = (at >= 0) & (objects.plane[at] == z)
        is_largest &= (own.anchor == objects.directory.anchor[at]).all(axis=1)
        probability[at[is_largest]] = plane.probability[is_largest]
    return probability


def _beyond_halo(prepared: Prepared, found: Sequence[Found]) -> tuple[str, ...]:
    """Return the first plane's warning about objects larger than the margin that tiles see, if there is one."""
    for plane in found:
        told = beyond_halo(prepared, _NUCLEI, plane.work.method, plane.stitching.directory)
        if told:
            return told
    return ()


def _told(slide: Slide, linking: Linking) -> tuple[str, ...]:
    outlines_n = int(linking.objects.planes_n.sum())
    told = (
        f"nuclei were outlined in each of {slide.stack.planes_n} planes and linked: {outlines_n} outlines are "
        f"{len(linking.objects.directory)} nuclei; each is measured in the plane of its largest outline"
    )
    return (told, *_unknown_step(slide))


def _unknown_step(slide: Slide) -> tuple[str, ...]:
    if slide.stack.calibration.z_step_um is not None:
        return ()
    told = (
        "the file does not say how far planes are apart: heights and volumes of nuclei are left out, and none is taken "
        "for too long; give the distance with --set read.z_step_um=VALUE"
    )
    return (told,)


@dataclass(frozen=True)
class _Given:
    source: LabelSource
    target: Path
    z: int


def take_given_of_stack(engine: Engine, prepared: Prepared, source: LabelSource) -> Outlined:
    """Take given labels of every plane, in which a nucleus has one number through all of them."""
    slide = prepared.slide
    stack = slide.stack
    shape = (stack.planes_n, *stack.shape)
    create_plane(engine, slide, _NUCLEI, shape)
    target = slide.draft.labels(_NUCLEI)
    planes = [
        join_objects(
            engine.over("read given nuclei", _copy, shared=_Given(source, target, z), items=slide.tiles())
        )
        for z in range(stack.planes_n)
    ]
    label = np.concatenate([plane.label for plane in planes])
    if not len(label):
        raise no_object_given(_NUCLEI, source)
    slices = ObjectDirectory(
        np.arange(1, len(label) + 1, dtype=np.uint32),
        np.concatenate([plane.box for plane in planes]),
        np.concatenate([plane.anchor for plane in planes]),
        np.concatenate([plane.area_px for plane in planes]),
    )
    objects = linked_objects(
        label, np.repeat(np.arange(stack.planes_n), [len(plane) for plane in planes]), slices
    )
    build_pyramid(engine, target, "nuclei pyramid")
    return Outlined(
        _NUCLEI,
        objects.directory,
        notes=_unknown_step(slide),
        linked=objects,
    )


def _copy(given: _Given, tile: Tile) -> TileObjects:
    labels = read_labels(given.source, tile.owns, given.z)
    write_labels_block(given.target, tile.owns, labels, z=given.z)
    return tile_objects(labels, Tile(tile.row, tile.column, tile.owns, tile.owns))
