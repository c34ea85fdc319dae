"""Which fibers of a photograph of hematoxylin and eosin look hyalinized: measured tile by tile, against all others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from myograft.assign import eosin_of_fibers, hyalinized_candidates
from myograft.execute import Engine
from myograft.model.arrays import Array
from myograft.model.objects import ObjectDirectory
from myograft.model.stack import COLORS_N, Photograph
from myograft.model.table import Table
from myograft.numerics.stains import eosin_density_of
from myograft.read import read_plane
from myograft.workflow.shares import Share, hull_of, labels_of, shares_of
from myograft.workflow.survey_plane import Prepared


def measure_hyalinized(
    engine: Engine, prepared: Prepared, fibers: ObjectDirectory, table: Table, *, has_nuclei: bool
) -> Mapping[str, Array]:
    """Return columns of the fibers table; none where the image is no photograph of hematoxylin and eosin.

    Parameters
    ----------
    engine
        Who does the work.
    prepared
        The slide.
    fibers, table
        All fibers of the plane, and their table in the order of their numbers.
    has_nuclei
        Whether nuclei were outlined; their pixels are left out.
    """
    slide = prepared.slide
    if slide.stack.photograph is not Photograph.HEMATOXYLIN_EOSIN or not len(fibers):
        return {}
    items = shares_of(slide, fibers)
    parts = engine.over("measure eosin", _measure, shared=(prepared, has_nuclei), items=items)
    order = np.argsort(np.concatenate([share.ids for share in items]), kind="stable")
    density, texture = (
        np.concatenate([part[name] for part in parts])[order] for name in ("eosin_density", "eosin_texture")
    )
    settings = slide.settings.assign.hyalinized
    circularity = table["circularity"].filled(np.nan)
    return hyalinized_candidates(density, texture, circularity, settings, settings.min_fibers)


def _measure(shared: tuple[Prepared, bool], share: Share) -> dict[str, Array]:
    (prepared, has_nuclei), slide = shared, shared[0].slide
    crop = hull_of(share.boxes)
    colors = np.stack(
        [read_plane(slide.stack, color, crop, plane=prepared.plane) for color in range(COLORS_N)]
    )
    white = float(np.iinfo(colors.dtype).max) if colors.dtype.kind in "ui" else 1.0
    return eosin_of_fibers(
        labels_of(slide, "fibers", crop),
        eosin_density_of(colors, white),
        share.ids,
        share.boxes,
        crop,
        slide.stack.calibration.pixel_size_um,
        slide.settings.assign.hyalinized,
        nuclei=labels_of(slide, "nuclei", crop) if has_nuclei else None,
    )
