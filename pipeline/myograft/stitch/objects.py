"""What one tile says of the objects in the area it owns, and how given labels add up over tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from myograft.model.arrays import Labels
from myograft.model.objects import ObjectDirectory, empty_directory
from myograft.numerics.labels import objects_of
from myograft.tiling import Tile


@dataclass(frozen=True)
class TileObjects:
    """Objects in a tile's owned area.

    Parameters
    ----------
    tile
        The tile.
    directory
        The part of each object that lies in the owned area, in px of the plane; numbers are the tile's own.
    """

    tile: Tile
    directory: ObjectDirectory


def tile_objects(labels: Labels, tile: Tile) -> TileObjects:
    """Return what a tile owns of its labels.

    Parameters
    ----------
    labels
        Labels of all that the tile reads, shape of ``tile.reads``.
    tile
        The tile.
    """
    if labels.shape != tile.reads.shape:
        raise ValueError(f"labels of shape {labels.shape} for a tile that reads {tile.reads.shape}")
    owned = labels[tile.owns.inside(tile.reads)]
    return TileObjects(tile, objects_of(owned, (tile.owns.y0, tile.owns.x0)))


def join_objects(parts: Sequence[TileObjects]) -> ObjectDirectory:
    """Return the directory of a plane whose numbers mean the same object in every tile (given labels)."""
    filled = [part.directory for part in parts if len(part.directory)]
    if not filled:
        return empty_directory()
    label, group = np.unique(np.concatenate([part.label for part in filled]), return_inverse=True)
    return merge_groups(filled, group, label)


def merge_groups(parts: Sequence[ObjectDirectory], group: np.ndarray, label: np.ndarray) -> ObjectDirectory:
    """Return one object per group: box around all, first pixel of all, sizes added.

    Parameters
    ----------
    parts
        Directories whose rows are merged.
    group
        Index into `label` for each row of all parts in order, shape (n,).
    label
        Number of each group, ascending, shape (m,).
    """
    box = np.concatenate([part.box for part in parts])
    anchor = np.concatenate([part.anchor for part in parts])
    area = np.concatenate([part.area_px for part in parts])
    joined = np.tile(np.array([np.iinfo(np.int64).max] * 2 + [-1] * 2), (len(label), 1))
    np.minimum.at(joined[:, :2], group, box[:, :2])
    np.maximum.at(joined[:, 2:], group, box[:, 2:])
    sums = np.zeros(len(label), np.int64)
    np.add.at(sums, group, area)
    raster = np.lexsort((anchor[:, 1], anchor[:, 0], group))
    first = raster[np.searchsorted(group[raster], np.arange(len(label)))]
    return ObjectDirectory(label.astype(np.uint32), joined, anchor[first], sums)
