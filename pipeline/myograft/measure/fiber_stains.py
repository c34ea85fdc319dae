"""Fibers of a section by what stains say of them: counts, sizes, and the two definitions of a donor fiber."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.measure.engraftment import estimates
from myograft.model.arrays import Mask
from myograft.model.biology import FiberCall
from myograft.model.channels import Role
from myograft.model.fiber_calibration import FiberCalibration
from myograft.model.fiber_marker_columns import STAIN_OF_ROLE
from myograft.model.table import Table
from myograft.numerics.intervals import clopper_pearson


@dataclass(frozen=True, slots=True)
class StainRule:
    """How positive and negative fibers of a section were told apart.

    Parameters
    ----------
    method, threshold
        Name of the method, and the score at which calls change; None where no threshold could be set.
    location, scale
        Middle and spread of the bulk, in counts; None where it was not found.
    event
        Call of the fibers that stand out from the bulk: those that the threshold and error rates speak of.
    calibration
        What controls say of wrong calls; None without controls, or where they do not fit this slide.
    """

    method: str
    threshold: float | None
    location: float | None
    scale: float | None
    event: FiberCall = FiberCall.POSITIVE
    calibration: FiberCalibration | None = None


def summarize_fiber_stains(
    fibers: Table, rules: Mapping[str, StainRule], tissue_mm2: float
) -> dict[str, Any]:
    """Return the columns of the sections table that speak of stained fibers.

    Parameters
    ----------
    fibers
        Fibers of the section with their calls, and with their donor nuclei where these were counted.
    rules
        How they were called, by how the stain's columns begin; a stain that is absent is missing.
    tissue_mm2
        Area of tissue.
    """
    row: dict[str, Any] = {}
    for name, rule in rules.items():
        row |= {
            f"{name}_threshold_method": rule.method,
            f"{name}_threshold": rule.threshold,
            f"{name}_bulk_location": rule.location,
            f"{name}_bulk_scale": rule.scale,
            f"{name}_event": str(rule.event),
            **_counts(fibers, name, tissue_mm2),
        }
        called_n = row[f"{name}_called_fibers_n"]
        if rule.calibration is not None and called_n:
            told = estimates(row[f"{name}_{rule.event}_fibers_n"], called_n, rule.calibration)
            row |= {column.replace("donor", name, 1): value for column, value in told.items()}
    return row | _cross_table(fibers)


def summarize_hyalinized(fibers: Table) -> dict[str, Any]:
    """Return how many fibers look hyalinized; nothing where none could be looked at.

    Parameters
    ----------
    fibers
        Fibers of the section.
    """
    column = fibers["is_hyalinized_candidate"]
    known_n = int((~np.ma.getmaskarray(column)).sum())
    if not known_n:
        return {}
    return {
        "hyalinized_looked_at_fibers_n": known_n,
        "hyalinized_candidate_fibers_n": int(column.filled(fill_value=False).sum()),
    }


def _counts(fibers: Table, name: str, tissue_mm2: float) -> dict[str, Any]:
    positive, negative = _is(fibers, name, FiberCall.POSITIVE), _is(fibers, name, FiberCall.NEGATIVE)
    positive_n, called_n = int(positive.sum()), int(positive.sum() + negative.sum())
    row: dict[str, Any] = {f"{name}_called_fibers_n": called_n}
    # Where no fiber could be called, there is no count, not a count of zero.
    if not called_n:
        return row
    low, high = clopper_pearson(positive_n, called_n)
    sized = ~fibers["is_excluded"].filled(fill_value=False)
    row |= {
        f"{name}_positive_fibers_n": positive_n,
        f"{name}_negative_fibers_n": called_n - positive_n,
        f"{name}_undecided_fibers_n": int(fibers[f"{name}_is_undecided"].filled(fill_value=False).sum()),
        f"{name}_positive_fibers_fraction": positive_n / called_n,
        f"{name}_positive_fibers_fraction_low": low,
        f"{name}_positive_fibers_fraction_high": high,
        f"{name}_positive_fibers_per_mm2": positive_n / tissue_mm2 if tissue_mm2 > 0 else None,
        f"{name}_positive_fibers_per_1000": 1000.0 * positive_n / called_n,
    }
    for call, is_call in (("positive", positive), ("negative", negative)):
        row[f"{name}_{call}_fibers_sized_n"] = int((is_call & sized).sum())
        row[f"{name}_{call}_csa_mean_um2"] = _mean(fibers, "csa_um2", is_call & sized)
        row[f"{name}_{call}_min_feret_mean_um"] = _mean(fibers, "min_feret_um", is_call & sized)
    return row


def _cross_table(fibers: Table) -> dict[str, Any]:
    """Return how fibers that hold donor nuclei and fibers with donor protein overlap; nothing without one of both."""
    protein = STAIN_OF_ROLE[Role.DONOR_FIBER]
    called = ~np.ma.getmaskarray(fibers[protein]) & ~np.ma.getmaskarray(fibers["donor_nuclei_n"])
    if not called.any():
        return {}
    positive = _is(fibers, protein, FiberCall.POSITIVE)
    held_n = fibers["donor_nuclei_n"].filled(0)
    row: dict[str, Any] = {}
    for name, least_n in (("donor_nucleus", 1), ("donor_nuclei_2", 2)):
        holds = held_n >= least_n
        row |= {
            f"{name}_with_protein_fibers_n": int((called & holds & positive).sum()),
            f"{name}_without_protein_fibers_n": int((called & holds & ~positive).sum()),
            f"no_{name}_with_protein_fibers_n": int((called & ~holds & positive).sum()),
            f"no_{name}_without_protein_fibers_n": int((called & ~holds & ~positive).sum()),
        }
    return row


def _is(fibers: Table, name: str, call: FiberCall) -> Mask:
    return fibers.has(name, call)


def _mean(fibers: Table, column: str, chosen: Mask) -> float | None:
    return float(fibers[column].filled()[chosen].mean()) if chosen.any() else None
