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
    rows, columns = np.nonzero(labels)
    if not len(rows):
        return empty_directory()
    label, first, compact, area = np.unique(
        labels[rows, columns], return_index=True, return_inverse=True, return_counts=True
    )
    box = np.empty((len(label), 4), np.int64)
    # Pixels come in raster order, so the first of an object has its smallest y.
    box[:, 0] = rows[first]
    box[:, 1] = _extreme(np.minimum, columns, compact, len(label), columns.max())
    box[:, 2] = _extreme(np.maximum, rows, compact, len(label), 0) + 1
    box[:, 3] = _extreme(np.maximum, columns, compact, len(label), 0) + 1
    anchor = np.stack([rows[first], columns[first]], axis=1).astype(np.int64)
    shift = np.asarray(origin, np.int64)
    return ObjectDirectory(
        label.astype(np.uint32), box + np.tile(shift, 2), anchor + shift, area.astype(np.int64)
    )


def _extreme(choose: np.ufunc, values: Array, groups: Array, groups_n: int, start: int) -> Array:
    extreme = np.full(groups_n, start, np.int64)
    choose.at(extreme, groups, values)
    return extreme


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
