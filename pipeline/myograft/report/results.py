"""The numbers of a section, said with numerator and denominator; what was not measured says so."""

from __future__ import annotations

from typing import Any

from myograft.model.table import Table

NOT_MEASURED = "not measured"


def result_rows(section: Table) -> list[tuple[str, str, str]]:
    """Return (what, value, how) for the section's results."""
    row = section.rows()[0]
    return [*_fibers(row), *_nuclei(row), *_donors(row)]


def _number(value: Any, digits: int = 1) -> str:
    if value is None:
        return NOT_MEASURED
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"


def _fraction(row: dict[str, Any], fraction: str, numerator: str, denominator: str) -> tuple[str, str]:
    """Return a percentage and the counts behind it."""
    if row[fraction] is None:
        return NOT_MEASURED, ""
    return f"{100 * row[fraction]:.2f} %", f"{row[numerator]:,} of {row[denominator]:,}"


def _fibers(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    if row["fibers_n"] is None:
        return [("Fibers", NOT_MEASURED, "")]
    sized = f"{row['fibers_sized_n']:,} fibers with a valid size; {row['fibers_edge_n']:,} cut by the border left out"
    central, central_of = _fraction(
        row, "centrally_nucleated_fibers_fraction", "centrally_nucleated_fibers_n", "fibers_sized_n"
    )
    return [
        ("Fibers", _number(row["fibers_n"]), f"{_number(row['fibers_per_mm2'], 0)} per mm² of tissue"),
        (
            "Tissue between fibers",
            NOT_MEASURED
            if row["interstitial_area_fraction"] is None
            else f"{100 * row['interstitial_area_fraction']:.0f} %",
            "of the tissue's area: connective tissue, vessels, gaps, fibers that were missed",
        ),
        (
            "CSA, mean (median)",
            f"{_number(row['csa_mean_um2'], 0)} ({_number(row['csa_median_um2'], 0)}) µm²",
            sized,
        ),
        (
            "Minimal Feret diameter, mean (median)",
            f"{_number(row['min_feret_mean_um'])} ({_number(row['min_feret_median_um'])}) µm",
            sized,
        ),
        (
            "Variance coefficient",
            _number(row["variance_coefficient"], 0),
            "1000 × SD / mean of the minimal Feret",
        ),
        ("Centrally nucleated fibers", central, central_of),
        (
            "Nuclei per fiber",
            _number(row["nuclei_per_fiber"], 2),
            "in-fiber nuclei of sized fibers per sized fiber",
        ),
    ]


def _nuclei(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    if row["nuclei_n"] is None:
        return [("Nuclei", NOT_MEASURED, "")]
    inside, inside_of = _fraction(row, "in_fiber_nuclei_fraction", "in_fiber_nuclei_n", "nuclei_n")
    meaning = f"; in fiber means {row['in_fiber_meaning']}" if row["in_fiber_meaning"] else ""
    return [
        ("Nuclei", _number(row["nuclei_n"]), f"{_number(row['nuclei_per_mm2'], 0)} per mm² of tissue"),
        ("Nuclei in fibers", inside, inside_of + meaning if inside_of else ""),
        (
            "Border / interstitial nuclei",
            f"{_number(row['border_nuclei_n'])} / {_number(row['interstitial_nuclei_n'])}",
            "",
        ),
    ]


def _donors(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    if row["donor_nuclei_n"] is None:
        return [("Donor nuclei", NOT_MEASURED, "")]
    fraction, of = _fraction(row, "donor_nuclei_fraction", "donor_nuclei_n", "nuclei_called_n")
    if row["donor_nuclei_n"] == 0:
        fraction = "none called"
    interval = ""
    if row["donor_nuclei_fraction_low"] is not None:
        low, high = 100 * row["donor_nuclei_fraction_low"], 100 * row["donor_nuclei_fraction_high"]
        interval = f"; 95 % interval {low:.2f} to {high:.2f} % (counting error only)"
    threshold = row["donor_threshold"]
    rule = "no threshold could be set" if threshold is None else f"score at least {threshold:.1f} host SD"
    estimates = _estimates(row)
    in_donor_fibers, fibers_of = _fraction(row, "donor_fibers_fraction", "donor_fibers_n", "fibers_n")
    return [
        ("Donor nuclei, crude fraction", fraction, of + interval),
        *estimates,
        ("Donor threshold", row["donor_threshold_method"], rule),
        ("Undecided nuclei", _number(row["undecided_nuclei_n"]), "near the threshold, to be looked at"),
        (
            "Donor nuclei in fibers / border / interstitial",
            " / ".join(
                _number(row[name])
                for name in (
                    "in_fiber_donor_nuclei_n",
                    "border_donor_nuclei_n",
                    "interstitial_donor_nuclei_n",
                )
            ),
            "",
        ),
        (
            "Donor nuclei at overlap 0.25 / 0.50 / 0.75",
            " / ".join(_number(row[f"overlap_{cut}_donor_nuclei_n"]) for cut in (25, 50, 75)),
            "how much the count depends on the overlap asked for",
        ),
        ("Fibers with a donor nucleus", in_donor_fibers, fibers_of),
    ]


def _estimates(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what the controls say of the crude fraction; nothing without controls that fit."""
    if row["donor_is_detected"] is None:
        return []
    limit = row["donor_detection_limit_fraction"]
    below = "" if limit is None else f", below {_percent(limit)}"
    detected = "detected" if row["donor_is_detected"] else f"not detected{below}"
    sensitivity, rate = row["donor_sensitivity"], row["donor_false_positive_rate_bound"]
    known = (
        "sensitivity not known: a lower bound"
        if sensitivity is None
        else f"sensitivity {100 * sensitivity:.1f} %"
    )
    known += f"; false-positive rate at most {rate:.2g}; of this section, before review"
    low, high = row["donor_fraction_corrected_low"], row["donor_fraction_corrected_high"]
    if high is not None:
        known = f"95 % interval {_percent(low)} to {_percent(high)}; {known}"
    elif low is not None:
        known = f"at least {_percent(low)} (95 % interval); {known}"
    against = (
        f"{row['donor_nuclei_n']:,} called; from {row['donor_critical_n']:,} they are detected; a fraction of "
        f"{NOT_MEASURED if limit is None else _percent(limit)} would be with 95 % probability (Currie 1968)"
    )
    return [
        (
            "Donor nuclei against controls",
            detected,
            against,
        ),
        # Too few to be told from false calls are never called "0 %".
        (
            "Donor nuclei, corrected fraction",
            _percent(row["donor_fraction_corrected"]) if row["donor_is_detected"] else detected,
            known,
        ),
    ]


def _percent(fraction: float | None) -> str:
    """Return a percentage with two digits that count, however rare."""
    return NOT_MEASURED if fraction is None else f"{100 * fraction:.2g} %"
