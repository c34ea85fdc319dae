"""Pieces of work that a worker gets together: what is quick would wait for the scheduler longer than it takes."""

from __future__ import annotations

import pickle
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

#: How long a worker goes on with the pieces of a bundle; what it has not begun by then comes back.
_AT_A_TIME_S = 0.2

#: Most pieces of a bundle: as many are begun again, one by one, where its worker is killed.
_MOST_N = 64


@dataclass(frozen=True)
class Outcome:
    """What became of one piece of work.

    Parameters
    ----------
    answer
        What it returned.
    problem
        Why there is no answer; None where there is one.
    """

    answer: Any = None
    problem: Exception | None = None


@dataclass(frozen=True)
class BundleOutcome:
    """What became of the pieces that were begun, in order.

    Parameters
    ----------
    outcomes
        One per piece; pieces that are missing at the end were not begun.
    seconds
        How long they took.
    """

    outcomes: tuple[Outcome, ...]
    seconds: float


def run_bundle(task: Callable[[Any, Any], Any], shared: Any, items: Sequence[Any]) -> BundleOutcome:
    """Run ``task(shared, item)`` for one item after the other while there is time, for the first one in any case."""
    begun, outcomes = time.perf_counter(), []
    for item in items:
        outcomes.append(_outcome_of(task, shared, item))
        if time.perf_counter() - begun > _AT_A_TIME_S:
            break
    return BundleOutcome(tuple(outcomes), time.perf_counter() - begun)


def _outcome_of(task: Callable[[Any, Any], Any], shared: Any, item: Any) -> Outcome:
    try:
        return Outcome(task(shared, item))
    except Exception as problem:  # noqa: BLE001  # told to whoever asked, who knows what to do about it
        problem.add_note(traceback.format_exc())
        try:
            pickle.dumps(problem)
        except Exception:  # noqa: BLE001  # an error of a library that does not travel
            return Outcome(problem=RuntimeError(f"{type(problem).__name__}: {problem}"))
        return Outcome(problem=problem)


class BundleSize:
    """How many pieces go together: as many as a worker is likely to do in the time that it has.

    Parameters
    ----------
    workers_n
        Among whom the work is shared.

    Examples
    --------
    >>> size = BundleSize(2)
    >>> size.next(1000)  # nothing is known yet
    1
    >>> size.learn(BundleOutcome((Outcome(),) * 10, seconds=0.1))
    >>> size.next(1000), size.next(40), size.next(1)
    (20, 5, 1)
    """

    def __init__(self, workers_n: int) -> None:
        self._workers_n = workers_n
        self._item_s: float | None = None

    def learn(self, done: BundleOutcome) -> None:
        """Take note of how long pieces took: half of what is expected is what came last."""
        item_s = done.seconds / len(done.outcomes)
        self._item_s = item_s if self._item_s is None else (self._item_s + item_s) / 2.0

    def next(self, waiting_n: int) -> int:
        """Return the number of pieces of the next bundle, of those that wait; the last ones are shared evenly."""
        if self._item_s is None:
            return 1
        in_time_n = int(_AT_A_TIME_S / max(self._item_s, _AT_A_TIME_S / _MOST_N))
        return max(1, min(in_time_n, waiting_n // (4 * self._workers_n)))
