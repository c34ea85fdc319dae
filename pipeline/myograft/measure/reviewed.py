"""What a review says of a section: how much of it was read, and how many nuclei are donor after reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.measure.audit import call_strata, reading_order
from myograft.measure.audit_estimate import Beside, estimate_audit
from myograft.measure.kept import kept_nuclei
from myograft.model.arrays import Array, Mask
from myograft.model.audit import AuditDesign, CallStratum, DrawnStratum, Reading
from myograft.model.table import Table


@dataclass(frozen=True)
class Readings:
    """What readers said of the origin of nuclei, as far as it stands.

    Parameters
    ----------
    before
        Of nuclei that somebody chose to read before the audit began, and of drawn ones that were called, by number.
    since
        Of nuclei of the machine's that were read for the first time since then, whatever for.
    audited
        Nuclei that a reader was led to because they were drawn at random.
    gone
        Nuclei of the machine's that were rejected or deleted since the audit began.
    uncalled
        Nuclei that readers drew and nobody has called.
    """

    before: Mapping[int, Reading]
    since: Mapping[int, Reading]
    audited: frozenset[int]
    gone: frozenset[int]
    uncalled: frozenset[int]


@dataclass(frozen=True, eq=False)
class DrawnFrom:
    """The nuclei that a sample was drawn from, which no review changes.

    Parameters
    ----------
    ids, section
        Their numbers and sections, shape (n,).
    call
        What the machine says of each; see `call_strata`.
    """

    ids: Array
    section: Array
    call: Array

    @classmethod
    def of(cls, machine: Table) -> DrawnFrom:
        """Return the nuclei of the machine's table."""
        return cls(machine["nucleus_id"].filled(), machine["section_id"].filled(), call_strata(machine))


def estimate_reviewed(
    nuclei: Table,
    measured: Table,
    machine: DrawnFrom,
    design: AuditDesign,
    readings: Readings,
    *,
    by_location: bool = True,
) -> Table:
    """Return how many nuclei are donor in the midst of a review: valid however far it has come.

    Parameters
    ----------
    nuclei
        The nuclei as readers left them.
    measured
        The same nuclei, called by the machine's rule.
    machine
        What the sample was drawn from.
    design
        How it was drawn.
    readings
        What readers said.
    by_location
        Whether there is a row for each location as well.

    Returns
    -------
    Table
        The audit_estimates table; see `estimate_audit`.

    Notes
    -----
    What was chosen before the audit began was chosen without a look at the draw: it is known and leaves the strata,
    whether or not it had been drawn, and what remains of the sample is a random sample of what remains of the stratum.
    From then on who chooses passes over what the audit has read: such readings only bound the estimate. Nuclei of the
    sample count as they were read, whatever led to them; one that a reader rejected or deleted is no donor nucleus, and
    stays in the sample, for others that nobody looked at are like it. Before the audit these leave the strata, as do
    nuclei in excluded areas and those that were merged or split.
    """
    there = kept_nuclei(nuclei)
    numbers = there["nucleus_id"].filled()
    strata, chosen, reached = _strata(numbers, machine, design, readings)
    now = design.model_copy(update={"strata": strata, "read_before": _among(readings.before, numbers)})
    rows = np.isin(measured["nucleus_id"].filled(), numbers)
    called = there.replace(origin=measured["origin"][rows], is_undecided=measured["is_undecided"][rows])
    drawn = called.where(_is_among(numbers, readings.uncalled))
    beside = Beside(
        chosen,
        _calls(machine.ids, machine.call, readings.before.keys()),
        _calls(drawn["nucleus_id"].filled(), call_strata(drawn), readings.uncalled),
    )
    return estimate_audit(called, now, reached, beside, by_location=by_location)


