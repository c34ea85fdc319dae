"""Donor nuclei of a section: crude counts, and what the controls allow to say of the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.measure.donor_places import DOMAINS, donors_in_fibers
from myograft.model.arrays import Array
from myograft.model.biology import Location, Origin
from myograft.model.donor_calibration import DonorCalibration
from myograft.model.learned_threshold import LearnedThreshold
from myograft.model.table import Table
from myograft.numerics.detection_limit import critical_count_of_clusters, detection_limit
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
    least_score
        Score from which nuclei stand out where no threshold could be set; None where that is not known.
    """

    method: str
    threshold: float | None
    host_location: float | None = None
    host_scale: float | None = None
    calibration: DonorCalibration | None = None
    bleed_through_share: float | None = None
    least_score: float | None = None


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
    donor = nuclei.has("origin", Origin.DONOR)
    stands_out = _stands_out(nuclei, donor, rule)
    row |= _crude(nuclei, donor, stands_out, tissue_mm2)
    if rule.calibration is not None:
        row |= estimates(int(donor.sum()), called_n, rule.calibration)
    if fibers is None:
        return row
    row |= donors_in_fibers(fibers, nuclei, donor, stands_out, tissue_mm2)
    for location in DOMAINS:
        row |= _of_domain(nuclei, donor, location, rule.calibration)
    return row


#: What is estimated for each location by itself.
_ESTIMATED = (
    "fraction_corrected",
    "fraction_corrected_low",
    "fraction_corrected_high",
    "critical_n",
    "detection_limit_fraction",
    "is_detected",
)


def _of_domain(
    nuclei: Table, donor: Array, location: Location, calibration: DonorCalibration | None
) -> dict[str, Any]:
    """Return what can be said of the donor nuclei among the nuclei of one location."""
    here = ~np.ma.getmaskarray(nuclei["origin"]) & nuclei.has("location", location)
    called_n, donor_n = int(here.sum()), int((here & donor).sum())
    row: dict[str, Any] = {f"{location}_nuclei_called_n": called_n}
    if not called_n:
        return row
    row[f"{location}_donor_nuclei_fraction"] = donor_n / called_n
    if calibration is None:
        return row
    told = estimates(donor_n, called_n, calibration)
    return row | {f"{location}_donor_{name}": told[f"donor_{name}"] for name in _ESTIMATED}


def _stands_out(nuclei: Table, donor: Array, rule: DonorRule) -> Array:
    """Return which nuclei may be donor although none was called so: no threshold could be set, and nobody looked."""
    if rule.threshold is not None or rule.least_score is None:
        return np.zeros(len(nuclei), np.bool_)
    known = ~np.ma.getmaskarray(nuclei["origin"]) & ~donor
    read = nuclei["is_reviewed"].filled(fill_value=False)
    return np.asarray(known & ~read & (nuclei["donor_score"].filled(-np.inf) >= rule.least_score))


def estimates(donor_n: int, called_n: int, calibration: LearnedThreshold) -> dict[str, Any]:
    """Return what controls allow to say of the donor fraction of this section, before any review.

    Parameters
    ----------
    donor_n, called_n
        Nuclei called donor, and all that were called.
    calibration
        The controls.

    Notes
    -----
    Of *this section*: all its nuclei were looked at, so that the choice of the section makes nothing uncertain. The
    interval holds the error rates' uncertainty and the binomial sampling of the section's nuclei as well: it covers
    the fraction that sections like this one have, and is wider than these very nuclei alone would need
    (`numerics.prevalence`). After a review the false calls are gone, and so is the sense of this correction.
    """
    rates = CallRates(
        calibration.false_positive_n, calibration.negative_n, calibration.found_n, calibration.positive_n
    )
    sensitivity = calibration.sensitivity
    # Without a positive control every donor nucleus is taken to be called: fractions are lower bounds.
    found = 1.0 if sensitivity is None else sensitivity
    interval = corrected_interval(donor_n, called_n, rates)
    # Control nuclei cluster: the larger of the two bounds decides what false calls alone may reach.
    critical_n = critical_count_of_clusters(
        called_n,
        calibration.false_positive_n,
        calibration.negative_n,
        calibration.rate_bound_by_section or 0.0,
    )
    # False positives would help to reach the critical count: without them, the limit holds whatever their rate is.
    limit = detection_limit(called_n, critical_n, rate=0.0, sensitivity=found)
    return {
        "donor_false_positive_rate_bound": calibration.rate_bound,
        "donor_false_positive_rate_bound_by_section": calibration.rate_bound_by_section,
        "donor_sensitivity": sensitivity,
        "donor_fraction_corrected": corrected_fraction(donor_n, called_n, rates.false_positive_rate, found),
        "donor_fraction_corrected_low": None if interval is None else interval[0],
        "donor_fraction_corrected_high": None if interval is None or sensitivity is None else interval[1],
        "donor_critical_n": critical_n,
        "donor_detection_limit_fraction": limit,
        "donor_is_detected": donor_n >= critical_n,
    }


def _crude(nuclei: Table, donor: Array, stands_out: Array, tissue_mm2: float) -> dict[str, Any]:
    donor_n, called_n = int(donor.sum()), int((~np.ma.getmaskarray(nuclei["origin"])).sum())
    # Where no threshold could be set, nuclei that stand out may be donor: the interval must not exclude that.
    low, _ = clopper_pearson(donor_n, called_n)
    _, high = clopper_pearson(donor_n + int(stands_out.sum()), called_n)
    return {
        "donor_nuclei_n": donor_n,
        "donor_candidates_n": int(stands_out.sum()),
        "undecided_nuclei_n": int(nuclei["is_undecided"].filled(fill_value=False).sum()),
        "donor_nuclei_fraction": donor_n / called_n,
        "donor_nuclei_fraction_low": low,
        "donor_nuclei_fraction_high": high,
        "donor_nuclei_per_mm2": donor_n / tissue_mm2 if tissue_mm2 > 0 else None,
    }
