"""Boxes of objects that gain or lose pixels, kept exact without a look at the whole plane."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from myograft.model.arrays import Labels, Mask
from myograft.model.geometry import Region
from myograft.numerics.labels import objects_of


def extend_boxes(boxes: dict[int, Region], labels: Labels, chosen: Mask, region: Region) -> None:
    """Extend the box of every object by those of its pixels that are chosen.

    Parameters
    ----------
    boxes
        By number, in px of the plane; extended in place.
    labels, chosen
        Labels of `region` and which of their pixels count, shape of `region`.
    region
        Where they lie in the plane.
    """
    found = objects_of(np.where(chosen, labels, 0), (region.y0, region.x0))
    for number, corners in zip(found.label.tolist(), found.box.tolist(), strict=True):
        box = Region(*corners)
        boxes[number] = boxes[number].union(box) if number in boxes else box


def hull_of(boxes: Iterable[Region]) -> Region | None:
    """Return the smallest box that holds all, None for none."""
    hull: Region | None = None
    for box in boxes:
        hull = hull.union(box) if hull else box
    return hull


def reaches_a_side(part: Region, box: Region) -> bool:
    """Whether a part of a box lies at one of its sides: an object that loses only inner pixels keeps its box."""
    return part.y0 <= box.y0 or part.x0 <= box.x0 or part.y1 >= box.y1 or part.x1 >= box.x1
