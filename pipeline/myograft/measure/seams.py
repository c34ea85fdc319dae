"""How far objects lie from the seams between tiles, and whether they are other there than elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myograft.model.arrays import Array, Mask
from myograft.model.columns import TableName
from myograft.model.table import Table, box_edges, concatenate

_OBJECTS = {TableName.FIBERS: ("fiber", "fiber_id"), TableName.NUCLEI: ("nucleus", "nucleus_id")}


@dataclass(frozen=True)
class Seams:
    """The seams of a plane: inner lines of a square grid that begins at the first pixel.

    Parameters
    ----------
    shape
        Height and width of the plane in px.
    tile_px
        Edge of what a tile owns.
    pixel_size_um
        Edge of a pixel.
    """

    shape: tuple[int, int]
    tile_px: int
    pixel_size_um: float

    def distance_px(self, centers: Array) -> Array:
        """Return the distance of points from the nearest seam, infinite without one.

        Parameters
        ----------
        centers
            ``(y, x)`` in px, pixel 0 covering [0, 1); shape (n, 2).
        """
        nearest = np.full(len(centers), np.inf)
        for axis, length in enumerate(self.shape):
            last = (length - 1) // self.tile_px
            if last:
                line = np.clip(np.rint(centers[:, axis] / self.tile_px), 1, last) * self.tile_px
                nearest = np.minimum(nearest, np.abs(centers[:, axis] - line))
        return nearest

    def crossed(self, boxes: Array) -> Mask:
        """Return which boxes ``(y0, x0, y1, x1)``, half-open, lie on both sides of a seam."""
        first, last = boxes[:, :2] // self.tile_px, (boxes[:, 2:] - 1) // self.tile_px
        return np.asarray((first != last).any(axis=1))

    def touched(self, boxes: Array) -> Mask:
        """Return which boxes have a side on a seam."""
        sides = np.stack([boxes[:, :2], boxes[:, 2:]], axis=2)
        inner = (sides > 0) & (sides < np.array(self.shape)[None, :, None])
        return np.asarray((inner & (sides % self.tile_px == 0)).any(axis=(1, 2)))


def measure_seams(tables: tuple[Table | None, ...], seams: Seams) -> Table:
    """Return the seams table.

    Parameters
    ----------
    tables
        Fibers and nuclei; None where they were not measured.
    seams
        How the plane was cut.
    """
    parts = [_rows(table, seams) for table in tables if table is not None and len(table)]
    return concatenate(TableName.SEAMS, parts)


def _rows(table: Table, seams: Seams) -> Table:
    name, key = _OBJECTS[table.name]
    boxes = box_edges(table)
    centers = np.stack([table["centroid_y_um"].filled(), table["centroid_x_um"].filled()], axis=1)
    distance_um = seams.distance_px(centers / seams.pixel_size_um) * seams.pixel_size_um
    crosses = seams.crossed(boxes)
    return Table(
        TableName.SEAMS,
        {
            "slide_id": table["slide_id"],
            "section_id": table["section_id"],
            "object": np.ma.MaskedArray(np.full(len(table), name, dtype=object)),
            "object_id": table[key],
            "seam_distance_um": np.ma.masked_invalid(distance_um),
            "crosses_seam": np.ma.MaskedArray(crosses),
            "ends_at_seam": np.ma.MaskedArray(seams.touched(boxes) & ~crosses),
        },
    )


def compare_at_seams(fibers: Table, seam_rows: Table, seams: Seams, tissue: Mask, step_px: int) -> str | None:
    """Return in words how fibers near seams compare with all others; None where nothing can be said.

    Parameters
    ----------
    fibers
        The fibers of the plane.
    seam_rows
        The seams table of the same objects.
    seams
        How the plane was cut.
    tissue, step_px
        Where tissue is, and the px of the plane per px of it.

    Notes
    -----
    Near is within one median minimal Feret diameter of the fibers. Where outlines do not know of tiles, as many fibers
    per area lie there as elsewhere, and of the same size.
    """
    sized = ~fibers["is_excluded"].filled(fill_value=True)
    if not sized.any():
        return None
    reach_um = float(np.median(fibers["min_feret_um"].filled(np.nan)[sized]))
    distance = seam_rows["seam_distance_um"].filled(np.inf)[seam_rows["object"].filled() == "fiber"]
    rows, columns = np.nonzero(tissue)
    places = (np.stack([rows, columns], axis=1) + 0.5) * step_px
    tissue_near = seams.distance_px(places) * seams.pixel_size_um <= reach_um
    near = distance <= reach_um
    if not (near & sized).any() or not (~near & sized).any() or tissue_near.all() or not tissue_near.any():
        return None
    area_um2 = (step_px * seams.pixel_size_um) ** 2
    per_mm2 = [
        1e6 * float(part.sum()) / (float(tissue_part.sum()) * area_um2)
        for part, tissue_part in ((near, tissue_near), (~near, ~tissue_near))
    ]
    csa = fibers["csa_um2"].filled(np.nan)
    sizes = [float(np.median(csa[part & sized])) for part in (near, ~near)]
    return (
        f"within {reach_um:.0f} um of a seam {per_mm2[0]:,.0f} fibers per mm2, median {sizes[0]:,.0f} um2 "
        f"({int(near.sum()):,} fibers); elsewhere {per_mm2[1]:,.0f} per mm2, median {sizes[1]:,.0f} um2"
    )
