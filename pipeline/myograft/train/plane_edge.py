"""The edge of a plane in scenes: a network is shown the plane's mirror image beyond it, or taught to know it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from myograft.model.arrays import Array, Image, Labels
from myograft.train.noise import Random, happens
from myograft.train.settings import SceneSettings

#: What a network is shown beyond the border of a plane, where it is taught to know that border.
OUTSIDE = -1.0

#: Part of the ended scenes that end on two sides, and least part of a side that is kept.
_CORNER, _LEAST_KEPT = 0.3, 0.55

#: Part of a mirrored scene that lies before the line, at least and at most.
_MIRROR_FROM, _MIRROR_TO = 0.5, 0.9


def with_plane_edge(
    random: Random, images: Sequence[Image], labels: Labels, scenes: SceneSettings
) -> tuple[list[Image], Labels]:
    """Return a scene, or with the chances of the settings one that shows a plane's edge.

    Parameters
    ----------
    random
        Source of chance.
    images, labels
        The scene, shape (H, W) each.
    scenes
        How often scenes end, and how often they are mirrored.
    """
    if scenes.ended_fraction:
        return ended(random, images, labels, scenes.ended_fraction)
    if scenes.mirrored_fraction and happens(random, scenes.mirrored_fraction):
        line = int(random.uniform(_MIRROR_FROM, _MIRROR_TO) * len(labels))
        return [mirrored(image, line) for image in images], mirrored_labels(labels, line)
    return list(images), labels


def ended(
    random: Random, images: Sequence[Image], labels: Labels, fraction: float
) -> tuple[list[Image], Labels]:
    """Return a scene, or with a chance a scene that ends within the image, as a plane ends within a patch.

    Parameters
    ----------
    random
        Source of chance.
    images, labels
        The scene, shape (H, W) each.
    fraction
        The chance. Beyond the end images are `OUTSIDE`; objects there are none, and one that the end cuts has its
        middle where the middle of its rest is.
    """
    kept = list(images)
    if not happens(random, fraction):
        return kept, labels
    is_out = np.zeros(labels.shape, bool)
    # Crops are turned and mirrored at random when they are learned from: the far ends stand for all.
    is_out[_end(random, labels.shape[0]) :] = True
    if happens(random, _CORNER):
        is_out[:, _end(random, labels.shape[1]) :] = True
    kept = [np.where(is_out, np.float32(OUTSIDE), image).astype(np.float32) for image in kept]
    return kept, np.where(is_out, 0, labels).astype(np.uint32)


def _end(random: Random, edge_px: int) -> int:
    return int(random.uniform(_LEAST_KEPT, 1.0) * edge_px)


def mirrored(image: Array, line: int) -> Array:
    """Return an image whose rows from `line` on mirror those before it; at least half of the rows lie before it."""
    below = image[line - 1 : 2 * line - len(image) - 1 if 2 * line > len(image) else None : -1]
    return np.concatenate([image[:line], below])


def mirrored_labels(labels: Labels, line: int) -> Labels:
    """Return labels mirrored as images are: an object at the line is one with its mirror image, others are two.

    Examples
    --------
    >>> mirrored_labels(np.array([[1], [0], [2], [5]], np.uint32), 3).ravel().tolist()
    [1, 0, 2, 2]
    """
    both = mirrored(labels, line)
    is_second = np.arange(len(labels)) >= line
    is_whole = ~np.isin(both, labels[line - 1]) & (both > 0)
    return np.where(is_second[:, None] & is_whole, both + labels.max(), both).astype(np.uint32)
