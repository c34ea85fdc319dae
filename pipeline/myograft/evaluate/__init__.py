"""How right are outlines and calls? Compared with truth, object by object."""

from myograft.evaluate.calls import CallEvaluation, evaluate_calls
from myograft.evaluate.detection import Evaluation, evaluate_labels

__all__ = ["CallEvaluation", "Evaluation", "evaluate_calls", "evaluate_labels"]
