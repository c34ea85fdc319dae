"""Where interstitial nuclei crowd beyond what the tissue between fibers holds by chance: candidates for infiltrates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.measure.settings import SpaceSettings
from myograft.model.arrays import Array, Mask
from myograft.numerics.dense_spots import dense_spots

#: Cells per radius of the disks: fine enough that a disk of cells is one.
_CELLS_PER_RADIUS = 4.0


@dataclass(frozen=True)
class OpenArea:
    """Tissue that is no fiber, on a grid.

    Parameters
    ----------
    um2
        Its area in each cell, shape (h, w); the grid begins at the plane's corner.
    cell_um
        Edge of a cell.
    """

    um2: Array
    cell_um: float


def open_area_of(between: Mask, pixel_um: float, settings: SpaceSettings) -> OpenArea:
    """Return the area between fibers, summed over cells that suit the disks.

    Parameters
    ----------
    between
        Where tissue is that is no fiber, on an overview of the plane, shape (h, w).
    pixel_um
        Edge of its pixels.
    settings
        Radius of the disks.
    """
    step = max(1, round(settings.dense_radius_um / _CELLS_PER_RADIUS / pixel_um))
    height, width = (-(-edge // step) * step for edge in between.shape)
    padded = np.zeros((height, width), np.float64)
    padded[: between.shape[0], : between.shape[1]] = between
    cells = padded.reshape(height // step, step, width // step, step).sum(axis=(1, 3))
    return OpenArea(cells * pixel_um**2, step * pixel_um)


def dense_places(points_um: Array, open_area: OpenArea | None, settings: SpaceSettings) -> dict[str, Any]:
    """Return the columns of the sections table on crowds of interstitial nuclei; none where nothing can be said.

    Parameters
    ----------
    points_um
        Centroids (y, x) of the interstitial nuclei, shape (n, 2).
    open_area
        Tissue between fibers; None where it is not known.
    settings
        Radius, least ratio and draws.
    """
    if open_area is None or len(points_um) < settings.least_nuclei:
        return {}
    found = dense_spots(
        points_um,
        open_area.um2,
        open_area.cell_um,
        settings.dense_radius_um,
        least_ratio=settings.dense_least_ratio,
        draws_n=settings.placements_n,
        seed=settings.seed,
    )
    if found is None:
        return {}
    y_um, x_um = found.center_um or (None, None)
    return {
        "interstitial_dense_radius_um": settings.dense_radius_um,
        "interstitial_dense_p": found.p,
        "interstitial_dense_spots_n": found.spots_n,
        "interstitial_dense_area_mm2": found.area_um2 * 1e-6,
        "interstitial_densest_n": found.points_n,
        "interstitial_densest_expected_n": found.expected,
        "interstitial_densest_y_um": y_um,
        "interstitial_densest_x_um": x_um,
    }
