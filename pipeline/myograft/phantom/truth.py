"""The true tables of a phantom, gathered block by block."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from myograft.model.arrays import Array
from myograft.model.biology import FiberCall
from myograft.model.geometry import Region
from myograft.phantom.nuclei import Nuclei
from myograft.phantom.phantom import PhantomPart
from myograft.phantom.spec import PhantomSpec

#: Columns of the true tables; the words are those of the result tables.
FIBER_COLUMNS = (
    "fiber_id", "centroid_y_um", "centroid_x_um", "csa_um2", "touches_edge", "in_fiber_nuclei_n",
    "central_nuclei_n", "donor_nuclei_n",
)  # fmt: skip
#: What the true table of fibers says more where the phantom has donor protein.
PROTEIN_COLUMNS = ("donor_protein",)
NUCLEUS_COLUMNS = (
    "nucleus_id", "centroid_y_um", "centroid_x_um", "area_um2", "touches_edge", "fiber_id", "overlap_fraction",
    "location", "position", "origin",
)  # fmt: skip

#: Further columns in a thick section, whose planes have true labels each.
DEPTH_COLUMNS = ("first_plane", "last_plane", "planes_n", "centroid_z_um", "volume_um3")

#: Overlap from which a nucleus is in a fiber, and up to which it is between fibers (SCIENCE, section 4).
_IN_FIBER, _INTERSTITIAL = 0.75, 0.25


@dataclass
class _Sum:
    """Pixels of one object: count, sums of coordinates, whether one lies at the plane's edge."""

    pixels_n: int = 0
    y: float = 0.0
    x: float = 0.0
    touches_edge: bool = False


