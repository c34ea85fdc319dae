"""Donor nuclei of a section in rows: what was called, what controls allow to say, where they lie; none is never 0 %."""

from __future__ import annotations

from typing import Any

from myograft.report.control_rows import NOT_DETECTED, control_rows, rate_rows
from myograft.report.numbers import NOT_MEASURED, percent

Row = tuple[str, str, str]

#: What a count of none is called without controls.
_NONE = "none called"


def donor_rows(row: dict[str, Any]) -> list[Row]:
    """Return (what, value, how) on the donor nuclei of a section."""
    if row["donor_threshold_method"] is None:
        return [("Donor nuclei", NOT_MEASURED, "")]
    if row["donor_nuclei_n"] is None:
        return [
            (
                "Donor nuclei",
                "not called",
                "no nucleus could be called donor or host: the warnings say why, and what to do. It does not mean none",
            )
        ]
    return [
        _crude(row),
        *_estimates(row, "donor", "Donor nuclei", "nuclei_called_n", "donor_nuclei_n"),
        *rate_rows(row, "donor", "nuclei"),
        _threshold(row),
        ("Undecided nuclei", f"{row['undecided_nuclei_n'] or 0:,}", "near the threshold, to be looked at"),
        *_places(row),
        *_fibers(row),
    ]


def _crude(row: dict[str, Any]) -> Row:
    donor_n, called_n = row["donor_nuclei_n"], row["nuclei_called_n"]
    of = f"{donor_n:,} of {called_n:,}"
    interval = _interval(row, "donor_nuclei_fraction")
    return "Donor nuclei, crude fraction", percent(donor_n / called_n) if donor_n else _NONE, of + interval


def _interval(row: dict[str, Any], name: str) -> str:
    """Return the interval of counting; of none only its upper end says anything."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None or high is None:
        return ""
    ends = f"{percent(low)} to {percent(high)}" if low > 0.0 else f"at most {percent(high)}"
    counted = "counting error only"
    if row["donor_candidates_n"]:
        counted += (
            f"; {row['donor_candidates_n']:,} nuclei that stand out and may be donor are counted in above"
        )
    if row["donor_threshold"] is None:
        counted += "; if the one population of nuclei is host at all, which only controls can tell"
    return f"; 95 % interval {ends} ({counted})"


def _threshold(row: dict[str, Any]) -> Row:
    threshold = row["donor_threshold"]
    rule = f"score at least {threshold:.1f} host SD" if threshold is not None else "no threshold could be set"
    if threshold is None and row["donor_candidates_n"]:
        rule += (
            f": {row['donor_candidates_n']:,} nuclei stand out, too few or not far enough to be called donor. Read "
            "them, or calibrate on controls"
        )
    return "Donor threshold", row["donor_threshold_method"], rule


def _estimates(row: dict[str, Any], kind: str, what: str, called: str, donors: str) -> list[Row]:
    return control_rows(row, kind, what, row[called], row[donors])


def _places(row: dict[str, Any]) -> list[Row]:
    if row["in_fiber_donor_nuclei_n"] is None:
        return []

    def counts(*names: str) -> str:
        return " / ".join(NOT_MEASURED if row[name] is None else f"{row[name]:,}" for name in names)

    per_mm2, per_1000 = (
        row["in_fiber_donor_nuclei_per_mm2"],
        row["in_fiber_donor_nuclei_per_1000_fibers"],
    )
    density = "; ".join(
        f"{value:,.2f} {unit}"
        for value, unit in ((per_mm2, "per mm²"), (per_1000, "per 1,000 fibers"))
        if value is not None and row["in_fiber_donor_nuclei_n"]
    )
    return [
        (
            "Donor nuclei in fibers / border / interstitial",
            counts("in_fiber_donor_nuclei_n", "border_donor_nuclei_n", "interstitial_donor_nuclei_n"),
            f"in fibers {density}" if density else "",
        ),
        (
            "Donor nuclei in fibers, central / peripheral",
            counts("central_donor_nuclei_n", "peripheral_donor_nuclei_n"),
            "",
        ),
        *_estimates(
            row,
            "in_fiber_donor",
            "Donor nuclei in fibers",
            "in_fiber_nuclei_called_n",
            "in_fiber_donor_nuclei_n",
        ),
        *_estimates(
            row,
            "interstitial_donor",
            "Donor nuclei between fibers",
            "interstitial_nuclei_called_n",
            "interstitial_donor_nuclei_n",
        ),
        (
            "Donor nuclei at overlap 0.25 / 0.50 / 0.75",
            counts(*(f"overlap_{cut}_donor_nuclei_n" for cut in (25, 50, 75))),
            "how much the count depends on the overlap asked for",
        ),
    ]


def _fibers(row: dict[str, Any]) -> list[Row]:
    if row["donor_fibers_n"] is None or not row["fibers_n"]:
        return [("Fibers with a donor nucleus", NOT_MEASURED, "")]
    rows = []
    for name, what in (
        ("donor_fibers", "Fibers with a donor nucleus"),
        ("donor_fibers_2", "Fibers with two or more donor nuclei"),
    ):
        found_n = row[f"{name}_n"]
        how = f"{found_n:,} of {row['fibers_n']:,}{_interval(row, f'{name}_fraction')}"
        if name == "donor_fibers" and found_n and row["donor_fibers_per_mm2"] is not None:
            how += f"; {row['donor_fibers_per_mm2']:,.2f} per mm²"
        value = percent(found_n / row["fibers_n"]) if found_n else _NONE
        # What all nuclei of the section do not show, the fibers that hold some of them cannot.
        if row["donor_is_detected"] is False:
            value, how = NOT_DETECTED, f"{how}; no more than false calls may be"
        rows.append((what, value, how))
    return rows
