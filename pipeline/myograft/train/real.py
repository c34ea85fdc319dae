"""Real images with outlines: pairs of files, brought to many sizes and brightnesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from myograft.errors import LabelsError, UsageError
from myograft.model.arrays import Array, Image, Labels
from myograft.model.geometry import Region
from myograft.read import ReadSettings, open_stack, read_label_image, read_plane
from myograft.train.examples import Example, example_of
from myograft.train.noise import Random, log_uniform
from myograft.train.settings import SceneSettings

#: Endings of the two files of a pair.
IMAGE_END, LABELS_END = "_img.tif", "_labels.tif"

#: Every fifth image of a kind is kept back.
_FOLDS = 5


@dataclass(frozen=True)
class Pair:
    """An image and its outlines.

    Parameters
    ----------
    image, labels
        Files; both show one plane of the same shape.
    kind
        Images of one kind come from one microscope setting, as far as their shape tells.
    """

    image: Path
    labels: Path
    kind: str


def find_pairs(folder: Path) -> list[Pair]:
    """Return the pairs of a folder, by name.

    Raises
    ------
    UsageError
        Where there is none.
    """
    pairs = []
    for labels in sorted(folder.glob(f"*{LABELS_END}")):
        image = labels.with_name(labels.name.removesuffix(LABELS_END) + IMAGE_END)
        if image.exists():
            height, width = open_stack(image, ReadSettings(pixel_size_um=1.0)).shape
            pairs.append(Pair(image, labels, f"{height}x{width}"))
    if not pairs:
        raise UsageError(
            "there is no image with outlines",
            where=str(folder),
            remedy=f"Give a folder of files NAME{IMAGE_END} and NAME{LABELS_END}",
        )
    return pairs


def split_pairs(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Return pairs to train on and pairs kept back: every fifth of each kind, and of each kind at least one."""
    by_kind: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_kind.setdefault(pair.kind, []).append(pair)
    kept = [pair for group in by_kind.values() for pair in group[::_FOLDS]]
    names = {pair.image for pair in kept}
    return [pair for pair in pairs if pair.image not in names], kept


@dataclass(frozen=True)
class Field:
    """A real image and its outlines, in memory.

    Parameters
    ----------
    image
        Normalized or counts, shape (H, W).
    labels
        Its objects.
    """

    image: Array
    labels: Labels


@dataclass(frozen=True)
class RealExamples:
    """Makes the example of a number from real fields.

    Parameters
    ----------
    seed
        With the number it decides everything.
    fields
        What to choose from, in turn.
    scenes
        Least edge of an example (smaller images are mirrored at their borders), and the sizes within which the
        median object is brought.
    is_normalized
        Whether images are normalized already; else counts are, by percentiles that vary.
    """

    seed: int
    fields: tuple[Field | Pair, ...]
    scenes: SceneSettings
    is_normalized: bool = False

    def __call__(self, number: int) -> Example:
        """Return an example."""
        random = np.random.default_rng([self.seed, number, 3])
        field = self.fields[number % len(self.fields)]
        if isinstance(field, Pair):
            field = read_pair(field)
        scale = self._scale(random, field.labels)
        shape = (max(8, round(field.labels.shape[1] * scale)), max(8, round(field.labels.shape[0] * scale)))
        bright = random.uniform(97.0, 99.9)
        image = field.image if self.is_normalized else normalized(field.image, 1.0, bright)
        method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
        image = cv2.resize(image.astype(np.float32), shape, interpolation=method)
        labels = cv2.resize(field.labels.astype(np.int32), shape, interpolation=cv2.INTER_NEAREST)
        image = np.asarray(image * np.float32(log_uniform(random, 0.6, 1.5)), np.float32)
        missing = [max(0, self.scenes.edge_px // 2 - edge) for edge in labels.shape]
        if max(missing):
            around = [(short // 2, short - short // 2) for short in missing]
            image, labels = np.pad(image, around, mode="symmetric"), np.pad(labels, around, mode="symmetric")
        return example_of([image], labels.astype(np.uint32))

    def _scale(self, random: Random, labels: Labels) -> float:
        area = np.bincount(labels.ravel())[1:]
        diameter = float(np.sqrt(np.median(area[area > 0]) * 4.0 / np.pi)) if area.any() else 20.0
        wanted = diameter * log_uniform(random, 0.6, 1.7)
        return float(np.clip(wanted, self.scenes.least_size_px, self.scenes.most_size_px)) / diameter


def read_pair(pair: Pair) -> Field:
    """Return a pair's counts and labels.

    Raises
    ------
    LabelsError
        Where the two do not fit.
    """
    stack = open_stack(pair.image, ReadSettings(pixel_size_um=1.0))
    counts = read_plane(stack, 0, Region(0, 0, *stack.shape), plane=0)
    labels = read_label_image(pair.labels)
    if labels.shape != counts.shape:
        raise LabelsError(
            f"the image is {counts.shape[0]} x {counts.shape[1]} px, its labels are "
            f"{labels.shape[0]} x {labels.shape[1]} px",
            where=str(pair.labels),
            remedy="Give labels of exactly this image, pixel for pixel",
        )
    return Field(counts, labels)


def normalized(counts: Array, low: float = 1.0, high: float = 99.5) -> Image:
    """Return counts scaled by two percentiles; an image that shows nothing stays dark."""
    bottom, top = np.percentile(counts, [low, high])
    return np.asarray((counts - np.float32(bottom)) / np.float32(max(top - bottom, 1.0)), np.float32)
