"""Size and shape of every fiber."""

from __future__ import annotations

from typing import Any

import numpy as np

from myograft.model.arrays import Array, Labels
from myograft.model.biology import ExclusionReason
from myograft.model.geometry import Region
from myograft.model.review_columns import BOX
from myograft.numerics.outline import corner_hull, crofton_perimeter, hull_area, max_feret_um, min_feret_um


def measure_fibers(
    labels: Labels,
    ids: Array,
    boxes: Array,
    crop: Region,
    plane_shape: tuple[int, int],
    pixel_size_um: float,
) -> dict[str, Array]:
    """Return the size and shape of fibers.

    Parameters
    ----------
    labels
        Labels of a part of the plane, shape of `crop`.
    ids
        Numbers of the fibers wanted; each lies whole in the crop.
    boxes
        Their bounding boxes in px of the plane, shape (n, 4).
    crop
        The part of the plane.
    plane_shape
        Height and width of the plane in px.
    pixel_size_um
        Edge of a pixel.

    Returns
    -------
    dict
        Columns of the fibers table, one value per id: areas by pixel count, Feret diameters and hull by pixel
        corners, perimeter by Crofton's formula.
    """
    rows = [
        _fiber(labels, int(number), Region(*(int(edge) for edge in box)), crop, plane_shape, pixel_size_um)
        for number, box in zip(ids, boxes, strict=True)
    ]
    names = ("fiber_id", *_MEASURES, "touches_edge")
    columns: dict[str, Any] = {
        name: np.ma.MaskedArray([row[name] for row in rows], dtype=_dtype(name)) for name in names
    }
    edge = np.ma.getdata(columns["touches_edge"])
    columns["is_excluded"] = np.ma.MaskedArray(edge.copy())
    columns["exclusion_reason"] = np.ma.MaskedArray(
        np.full(len(rows), str(ExclusionReason.EDGE), dtype=object), mask=~edge
    )
    columns["in_excluded_region"] = np.ma.MaskedArray(np.zeros(len(rows), np.bool_))
    return columns | box_columns(boxes)


_MEASURES = (
    "centroid_y_um",
    "centroid_x_um",
    "csa_um2",
    "min_feret_um",
    "max_feret_um",
    "perimeter_um",
    "circularity",
    "solidity",
)


def _dtype(name: str) -> Any:
    return {"fiber_id": np.int64, "touches_edge": np.bool_}.get(name, np.float64)


def _fiber(
    labels: Labels, number: int, box: Region, crop: Region, plane_shape: tuple[int, int], size_um: float
) -> dict[str, Any]:
    mask = labels[box.inside(crop)] == number
    y, x = np.nonzero(mask)
    hull_px = corner_hull(mask)
    perimeter_px = crofton_perimeter(mask)
    return {
        "fiber_id": number,
        "centroid_y_um": (float(y.mean()) + box.y0 + 0.5) * size_um,
        "centroid_x_um": (float(x.mean()) + box.x0 + 0.5) * size_um,
        "csa_um2": len(y) * size_um**2,
        "min_feret_um": min_feret_um(hull_px) * size_um,
        "max_feret_um": max_feret_um(hull_px) * size_um,
        "perimeter_um": perimeter_px * size_um,
        # Of a few pixels the estimated perimeter can be shorter than a disk's.
        "circularity": min(1.0, 4.0 * np.pi * len(y) / perimeter_px**2),
        "solidity": len(y) / hull_area(hull_px),
        "touches_edge": touches_edge(box, plane_shape),
    }


def touches_edge(box: Region, plane_shape: tuple[int, int]) -> bool:
    """Whether a bounding box reaches the border of the plane."""
    return box.y0 == 0 or box.x0 == 0 or box.y1 == plane_shape[0] or box.x1 == plane_shape[1]


def box_columns(boxes: Array) -> dict[str, Array]:
    """Return bounding boxes ``(y0, x0, y1, x1)``, shape (n, 4), as columns of a table."""
    edges = np.asarray(boxes, np.int64).reshape(-1, 4)
    return {column.name: np.ma.MaskedArray(edges[:, index]) for index, column in enumerate(BOX)}
