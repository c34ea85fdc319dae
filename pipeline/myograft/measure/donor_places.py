"""Donor nuclei by where they lie, and the fibers that hold them: counts, densities, intervals of counting."""

from __future__ import annotations

from typing import Any

import numpy as np

from myograft.model.arrays import Array
from myograft.model.biology import Location, Position
from myograft.model.table import Table
from myograft.numerics.intervals import clopper_pearson

#: Locations whose donor fraction is estimated by itself: engrafted in fibers, or between them.
DOMAINS = (Location.IN_FIBER, Location.INTERSTITIAL)


def donors_in_fibers(
    fibers: Table, nuclei: Table, donor: Array, stands_out: Array, tissue_mm2: float
) -> dict[str, Any]:
    """Return the columns of the sections table that say where donor nuclei lie, and how many fibers hold them.

    Parameters
    ----------
    fibers, nuclei
        Objects of the section.
    donor
        Which nuclei are called donor, shape (n,).
    stands_out
        Which others may be donor, since no threshold could be set; upper ends of intervals cover them.
    tissue_mm2
        Area of tissue.
    """
    inside = nuclei.has("location", Location.IN_FIBER)
    overlap = nuclei["overlap_fraction"].filled(0.0)
    counts = {
        f"{location}_donor_nuclei_n": int((donor & nuclei.has("location", location)).sum())
        for location in Location
    }
    counts |= {
        f"{position}_donor_nuclei_n": int((donor & inside & nuclei.has("position", position)).sum())
        for position in Position
    }
    # How much the in-fiber count depends on the overlap that is asked for (SCIENCE, section 4).
    counts |= {
        f"overlap_{percent}_donor_nuclei_n": int((donor & (overlap >= percent / 100.0)).sum())
        for percent in (25, 50, 75)
    }
    in_fiber_n = counts["in_fiber_donor_nuclei_n"]
    return {
        **counts,
        "in_fiber_donor_nuclei_per_mm2": _ratio(in_fiber_n, tissue_mm2),
        "in_fiber_donor_nuclei_per_1000_fibers": _ratio(1000.0 * in_fiber_n, len(fibers)),
        **_donor_fibers(fibers, nuclei, inside & (donor | stands_out), tissue_mm2),
    }


def _donor_fibers(fibers: Table, nuclei: Table, may_be: Array, tissue_mm2: float) -> dict[str, Any]:
    """Return how many fibers hold donor nuclei; `may_be` says which in-fiber nuclei can be."""
    per_fiber = fibers["donor_nuclei_n"].filled(0)
    one_n, two_n, all_n = int((per_fiber >= 1).sum()), int((per_fiber >= 2).sum()), len(fibers)
    row: dict[str, Any] = {
        "donor_fibers_n": one_n,
        "donor_fibers_2_n": two_n,
        "donor_fibers_fraction": _ratio(one_n, all_n),
        "donor_fibers_2_fraction": _ratio(two_n, all_n),
        "donor_fibers_per_1000": _ratio(1000.0 * one_n, all_n),
        "donor_fibers_per_mm2": _ratio(one_n, tissue_mm2),
    }
    if not all_n:
        return row
    owners, held_n = np.unique(nuclei["fiber_id"].filled(0)[may_be], return_counts=True)
    for name, called_n, least in (("donor_fibers", one_n, 1), ("donor_fibers_2", two_n, 2)):
        most_n = int(np.isin(fibers["fiber_id"].filled(), owners[held_n >= least]).sum())
        row[f"{name}_fraction_low"], _ = clopper_pearson(called_n, all_n)
        _, row[f"{name}_fraction_high"] = clopper_pearson(max(called_n, most_n), all_n)
    return row


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0 else None