@dataclass
class TruthTally:
    """Adds up what the parts of a phantom hold.

    Parameters
    ----------
    spec
        The phantom.
    """

    spec: PhantomSpec
    _fibers: dict[int, _Sum] = field(default_factory=dict)
    _nuclei: dict[int, _Sum] = field(default_factory=dict)
    _shared: Counter[tuple[int, int]] = field(default_factory=Counter)
    _planes: dict[int, Counter[int]] = field(default_factory=dict)
    _traits: dict[int, tuple[bool, bool]] = field(default_factory=dict)
    _protein: set[int] = field(default_factory=set)

    def add(self, region: Region, part: PhantomPart) -> None:
        """Add a part; the parts must not overlap."""
        self._add(self._fibers, part.fibers, region)
        planes = part.nuclei.reshape(-1, *part.fibers.shape)
        for z, plane in enumerate(planes):
            self._add(self._nuclei, plane, region)
            self._note_planes(plane, z)
            both = (part.fibers > 0) & (plane > 0)
            pairs, counts = np.unique(np.stack([plane[both], part.fibers[both]]), axis=1, return_counts=True)
            for (nucleus, fiber), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
                self._shared[nucleus, fiber] += count
        for listed in part.listed:
            self._note(listed)
        self._protein.update(part.protein_ids.tolist())

    def _note_planes(self, plane: Array, z: int) -> None:
        numbers, counts = np.unique(plane[plane > 0], return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            self._planes.setdefault(number, Counter())[z] += count

    def _note(self, listed: Nuclei) -> None:
        for number, central, donor in zip(
            listed.id.tolist(), listed.is_central.tolist(), listed.is_donor.tolist(), strict=True
        ):
            self._traits[number] = (central, donor)

    def _add(self, sums: dict[int, _Sum], labels: Array, region: Region) -> None:
        rows, columns = np.nonzero(labels)
        if not len(rows):
            return
        numbers, compact, counts = np.unique(labels[rows, columns], return_inverse=True, return_counts=True)
        y = np.bincount(compact, rows + region.y0 + 0.5)
        x = np.bincount(compact, columns + region.x0 + 0.5)
        height, width = self.spec.height_px, self.spec.width_px
        at_edge = (
            (rows + region.y0 == 0)
            | (rows + region.y0 == height - 1)
            | (columns + region.x0 == 0)
            | (columns + region.x0 == width - 1)
        )
        edge = np.bincount(compact, at_edge) > 0
        for number, count, sum_y, sum_x, touches in zip(
            numbers.tolist(), counts.tolist(), y.tolist(), x.tolist(), edge.tolist(), strict=True
        ):
            total = sums.setdefault(number, _Sum())
            total.pixels_n += count
            total.y += sum_y
            total.x += sum_x
            total.touches_edge |= touches

    def nuclei(self) -> list[dict[str, Any]]:
        """Return the true nuclei, a dictionary of `NUCLEUS_COLUMNS` each; in a thick section of `DEPTH_COLUMNS` too."""
        best: dict[int, tuple[int, int]] = {}
        for (nucleus, fiber), count in sorted(self._shared.items()):
            if count > best.get(nucleus, (0, 0))[0]:
                best[nucleus] = (count, fiber)
        rows = []
        has_marker = self.spec.model.stain.marker is not None
        for number, total in sorted(self._nuclei.items()):
            shared, fiber = best.get(number, (0, 0))
            overlap = shared / total.pixels_n
            location = _location(overlap)
            central, donor = self._traits[number]
            rows.append(
                {
                    "nucleus_id": number,
                    **self._place(total, "area_um2"),
                    "fiber_id": fiber or None,
                    "overlap_fraction": overlap,
                    "location": location,
                    "position": ("central" if central else "peripheral") if location == "in_fiber" else None,
                    "origin": ("donor" if donor else "host") if has_marker else None,
                    **self._depth(number),
                }
            )
        return rows

    @property
    def fiber_columns(self) -> tuple[str, ...]:
        """Columns of the true fibers: `FIBER_COLUMNS`, and `PROTEIN_COLUMNS` where there is donor protein."""
        has_protein = self.spec.model.stain.fiber_marker is not None
        return (*FIBER_COLUMNS, *PROTEIN_COLUMNS) if has_protein else FIBER_COLUMNS

    def fibers(self) -> list[dict[str, Any]]:
        """Return the true fibers, a dictionary of `fiber_columns` each."""
        inside = [nucleus for nucleus in self.nuclei() if nucleus["location"] == "in_fiber"]
        nuclei_n = Counter(nucleus["fiber_id"] for nucleus in inside)
        central_n = Counter(nucleus["fiber_id"] for nucleus in inside if nucleus["position"] == "central")
        donor_n = Counter(nucleus["fiber_id"] for nucleus in inside if nucleus["origin"] == "donor")
        has_marker = self.spec.model.stain.marker is not None
        has_protein = self.spec.model.stain.fiber_marker is not None
        return [
            {
                "fiber_id": number,
                **self._place(total, "csa_um2"),
                "in_fiber_nuclei_n": nuclei_n[number],
                "central_nuclei_n": central_n[number],
                "donor_nuclei_n": donor_n[number] if has_marker else None,
                **({"donor_protein": _call(number in self._protein)} if has_protein else {}),
            }
            for number, total in sorted(self._fibers.items())
        ]

    def _depth(self, number: int) -> dict[str, Any]:
        """Return where a nucleus lies in a thick section, and the area of its largest outline."""
        if self.spec.thickness_um is None:
            return {}
        planes, size = self._planes[number], self.spec.pixel_size_um
        step_um, volume_px = self.spec.model.optics.z_step_um, planes.total()
        return {
            "area_um2": max(planes.values()) * size**2,
            "first_plane": min(planes),
            "last_plane": max(planes),
            "planes_n": len(planes),
            "centroid_z_um": sum(z * count for z, count in planes.items()) / volume_px * step_um,
            "volume_um3": volume_px * size**2 * step_um,
        }

    def _place(self, total: _Sum, area: str) -> dict[str, Any]:
        size = self.spec.pixel_size_um
        return {
            "centroid_y_um": total.y / total.pixels_n * size,
            "centroid_x_um": total.x / total.pixels_n * size,
            area: total.pixels_n * size**2,
            "touches_edge": total.touches_edge,
        }


def _call(is_positive: bool) -> str:  # noqa: FBT001 - the one thing it is about
    return str(FiberCall.POSITIVE if is_positive else FiberCall.NEGATIVE)


def _location(overlap: float) -> str:
    if overlap >= _IN_FIBER:
        return "in_fiber"
    return "interstitial" if overlap <= _INTERSTITIAL else "border"
