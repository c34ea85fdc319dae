"""Which object of one reader is which of another's: by number where both kept the machine's, else by overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myograft.model.arrays import Array
from myograft.model.geometry import Region
from myograft.numerics.matching import one_to_one
from myograft.study.reading_tables import Objects

#: Intersection over union from which two outlines are one object.
LEAST_IOU = 0.5


@dataclass(frozen=True)
class Pairs:
    """Objects of two readings of a slide.

    Parameters
    ----------
    first, second
        The readings.
    rows
        Row of each pair in the first and in the second table, shape (n, 2), ascending by the first.
    iou
        Overlap of their outlines, shape (n,).
    only_first, only_second
        Rows without a partner.
    """

    first: Objects
    second: Objects
    rows: Array
    iou: Array
    only_first: Array
    only_second: Array

    @property
    def dice(self) -> Array:
        """Twice what they share over the sum of their areas, shape (n,)."""
        return np.asarray(2.0 * self.iou / (1.0 + self.iou))

    @property
    def both_read(self) -> Array:
        """Whether both readers looked at it, shape (n,)."""
        return np.asarray(self.first.is_read[self.rows[:, 0]] & self.second.is_read[self.rows[:, 1]])


def pair_objects(first: Objects, second: Objects) -> Pairs:
    """Return which object is which.

    Parameters
    ----------
    first, second
        Fibers, or nuclei, of one slide by two readers.

    Notes
    -----
    Pixels are looked at only where outlines differ: an object of the same number, box, size and centroid is the same.
    """
    kept = [np.flatnonzero(~objects.flag("is_drawn")) for objects in (first, second)]
    _, in_first, in_second = np.intersect1d(
        first.ids[kept[0]], second.ids[kept[1]], assume_unique=True, return_indices=True
    )
    numbered = np.stack([kept[0][in_first], kept[1][in_second]], axis=1)
    iou = np.ones(len(numbered))
    for at in np.flatnonzero(~_alike(first, second, numbered)):
        iou[at] = _overlap(first, second, int(numbered[at, 0]), int(numbered[at, 1]))
    rest = [
        np.setdiff1d(np.arange(len(objects.table)), numbered[:, end])
        for end, objects in enumerate((first, second))
    ]
    found, overlap = _by_overlap(first, second, *rest)
    rows = np.concatenate([numbered, found])
    order = np.argsort(rows[:, 0], kind="stable")
    alone = [np.setdiff1d(rest[end], found[:, end]) for end in (0, 1)]
    return Pairs(first, second, rows[order], np.concatenate([iou, overlap])[order], *alone)


def _alike(first: Objects, second: Objects, rows: Array) -> Array:
    shapes = (objects.shapes[rows[:, end]] for end, objects in enumerate((first, second)))
    return np.asarray((next(shapes) == next(shapes)).all(axis=1))


def _overlap(first: Objects, second: Objects, a: int, b: int) -> float:
    region = first.region(a).union(second.region(b))
    one, other = first.mask(a, region), second.mask(b, region)
    either_n = int((one | other).sum())
    return int((one & other).sum()) / either_n if either_n else 0.0


def _by_overlap(first: Objects, second: Objects, in_first: Array, in_second: Array) -> tuple[Array, Array]:
    """Return rows and overlaps of the best one-to-one match of objects without a common number."""
    one, other = first.boxes[in_first, None], second.boxes[None, in_second]
    meets = (one[..., :2] < other[..., 2:]).all(axis=-1) & (other[..., :2] < one[..., 2:]).all(axis=-1)
    near = [(int(in_first[a]), int(in_second[b])) for a, b in np.argwhere(meets)]
    found = [(a, b, iou) for a, b in near if (iou := _overlap(first, second, a, b)) >= LEAST_IOU]
    if not found:
        return np.zeros((0, 2), np.intp), np.zeros(0)
    rows, overlap = np.array([pair[:2] for pair in found]), np.array([pair[2] for pair in found])
    chosen = one_to_one(rows[:, 0], rows[:, 1], overlap)
    return rows[chosen], overlap[chosen]


def joint_region(pairs: Pairs, first_row: int | None, second_row: int | None) -> Region:
    """Return the box that holds both outlines, or the one there is."""
    boxes = [
        objects.region(row)
        for objects, row in ((pairs.first, first_row), (pairs.second, second_row))
        if row is not None
    ]
    return boxes[0].union(boxes[-1])
