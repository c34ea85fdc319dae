"""Columns of the sections table that say where donor nuclei lie, and how many fibers hold them."""

from __future__ import annotations

from myograft.model.column import Column, count, flag, real


def _domain(location: str, where: str) -> tuple[Column, ...]:
    return (
        count(f"{location}_nuclei_called_n", f"Nuclei {where} with an origin: the denominator of the next."),
        real(
            f"{location}_donor_nuclei_fraction",
            "1",
            f"{location}_donor_nuclei_n over {location}_nuclei_called_n; crude.",
        ),
        real(
            f"{location}_donor_fraction_corrected",
            "1",
            f"The same corrected for false calls, as donor_fraction_corrected is, before review only; with the rates of all control nuclei, taken to hold {where} too.",
        ),
        real(f"{location}_donor_fraction_corrected_low", "1", "Lower end of its 95 % interval."),
        real(
            f"{location}_donor_fraction_corrected_high",
            "1",
            "Upper end of its 95 % interval; null where donor_sensitivity is null.",
        ),
        count(
            f"{location}_donor_critical_n",
            f"Donor nuclei {where} from which they are detected (Currie 1968).",
        ),
        real(
            f"{location}_donor_detection_limit_fraction",
            "1",
            f"Smallest donor fraction {where} that this section would detect with 95 % probability (Currie 1968).",
        ),
        flag(
            f"{location}_donor_is_detected",
            f"Whether {location}_donor_nuclei_n >= {location}_donor_critical_n; null without a calibration.",
        ),
    )


def _fibers(name: str, what: str) -> tuple[Column, ...]:
    return (
        real(f"{name}_fraction", "1", f"{name}_n over fibers_n; crude."),
        real(
            f"{name}_fraction_low",
            "1",
            f"Lower end of the 95 % Clopper-Pearson interval of the part of the fibers {what}; counting error only.",
        ),
        real(f"{name}_fraction_high", "1", "Upper end of the same, donor_candidates_n counted in."),
    )


DONORS_IN_FIBERS: tuple[Column, ...] = (
    count("in_fiber_donor_nuclei_n", "Donor nuclei with location in_fiber."),
    count("border_donor_nuclei_n", "Donor nuclei with location border."),
    count("interstitial_donor_nuclei_n", "Donor nuclei with location interstitial."),
    count("central_donor_nuclei_n", "In-fiber donor nuclei with position central."),
    count("peripheral_donor_nuclei_n", "In-fiber donor nuclei with position peripheral."),
    count("overlap_25_donor_nuclei_n", "Donor nuclei whose overlap_fraction is at least 0.25."),
    count("overlap_50_donor_nuclei_n", "Donor nuclei whose overlap_fraction is at least 0.50."),
    count("overlap_75_donor_nuclei_n", "Donor nuclei whose overlap_fraction is at least 0.75."),
    real("in_fiber_donor_nuclei_per_mm2", "1/mm^2", "in_fiber_donor_nuclei_n over tissue_area_mm2."),
    real("in_fiber_donor_nuclei_per_1000_fibers", "1", "in_fiber_donor_nuclei_n per 1,000 fibers."),
    *_domain("in_fiber", "in fibers"),
    *_domain("interstitial", "between fibers"),
    count("donor_fibers_n", "Fibers with at least one in-fiber donor nucleus (all fibers, edge included)."),
    count("donor_fibers_2_n", "Fibers with at least two in-fiber donor nuclei."),
    *_fibers("donor_fibers", "with a donor nucleus"),
    *_fibers("donor_fibers_2", "with at least two donor nuclei"),
    real("donor_fibers_per_1000", "1", "donor_fibers_n per 1,000 fibers."),
    real("donor_fibers_per_mm2", "1/mm^2", "donor_fibers_n over tissue_area_mm2."),
)
