"""Rows of fibers and nuclei: a share of either, measured as a whole, whoever asks."""

from __future__ import annotations

from typing import Any

from myograft.assign import locate_nuclei
from myograft.measure import measure_fibers, measure_nuclei
from myograft.model.arrays import Array
from myograft.model.channels import Role
from myograft.model.objects import ObjectDirectory
from myograft.workflow.ground import Ground
from myograft.workflow.marker_readings import measure_marker
from myograft.workflow.shares import Share, hull_of


def fiber_rows(ground: Ground, share: Share) -> dict[str, Array]:
    """Return columns of the fibers table: size and shape of a share's fibers."""
    slide, crop = ground.slide, share.hull
    labels = ground.source.read("fibers", crop)
    size_um = slide.stack.calibration.pixel_size_um
    return measure_fibers(labels, share.ids, share.boxes, crop, slide.stack.shape, size_um)


def nucleus_rows(ground: Ground, item: tuple[Share, ObjectDirectory | None]) -> dict[str, Any]:
    """Return columns of the nuclei table, and what the marker shows where there is one.

    Parameters
    ----------
    ground
        What is measured on.
    item
        Nuclei, and the fibers near them (`Ground.fibers_near`); None where fibers were not outlined.
    """
    (share, fibers), slide = item, ground.slide
    pixel_size_um = slide.stack.calibration.pixel_size_um
    crop = share.hull.grow(max(ground.search_px(), ground.marker_reach_px()), slide.stack.shape)
    if fibers is not None and len(fibers):
        crop = crop.union(hull_of(fibers.box))
    nuclei = ground.source.read("nuclei", crop, share.plane)
    answer = measure_nuclei(nuclei, share.ids, share.boxes, crop, slide.stack.shape, pixel_size_um)
    if fibers is not None:
        fiber_labels = ground.source.read("fibers", crop)
        answer |= locate_nuclei(
            nuclei, fiber_labels, share.ids, share.boxes, crop, fibers, pixel_size_um, slide.settings.assign
        )
    if Role.DONOR_NUCLEUS in slide.roles and ground.has_pixels:
        answer |= measure_marker(ground, nuclei, share, crop)
    return answer
