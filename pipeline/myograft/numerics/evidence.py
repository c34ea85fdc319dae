"""How sure a network was of each object: what its outline, its inside and its flows say."""

from __future__ import annotations

import numpy as np

from myograft.model.arrays import Array, Image, Labels
from myograft.numerics.distance import depth_within
from myograft.numerics.flows import flow_errors

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


def evidence_of(labels: Labels, logit: Image, flows: Array, cut: Array) -> Array:
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

    Returns
    -------
    Array
        Shape (n, 7), n one more than the largest number: mean logit inside; mean logit along the edge; square root of
        the flow error; logarithm of the mean depth over that of a disk of the same area (0 for a disk, less for
        what is thin or notched); logarithm of the area in px; 1 for what the plane's edge cuts, else 0; the same times
        the square root of the flow error.
    """
    area = np.maximum(np.bincount(labels.ravel()), 1).astype(np.float64)
    numbers_n = len(area)
    depth = depth_within(labels)
    is_edge = (depth <= _EDGE_PX) & (labels > 0)
    edge_n = np.maximum(np.bincount(labels[is_edge], minlength=numbers_n), 1)
    edge = np.bincount(labels[is_edge], np.asarray(logit, np.float64)[is_edge], minlength=numbers_n) / edge_n
    inside = np.bincount(labels.ravel(), np.asarray(logit, np.float64).ravel(), minlength=numbers_n) / area
    # The mean depth of a disk is a third of its radius: a measure of compactness that needs no contour.
    mean_depth = np.bincount(labels.ravel(), depth.astype(np.float64).ravel(), minlength=numbers_n) / area
    disk_depth = np.sqrt(area / np.pi) / 3.0
    solid = np.log(np.maximum(mean_depth, 0.1) / np.maximum(disk_depth, 0.1))
    flow = np.sqrt(flow_errors(labels, flows))
    is_cut = np.zeros(numbers_n)
    is_cut[cut.astype(np.int64)] = 1.0
    return np.stack([inside, edge, flow, solid, np.log(area), is_cut, is_cut * flow], axis=1)
