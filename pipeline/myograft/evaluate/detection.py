"""Detection against truth: which objects were found, missed or invented, and how well outlines fit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from myograft.model.arrays import Array, Labels
from myograft.numerics.matching import match_labels


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Agreement of outlines at one overlap threshold; None where a figure is undefined.

    Parameters
    ----------
    true_positive_n, false_positive_n, false_negative_n
        Matched pairs, predicted objects without truth, true objects not found.
    precision, recall, f1
        TP / (TP + FP), TP / (TP + FN), 2 TP / (2 TP + FP + FN).
    average_precision
        TP / (TP + FP + FN), the convention of the Data Science Bowl 2018, StarDist and Cellpose; not the area under
        a precision-recall curve.
    panoptic_quality
        Sum of the matched overlaps over TP + FP / 2 + FN / 2 (Kirillov et al. 2019).
    mean_matched_iou
        Mean overlap of the matched pairs.
    """

    true_positive_n: int
    false_positive_n: int
    false_negative_n: int
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None
    panoptic_quality: float | None
    mean_matched_iou: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, in order."""
        return asdict(self)


def evaluate_labels(
    predicted: Labels, truth: Labels, *, iou: float = 0.5, ignore_edge: bool = False
) -> Evaluation:
    """Compare predicted outlines with true ones.

    Parameters
    ----------
    predicted, truth
        Label planes, or stacks of planes, of one shape, 0 is background.
    iou
        Intersection over union from which two outlines are the same object, in (0, 1].
    ignore_edge
        Leave out objects cut by the border of a plane (not by the first or last plane of a stack): a pair is left out
        when its true object touches the border, an unmatched object of either when it touches the border itself. So an
        interior fiber found a little too large, up to the border, still counts as found.
    """
    matching = match_labels(predicted, truth, iou)
    matched_iou, missed, invented = matching.iou, matching.unmatched_truth, matching.unmatched_predicted
    if ignore_edge:
        matched_iou = matched_iou[~np.isin(matching.truth, _on_border(truth))]
        missed = missed[~np.isin(missed, _on_border(truth))]
        invented = invented[~np.isin(invented, _on_border(predicted))]
    return score(matched_iou, len(invented), len(missed))


def score(matched_iou: Array, false_positive_n: int, false_negative_n: int) -> Evaluation:
    """Return the figures that follow from the matched overlaps and the counts of errors.

    Parameters
    ----------
    matched_iou
        Overlap of each matched pair, shape (n,).
    false_positive_n, false_negative_n
        Objects without a partner.
    """
    hits = len(matched_iou)
    total = float(np.sum(np.sort(matched_iou)))
    return Evaluation(
        hits,
        false_positive_n,
        false_negative_n,
        _ratio(hits, hits + false_positive_n),
        _ratio(hits, hits + false_negative_n),
        _ratio(2 * hits, 2 * hits + false_positive_n + false_negative_n),
        _ratio(hits, hits + false_positive_n + false_negative_n),
        _ratio(total, hits + (false_positive_n + false_negative_n) / 2),
        _ratio(total, hits),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _on_border(labels: Labels) -> Array:
    edges = (labels[..., 0, :], labels[..., -1, :], labels[..., 0], labels[..., -1])
    return np.unique(np.concatenate([edge.ravel() for edge in edges]))
