"""Regions of a watershed as a graph: how well each is rimmed, how well two neighbors are told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from myograft.model.arrays import Array, Image, Labels
from myograft.numerics.labels import objects_of
from myograft.numerics.outline import corner_hull, hull_area, max_feret_um, min_feret_um


@dataclass(frozen=True)
class Contacts:
    """Where regions touch.

    Parameters
    ----------
    first, second
        Numbers of each touching pair, first < second, shape (n,).
    length
        Pixel faces they share.
    strong
        Those of them that lie on stain.
    """

    first: Array
    second: Array
    length: Array
    strong: Array


def contacts(labels: Labels, is_strong: Array) -> Contacts:
    """Return every touching pair of regions.

    Parameters
    ----------
    labels
        Shape (H, W).
    is_strong
        Whether a pixel lies on (or beside) a line of stain, shape (H, W).
    """
    keys, strong = [], []
    for a, b, s, t in (
        (labels[:, :-1], labels[:, 1:], is_strong[:, :-1], is_strong[:, 1:]),
        (labels[:-1], labels[1:], is_strong[:-1], is_strong[1:]),
    ):
        differs = (a != b) & (a > 0) & (b > 0)
        low = np.minimum(a[differs], b[differs]).astype(np.int64)
        high = np.maximum(a[differs], b[differs]).astype(np.int64)
        keys.append(low << 32 | high)
        strong.append(s[differs] | t[differs])
    key, flag = np.concatenate(keys), np.concatenate(strong)
    pairs, where, length = np.unique(key, return_inverse=True, return_counts=True)
    return Contacts(
        pairs >> 32,
        pairs & 0xFFFFFFFF,
        length,
        np.bincount(where, flag, minlength=len(pairs)).astype(np.int64),
    )


@dataclass(frozen=True)
class Shape:
    """What decides whether a region is a fiber; one entry per region, in the order of the numbers.

    Parameters
    ----------
    label
        Numbers.
    area_px
        Pixels.
    solidity
        Area over the area of the convex hull.
    aspect
        Minimal over maximal Feret diameter.
    rim
        Part of the outline that lies on stain; the image's own border is left out.
    interior, edge
        Mean stain well inside and on the outline.
    """

    label: Array
    area_px: Array
    solidity: Array
    aspect: Array
    rim: Array
    interior: Array
    edge: Array


def shapes(labels: Labels, stain: Image, is_strong: Array) -> Shape:
    """Return the shape of every region."""
    directory = objects_of(labels)
    n = int(labels.max()) + 1
    outline = _on_outline(labels)
    outlined = labels[outline]
    around = np.bincount(outlined, minlength=n)
    strong = np.bincount(outlined, is_strong[outline], minlength=n)
    edge = np.bincount(outlined, ndimage.maximum_filter(stain, 3)[outline], minlength=n)
    inner = (labels > 0) & ~ndimage.binary_dilation(outline, iterations=2)
    inside_n = np.bincount(labels[inner], minlength=n)
    inside = np.bincount(labels[inner], stain[inner], minlength=n)
    whole = np.bincount(labels.ravel(), stain.ravel(), minlength=n)
    area = np.bincount(labels.ravel(), minlength=n)
    mean = np.where(inside_n > 0, inside / np.maximum(inside_n, 1), whole / np.maximum(area, 1))
    hulls = [
        corner_hull(labels[y0:y1, x0:x1] == number)
        for number, (y0, x0, y1, x1) in zip(directory.label, directory.box, strict=True)
    ]
    chosen = directory.label
    return Shape(
        label=chosen,
        area_px=directory.area_px,
        solidity=directory.area_px / np.array([hull_area(hull) for hull in hulls]),
        aspect=np.array([min_feret_um(hull) / max_feret_um(hull) for hull in hulls]),
        rim=strong[chosen] / np.maximum(around[chosen], 1),
        interior=mean[chosen],
        edge=edge[chosen] / np.maximum(around[chosen], 1),
    )


def neighbor_area(labels: Labels, area_px: Array) -> Array:
    """Return the mean area of each region's neighbors, weighted by the length of contact; 0 without neighbors.

    Parameters
    ----------
    labels
        Shape (H, W), regions that touch.
    area_px
        Area by number, shape (largest number + 1,).
    """
    n = len(area_px)
    found = contacts(labels, np.zeros(labels.shape, bool))
    length = np.bincount(found.first, found.length, n) + np.bincount(found.second, found.length, n)
    area = np.bincount(found.first, found.length * area_px[found.second], n)
    area += np.bincount(found.second, found.length * area_px[found.first], n)
    return np.asarray(area / np.maximum(length, 1))


def _on_outline(labels: Labels) -> Array:
    """Return the pixels of a region that touch another label (or background) by a face."""
    outline = np.zeros(labels.shape, bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    outline[:, 1:] |= across
    outline[:, :-1] |= across
    outline[1:] |= down
    outline[:-1] |= down
    return outline & (labels > 0)


def merge_weak(
    labels: Labels, is_strong: Array, *, weakest: float, solidity: float, max_area_px: float
) -> Labels:
    """Return labels in which neighbors without stain between them are one, where together they are convex.

    Parameters
    ----------
    labels
        Shape (H, W).
    is_strong
        Whether a pixel lies on a line of stain.
    weakest
        Part of a contact that must be on stain for two regions to stay two.
    solidity
        Least solidity of a merged region.
    max_area_px
        Largest merged region.
    """
    merged = labels.copy()
    # Two passes: a region that was cut into three becomes one in the second.
    for _ in range(2):
        found = contacts(merged, is_strong)
        share = found.strong / found.length
        order = np.lexsort((found.second, found.first, share))
        directory = objects_of(merged)
        place = {int(number): index for index, number in enumerate(directory.label)}
        area, box = directory.area_px, directory.box
        busy: set[int] = set()
        new_number = np.arange(int(merged.max()) + 1, dtype=np.uint32)
        for pair in order[share[order] < weakest].tolist():
            one, other = int(found.first[pair]), int(found.second[pair])
            a, b = place[one], place[other]
            if one in busy or other in busy or area[a] + area[b] > max_area_px:
                continue
            y0, x0 = np.minimum(box[a, :2], box[b, :2])
            y1, x1 = np.maximum(box[a, 2:], box[b, 2:])
            window = merged[y0:y1, x0:x1]
            together = (window == one) | (window == other)
            if (area[a] + area[b]) / hull_area(corner_hull(together)) >= solidity:
                new_number[other] = one
                busy |= {one, other}
        if not busy:
            break
        merged = new_number[merged]
    return merged
