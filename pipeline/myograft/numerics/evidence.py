"""How sure a network was of each object: what its outline, its inside and its flows say."""

from __future__ import annotations

import numpy as np
from numba import njit

from myograft.model.arrays import Array, Image, Labels
from myograft.numerics.distance import depth_within
from myograft.numerics.flows import flows_of_labels

#: Pixels from the outline inwards that count as its edge.
_EDGE_PX = 1.5

#: What is known of each object, in order.
EVIDENCE = ("inside", "edge", "flow", "solid", "size", "cut", "cut_flow")


def numbers_at(labels: Labels, sides: tuple[bool, bool, bool, bool] = (True, True, True, True)) -> Array:
    """Return the numbers of objects at borders of an array.

    Parameters
    ----------
    labels
        Shape (H, W).
    sides
        Which borders are asked: top, left, bottom, right.

    Examples
    --------
    >>> numbers_at(np.array([[0, 3], [5, 0]], np.uint32), (True, False, False, False)).tolist()
    [3]
    """
    borders = (labels[0], labels[:, 0], labels[-1], labels[:, -1])
    found = [border for border, is_asked in zip(borders, sides, strict=True) if is_asked]
    numbers: Array = np.unique(np.concatenate([np.zeros(1, labels.dtype), *found]))[1:]
    return numbers


def evidence_of(labels: Labels, logit: Image, flows: Array, cut: Array, depth: Image | None = None) -> Array:
    """Return what speaks for and against each object, by number.

    Parameters
    ----------
    labels
        Objects at the network's resolution, shape (H, W); those that matter lie whole inside.
    logit
        The network's logit of a pixel being in an object.
    flows
        Its flows, of length about 1, shape (2, H, W).
    cut
        Numbers of the objects that the plane's edge cuts: their middles may lie beyond it, and flows lead there.
    depth
        `depth_within` of the labels where it is known.

    Returns
    -------
    Array
        Shape (n, 7), n one more than the largest number: mean logit inside; mean logit along the edge; square root of
        the flow error; logarithm of the mean depth over that of a disk of the same area (0 for a disk, less for
        what is thin or notched); logarithm of the area in px; 1 for what the plane's edge cuts, else 0; the same times
        the square root of the flow error.
    """
    depth = depth_within(labels) if depth is None else depth
    sums = np.zeros((int(labels.max()) + 1, 6))
    _add_up(labels, depth, logit, flows, flows_of_labels(labels), sums)
    area, inside, edge_n, edge, depths, differences = sums.T
    area, edge_n = np.maximum(area, 1.0), np.maximum(edge_n, 1.0)
    # The mean depth of a disk is a third of its radius: a measure of compactness that needs no contour.
    disk_depth = np.sqrt(area / np.pi) / 3.0
    solid = np.log(np.maximum(depths / area, 0.1) / np.maximum(disk_depth, 0.1))
    flow = np.sqrt(differences / area)
    is_cut = np.zeros(len(sums))
    is_cut[cut.astype(np.int64)] = 1.0
    return np.stack([inside / area, edge / edge_n, flow, solid, np.log(area), is_cut, is_cut * flow], axis=1)


@njit(cache=True, nogil=True)
def _add_up(labels: Array, depth: Array, logit: Array, flows: Array, expected: Array, sums: Array) -> None:
    """Add to each object's sums: pixels, logits, pixels and logits of the edge, depths, squared flow differences."""
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            number = labels[y, x]
            if number == 0:
                continue
            own = sums[number]
            own[0] += 1.0
            own[1] += logit[y, x]
            if depth[y, x] <= _EDGE_PX:
                own[2] += 1.0
                own[3] += logit[y, x]
            own[4] += depth[y, x]
            down, right = expected[0, y, x] - flows[0, y, x], expected[1, y, x] - flows[1, y, x]
            own[5] += down * down + right * right
