"""Calls against truth: donor or host, in a fiber or not, for objects that were matched by their outlines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from myograft.numerics.matching import Matching


@dataclass(frozen=True, slots=True)
class CallEvaluation:
    """Agreement of calls; None where a figure is undefined.

    Parameters
    ----------
    compared_n, agreeing_n
        Matched objects with a call on both sides, and those of them with the same call.
    accuracy
        agreeing_n / compared_n.
    true_positive_n, false_positive_n, false_negative_n
        Of one class; an object of that class that was never outlined is a false negative, an invented one a false
        positive.
    f1
        2 TP / (2 TP + FP + FN).
    """

    compared_n: int
    agreeing_n: int
    accuracy: float | None
    true_positive_n: int
    false_positive_n: int
    false_negative_n: int
    f1: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, in order."""
        return asdict(self)


def evaluate_calls(
    matching: Matching, predicted: Mapping[int, str | None], truth: Mapping[int, str | None], positive: str
) -> CallEvaluation:
    """Compare the calls of matched objects, and the detection of one class over all objects.

    Parameters
    ----------
    matching
        Which predicted object is which true one.
    predicted, truth
        Call per object number; None where there is none.
    positive
        Class whose F1 is wanted, for example ``"donor"``.
    """
    pairs = [
        (predicted.get(int(one)), truth.get(int(other)))
        for one, other in zip(matching.predicted, matching.truth, strict=True)
    ]
    called = [pair for pair in pairs if None not in pair]
    agreeing = sum(one == other for one, other in called)
    hits = sum(one == other == positive for one, other in pairs)
    false_positive = sum(one == positive != other for one, other in pairs)
    false_negative = sum(other == positive != one for one, other in pairs)
    false_positive += sum(predicted.get(int(label)) == positive for label in matching.unmatched_predicted)
    false_negative += sum(truth.get(int(label)) == positive for label in matching.unmatched_truth)
    wanted = 2 * hits + false_positive + false_negative
    return CallEvaluation(
        len(called),
        agreeing,
        agreeing / len(called) if called else None,
        hits,
        false_positive,
        false_negative,
        2 * hits / wanted if wanted else None,
    )
