"""Flows: for every pixel of an object, the direction in which its middle lies.

The representation is Cellpose's (Stringer et al. 2021, doi:10.1038/s41592-020-01018-x): heat spreads from the middle
of an object through the object alone; its gradient, scaled to length 1, leads every pixel back to the middle, around
corners where need be.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from myograft.model.arrays import Array, Labels
from myograft.numerics.labels import objects_of


def flows_of_labels(labels: Labels) -> Array:
    """Return the flows of labels: unit vectors (y, x) towards the middle of each object, 0 on background.

    Parameters
    ----------
    labels
        Shape (H, W).

    Returns
    -------
    Array
        Shape (2, H, W), float32.

    Notes
    -----
    Heat is fed into the pixel of the object nearest to its mean, for twice as many steps as its box is long and
    wide together: enough that the gradient points home from everywhere.

    Examples
    --------
    >>> flows_of_labels(np.array([[7, 7, 7, 7, 7]], np.uint32))[1, 0, [0, 1, 3, 4]].tolist()
    [1.0, 1.0, -1.0, -1.0]
    """
    flows = np.zeros((2, *labels.shape), np.float32)
    found = objects_of(labels)
    _diffuse_all(labels, found.label, found.box, flows)
    return flows


def flow_errors(labels: Labels, flows: Array) -> Array:
    """Return, by number, how far flows lie from those that the shape of each object would have.

    The check by which Cellpose discards outlines ("flow error", Stringer et al. 2021): the mean square of the
    difference over the object's pixels.

    Parameters
    ----------
    labels
        Shape (H, W).
    flows
        As predicted, of length about 1, shape (2, H, W).

    Returns
    -------
    Array
        One number per label from 0 on; 0 for background and for numbers that do not occur.
    """
    difference = np.square(flows_of_labels(labels) - flows).sum(axis=0, dtype=np.float64)
    area = np.bincount(labels.ravel())
    total = np.bincount(labels.ravel(), difference.ravel(), minlength=len(area))
    errors = np.asarray(total / np.maximum(area, 1))
    errors[0] = 0.0
    return errors


@njit(cache=True, nogil=True)
def _diffuse_all(labels: Array, numbers: Array, boxes: Array, flows: Array) -> None:
    for index in range(len(numbers)):
        y0, x0, y1, x1 = boxes[index]
        _diffuse(labels[y0:y1, x0:x1], numbers[index], flows[:, y0:y1, x0:x1])


@njit(cache=True, nogil=True)
def _diffuse(labels: Array, number: int, flows: Array) -> None:
    """Write the flows of one object into its box."""
    height, width = labels.shape
    # One pixel more on every side, so that nothing has to be asked at the border.
    inside = np.zeros((height + 2, width + 2), np.float32)
    for y in range(height):
        for x in range(width):
            if labels[y, x] == number:
                inside[y + 1, x + 1] = np.float32(1.0)
    heat = np.zeros((height + 2, width + 2), np.float32)
    _spread(heat, inside, 2 * (height + width + 2))
    for y in range(1, height + 1):
        for x in range(1, width + 1):
            if inside[y, x] > 0.0:
                dy = heat[y + 1, x] - heat[y - 1, x]
                dx = heat[y, x + 1] - heat[y, x - 1]
                length = np.sqrt(dy * dy + dx * dx)
                if length > 0.0:
                    flows[0, y - 1, x - 1] = dy / length
                    flows[1, y - 1, x - 1] = dx / length


@njit(cache=True, nogil=True)
def _spread(heat: Array, inside: Array, steps_n: int) -> None:
    """Feed heat into the middle and let it spread, a 3 x 3 mean per step.

    Pixels are one line, row after row, in which those beside each other and those above each other are a fixed way
    apart: what runs over the end of a row meets the empty border. Unsigned, so that no index has to be checked for
    counting from the end.
    """
    height, width = inside.shape
    middle_y, middle_x = _middle_of(inside)
    middle = middle_y * width + middle_x
    warm, row_sum, share = (
        heat.ravel(),
        np.zeros(heat.size, np.float32),
        inside.ravel() * np.float32(1.0 / 9.0),
    )
    one, line, pixels_n = np.uint64(1), np.uint64(width), np.uint64(height * width)
    for _ in range(steps_n):
        warm[middle] += np.float32(1.0)
        # First along the rows, then down the columns.
        for at in range(one, pixels_n - one):
            row_sum[at] = warm[at - one] + warm[at] + warm[at + one]
        for at in range(line, pixels_n - line):
            warm[at] = (row_sum[at - line] + row_sum[at] + row_sum[at + line]) * share[at]


@njit(cache=True, nogil=True)
def _middle_of(inside: Array) -> tuple[int, int]:
    """Return the pixel of an object that is nearest to its mean."""
    height, width = inside.shape
    sum_y, sum_x, count = 0.0, 0.0, 0
    for y in range(height):
        for x in range(width):
            if inside[y, x] > 0.0:
                sum_y += y
                sum_x += x
                count += 1
    mean_y, mean_x = round(sum_y / count), round(sum_x / count)
    middle_y, middle_x, nearest = 0, 0, 1 << 60
    for y in range(height):
        for x in range(width):
            square = int((y - mean_y) ** 2 + (x - mean_x) ** 2)
            if inside[y, x] > 0.0 and square < nearest:
                middle_y, middle_x, nearest = y, x, square
    return middle_y, middle_x
