"""Pictures of stain with outlines, and small figures, as data that an HTML page carries inside."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import cv2
import numpy as np

from myograft.model.arrays import Array, Image, Labels
from myograft.model.channels import Role
from myograft.numerics.clustering import Clustering
from myograft.numerics.distance import depth_within
from myograft.report.figures import inline_svg, new_figure

#: Colors that color-blind readers tell apart (Okabe & Ito 2008).
ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    (0.902, 0.624, 0.0),
    (0.337, 0.706, 0.914),
    (0.0, 0.620, 0.451),
    (0.941, 0.894, 0.259),
    (0.0, 0.447, 0.698),
    (0.835, 0.369, 0.0),
    (0.8, 0.475, 0.655),
)

_STAIN_COLOR: dict[str, tuple[float, float, float]] = {
    Role.SARCOLEMMA: (0.75, 0.75, 0.75),
    Role.NUCLEI: (0.15, 0.35, 0.9),
    Role.DONOR_NUCLEUS: (0.9, 0.25, 0.75),
    Role.DONOR_FIBER: (0.15, 0.55, 0.3),
    Role.REGENERATION: (0.5, 0.3, 0.05),
    Role.NECROSIS: (0.45, 0.35, 0.1),
}

#: Colors of outlines of fibers that a stain marks, by how their names begin: none is the color of the stain, so that
#: a neighbor's stained rim does not look like a call.
_MARK_COLOR = {
    "fiber-type": PURPLE,
    "regenerating": GREEN,
    "necrotic": YELLOW,
    "fiber with donor protein": VERMILION,
}


def mark_color(name: str) -> tuple[float, float, float]:
    """Return the color of the outlines of marked fibers."""
    return next(color for start, color in _MARK_COLOR.items() if name.startswith(start))


def overlay(
    planes: Mapping[str, Image],
    fibers: Labels | None,
    nuclei: Labels | None,
    donor_ids: Array,
    excluded_ids: Array,
    marked: Mapping[str, Array] | None = None,
) -> Array:
    """Return stain with outlines drawn in, shape (H, W, 3), 0 to 1.

    Parameters
    ----------
    planes
        Normalized stain per role.
    fibers, nuclei
        Labels of the same shape, or None.
    donor_ids
        Nuclei drawn as donor.
    excluded_ids
        Fibers drawn as excluded.
    marked
        Fibers that a stain marks, by what they are; the last of several wins.
    """
    shape = next(iter(planes.values())).shape if planes else (fibers if fibers is not None else nuclei).shape  # type: ignore[union-attr]  # one of the two was outlined
    picture = np.zeros((*shape, 3))
    for role, color in _STAIN_COLOR.items():
        if role in planes:
            picture += planes[role][..., None] * np.array(color)
    picture = np.clip(picture, 0.0, 1.0)
    if fibers is not None:
        rim = _outline(fibers)
        picture[rim] = YELLOW
        picture[rim & np.isin(fibers, excluded_ids)] = (0.6, 0.5, 0.4)
        # Wider than other outlines, so that a call is seen beside a bright rim.
        wide = _outline(fibers, _MARK_PX)
        for name, ids in (marked or {}).items():
            picture[wide & np.isin(fibers, ids)] = mark_color(name)
    if nuclei is not None:
        rim = _outline(nuclei)
        picture[rim] = SKY
        picture[rim & np.isin(nuclei, donor_ids)] = VERMILION
    return picture


#: Width of the outlines of marked fibers, in px.
_MARK_PX = 3


def _outline(labels: Labels, width_px: int = 1) -> Array:
    return np.asarray((labels > 0) & (depth_within(labels) <= width_px - 0.5))


#: JPEG quality of pictures: outlines stay clean, noise does not fill the page.
_QUALITY = 88


def picture_data(picture: Array) -> str:
    """Return a picture as a data URI."""
    bgr = np.ascontiguousarray(np.round(picture[..., ::-1] * 255.0).astype(np.uint8))
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")


def size_histogram(min_feret_um: Array) -> str:
    """Return the histogram of minimal Feret diameters as inline SVG; empty without a fiber."""
    if not len(min_feret_um):
        return ""
    figure = new_figure(6.4, 2.8)
    axes = figure.subplots()
    step = 5.0
    edges = np.arange(0.0, float(min_feret_um.max()) + 2 * step, step)
    axes.hist(min_feret_um, bins=edges.tolist(), color=BLUE, edgecolor="white", linewidth=0.5)
    median = float(np.median(min_feret_um))
    axes.axvline(median, color=VERMILION, linewidth=1.5, label=f"median {median:.1f} µm")
    axes.set_xlabel("minimal Feret diameter (µm)")
    axes.set_ylabel("fibers")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return inline_svg(figure)


def clustering_figure(clustering: Clustering | None) -> str:
    """Return donor neighbors against their envelope as inline SVG; empty where nothing can be said."""
    if clustering is None:
        return ""
    figure = new_figure(6.4, 2.8)
    axes = figure.subplots()
    axes.fill_between(
        clustering.radii_um, 0.0, clustering.high, color=BLUE, alpha=0.2, linewidth=0.0, label="chance, 95 %"
    )
    axes.plot(clustering.radii_um, clustering.expected, color=BLUE, linewidth=1.0, label="chance, mean")
    axes.plot(clustering.radii_um, clustering.neighbors, color=VERMILION, linewidth=1.5, label="found")
    axes.set_xlabel("radius (µm)")
    axes.set_ylabel("donor neighbors")
    axes.set_ylim(bottom=0.0)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return inline_svg(figure)
