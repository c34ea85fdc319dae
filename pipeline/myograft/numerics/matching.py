"""Which object of one label plane is which of another: overlaps, and the best one-to-one match."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from myograft.model.arrays import Array, Labels


@dataclass(frozen=True)
class Overlaps:
    """Every pair of objects that share pixels.

    Parameters
    ----------
    first, second
        Numbers in the two planes, shape (n,), sorted by first, then second.
    shared_px
        Pixels in common, shape (n,).
    first_px, second_px
        Sizes of the two objects, shape (n,).
    """

    first: Array
    second: Array
    shared_px: Array
    first_px: Array
    second_px: Array

    @property
    def iou(self) -> Array:
        """Intersection over union of each pair."""
        return np.asarray(self.shared_px / (self.first_px + self.second_px - self.shared_px))


def overlaps(first: Labels, second: Labels) -> Overlaps:
    """Return the pairs of objects that share pixels.

    Parameters
    ----------
    first, second
        Label planes, or stacks of planes, of one shape, 0 is background.
    """
    if first.shape != second.shape:
        raise ValueError(f"label planes differ in shape: {first.shape} and {second.shape}")
    a, b = np.ascontiguousarray(first).ravel(), np.ascontiguousarray(second).ravel()
    # Along a run of pixels nothing changes; there are far fewer runs than pixels to sort.
    starts = np.flatnonzero(np.concatenate([[len(a) > 0], (a[1:] != a[:-1]) | (b[1:] != b[:-1])]))
    length = np.diff(starts, append=len(a))
    numbers_a, compact_a = np.unique(a[starts], return_inverse=True)
    numbers_b, compact_b = np.unique(b[starts], return_inverse=True)
    pairs, pair = np.unique(compact_a * len(numbers_b) + compact_b, return_inverse=True)
    area_a, area_b, shared = (np.zeros(n, np.int64) for n in (len(numbers_a), len(numbers_b), len(pairs)))
    np.add.at(area_a, compact_a, length)
    np.add.at(area_b, compact_b, length)
    np.add.at(shared, pair, length)
    in_a, in_b = np.divmod(pairs, max(1, len(numbers_b)))
    both = (numbers_a[in_a] != 0) & (numbers_b[in_b] != 0)
    in_a, in_b, shared = in_a[both], in_b[both], shared[both]
    return Overlaps(numbers_a[in_a], numbers_b[in_b], shared, area_a[in_a], area_b[in_b])


@dataclass(frozen=True)
class Matching:
    """The best one-to-one match of two label planes.

    Parameters
    ----------
    predicted, truth
        Numbers of the matched pairs, shape (n,).
    iou
        Overlap of each pair, shape (n,).
    unmatched_predicted, unmatched_truth
        Numbers of the objects without a partner.
    """

    predicted: Array
    truth: Array
    iou: Array
    unmatched_predicted: Array
    unmatched_truth: Array


def match_labels(predicted: Labels, truth: Labels, iou: float) -> Matching:
    """Match objects one to one where they overlap by at least `iou`; as many pairs as possible, then the best.

    Parameters
    ----------
    predicted, truth
        Label planes, or stacks of planes, of one shape, 0 is background.
    iou
        Least intersection over union of a pair, in (0, 1]. Above 0.5 a partner is unique; at or below it, the
        assignment is optimal within each group of overlapping objects.
    """
    if not 0.0 < iou <= 1.0:
        raise ValueError(f"an overlap to match at lies in (0, 1], not {iou}")
    found = overlaps(predicted, truth)
    chosen = np.flatnonzero(found.iou >= iou)
    if len(chosen):
        chosen = chosen[one_to_one(found.first[chosen], found.second[chosen], found.iou[chosen])]
    everything_predicted = np.setdiff1d(predicted, [0])
    everything_true = np.setdiff1d(truth, [0])
    return Matching(
        found.first[chosen],
        found.second[chosen],
        found.iou[chosen],
        np.setdiff1d(everything_predicted, found.first[chosen]),
        np.setdiff1d(everything_true, found.second[chosen]),
    )


def one_to_one(first: Array, second: Array, weight: Array) -> Array:
    """Return the indices of the pairs of a maximal one-to-one match, ascending.

    Parameters
    ----------
    first, second
        The two ends of each possible pair, shape (n,), n at least 1.
    weight
        How good it is, in [0, 1], shape (n,). As many pairs as possible are chosen, then the best.

    Examples
    --------
    >>> one_to_one(np.array([1, 1, 2]), np.array([5, 6, 5]), np.array([0.9, 0.5, 0.5])).tolist()
    [1, 2]
    """
    _, row = np.unique(first, return_inverse=True)
    _, column = np.unique(second, return_inverse=True)
    rows_n, columns_n = row.max() + 1, column.max() + 1
    nodes_n = rows_n + columns_n
    graph = coo_array((np.ones(len(row)), (row, rows_n + column)), shape=(nodes_n, nodes_n))
    _, group = connected_components(graph, directed=False)
    group_of_pair = group[row]
    kept: list[int] = []
    pairs_in_group = np.bincount(group_of_pair)
    kept.extend(np.flatnonzero(pairs_in_group[group_of_pair] == 1).tolist())
    for crowded in np.flatnonzero(pairs_in_group > 1):
        members = np.flatnonzero(group_of_pair == crowded)
        _, small_row = np.unique(row[members], return_inverse=True)
        _, small_column = np.unique(column[members], return_inverse=True)
        gain = np.zeros((small_row.max() + 1, small_column.max() + 1))
        # One more pair outweighs any gain in overlap.
        gain[small_row, small_column] = 1e3 + weight[members]
        chosen = set(
            zip(
                *(axis.tolist() for axis in scipy.optimize.linear_sum_assignment(gain, maximize=True)),
                strict=True,
            )
        )
        kept += [
            int(member)
            for member, pair in zip(
                members, zip(small_row.tolist(), small_column.tolist(), strict=True), strict=True
            )
            if pair in chosen
        ]
    return np.array(sorted(kept), dtype=np.intp)
