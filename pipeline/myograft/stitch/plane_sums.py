"""What planes tell of their objects, block by block: pixels in common, and stain. Sums do not depend on the blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from myograft.model.arrays import Array, Image, Labels
from myograft.model.objects import ObjectDirectory
from myograft.numerics.matching import overlaps

#: Units of a summed stain in one pixel of bright stain.
STAIN_UNIT = 1024


@dataclass(frozen=True)
class SharedPixels:
    """Pixels that objects of two planes have in common.

    Parameters
    ----------
    first, second
        Numbers in the two planes, shape (n,).
    shared_px
        Pixels in common, shape (n,).
    """

    first: Array
    second: Array
    shared_px: Array


def count_shared(first: Labels, second: Labels) -> SharedPixels:
    """Return the pixels that objects of two planes share in a block; parameters as in `overlaps`."""
    found = overlaps(first, second)
    return SharedPixels(found.first.astype(np.int64), found.second.astype(np.int64), found.shared_px)


def add_shared(parts: Sequence[SharedPixels]) -> SharedPixels:
    """Return the sums over blocks of a plane, sorted by first, then second; any order of the blocks."""
    if not parts:
        return SharedPixels(*(np.zeros(0, np.int64) for _ in range(3)))
    pairs = np.concatenate([np.stack([part.first, part.second], axis=1) for part in parts])
    known, group = np.unique(pairs, axis=0, return_inverse=True)
    total = np.zeros(len(known), np.int64)
    np.add.at(total, group.ravel(), np.concatenate([part.shared_px for part in parts]))
    return SharedPixels(known[:, 0], known[:, 1], total)


def sum_stain(labels: Labels, stain: Image) -> tuple[Array, Array]:
    """Return the numbers of the objects in a block and the stain of each, in whole units of `STAIN_UNIT`.

    Whole numbers have one sum, however the plane is cut into blocks.

    Parameters
    ----------
    labels
        Shape (H, W), 0 is background.
    stain
        Normalized stain, shape (H, W); less than nothing counts as nothing.
    """
    inside = labels > 0
    number, group = np.unique(labels[inside], return_inverse=True)
    units = np.rint(np.maximum(stain[inside], 0.0).astype(np.float64) * STAIN_UNIT).astype(np.int64)
    total = np.zeros(len(number), np.int64)
    np.add.at(total, group, units)
    return number.astype(np.int64), total


def add_stain(directory: ObjectDirectory, parts: Sequence[tuple[Array, Array]]) -> Array:
    """Return the stain of each object of a plane, in the order of its directory, from that in its blocks."""
    total = np.zeros(len(directory), np.int64)
    for number, stain in parts:
        np.add.at(total, np.searchsorted(directory.label, number), stain)
    return total
