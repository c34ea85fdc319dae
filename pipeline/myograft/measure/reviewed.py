"""What a review says of a section: how much of it was read, and how many nuclei are donor after reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.measure.audit import call_strata, estimate_audit, reading_order
from myograft.measure.kept import kept_nuclei
from myograft.model.audit import AuditDesign, DrawnStratum, Reading
from myograft.model.table import Table


@dataclass(frozen=True)
class Readings:
    """What readers said of the origin of nuclei, as far as it stands.

    Parameters
    ----------
    by_choice
        Of nuclei that somebody chose to read, by number.
    of_sample
        Of nuclei that were read because they were drawn.
    """

    by_choice: Mapping[int, Reading]
    of_sample: Mapping[int, Reading]


def estimate_reviewed(
    nuclei: Table,
    measured: Table,
    machine: Table,
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
        The nuclei that the sample was drawn from.
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
    Nuclei that a reader chose are known, and leave the strata, whether or not they had been drawn: what remains of the
    sample is a random sample of what remains of the stratum, since choosing and drawing do not know of each other.
    Nuclei that a reader deleted, rejected or excluded with a region leave the strata too.
    """
    there = kept_nuclei(nuclei)
    numbers = there["nucleus_id"].filled()
    read = np.fromiter(readings.by_choice, np.int64)
    known = {number: readings.by_choice[number] for number in read[np.isin(read, numbers)].tolist()}
    call = call_strata(machine)
    ids, section = machine["nucleus_id"].filled(), machine["section_id"].filled()
    is_open = np.isin(ids, numbers) & ~np.isin(ids, np.fromiter(known, np.int64))
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
    now = design.model_copy(update={"strata": tuple(strata), "read_before": known})
    rows = np.isin(measured["nucleus_id"].filled(), numbers)
    called = there.replace(origin=measured["origin"][rows], is_undecided=measured["is_undecided"][rows])
    reached = _reached(design, now, readings.of_sample)
    return estimate_audit(called, now, reached, by_location=by_location)


def _reached(drawn: AuditDesign, now: AuditDesign, said: Mapping[int, Reading]) -> dict[int, Reading | None]:
    """Return the readings of the sample up to the last one; what was passed over before it is unclear."""
    left = {number for stratum in now.strata for number in stratum.nucleus_ids}
    order = [number for number in reading_order(drawn) if number in left]
    read = [place for place, number in enumerate(order) if number in said]
    return {number: said.get(number) for number in order[: read[-1] + 1]} if read else {}


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
