"""A result or a sample as layer data: plain tuples, without a screen and without napari."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from myograft.api import Result
from myograft.model.biology import Origin
from myograft.model.channels import Role
from myograft.model.columns import TableName
from myograft.model.table import Table

#: Data, settings and kind of a layer, as napari's readers return them.
LayerData: TypeAlias = tuple[Any, dict[str, Any], str]

_COLORMAP_OF_ROLE = {
    Role.SARCOLEMMA: "gray",
    Role.NUCLEI: "bop blue",
    Role.DONOR_NUCLEUS: "magenta",
    Role.DONOR_FIBER: "green",
    Role.AUTOFLUORESCENCE: "yellow",
}

#: Colors for channels without a role, in turn.
_OTHER_COLORMAPS = ("gray", "green", "cyan", "yellow", "red")

_UNIT = "micrometer"


def result_layers(result: Result) -> list[LayerData]:
    """Return the layers of a result: image, fibers, nuclei with their tables, donor nuclei as points.

    Parameters
    ----------
    result
        An opened result.
    """
    return [
        *image_layers(result),
        *_label_layers(result, "fibers", TableName.FIBERS, "fiber_id"),
        *_label_layers(result, "nuclei", TableName.NUCLEI, "nucleus_id"),
        *_donor_points(result),
    ]


def sample_layers(pixels: Any, names: Sequence[str], pixel_size_um: float) -> list[LayerData]:
    """Return one image layer per channel of a sample, shape (Z, C, Y, X)."""
    layers: list[LayerData] = []
    for index, name in enumerate(names):
        plane = pixels[:, index]
        settings = {
            "name": name,
            "scale": (1.0, pixel_size_um, pixel_size_um),
            "units": (_UNIT,) * 3,
            "blending": "additive",
            "colormap": _OTHER_COLORMAPS[index % len(_OTHER_COLORMAPS)],
            "contrast_limits": _contrast(np.asarray(plane)),
        }
        layers.append((plane, settings, "image"))
    return layers


def image_layers(result: Result) -> list[LayerData]:
    """Return one layer per channel of a result's copy of the image; none without a copy."""
    if not result.image_levels:
        return []
    scale = _scale(result, has_planes=result.image_levels[0].ndim == 4)
    role_of = {index: role for role, index in result.provenance.roles.items()}
    layers: list[LayerData] = []
    for index, name in enumerate(result.channel_names):
        levels = list(result.channel_levels(index))
        data, is_pyramid = _pyramid(levels)
        colormap = _COLORMAP_OF_ROLE.get(Role(role_of[index])) if index in role_of else None
        settings = {
            "name": f"{result.slide_id}: {name}",
            "multiscale": is_pyramid,
            "scale": scale,
            "units": (_UNIT,) * len(scale),
            "blending": "additive",
            "colormap": colormap or _OTHER_COLORMAPS[index % len(_OTHER_COLORMAPS)],
            "contrast_limits": _contrast(np.asarray(levels[-1])),
            "metadata": {"myograft": str(result.layout.root)},
        }
        layers.append((data, settings, "image"))
    return layers


def _pyramid(levels: list[Any]) -> tuple[Any, bool]:
    """Return what napari takes for data, and whether it is a pyramid: of a single level it would miscount the axes."""
    return (levels, True) if len(levels) > 1 else (levels[0], False)


def _scale(result: Result, *, has_planes: bool) -> tuple[float, ...]:
    """Return the size of a pixel in um, where there are planes along z first; an unknown distance is shown as 1."""
    size = result.pixel_size_um
    return (result.z_step_um or 1.0, size, size) if has_planes else (size, size)


def _contrast(plane: Any) -> tuple[float, float]:
    """Return what is shown black and bright: percentiles of a coarse level, never equal."""
    low, high = np.percentile(plane, (5.0, 99.8))
    return float(low), float(max(high, low + 1.0))


def _label_layers(result: Result, name: str, table_name: TableName, key: str) -> list[LayerData]:
    levels = list(result.label_levels(name))
    if not levels:
        return []
    scale = _scale(result, has_planes=levels[0].ndim == 3)
    data, is_pyramid = _pyramid(levels)
    settings: dict[str, Any] = {
        "name": f"{result.slide_id}: {name}",
        "multiscale": is_pyramid,
        "scale": scale,
        "units": (_UNIT,) * len(scale),
        "opacity": 0.5,
        "metadata": {"myograft": str(result.layout.root)},
    }
    table = result.tables.get(str(table_name))
    if table is not None:
        settings["features"] = _features(table, key)
    return [(data, settings, "labels")]


def _features(table: Table, key: str) -> Mapping[str, list[Any]]:
    """Return the table's columns, null as None; ``index`` is the label that a row is about."""
    rows = table.rows()
    columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
    return {"index": columns.get(key, []), **columns}


def _donor_points(result: Result) -> list[LayerData]:
    table = result.tables.get(str(TableName.NUCLEI))
    if table is None or np.ma.getmaskarray(table["origin"]).all():
        return []
    rows = [row for row in table.rows() if row["origin"] == str(Origin.DONOR) or row["is_undecided"]]
    has_planes = not np.ma.getmaskarray(table["plane"]).all()
    step_um, half_um = (
        _scale(result, has_planes=True)[0],
        result.pixel_size_um / 2,
    )  # pixel 0 has its center at 0
    places = [
        ((row["plane"] * step_um,) if has_planes else ())
        + (row["centroid_y_um"] - half_um, row["centroid_x_um"] - half_um)
        for row in rows
    ]
    axes_n = 3 if has_planes else 2
    points = np.array(places, float).reshape(-1, axes_n)
    settings = {
        "name": f"{result.slide_id}: donor and undecided nuclei",
        "units": (_UNIT,) * axes_n,
        "size": 12.0,
        "face_color": "transparent",
        "border_color": ["orange" if row["is_undecided"] else "magenta" for row in rows] or "magenta",
        "border_width": 0.12,
        "features": {
            name: [row[name] for row in rows]
            for name in ("nucleus_id", "donor_score", "p_donor", "origin", "is_undecided", "location")
        },
    }
    return [(points, settings, "points")]
