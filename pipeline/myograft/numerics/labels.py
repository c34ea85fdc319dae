"""What a label plane holds: number, box, first pixel and size of every object, found in one pass."""

from __future__ import annotations

import numpy as np

from myograft.model.arrays import Array, Labels
from myograft.model.objects import ObjectDirectory, empty_directory


def objects_of(labels: Labels, origin: tuple[int, int] = (0, 0)) -> ObjectDirectory:
    """Return the directory of a label array.

    Parameters
    ----------
    labels
        Shape (H, W), 0 is background.
    origin
        ``(y, x)`` of the array's first pixel in the plane, in px.

    Returns
    -------
    ObjectDirectory
        In the order of the numbers; boxes and anchors in px of the plane.

    Examples
    --------
    >>> objects_of(np.array([[0, 7, 7], [3, 0, 7]], np.uint32)).box.tolist()
    [[1, 0, 2, 1], [0, 1, 2, 3]]
    """
    numbers, starts, lengths = _runs(labels)
    if not len(numbers):
        return empty_directory()
    rows, columns = starts // labels.shape[1], starts % labels.shape[1]
    label, first, group = np.unique(numbers, return_index=True, return_inverse=True)
    # Runs come in raster order, so the first of an object has its smallest y.
    anchor = np.stack([rows[first], columns[first]], axis=1).astype(np.int64)
    area, last = np.zeros(len(label), np.int64), np.zeros((len(label), 2), np.int64)
    leftmost = np.full(len(label), labels.shape[1], np.int64)
    np.add.at(area, group, lengths)
    np.minimum.at(leftmost, group, columns)
    np.maximum.at(last, group, np.stack([rows + 1, columns + lengths], axis=1))
    box = np.column_stack([rows[first], leftmost, last])
    shift = np.asarray(origin, np.int64)
    return ObjectDirectory(label.astype(np.uint32), box + np.tile(shift, 2), anchor + shift, area)


def _runs(labels: Labels) -> tuple[Array, Array, Array]:
    """Return number, first pixel (flat index) and length of each run of one object's pixels within a row."""
    flat = np.ascontiguousarray(labels).ravel()
    is_start = np.ones(len(flat), bool)
    is_start[1:] = flat[1:] != flat[:-1]
    is_start[:: labels.shape[1] or 1] = True
    starts = np.flatnonzero(is_start)
    lengths = np.diff(starts, append=len(flat))
    is_object = flat[starts] > 0
    return flat[starts][is_object], starts[is_object], lengths[is_object]


def canonical_renumber(labels: Labels) -> Labels:
    """Return the labels renumbered 1..n by the first pixel of each object, row by row.

    Parameters
    ----------
    labels
        Shape (H, W), 0 is background.

    Examples
    --------
    >>> canonical_renumber(np.array([[0, 7, 7], [3, 0, 7]], np.uint32)).tolist()
    [[0, 1, 1], [2, 0, 1]]
    """
    label, first, compact = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.where(label == 0, -1, first))
    number = np.empty(len(label), np.uint32)
    number[order] = np.arange(len(label), dtype=np.uint32) + (0 if label[0] == 0 else 1)
    return number[compact].reshape(labels.shape)
