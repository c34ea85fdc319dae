"""The numbers of a section, said with numerator and denominator; what was not measured says so."""

from __future__ import annotations

from typing import Any

from myograft.model.table import Table
from myograft.report.donor_rows import donor_rows
from myograft.report.numbers import NOT_MEASURED


def result_rows(section: Table) -> list[tuple[str, str, str]]:
    """Return (what, value, how) for the section's results."""
    row = section.rows()[0]
    return [*_fibers(row), *_nuclei(row), *donor_rows(row)]


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