def _strata(
    kept: Array, machine: DrawnFrom, design: AuditDesign, readings: Readings
) -> tuple[
    tuple[DrawnStratum, ...],
    dict[tuple[str, CallStratum], dict[int, Reading]],
    dict[int, Reading | None],
]:
    """Return what is left of strata and sample, what was chosen beside the sample, and what was read of it."""
    ids, section, call = machine.ids, machine.section, machine.call
    gone = readings.gone - _among(dict.fromkeys(readings.gone, Reading.HOST), kept).keys()
    # A nucleus that is gone was looked at: it is none, so that it is no donor nucleus.
    said = dict(_among(readings.since, kept)) | dict.fromkeys(gone, Reading.HOST)
    is_open = (np.isin(ids, kept) | _is_among(ids, gone)) & ~_is_among(ids, readings.before.keys())
    strata = []
    for stratum in design.strata:
        members = ids[is_open & (call == stratum.call) & (section == stratum.section_id)]
        wanted = np.array(stratum.nucleus_ids, np.int64)
        drawn = tuple(wanted[np.isin(wanted, members)].tolist())
        strata.append(
            DrawnStratum(
                section_id=stratum.section_id, call=stratum.call, all_n=len(members), nucleus_ids=drawn
            )
        )
    reached = _reached(design, strata, readings.audited, said)
    rest = _is_among(ids, said.keys() - reached.keys()) & is_open
    chosen: dict[tuple[str, CallStratum], dict[int, Reading]] = {}
    for number, name, of in zip(ids[rest].tolist(), call[rest].tolist(), section[rest].tolist(), strict=True):
        if name:
            chosen.setdefault((str(of), CallStratum(name)), {})[number] = said[number]
    return tuple(strata), chosen, reached


def _reached(
    design: AuditDesign, left: Sequence[DrawnStratum], audited: frozenset[int], said: Mapping[int, Reading]
) -> dict[int, Reading | None]:
    """Return the readings of the sample up to the last one; what was passed over before it is unclear."""
    drawn = {number for stratum in left for number in stratum.nucleus_ids}
    order = [number for number in reading_order(design) if number in drawn]
    read = [place for place, number in enumerate(order) if number in audited and number in said]
    return {number: said.get(number) for number in order[: read[-1] + 1]} if read else {}


def _calls(ids: Array, call: Array, numbers: AbstractSet[int]) -> dict[int, CallStratum]:
    """Return what the machine says of some nuclei; those of which it says nothing are left out."""
    rows = _is_among(ids, numbers)
    return {
        number: CallStratum(name)
        for number, name in zip(ids[rows].tolist(), call[rows].tolist(), strict=True)
        if name
    }


def _among(readings: Mapping[int, Reading], kept: Array) -> dict[int, Reading]:
    numbers = np.fromiter(readings, np.int64, len(readings))
    return {number: readings[number] for number in numbers[np.isin(numbers, kept)].tolist()}


def _is_among(ids: Array, chosen: AbstractSet[int]) -> Mask:
    return np.isin(ids, np.fromiter(chosen, np.int64, len(chosen)))


def summarize_review(fibers: Table | None, nuclei: Table | None, excluded_area_um2: float) -> dict[str, Any]:
    """Return the columns of the sections table that say how much was read and changed.

    Parameters
    ----------
    fibers, nuclei
        The objects as readers left them; None where they were not measured.
    excluded_area_um2
        Tissue in regions that readers excluded.
    """
    row: dict[str, Any] = {"excluded_area_mm2": excluded_area_um2 * 1e-6}
    tables = {"fibers": fibers, "nuclei": nuclei}
    present = {name: table for name, table in tables.items() if table is not None}
    for name, table in present.items():
        for what in ("reviewed", "edited"):
            row[f"{what}_{name}_n"] = int(table[f"is_{what}"].filled(fill_value=False).sum())
    all_n = sum(len(table) for table in present.values())
    for what in ("reviewed", "edited"):
        done_n = sum(row[f"{what}_{name}_n"] for name in present)
        row[f"{what}_fraction"] = done_n / all_n if all_n else None
    return row
