"""What a review has come to, as lines of text: counts, engraftment with its interval, sizes, progress."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.api import Review
from myograft.model.biology import Origin
from myograft.model.columns import COLUMNS, TableName
from myograft.model.correction import Accept, SetOrigin, Target
from myograft.model.journal import in_force
from myograft.model.table import Table


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the panel; without a value it is a heading."""

    label: str
    value: str = ""


def summary_lines(review: Review) -> list[Line]:
    """Return the lines to show; of a blinded reading nothing that the machine said, nor what follows from it."""
    if review.setup is not None and review.setup.is_blinded:
        return _blinded_lines(review)
    section, estimate = review.section, review.estimate
    lines = [Line("Review"), *_progress(review)]
    if section["fibers_n"] is not None:
        lines += [Line("Fibers"), *_fibers(section)]
    if section["nuclei_n"] is not None:
        lines += [Line("Nuclei"), *_nuclei(section)]
    if section["donor_nuclei_n"] is not None:
        lines += [Line("Donor"), *_donor(section, estimate)]
    return lines


def summary_csv(review: Review) -> str:
    """Return name, value, unit and meaning of every number, as CSV; of a blinded reading the shown lines only."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "value", "unit", "meaning"))
    if review.setup is not None and review.setup.is_blinded:
        writer.writerows((line.label, line.value, "", "") for line in summary_lines(review) if line.value)
        return text.getvalue()
    for table, row in ((TableName.SECTIONS, review.section), (TableName.AUDIT_ESTIMATES, review.estimate)):
        for column in COLUMNS[table]:
            value = row.get(column.name)
            if value is not None:
                writer.writerow((column.name, value, column.unit, column.meaning))
    return text.getvalue()


def _progress(review: Review) -> list[Line]:
    section = review.section
    lines = []
    for name in ("fibers", "nuclei"):
        total = section[f"{name}_n"]
        if total is not None:
            read, edited = section[f"reviewed_{name}_n"] or 0, section[f"edited_{name}_n"] or 0
            lines.append(Line(f"{name.capitalize()} read", f"{read:,} of {total:,}, {edited:,} edited"))
    if review.audit_ids:
        lines.append(Line("Random audit", _audit(review)))
    state = "signed" if review.is_signed else "not signed"
    return [*lines, Line("Entries", f"{len(review.entries):,}, {state}")]


def _audit(review: Review) -> str:
    """Return how far the random sample is read: what a reader came to otherwise is no part of that.

    A drawn nucleus that was chosen before the audit began leaves the sample; one that is chosen later counts as read
    there, and need not be read again.
    """
    if review.nuclei is None:
        return ""
    ids = review.nuclei["nucleus_id"].filled()
    drawn = np.array(review.audit_ids, np.int64)
    is_read = np.isin(drawn, ids[review.nuclei["is_reviewed"].filled(fill_value=False)])
    is_audited = np.isin(drawn, np.array(sorted(_audited(review)), np.int64))
    chosen_n = int((is_read & ~is_audited).sum())
    beside = f"; {chosen_n:,} more by choice" if chosen_n else ""
    return f"{int(is_audited.sum()):,} of {len(drawn) - chosen_n:,} read{beside}"


def _audited(review: Review) -> set[int]:
    """Return the nuclei that were read because they were drawn."""
    found = set()
    for entry in in_force(review.entries):
        match entry.correction:
            case SetOrigin(nucleus_id=number) | Accept(target=Target.NUCLEUS, object_id=number) if (
                entry.is_audit
            ):
                found.add(number)
            case _:
                pass
    return found


def _fibers(section: Mapping[str, Any]) -> list[Line]:
    return [
        Line("All / sized", f"{_whole(section['fibers_n'])} / {_whole(section['fibers_sized_n'])}"),
        Line("CSA", _spread(section["csa_mean_um2"], section["csa_sd_um2"], "µm²", 0)),
        Line("Minimal Feret", _spread(section["min_feret_mean_um"], section["min_feret_sd_um"], "µm", 1)),
        Line("Centrally nucleated", _percent(section["centrally_nucleated_fibers_fraction"])),
        Line("Tissue left out", _with_unit(section["excluded_area_mm2"], "mm²", 3)),
    ]


def _nuclei(section: Mapping[str, Any]) -> list[Line]:
    places = [section[f"{place}_nuclei_n"] for place in ("in_fiber", "border", "interstitial")]
    return [
        Line("All", _whole(section["nuclei_n"])),
        Line("In / at / between fibers", " / ".join(_whole(count) for count in places)),
        Line("Per sized fiber", _with_unit(section["nuclei_per_fiber"], "", 2)),
    ]


def _donor(section: Mapping[str, Any], estimate: Mapping[str, Any]) -> list[Line]:
    called = f"{_whole(section['donor_nuclei_n'])} of {_whole(section['nuclei_called_n'])}"
    crude = [section[f"donor_nuclei_fraction{end}"] for end in ("", "_low", "_high")]
    lines = [
        Line("Called donor", f"{called}, {_whole(section['undecided_nuclei_n'])} undecided"),
        Line("Crude, 95 %", _interval(*crude)),
        Line("Donor in fibers", _whole(section["in_fiber_donor_nuclei_n"])),
        Line("Fibers with donor", _whole(section["donor_fibers_n"])),
    ]
    ends = [estimate.get(f"donor_nuclei_fraction_estimated{end}") for end in ("", "_low", "_high")]
    if estimate:
        missing = "read the random audit" if ends[0] is None else _interval(*ends)
        lines.insert(0, Line("Estimate, 95 %", missing))
    return lines


def _blinded_lines(review: Review) -> list[Line]:
    """Return how far the reader has come and what the reader said, nothing else."""
    lines = [Line("Blinded reading")]
    for name, table in (("Fibers", review.fibers), ("Nuclei", review.nuclei)):
        if table is not None:
            lines.append(Line(f"{name} read", f"{int(_is_read(table).sum()):,}"))
    if review.nuclei is not None:
        said = review.nuclei["origin"].filled("")[_is_read(review.nuclei)]
        counts = {origin: int((said == str(origin)).sum()) for origin in Origin}
        lines += [Line(f"Read as {origin}", f"{count:,}") for origin, count in counts.items()]
        lines.append(Line("Left open", f"{len(said) - sum(counts.values()):,}"))
    return [
        *lines,
        Line("Entries", f"{len(review.entries):,}, {'signed' if review.is_signed else 'not signed'}"),
    ]


def _is_read(table: Table) -> Any:
    return table["is_reviewed"].filled(fill_value=False)


def _whole(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _with_unit(value: float | None, unit: str, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f} {unit}".strip()


def _spread(mean: float | None, sd: float | None, unit: str, digits: int) -> str:
    if mean is None:
        return "–"
    return f"{mean:,.{digits}f} {unit}" if sd is None else f"{mean:,.{digits}f} ± {sd:,.{digits}f} {unit}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f} %"


def _interval(middle: float | None, low: float | None, high: float | None) -> str:
    if middle is None:
        return "–"
    ends: Sequence[float | None] = (low, high)
    return f"{_percent(middle)} ({' – '.join(_percent(end) for end in ends)})"
