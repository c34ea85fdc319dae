"""Where donor nuclei lie, said in sentences; where nothing can be said, that is said."""

from __future__ import annotations

from typing import Any

from myograft.model.table import Table
from myograft.numerics.clustering import Clustering
from myograft.report.numbers import percent

#: p value above which chance is not ruled out.
_CHANCE = 0.05

_NOTHING = "nothing can be said"


def place_title(section: Table) -> str:
    """Return the title above `place_rows`."""
    return (
        "Where nuclei lie"
        if section.rows()[0]["donor_threshold_method"] is None
        else "Where donor nuclei lie"
    )


def place_rows(section: Table) -> list[tuple[str, str, str]]:
    """Return (what, value, how) on where the section's nuclei lie; empty without nuclei."""
    row = section.rows()[0]
    if row["hot_spot_radius_um"] is None:
        return []
    return [
        *_donors(row),
        *_dense(row, "nuclei", "Nuclei, densest spot"),
        *_dense(row, "interstitial", "Interstitial nuclei, densest spot"),
        _crowds(row),
    ]


def _donors(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    if row["donor_threshold_method"] is None:
        return []
    if row["donor_nuclei_n"] is None:
        return [("Donor nuclei among all nuclei", _NOTHING, "no nucleus could be called donor or host")]
    return [
        _clustering(row, "donor", "Donor nuclei among all nuclei", row["donor_nuclei_n"]),
        *(
            [
                _clustering(
                    row,
                    "interstitial_donor",
                    "Interstitial donor nuclei among interstitial nuclei",
                    row["interstitial_donor_nuclei_n"],
                )
            ]
            if row["interstitial_donor_nuclei_n"] is not None
            else []
        ),
        _donor_spot(row),
        *_sizes(row),
        _over_counting(row),
    ]


def _clustering(row: dict[str, Any], kind: str, what: str, donor_n: int) -> tuple[str, str, str]:
    p = row[f"{kind}_clustering_p"]
    if p is None:
        return what, _NOTHING, f"too few donor or host nuclei to compare ({donor_n:,} donor)"
    how = f"{_p(p)} in {row['relabelings_n']:,} draws of the donor labels among the same nuclei"
    if p > _CHANCE:
        return what, "not shown to cluster", how
    if row[f"{kind}_clustering_radius_um"] is not None:
        how = (
            f"{row[f'{kind}_clustering_ratio']:.1f} times as many donor nuclei within "
            f"{row[f'{kind}_clustering_radius_um']:.0f} µm of one another as by chance; {how}"
        )
    return what, "clustered", how


def _donor_spot(row: dict[str, Any]) -> tuple[str, str, str]:
    what = "Donor nuclei, hot spot"
    if row["donor_hot_spot_n"] is None:
        return what, _NOTHING, "no nucleus was called donor"
    p = row["donor_hot_spot_p"]
    chance = "too few to compare with chance" if p is None else f"{_p(p)} for so many in any disk"
    how = (
        f"{percent(row['donor_hot_spot_fraction'])} of the nuclei {_disk(row, 'donor')}; "
        f"{row['donor_hot_spot_per_mm2']:,.0f} per mm²; {chance}"
    )
    return what, f"{row['donor_hot_spot_n']:,} of {row['donor_hot_spot_called_n']:,}", how


def _dense(row: dict[str, Any], kind: str, what: str) -> list[tuple[str, str, str]]:
    if row[f"{kind}_hot_spot_n"] is None:
        return []
    ratio = row[f"{kind}_hot_spot_ratio"]
    beside = "" if ratio is None else f", {ratio:.1f} times the mean of the tissue"
    return [
        (
            what,
            f"{row[f'{kind}_hot_spot_n']:,}",
            f"{_disk(row, kind)}; {row[f'{kind}_hot_spot_per_mm2']:,.0f} per mm²{beside}",
        )
    ]


def _crowds(row: dict[str, Any]) -> tuple[str, str, str]:
    """Return where interstitial nuclei crowd beyond chance, and what that does not say."""
    what, p = "Crowds of interstitial nuclei (infiltrates?)", row["interstitial_dense_p"]
    if p is None:
        return what, "not measured", "without fibers or with too few interstitial nuclei nothing can be said"
    chance = (
        f"{_p(p)} for as crowded a disk anywhere when nuclei lie anywhere between fibers; vessels, nerves and "
        "regenerating fibers make crowds, too, and no kind of cell is told"
    )
    spots_n = row["interstitial_dense_spots_n"]
    if not spots_n:
        return what, "none beyond chance", chance
    y, x = row["interstitial_densest_y_um"], row["interstitial_densest_x_um"]
    how = (
        f"{row['interstitial_dense_area_mm2']:.2g} mm²; the most unlikely holds "
        f"{row['interstitial_densest_n']:,} nuclei within {row['interstitial_dense_radius_um']:,.0f} µm of "
        f"y {y:,.0f}, x {x:,.0f} µm, {row['interstitial_densest_expected_n']:,.1f} by chance"
    )
    return what, f"{spots_n:,}", f"{how}; {chance}"


def _disk(row: dict[str, Any], kind: str) -> str:
    y, x = row[f"{kind}_hot_spot_y_um"], row[f"{kind}_hot_spot_x_um"]
    return f"within {row['hot_spot_radius_um']:,.0f} µm of y {y:,.0f}, x {x:,.0f} µm"


def _sizes(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    if row["donor_fibers_sized_n"] is None:
        return []
    return [
        _size(row, "csa", "um2", "µm²", "CSA of fibers with a donor nucleus"),
        _size(row, "min_feret", "um", "µm", "Minimal Feret of fibers with a donor nucleus"),
    ]


def _size(row: dict[str, Any], name: str, unit: str, shown: str, what: str) -> tuple[str, str, str]:
    mean = row[f"donor_fibers_{name}_mean_{unit}"]
    if mean is None:
        return what, _NOTHING, "no fiber with a valid size holds a donor nucleus"
    digits = 0 if name == "csa" else 1
    other = row[f"other_fibers_{name}_mean_{unit}"]
    how = f"mean of {row['donor_fibers_sized_n']:,}"
    how += "" if other is None else f"; other fibers {other:,.{digits}f} {shown}"
    expected = row[f"donor_fibers_{name}_expected_{unit}"]
    if expected is None:
        return what, f"{mean:,.{digits}f} {shown}", f"{how}; too few to compare with chance"
    low, high = (row[f"donor_fibers_{name}_expected_{end}_{unit}"] for end in ("low", "high"))
    p = row[f"donor_fibers_{name}_p"]
    beyond = "larger than by chance" if mean > expected else "smaller than by chance"
    how += (
        f"; {'within chance' if p > _CHANCE else beyond}: larger fibers hold more nuclei, so that "
        f"{expected:,.{digits}f} {shown} "
        f"({low:,.{digits}f} to {high:,.{digits}f} in 95 % of draws) were to be expected; {_p(p)}"
    )
    return what, f"{mean:,.{digits}f} {shown}", how


def _over_counting(row: dict[str, Any]) -> tuple[str, str, str]:
    what = "Donor fraction corrected for over-counting"
    lengths = ("section_thickness_um", "donor_nucleus_height_um", "host_nucleus_height_um")
    missing = [f"measure.{name}" for name in lengths if row[name] is None]
    if missing:
        return what, "not corrected", f"not given: {', '.join(missing)}"
    thickness_um, donor_um, host_um = (row[name] for name in lengths)
    how = (
        f"{row['abercrombie_donor_nuclei_n']:,.1f} of {row['abercrombie_nuclei_n']:,.1f} nuclei after Abercrombie "
        f"(section {thickness_um:g} µm; donor nuclei {donor_um:g}, host nuclei {host_um:g} µm high); all other "
        "numbers are crude"
    )
    # That none was called is not a fraction of zero.
    share = percent(row["abercrombie_donor_fraction"]) if row["donor_nuclei_n"] else "none called"
    return what, share, how


def _p(p: float) -> str:
    # No line may break within it.
    return f"p\u00a0=\u00a0{p:.3f}" if p >= 0.001 else f"p\u00a0=\u00a0{p:.1g}"


def clustering_caption(clustering: Clustering | None) -> str:
    """Return what the figure shows; empty without one."""
    if clustering is None:
        return ""
    return (
        f"donor nuclei within a radius of a donor nucleus, in the mean ({clustering.donor_n:,} donor nuclei of "
        f"{clustering.all_n:,}); chance: donor labels drawn anew among the same nuclei, 95 % of these curves lie "
        "within the band at all radii (of few donor nuclei a rare curve may only touch it: the p value decides); donor "
        "nuclei that share a fiber count as neighbors too"
    )
