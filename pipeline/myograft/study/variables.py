"""What is summarized: ratios of sums, so that a large section counts more than a small one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A ratio of two columns of the sections table.

    Parameters
    ----------
    name
        Name in the study's tables.
    title
        Name for people.
    unit
        Unit of the ratio times `factor`.
    over
        Column of the denominator.
    of
        Column of the numerator; where `is_mean`, a mean that is weighted by the denominator.
    is_mean
        Whether the numerator is a mean (or ratio) over what the denominator counts.
    factor
        What the ratio is multiplied by.
    domain
        Of the audit_estimates table, whose estimate takes the numerator's place once calls were read.
    is_of_calls
        Whether the numerator counts what was called positive: then none is no certain zero.
    is_of_donors
        Whether the numerator counts donor nuclei, or fibers that hold one.
    """

    name: str
    title: str
    unit: str
    of: str
    over: str
    is_mean: bool = False
    factor: float = 1.0
    domain: str | None = None
    is_of_calls: bool = False
    is_of_donors: bool = False

    def sums(self, row: Mapping[str, Any]) -> tuple[float, float] | None:
        """Return numerator and denominator of a section; None where it was not measured."""
        top, bottom = row[self.of], row[self.over]
        # A mean over nothing is null, and says as little as a null count.
        if bottom is None or not bottom or top is None:
            return None
        return float(top) * float(bottom) if self.is_mean else float(top), float(bottom)


def _donors(
    name: str, title: str, unit: str, of: str, over: str, domain: str | None, factor: float = 1.0
) -> Variable:
    return Variable(
        name, title, unit, of, over, factor=factor, domain=domain, is_of_calls=True, is_of_donors=True
    )


#: Donor nuclei as they were called; where people read calls, as estimated from reading.
DONOR_FRACTION = _donors(
    "donor_nuclei_fraction", "Donor nuclei, not corrected", "1", "donor_nuclei_n", "nuclei_called_n", "all"
)

#: Spread of the sizes of all fibers of a muscle: no ratio of sums, and put together from means and spreads.
VARIANCE_COEFFICIENT = "variance_coefficient"

#: The donor fraction with false and missed calls accounted for: by controls, or by reading.
ESTIMATED_FRACTION = "donor_fraction_estimated"

VARIABLES: tuple[Variable, ...] = (
    DONOR_FRACTION,
    _donors(
        "in_fiber_donor_nuclei_per_1000_fibers",
        "Donor nuclei in fibers, per 1,000 fibers",
        "1",
        "in_fiber_donor_nuclei_n",
        "fibers_n",
        "in_fiber",
        1000.0,
    ),
    _donors(
        "donor_fibers_per_1000",
        "Fibers with a donor nucleus, per 1,000",
        "1",
        "donor_fibers_n",
        "fibers_n",
        None,
        1000.0,
    ),
    _donors(
        "in_fiber_donor_nuclei_per_mm2",
        "Donor nuclei in fibers per mm²",
        "1/mm^2",
        "in_fiber_donor_nuclei_n",
        "tissue_area_mm2",
        "in_fiber",
    ),
    _donors(
        "donor_nuclei_per_mm2",
        "Donor nuclei per mm²",
        "1/mm^2",
        "donor_nuclei_n",
        "tissue_area_mm2",
        "all",
    ),
    _donors(
        "interstitial_donor_nuclei_per_mm2",
        "Interstitial donor nuclei per mm²",
        "1/mm^2",
        "interstitial_donor_nuclei_n",
        "tissue_area_mm2",
        "interstitial",
    ),
    Variable("csa_mean_um2", "Mean CSA", "um^2", "csa_mean_um2", "fibers_sized_n", is_mean=True),
    Variable(
        "min_feret_mean_um",
        "Mean minimal Feret diameter",
        "um",
        "min_feret_mean_um",
        "fibers_sized_n",
        is_mean=True,
    ),
    Variable(
        "centrally_nucleated_fibers_fraction",
        "Centrally nucleated fibers",
        "1",
        "centrally_nucleated_fibers_n",
        "fibers_sized_n",
    ),
    Variable("nuclei_per_fiber", "Nuclei per fiber", "1", "nuclei_per_fiber", "fibers_sized_n", is_mean=True),
    *(
        Variable(
            f"{stain}_positive_fibers_fraction",
            title,
            "1",
            f"{stain}_positive_fibers_n",
            f"{stain}_called_fibers_n",
            is_of_calls=True,
        )
        for stain, title in (
            ("donor_protein", "Fibers with donor protein"),
            ("regeneration", "Regenerating fibers"),
            ("fiber_type", "Fibers of the stained type"),
            ("necrosis", "Necrotic fibers"),
        )
    ),
    Variable(
        "interstitial_area_fraction",
        "Tissue between fibers",
        "1",
        "interstitial_area_fraction",
        "tissue_area_mm2",
        is_mean=True,
    ),
    Variable("fibers_per_mm2", "Fibers per mm²", "1/mm^2", "fibers_n", "tissue_area_mm2"),
    Variable("nuclei_per_mm2", "Nuclei per mm²", "1/mm^2", "nuclei_n", "tissue_area_mm2"),
)


def titles() -> dict[str, str]:
    """Return the names of all variables for people."""
    return {variable.name: variable.title for variable in VARIABLES} | {
        ESTIMATED_FRACTION: "Donor nuclei, estimated",
        VARIANCE_COEFFICIENT: "Variance coefficient",
    }
