"""How far two neighboring tiles agree about the strip that both have read.

::

    tile a owns   | tile b owns
          [== strip both ==]          an object of a and one of b are the same if they cover
                  |                   the same pixels of the strip, not because they touch
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from myograft.model.arrays import Array, Labels
from myograft.numerics.matching import overlaps
from myograft.tiling import Tile


@dataclass(frozen=True)
class SeamAgreement:
    """Candidate pairs of objects of two tiles: mutual best partners.

    Parameters
    ----------
    first, second
        ``(row, column)`` of the two tiles.
    first_label, second_label
        Numbers in the two tiles, shape (n,).
    iou
        Agreement in the strip both have read, shape (n,).
    """

    first: tuple[int, int]
    second: tuple[int, int]
    first_label: Array
    second_label: Array
    iou: Array


def neighbor_pairs(tiles: Sequence[Tile]) -> tuple[tuple[Tile, Tile], ...]:
    """Return every pair of tiles whose owned areas touch at an edge or a corner, each pair once."""
    at = {(tile.row, tile.column): tile for tile in tiles}
    steps = ((0, 1), (1, -1), (1, 0), (1, 1))
    return tuple(
        (tile, at[tile.row + down, tile.column + right])
        for tile in tiles
        for down, right in steps
        if (tile.row + down, tile.column + right) in at
    )


def compare_seam(first: Tile, first_labels: Labels, second: Tile, second_labels: Labels) -> SeamAgreement:
    """Return which objects of two tiles are each other's best partner in the strip that both have read.

    Parameters
    ----------
    first, second
        Neighboring tiles.
    first_labels, second_labels
        Their labels, shapes of their ``reads``.
    """
    strip = first.reads.intersect(second.reads)
    found = overlaps(first_labels[strip.inside(first.reads)], second_labels[strip.inside(second.reads)])
    iou = found.iou
    mutual = _is_best(found.first, iou, found.second) & _is_best(found.second, iou, found.first)
    return SeamAgreement(
        (first.row, first.column),
        (second.row, second.column),
        found.first[mutual],
        found.second[mutual],
        iou[mutual],
    )


def _is_best(group: Array, iou: Array, partner: Array) -> Array:
    """Return, per pair, whether no other pair of its group agrees better (ties go to the smaller partner)."""
    order = np.lexsort((partner, -iou, group))
    best = np.zeros(len(group), np.bool_)
    leads = np.ones(len(group), np.bool_)
    leads[1:] = group[order][1:] != group[order][:-1]
    best[order[leads]] = True
    return best
