"""What failed for good in a stage, as one error that names places and reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any

from distributed.scheduler import KilledWorker

from myograft.errors import IncompleteError, MyograftError
from myograft.model.geometry import Region

#: Reasons that an error names; the others are counted.
_TOLD_N = 5


def incomplete(
    stage: str, items: Sequence[Any], failed: Mapping[int, BaseException], done_n: int
) -> BaseException:
    """Return the error of a stage in which some, or all, pieces of work failed.

    Parameters
    ----------
    stage, items
        What was worked on.
    failed
        Reasons by place.
    done_n
        Pieces that are done; of none, the first reason is the error.
    """
    if not done_n:
        return failed[min(failed)]
    told = [f"{place_of(items[place])}: {_reason(failed[place])}" for place in sorted(failed)[:_TOLD_N]]
    more = f" and {len(failed) - _TOLD_N} more" if len(failed) > _TOLD_N else ""
    return IncompleteError(
        f"{len(failed)} of {len(items)} pieces of '{stage}' failed: {'; '.join(told)}{more}",
        remedy="All others are done and kept. Mend what the reasons name and run the same command again, which does "
        "only these",
    )


def place_of(item: Any) -> str:
    """Return the pixels that a piece of work is about, as far as it says so.

    Examples
    --------
    >>> place_of((Region(0, 512, 256, 768), "more"))
    'y 0-256, x 512-768 px'
    """
    for part in item if isinstance(item, tuple) else (item,):
        region = part if isinstance(part, Region) else getattr(part, "owns", getattr(part, "hull", None))
        if isinstance(region, Region):
            return f"y {region.y0}-{region.y1}, x {region.x0}-{region.x1} px"
    return str(item)[:80]


def _reason(problem: BaseException) -> str:
    if isinstance(problem, KilledWorker | CancelledError):
        return "its worker was killed every time, maybe for lack of memory"
    if isinstance(problem, MyograftError):
        return problem.sentence.rstrip(".")
    return f"{type(problem).__name__}: {problem}"
