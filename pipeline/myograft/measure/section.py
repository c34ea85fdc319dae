"""One row per section: every fraction with its numerator and denominator, null where nothing was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from myograft.measure.engraftment import DonorRule, summarize_donors
from myograft.measure.fiber_stains import StainRule, summarize_fiber_stains, summarize_hyalinized
from myograft.measure.kept import kept_fibers, kept_nuclei
from myograft.measure.settings import MeasureSettings
from myograft.measure.space import Places
from myograft.model.arrays import Array
from myograft.model.biology import Location, OutlineStain, Position
from myograft.model.columns import TableName
from myograft.model.table import Table, from_rows


def summarize_section(
    fibers: Table | None,
    nuclei: Table | None,
    *,
    slide_id: str,
    section_id: str,
    plane_area_um2: float,
    tissue_area_um2: float,
    outline_stain: OutlineStain | None,
    donor_rule: DonorRule | None,
    settings: MeasureSettings,
    places: Places | None = None,
    stain_rules: Mapping[str, StainRule] | None = None,
) -> Table:
    """Return the sections table of one section.

    Parameters
    ----------
    fibers, nuclei
        Its objects; None where they were not measured. Those that readers excluded do not count.
    slide_id, section_id
        Its keys.
    plane_area_um2, tissue_area_um2
        What was looked at.
    outline_stain
        What the sarcolemma stain marks; None without fibers.
    donor_rule
        How donor and host were told apart; None without a marker.
    settings
        Knobs of measuring.
    places
        Where its nuclei lie; None where that was not asked.
    stain_rules
        How stained fibers were called, by how a stain's columns begin; None without such a stain.
    """
    tissue_mm2 = tissue_area_um2 * 1e-6
    fibers = None if fibers is None else kept_fibers(fibers)
    nuclei = None if nuclei is None else kept_nuclei(nuclei)
    row: dict[str, Any] = {
        "slide_id": slide_id,
        "section_id": section_id,
        "plane_area_mm2": plane_area_um2 * 1e-6,
        "tissue_area_mm2": tissue_mm2,
    }
    if fibers is not None:
        row |= _fiber_summary(fibers, tissue_area_um2, settings) | summarize_hyalinized(fibers)
    if nuclei is not None:
        row |= {"nuclei_n": len(nuclei), "nuclei_per_mm2": _ratio(len(nuclei), tissue_mm2)}
    if fibers is not None and nuclei is not None:
        row |= _location_summary(fibers, nuclei)
        row["in_fiber_meaning"] = None if outline_stain is None else outline_stain.in_fiber_meaning
    if nuclei is not None and donor_rule is not None:
        row |= summarize_donors(nuclei, fibers, donor_rule, tissue_mm2)
    if fibers is not None and stain_rules:
        row |= summarize_fiber_stains(fibers, stain_rules, tissue_mm2)
    if places is not None:
        row |= places.row
    return from_rows(TableName.SECTIONS, [row])


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0 else None


def _fiber_summary(fibers: Table, tissue_area_um2: float, settings: MeasureSettings) -> dict[str, Any]:
    sized = ~fibers["is_excluded"].filled(fill_value=False)
    csa = fibers["csa_um2"].filled()[sized]
    feret = fibers["min_feret_um"].filled()[sized]
    feret_mean, feret_sd = _mean(feret), _sd(feret)
    area_fraction = _ratio(float(fibers["csa_um2"].filled().sum()), tissue_area_um2)
    return {
        "fibers_n": len(fibers),
        "fibers_sized_n": int(sized.sum()),
        "fibers_edge_n": int(fibers["touches_edge"].filled().sum()),
        "fibers_per_mm2": _ratio(len(fibers), tissue_area_um2 * 1e-6),
        "fiber_area_fraction": area_fraction,
        "interstitial_area_fraction": None if area_fraction is None else max(0.0, 1.0 - area_fraction),
        "csa_mean_um2": _mean(csa),
        "csa_median_um2": _median(csa),
        "csa_sd_um2": _sd(csa),
        "min_feret_mean_um": feret_mean,
        "min_feret_median_um": _median(feret),
        "min_feret_sd_um": feret_sd,
        # 1000 x SD / mean, Briguet et al. 2004, doi:10.1016/j.nmd.2004.06.008
        "variance_coefficient": None
        if not feret_mean or feret_sd is None
        else 1000.0 * feret_sd / feret_mean,
        "has_few_fibers": int(sized.sum()) < settings.few_fibers,
    }


def _mean(values: Array) -> float | None:
    return float(values.mean()) if len(values) else None


def _median(values: Array) -> float | None:
    return float(np.median(values)) if len(values) else None


def _sd(values: Array) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None


def _location_summary(fibers: Table, nuclei: Table) -> dict[str, Any]:
    inside = nuclei.has("location", Location.IN_FIBER)
    sized = ~fibers["is_excluded"].filled(fill_value=False)
    sized_n = int(sized.sum())
    centrally_n = int(fibers["is_centrally_nucleated"].filled(fill_value=False)[sized].sum())
    in_sized_n = int(fibers["in_fiber_nuclei_n"].filled(0)[sized].sum())
    return {
        "in_fiber_nuclei_n": int(inside.sum()),
        "border_nuclei_n": int(nuclei.has("location", Location.BORDER).sum()),
        "interstitial_nuclei_n": int(nuclei.has("location", Location.INTERSTITIAL).sum()),
        "in_fiber_nuclei_fraction": _ratio(int(inside.sum()), len(nuclei)),
        "central_nuclei_n": int((inside & nuclei.has("position", Position.CENTRAL)).sum()),
        "centrally_nucleated_fibers_n": centrally_n,
        "centrally_nucleated_fibers_fraction": _ratio(centrally_n, sized_n),
        "nuclei_per_fiber": _ratio(in_sized_n, sized_n),
        "nuclear_domain_um2": _ratio(float(fibers["csa_um2"].filled()[sized].sum()), in_sized_n),
    }
