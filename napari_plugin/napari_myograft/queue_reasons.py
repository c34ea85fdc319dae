"""Why an object is worth a reader's time: donor calls, calls near the threshold, outliers, the random audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from myograft.model.biology import Origin
from myograft.model.correction import Target
from myograft.model.table import Table

Flags: TypeAlias = NDArray[np.bool_]
Reals: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.int64]


class Reason(StrEnum):
    """Why an object is in the queue, the first first; of several the first one counts."""

    DONOR = "donor call"
    UNDECIDED = "near the threshold"
    DOUBT = "doubtful outline"
    SIZE = "unusual size"
    SHAPE = "unusual shape"
    SEAM = "cut at a seam"
    AUDIT = "random audit"
    MADE = "made by a reader"
    BLINDED = "blinded reading"
    OTHER = "nothing stands out"


REASONS = tuple(Reason)
CODE_OF = {reason: code for code, reason in enumerate(REASONS)}

#: An outline that is more likely wrong than right.
_DOUBTFUL_PROBABILITY = 0.5

#: Modified z-score beyond which a value is an outlier (Iglewicz & Hoaglin 1993).
_OUTLIER_Z = 3.5

#: From fewer objects nobody knows what is usual.
_LEAST_USUAL_N = 20

#: From here on a probability is not told apart from 1.
_SURE = 0.99

SIZE_COLUMN = {Target.FIBER: "csa_um2", Target.NUCLEUS: "area_um2"}
_SHAPE_COLUMNS = {Target.FIBER: ("solidity", "circularity"), Target.NUCLEUS: ()}


@dataclass(frozen=True)
class Reasons:
    """Why each object of the machine's is in the queue; arrays of one length, in the order of its table.

    Parameters
    ----------
    holds
        Per reason whether it holds, shape (reasons, objects).
    rank
        Per reason the place among those it holds for, lowest first, shape (reasons, objects).
    usual
        Median of the columns that outliers were looked for in.
    """

    holds: Flags
    rank: Reals
    usual: dict[str, float]

    @property
    def first(self) -> NDArray[np.uint8]:
        """Code of the reason that counts."""
        codes: NDArray[np.uint8] = np.argmax(self.holds, axis=0).astype(np.uint8)
        return codes


def reasons_of(
    target: Target, machine: Table, audit_ids: Sequence[int], seams: Table | None = None
) -> Reasons:
    """Return why objects are in the queue, by what the machine said; what readers say later does not move them.

    Parameters
    ----------
    target
        What the rows are.
    machine
        The machine's table.
    audit_ids
        Nuclei of the random audit sample, in reading order.
    seams
        The seams table; None where the result has none.

    Notes
    -----
    A nucleus that is in the sample and stands out as well is read because it stands out: what was chosen without
    looking at the draw is known and leaves the strata, what remains of the sample is still random
    (`measure.reviewed`). Whoever reads the sample itself meets it there all the same.
    """
    n = len(machine)
    holds, rank = np.zeros((len(REASONS), n), np.bool_), np.zeros((len(REASONS), n))
    holds[CODE_OF[Reason.OTHER]] = True
    if target is Target.NUCLEUS:
        _add_calls(holds, rank, machine)
        places = _places(machine["nucleus_id"].filled(), audit_ids)
        holds[CODE_OF[Reason.AUDIT]], rank[CODE_OF[Reason.AUDIT]] = places >= 0, places
    usual = _add_outliers(target, holds, rank, machine)
    if seams is not None:
        _add_seams(target, holds, machine, seams)
    return Reasons(holds, rank, usual)


def words_of(
    target: Target, reasons: Reasons, place: int, row: dict[str, Any], audit_n: int, *, is_audit: bool = False
) -> str:
    """Return in words why an object is in the queue, all reasons that hold.

    Parameters
    ----------
    target
        What it is.
    reasons
        Those of its kind.
    place
        Its row in the machine's table.
    row
        What the machine's table says of it.
    audit_n
        Size of the random audit sample.
    is_audit
        Whether the sample is read: then it is not said what else stands out.
    """
    held = [reason for reason in REASONS if reasons.holds[CODE_OF[reason], place]]
    # Of what stands out it is not said whether it was drawn as well: it is not read as a part of the sample.
    standing_out = [reason for reason in held if CODE_OF[reason] < CODE_OF[Reason.AUDIT]]
    if is_audit and Reason.AUDIT in held:
        standing_out = [Reason.AUDIT]
    said = []
    for reason in standing_out or held[:1]:
        rank = float(reasons.rank[CODE_OF[reason], place])
        said.append(_sentence(reason, target, row, reasons.usual, rank, audit_n))
    return "; ".join(said)


def random_part(ids: Numbers, seed: int, fraction: float) -> Numbers:
    """Return a random part of some numbers in random order; equal seeds give two readers the same.

    Of two parts with one seed the smaller one is the beginning of the larger one.
    """
    order: Numbers = np.random.default_rng([seed, 2]).permutation(np.sort(ids))
    return order[: int(np.ceil(fraction * len(order)))]


def _add_calls(holds: Flags, rank: Reals, machine: Table) -> None:
    donor = machine["origin"].filled("") == str(Origin.DONOR)
    near = machine["is_undecided"].filled(fill_value=False)
    score = machine["donor_score"].filled(np.nan)
    for reason, called in ((Reason.DONOR, donor), (Reason.UNDECIDED, near & ~np.isnan(score))):
        # The highest score first, over both: clear donors, then those on either side of the threshold.
        holds[CODE_OF[reason]], rank[CODE_OF[reason]] = called, -np.nan_to_num(score)


def _add_outliers(target: Target, holds: Flags, rank: Reals, machine: Table) -> dict[str, float]:
    probability = machine["outline_probability"].filled(np.nan)
    with np.errstate(invalid="ignore"):
        holds[CODE_OF[Reason.DOUBT]] = probability < _DOUBTFUL_PROBABILITY
    rank[CODE_OF[Reason.DOUBT]] = np.nan_to_num(probability)
    # What touches the edge is cut, and what is excluded has no valid size: both are no outliers for that.
    whole = ~machine["touches_edge"].filled(fill_value=False) & ~machine["is_excluded"].filled(
        fill_value=False
    )
    usual = {}
    size = machine[SIZE_COLUMN[target]].filled(np.nan)
    usual[SIZE_COLUMN[target]] = _median(size[whole])
    with np.errstate(invalid="ignore", divide="ignore"):
        # Sizes of fibers and nuclei spread by factors, not by differences.
        strangeness = np.abs(_modified_z(np.log(size), whole))
    holds[CODE_OF[Reason.SIZE]], rank[CODE_OF[Reason.SIZE]] = strangeness > _OUTLIER_Z, -strangeness
    for name in _SHAPE_COLUMNS[target]:
        values = machine[name].filled(np.nan)
        usual[name] = _median(values[whole])
        z = _modified_z(values, whole)
        holds[CODE_OF[Reason.SHAPE]] |= z < -_OUTLIER_Z
        rank[CODE_OF[Reason.SHAPE]] = np.minimum(rank[CODE_OF[Reason.SHAPE]], z)
    return usual


def _add_seams(target: Target, holds: Flags, machine: Table, seams: Table) -> None:
    """Look at what ends at a seam of tiles: an object that was cut there does, and few others."""
    key = "fiber_id" if target is Target.FIBER else "nucleus_id"
    chosen = (seams["object"].filled("") == str(target)) & seams["ends_at_seam"].filled(fill_value=False)
    holds[CODE_OF[Reason.SEAM]] = np.isin(machine[key].filled(), seams["object_id"].filled()[chosen])


def _modified_z(values: Reals, counted: Flags) -> Reals:
    """Return 0.6745 (x - median) / MAD of what counts; 0 for what does not, or where nothing varies."""
    z = np.zeros(len(values))
    chosen = counted & np.isfinite(values)
    if chosen.sum() < _LEAST_USUAL_N:
        return z
    middle = np.median(values[chosen])
    spread = np.median(np.abs(values[chosen] - middle))
    if spread > 0:
        z[chosen] = 0.6745 * (values[chosen] - middle) / spread
    return z


def _median(values: Reals) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _places(ids: Numbers, ordered: Sequence[int]) -> Numbers:
    """Return the place of each number in an order, -1 where it is not in it."""
    places = np.full(len(ids), -1, np.int64)
    if len(ids) and len(ordered):
        wanted = np.asarray(ordered, np.int64)
        sorter = np.argsort(ids)
        at = np.minimum(np.searchsorted(ids, wanted, sorter=sorter), len(ids) - 1)
        found = ids[sorter[at]] == wanted
        places[sorter[at[found]]] = np.flatnonzero(found)
    return places


def _sentence(
    reason: Reason, target: Target, row: dict[str, Any], usual: dict[str, float], rank: float, audit_n: int
) -> str:
    match reason:
        case Reason.DONOR:
            return f"called donor{_evidence(row)}"
        case Reason.UNDECIDED:
            return f"{_called(row)}near the threshold"
        case Reason.DOUBT:
            return f"outline doubtful (right with probability {row['outline_probability']:.2f})"
        case Reason.SIZE | Reason.SHAPE | Reason.SEAM:
            return _outlier(reason, target, row, usual)
        case Reason.AUDIT:
            return f"drawn at random ({rank + 1:.0f} of {audit_n:,})"
        case Reason.MADE | Reason.BLINDED | Reason.OTHER:
            return str(reason)


def _outlier(reason: Reason, target: Target, row: dict[str, Any], usual: dict[str, float]) -> str:
    if reason is Reason.SEAM:
        return "ends at a seam between tiles, where it may have been cut"
    if reason is Reason.SHAPE:
        name = min(_SHAPE_COLUMNS[target], key=lambda column: (row[column] or 1.0) / usual[column])
        return f"unusual shape ({name} {row[name]:.2f}, usual {usual[name]:.2f})"
    size = SIZE_COLUMN[target]
    kind = "small" if row[size] < usual[size] else "large"
    return f"unusually {kind} ({row[size]:,.0f} µm², usual {usual[size]:,.0f})"


def _called(row: dict[str, Any]) -> str:
    """Return the call, where it was not said already that it is a donor call."""
    return "" if row["origin"] == str(Origin.DONOR) else f"called {row['origin']}{_evidence(row)}, "


def _evidence(row: dict[str, Any]) -> str:
    if row["p_donor"] is not None:
        probability = row["p_donor"]
        return f" (probability {probability:.2f})" if probability < _SURE else f" (probability over {_SURE})"
    return "" if row["donor_score"] is None else f" (score {row['donor_score']:.1f})"
