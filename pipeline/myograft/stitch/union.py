"""One number per object: pairs that agree are joined, best first, and never two objects of one tile.

Touching is no reason to join (packed fibers touch everywhere), and joining pair after pair as they come would depend
on their order; here all pairs are sorted first, so the result does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from myograft.model.arrays import Array, Labels
from myograft.model.objects import ObjectDirectory, empty_directory
from myograft.stitch.agreement import SeamAgreement
from myograft.stitch.objects import TileObjects, merge_groups
from myograft.stitch.settings import StitchSettings


@dataclass(frozen=True)
class Stitching:
    """The plane's numbering.

    Parameters
    ----------
    lookup
        Per tile ``(row, column)``: plane number of each of the tile's own numbers, 0 where dropped.
    directory
        Every object of the plane, numbered 1..n by first pixel, row by row.
    """

    lookup: Mapping[tuple[int, int], Array]
    directory: ObjectDirectory


def stitch(
    objects: Sequence[TileObjects],
    seams: Sequence[SeamAgreement],
    settings: StitchSettings,
    min_area_px: float = 0.0,
    max_area_px: float = np.inf,
) -> Stitching:
    """Join the objects of all tiles.

    Parameters
    ----------
    objects
        What each tile owns, in any order.
    seams
        What each pair of neighbors agrees on, in any order.
    settings
        Least agreement.
    min_area_px
        Smaller objects are dropped once joined: slivers where two tiles disagree.
    max_area_px
        Larger ones are dropped too: a gap between two pieces of tissue, of which every tile sees a part.
    """
    tiles = sorted(objects, key=lambda part: (part.tile.row, part.tile.column))
    filled = [part for part in tiles if len(part.directory)]
    if not filled:
        return Stitching(
            {(part.tile.row, part.tile.column): np.zeros(1, np.uint32) for part in tiles}, empty_directory()
        )
    starts = np.cumsum([0, *(len(part.directory) for part in filled)])
    node_of = {
        (part.tile.row, part.tile.column): (part.directory.label, start)
        for part, start in zip(filled, starts, strict=False)
    }
    tile_of_node = np.repeat(np.arange(len(filled)), np.diff(starts))
    group = _unite(_edges(seams, node_of, settings.min_agreement), tile_of_node)
    merged = merge_groups([part.directory for part in filled], group, np.arange(group.max() + 1))
    number, directory = _number(merged, min_area_px, max_area_px)
    numbered = number[group]
    lookup = {(part.tile.row, part.tile.column): np.zeros(1, np.uint32) for part in tiles}
    for part, start, stop in zip(filled, starts, starts[1:], strict=False):
        table = np.zeros(int(part.directory.label[-1]) + 1, np.uint32)
        table[part.directory.label] = numbered[start:stop]
        lookup[part.tile.row, part.tile.column] = table
    return Stitching(lookup, directory)


def leave_out(stitching: Stitching, is_left_out: Array) -> Stitching:
    """Return the plane's numbering without some of its objects, numbered 1..n again in the same order.

    Parameters
    ----------
    stitching
        A numbering.
    is_left_out
        Whether each object goes, in the order of the directory.
    """
    kept, directory = ~is_left_out, stitching.directory
    number = np.zeros(len(directory) + 1, np.uint32)
    number[1:][kept] = np.arange(1, kept.sum() + 1, dtype=np.uint32)
    return Stitching(
        {tile: number[table] for tile, table in stitching.lookup.items()},
        ObjectDirectory(
            number[1:][kept], directory.box[kept], directory.anchor[kept], directory.area_px[kept]
        ),
    )


def relabel(labels: Labels, lookup: Array) -> Labels:
    """Return a tile's labels in the plane's numbers; a number that owns nothing becomes background.

    Parameters
    ----------
    labels
        Owned labels of a tile, shape (H, W).
    lookup
        Plane number of each of the tile's own numbers.
    """
    # What lies beyond the table is clipped to its end.
    relabeled: Labels = np.append(lookup, 0).astype(np.uint32).take(labels, mode="clip")
    return relabeled


def _edges(
    seams: Sequence[SeamAgreement], node_of: Mapping[tuple[int, int], tuple[Array, int]], least: float
) -> Array:
    """Return agreeing pairs of nodes, shape (n, 2), best first, ties in the order of the nodes."""
    nodes, weights = [np.zeros((0, 2), np.int64)], [np.zeros(0)]
    for seam in seams:
        if seam.first not in node_of or seam.second not in node_of:
            continue
        first, has_first = _nodes(seam.first_label, *node_of[seam.first])
        second, has_second = _nodes(seam.second_label, *node_of[seam.second])
        agree = (seam.iou >= least) & has_first & has_second
        nodes.append(np.sort(np.stack([first, second], axis=1)[agree], axis=1))
        weights.append(seam.iou[agree])
    pairs, weight = np.concatenate(nodes), np.concatenate(weights)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0], -weight))]


def _nodes(labels: Array, own: Array, start: int) -> tuple[Array, Array]:
    """Return the node of each label, and whether the tile owns any of it (an object may lie in the halo alone)."""
    position = np.minimum(np.searchsorted(own, labels), len(own) - 1)
    return start + position, own[position] == labels


def _unite(pairs: Array, tile_of_node: Array) -> Array:
    """Return a group per node: union-find that refuses to join two objects of one tile."""
    parent = list(range(len(tile_of_node)))
    tiles_of: dict[int, set[int]] = {}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for first, second in pairs.tolist():
        one, other = root(first), root(second)
        if one == other:
            continue
        tiles_one = tiles_of.get(one) or {int(tile_of_node[one])}
        tiles_other = tiles_of.get(other) or {int(tile_of_node[other])}
        if tiles_one & tiles_other:
            continue
        keep, drop = min(one, other), max(one, other)
        parent[drop] = keep
        tiles_of[keep] = tiles_one | tiles_other
    roots = np.array([root(node) for node in range(len(parent))])
    return np.unique(roots, return_inverse=True)[1]


def _number(merged: ObjectDirectory, min_area_px: float, max_area_px: float) -> tuple[Array, ObjectDirectory]:
    """Return the plane number of each group and the directory of those that are kept."""
    order = np.lexsort((merged.anchor[:, 1], merged.anchor[:, 0]))
    area_px = merged.area_px[order]
    kept = order[(area_px >= min_area_px) & (area_px <= max_area_px)]
    number = np.zeros(len(merged), np.uint32)
    number[kept] = np.arange(1, len(kept) + 1, dtype=np.uint32)
    directory = ObjectDirectory(
        np.arange(1, len(kept) + 1, dtype=np.uint32),
        merged.box[kept],
        merged.anchor[kept],
        merged.area_px[kept],
    )
    return number, directory
