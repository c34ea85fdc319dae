"""Where donor nuclei lie: near each other, in one spot, in large fibers; and how many are counted too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.measure.dense_places import OpenArea, dense_places
from myograft.measure.kept import kept_fibers, kept_nuclei
from myograft.measure.settings import MeasureSettings, SpaceSettings
from myograft.model.arrays import Array
from myograft.model.biology import Location, Origin
from myograft.model.table import Table
from myograft.numerics.clustering import Clustering, donor_clustering
from myograft.numerics.hot_spots import count_in_disk, hot_spot_p, hottest_disk
from myograft.numerics.over_counting import abercrombie_factor
from myograft.numerics.relabeling import random_part
from myograft.numerics.size_bias import donor_fiber_size

#: Radii at which donor nuclei are looked for around donor nuclei: two nuclei side by side to a few fascicles.
RADII_UM = np.arange(20.0, 401.0, 20.0)


@dataclass(frozen=True)
class Places:
    """Where the nuclei of a section lie.

    Parameters
    ----------
    row
        Columns of the sections table; what is missing is null.
    clustering
        Donor nuclei against relabeling, radius by radius; None where there are too few to say anything.
    """

    row: dict[str, Any]
    clustering: Clustering | None


def place_nuclei(
    fibers: Table | None,
    nuclei: Table | None,
    *,
    plane_um: tuple[float, float],
    tissue_area_um2: float,
    settings: MeasureSettings,
    open_area: OpenArea | None = None,
) -> Places:
    """Return where nuclei and donor nuclei lie.

    Parameters
    ----------
    fibers, nuclei
        Objects of the section; None where they were not measured. Those that readers excluded do not count.
    plane_um
        Height and width of what was looked at.
    tissue_area_um2
        Area of tissue in it.
    settings
        Knobs of measuring.
    open_area
        Tissue between fibers, which crowds of interstitial nuclei are compared with; None where it is not known.

    Returns
    -------
    Places

    Notes
    -----
    Draws go through the nuclei in the order of their numbers, so that the order of the table's rows does not matter.
    100,000 nuclei with 1,000 or with 30,000 donor nuclei among them take 4 to 7 s, 5,000 with 100 half a second.
    """
    fibers = None if fibers is None else kept_fibers(fibers)
    nuclei = None if nuclei is None else kept_nuclei(nuclei)
    if nuclei is None or not len(nuclei):
        return Places({}, None)
    nuclei, space = nuclei.sort("nucleus_id"), settings.space
    points_um = np.stack([nuclei["centroid_y_um"].filled(), nuclei["centroid_x_um"].filled()], axis=1)
    called = ~np.ma.getmaskarray(nuclei["origin"])
    donor = called & _is(nuclei, "origin", Origin.DONOR)
    between = _is(nuclei, "location", Location.INTERSTITIAL)
    row: dict[str, Any] = {"hot_spot_radius_um": space.hot_spot_radius_um}
    row |= _dense_spot("nuclei", points_um, plane_um, tissue_area_um2, space)
    row |= _dense_spot("interstitial", points_um[between], plane_um, tissue_area_um2, space)
    row |= dense_places(points_um[between], open_area, space)
    # Where no nucleus could be called, nothing is known of donor nuclei.
    if not called.any():
        return Places(row, None)
    row |= _donor_spot(points_um[called], donor[called], plane_um, space)
    clustering = _clustering(points_um[called], donor[called], space)
    among = called & between
    row |= _clustering_columns("donor", clustering)
    row |= _clustering_columns("interstitial_donor", _clustering(points_um[among], donor[among], space))
    row |= _over_counted(int(donor.sum()), int(called.sum()), settings)
    if fibers is not None:
        row |= _donor_fibers(fibers, nuclei, called, donor, space)
    is_relabeled = (name.endswith("_p") and name != "interstitial_dense_p" for name in row)
    if any(row[name] is not None for name, is_drawn in zip(row, is_relabeled, strict=True) if is_drawn):
        row["relabelings_n"] = space.relabelings_n
    return Places(row, clustering)


def _is(table: Table, column: str, value: str) -> Array:
    return np.asarray((table[column] == value).filled(fill_value=False), bool)


def _says_something(donor: Array, space: SpaceSettings) -> bool:
    """Whether there are enough donor and host nuclei to compare."""
    return min(int(donor.sum()), int((~donor).sum())) >= space.least_nuclei


def _tested(donor: Array, space: SpaceSettings) -> Array:
    """Return which nuclei are tested: all, or a random part where donor nuclei abound."""
    return random_part(len(donor), int(donor.sum()), space.most_donors, space.seed)


def _clustering(points_um: Array, donor: Array, space: SpaceSettings) -> Clustering | None:
    if not _says_something(donor, space):
        return None
    part = _tested(donor, space)
    if not _says_something(donor[part], space):
        return None
    return donor_clustering(points_um[part], donor[part], RADII_UM, space.relabelings_n, space.seed)


def _clustering_columns(kind: str, clustering: Clustering | None) -> dict[str, Any]:
    if clustering is None:
        return {}
    radius_um, ratio = clustering.strongest or (None, None)
    return {
        f"{kind}_clustering_p": clustering.p,
        f"{kind}_clustering_radius_um": radius_um,
        f"{kind}_clustering_ratio": ratio,
    }


def _dense_spot(
    kind: str,
    points_um: Array,
    plane_um: tuple[float, float],
    tissue_area_um2: float,
    space: SpaceSettings,
) -> dict[str, Any]:
    """Return the disk that holds most nuclei of a kind, and how dense they are there against all the tissue."""
    spot = hottest_disk(points_um, space.hot_spot_radius_um, plane_um)
    if spot is None:
        return {}
    mean_per_mm2 = len(points_um) / (tissue_area_um2 * 1e-6) if tissue_area_um2 > 0 else None
    return {
        f"{kind}_hot_spot_n": spot.points_n,
        f"{kind}_hot_spot_per_mm2": spot.per_mm2,
        f"{kind}_hot_spot_ratio": None if mean_per_mm2 is None else spot.per_mm2 / mean_per_mm2,
        f"{kind}_hot_spot_y_um": spot.center_um[0],
        f"{kind}_hot_spot_x_um": spot.center_um[1],
    }


def _donor_spot(
    points_um: Array, donor: Array, plane_um: tuple[float, float], space: SpaceSettings
) -> dict[str, Any]:
    radius_um = space.hot_spot_radius_um
    spot = hottest_disk(points_um[donor], radius_um, plane_um)
    if spot is None:
        return {}
    called_n = count_in_disk(points_um, spot.center_um, radius_um)
    p = None
    if _says_something(donor, space):
        part = _tested(donor, space)
        if donor[part].any():
            p = hot_spot_p(points_um[part], donor[part], radius_um, space.relabelings_n, space.seed)
    return {
        "donor_hot_spot_n": spot.points_n,
        "donor_hot_spot_called_n": called_n,
        "donor_hot_spot_fraction": spot.points_n / called_n,
        "donor_hot_spot_per_mm2": spot.per_mm2,
        "donor_hot_spot_y_um": spot.center_um[0],
        "donor_hot_spot_x_um": spot.center_um[1],
        "donor_hot_spot_p": p,
    }


def _donor_fibers(
    fibers: Table, nuclei: Table, called: Array, donor: Array, space: SpaceSettings
) -> dict[str, Any]:
    """Return the size of fibers with a donor nucleus beside that of the others, and what relabeling would show."""
    sized = ~fibers["is_excluded"].filled(fill_value=False)
    numbers = np.sort(fibers["fiber_id"].filled()[sized])
    order = np.argsort(fibers["fiber_id"].filled()[sized], kind="stable")
    sizes = np.stack([fibers[name].filled()[sized][order] for name in ("csa_um2", "min_feret_um")])
    owner = nuclei["fiber_id"].filled(0)
    held = called & _is(nuclei, "location", Location.IN_FIBER) & np.isin(owner, numbers)
    place, is_donor = np.searchsorted(numbers, owner[held]), donor[held]
    bears = np.zeros(len(numbers), bool)
    bears[place[is_donor]] = True
    row: dict[str, Any] = {"donor_fibers_sized_n": int(bears.sum())}
    for measure, values in zip(_MEASURES, sizes, strict=True):
        row[f"donor_fibers_{measure.mean}"] = _mean(values[bears])
        row[f"other_fibers_{measure.mean}"] = _mean(values[~bears])
    if not _says_something(is_donor, space):
        return row
    answers = donor_fiber_size(sizes, place, is_donor, space.relabelings_n, space.seed)
    for measure, answer in zip(_MEASURES, answers, strict=True):
        row[f"donor_fibers_{measure.name}_expected_{measure.unit}"] = answer.expected
        row[f"donor_fibers_{measure.name}_expected_low_{measure.unit}"] = answer.low
        row[f"donor_fibers_{measure.name}_expected_high_{measure.unit}"] = answer.high
        row[f"donor_fibers_{measure.name}_p"] = answer.p
    return row


@dataclass(frozen=True)
class _Measure:
    name: str
    unit: str

    @property
    def mean(self) -> str:
        return f"{self.name}_mean_{self.unit}"


_MEASURES = (_Measure("csa", "um2"), _Measure("min_feret", "um"))


def _mean(values: Array) -> float | None:
    return float(values.mean()) if len(values) else None


def _over_counted(donor_n: int, called_n: int, settings: MeasureSettings) -> dict[str, Any]:
    """Return the counts after Abercrombie, beside the crude ones; only what was given where something is missing."""
    thickness_um = settings.section_thickness_um
    donor_um, host_um = settings.donor_nucleus_height_um, settings.host_nucleus_height_um
    row: dict[str, Any] = {
        "section_thickness_um": thickness_um,
        "donor_nucleus_height_um": donor_um,
        "host_nucleus_height_um": host_um,
    }
    if thickness_um is None or donor_um is None or host_um is None:
        return row
    donors = donor_n * abercrombie_factor(thickness_um, donor_um)
    both = donors + (called_n - donor_n) * abercrombie_factor(thickness_um, host_um)
    return row | {
        "abercrombie_nuclei_n": both,
        "abercrombie_donor_nuclei_n": donors,
        "abercrombie_donor_fraction": donors / both,
    }
