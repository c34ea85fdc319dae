"""Tissue between fibers on an overview of the plane: where interstitial nuclei may lie."""

from __future__ import annotations

import numpy as np

from myograft.measure import OpenArea, open_area_of
from myograft.model.arrays import Labels, Mask
from myograft.model.geometry import Region
from myograft.workflow.outline_plane import Outlined
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import Prepared
from myograft.write import read_labels_block


def open_area(prepared: Prepared, fibers: Outlined | None) -> OpenArea | None:
    """Return the tissue between the machine's fibers; None without outlines."""
    if fibers is None:
        return None
    slide, tissue = prepared.slide, prepared.tissue
    labels = read_labels_block(slide.draft.labels(fibers.name), *whole_of(tissue.mask, tissue.step_px))
    return between_fibers(slide, tissue.mask, labels, tissue.step_px)


def whole_of(mask: Mask, step_px: int) -> tuple[Region, int]:
    """Return the whole plane in px of the level of a pyramid that has the mask's grid, and that level."""
    return Region(0, 0, *mask.shape), step_px.bit_length() - 1


def between_fibers(slide: Slide, tissue: Mask, labels: Labels, step_px: int) -> OpenArea:
    """Return tissue without a label; both on a grid of `step_px` pixels of the plane."""
    pixel_um = slide.stack.calibration.pixel_size_um * step_px
    return open_area_of(np.asarray(tissue & (labels == 0)), pixel_um, slide.settings.measure.space)
