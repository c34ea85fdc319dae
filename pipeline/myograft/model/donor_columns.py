"""Columns of the sections table that say what controls allow to say of donor and host."""

from __future__ import annotations

from myograft.model.column import Column, count, flag, real

#: What a result says of donor and host once a threshold comes from controls.
DONOR_ESTIMATES: tuple[Column, ...] = (
    real(
        "donor_host_location",
        "counts",
        "Middle of the host nuclei's marker signal over background; null where the host bulk was not found.",
    ),
    real(
        "donor_host_scale",
        "counts",
        "Spread (one standard deviation, from the lower half) of the host nuclei's marker signal: the unit of donor_score.",
    ),
    real(
        "donor_bleed_through_share",
        "1",
        "Counts of the marker that were taken off per count of the nuclear stain; null where nothing was.",
    ),
    real(
        "donor_false_positive_rate_bound",
        "1",
        "Upper 95 % bound of the rate at which host nuclei are called donor, from the negative controls; null without a calibration.",
    ),
    real(
        "donor_false_positive_rate_bound_by_section",
        "1",
        "The same with control sections taken as independent and not their nuclei, which share a stain and cluster; null without a calibration, or from one control section.",
    ),
    real(
        "donor_sensitivity",
        "1",
        "Part of the donor nuclei of the positive controls that is called; null without a positive control.",
    ),
    real(
        "donor_fraction_corrected",
        "1",
        "Donor fraction of this section corrected for false calls (Rogan & Gladen 1978), before review only; a lower bound where donor_sensitivity is null; null without a calibration.",
    ),
    real(
        "donor_fraction_corrected_low",
        "1",
        "Lower end of its 95 % interval, with the uncertainty of both error rates and the binomial sampling of the section's nuclei.",
    ),
    real(
        "donor_fraction_corrected_high",
        "1",
        "Upper end of its 95 % interval; null where donor_sensitivity is null.",
    ),
    count(
        "donor_critical_n",
        "Donor nuclei from which they are detected (Currie 1968): fewer may all be false with more than 5 % probability.",
    ),
    real(
        "donor_detection_limit_fraction",
        "1",
        "Smallest donor fraction that this section would detect with 95 % probability (Currie 1968).",
    ),
    flag("donor_is_detected", "Whether donor_nuclei_n >= donor_critical_n; null without a calibration."),
)
