"""Donor nuclei of a section: crude counts, and what the controls allow to say of the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.model.arrays import Array
from myograft.model.biology import Location, Origin
from myograft.model.donor_calibration import DonorCalibration
from myograft.model.table import Table
from myograft.numerics.detection_limit import critical_count, detection_limit
from myograft.numerics.intervals import clopper_pearson
from myograft.numerics.prevalence import CallRates, corrected_fraction, corrected_interval


@dataclass(frozen=True)
class DonorRule:
    """How donor and host of a section were told apart.

    Parameters
    ----------
    method, threshold
        Name of the method, and the score at and above which a nucleus is donor.
    host_location, host_scale
        Middle and spread of the host nuclei's signal, in counts; None where the host bulk was not found.
    calibration
        What controls say of false calls; None without controls, or where they do not fit this slide.
    bleed_through_share
        Counts of the marker that were taken off per count of the nuclear stain; None where nothing was.
    """

    method: str
    threshold: float | None
    host_location: float | None = None
    host_scale: float | None = None
    calibration: DonorCalibration | None = None
    bleed_through_share: float | None = None


def summarize_donors(
    nuclei: Table, fibers: Table | None, rule: DonorRule, tissue_mm2: float
) -> dict[str, Any]:
    """Return the columns of the sections table that speak of donor and host.

    Parameters
    ----------
    nuclei, fibers
        Objects of the section; fibers None where they were not measured.
    rule
        How donor and host were told apart.
    tissue_mm2
        Area of tissue.
    """
    called_n = int((~np.ma.getmaskarray(nuclei["origin"])).sum())
    row: dict[str, Any] = {
        "donor_threshold_method": rule.method,
        "donor_threshold": rule.threshold,
        "donor_host_location": rule.host_location,
        "donor_host_scale": rule.host_scale,
        "donor_bleed_through_share": rule.bleed_through_share,
        "nuclei_called_n": called_n,
    }
    # Where no nucleus could be called, there is no count of donors, not a count of zero.
    if not called_n:
        return row
    donor = _is(nuclei, "origin", Origin.DONOR)
    row |= _crude(nuclei, int(donor.sum()), called_n, tissue_mm2)
    if rule.calibration is not None:
        row |= estimates(int(donor.sum()), called_n, rule.calibration)
    return row if fibers is None else row | _in_fibers(fibers, nuclei, donor)


def estimates(donor_n: int, called_n: int, calibration: DonorCalibration) -> dict[str, Any]:
    """Return what controls allow to say of the donor fraction of this section, before any review.

    Parameters
    ----------
    donor_n, called_n
        Nuclei called donor, and all that were called.
    calibration
        The controls.

    Notes
    -----
    Of *this section*: all its nuclei were looked at, so that only false calls make the fraction uncertain, not the
    choice of the section. After a review the false calls are gone, and so is the sense of this correction.
    """
    rates = CallRates(
        calibration.false_positive_n, calibration.negative_n, calibration.found_n, calibration.positive_n
    )
    sensitivity = calibration.sensitivity
    # Without a positive control every donor nucleus is taken to be called: fractions are lower bounds.
    found = 1.0 if sensitivity is None else sensitivity
    interval = corrected_interval(donor_n, called_n, rates)
    critical_n = critical_count(called_n, calibration.false_positive_n, calibration.negative_n)
    # False positives would help to reach the critical count: without them, the limit holds whatever their rate is.
    limit = detection_limit(called_n, critical_n, rate=0.0, sensitivity=found)
    return {
        "donor_false_positive_rate_bound": calibration.rate_bound,
        "donor_sensitivity": sensitivity,
        "donor_fraction_corrected": corrected_fraction(donor_n, called_n, rates.false_positive_rate, found),
        "donor_fraction_corrected_low": None if interval is None else interval[0],
        "donor_fraction_corrected_high": None if interval is None or sensitivity is None else interval[1],
        "donor_critical_n": critical_n,
        "donor_detection_limit_fraction": limit,
        "donor_is_detected": donor_n >= critical_n,
    }


def _crude(nuclei: Table, donor_n: int, called_n: int, tissue_mm2: float) -> dict[str, Any]:
    low, high = clopper_pearson(donor_n, called_n)
    return {
        "donor_nuclei_n": donor_n,
        "undecided_nuclei_n": int(nuclei["is_undecided"].filled(fill_value=False).sum()),
        "donor_nuclei_fraction": donor_n / called_n,
        "donor_nuclei_fraction_low": low,
        "donor_nuclei_fraction_high": high,
        "donor_nuclei_per_mm2": donor_n / tissue_mm2 if tissue_mm2 > 0 else None,
    }


def _in_fibers(fibers: Table, nuclei: Table, donor: Array) -> dict[str, Any]:
    overlap = nuclei["overlap_fraction"].filled(0.0)
    per_fiber = fibers["donor_nuclei_n"].filled(0)
    counts = {
        f"{location}_donor_nuclei_n": int((donor & _is(nuclei, "location", location)).sum())
        for location in Location
    }
    # How much the in-fiber count depends on the overlap that is asked for (SCIENCE, section 4).
    cuts = {
        f"overlap_{percent}_donor_nuclei_n": int((donor & (overlap >= percent / 100.0)).sum())
        for percent in (25, 50, 75)
    }
    donor_fibers_n = int((per_fiber >= 1).sum())
    fraction = donor_fibers_n / len(fibers) if len(fibers) else None
    return {
        **counts,
        **cuts,
        "donor_fibers_n": donor_fibers_n,
        "donor_fibers_2_n": int((per_fiber >= 2).sum()),
        "donor_fibers_fraction": fraction,
        "donor_fibers_per_1000": None if fraction is None else 1000.0 * fraction,
    }


def _is(table: Table, column: str, value: str) -> Array:
    return np.asarray((table[column] == value).filled(fill_value=False), bool)
