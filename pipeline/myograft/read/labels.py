"""Label images somebody gives: outlines that replace a segmentation, or truth to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from myograft.errors import LabelsError
from myograft.model.arrays import Array, Labels
from myograft.model.geometry import Region
from myograft.model.stack import Stack
from myograft.read.facts import FileFacts
from myograft.read.pixels import read_block
from myograft.read.settings import ReadSettings
from myograft.read.stack import file_facts


@dataclass(frozen=True, slots=True)
class LabelSource:
    """Labels by reference.

    Parameters
    ----------
    path, kind, series, axes
        Where the label image is and how it is stored.
    shape
        Height and width in px.
    shift
        ``(y, x)`` of the run's plane within the label image, in px.
    """

    path: Path
    kind: str
    series: str
    axes: str
    shape: tuple[int, int]
    shift: tuple[int, int] = (0, 0)


def open_labels(path: Path, stack: Stack) -> LabelSource:
    """Return given labels that fit an image: the whole stored plane, or exactly the selected region.

    Raises
    ------
    LabelsError
        Where they are no labels or have another shape.
    """
    facts = _label_facts(path)
    shape = (facts.length("Y"), facts.length("X"))
    stored = stack.stored_shape[stack.axes.index("Y")], stack.stored_shape[stack.axes.index("X")]
    if shape == stored:
        shift = (0, 0) if stack.region is None else (stack.region.y0, stack.region.x0)
    elif shape == stack.shape:
        shift = (0, 0)
    else:
        raise LabelsError(
            f"the labels are {shape[0]} x {shape[1]} px, the image {stack.path} is {stored[0]} x {stored[1]} px",
            where=str(path),
            remedy="Give labels of exactly this image, pixel for pixel",
        )
    return LabelSource(path, facts.kind, facts.series, facts.axes, shape, shift)


def _label_facts(path: Path) -> FileFacts:
    facts = file_facts(path, ReadSettings())
    extra = {axis: facts.length(axis) for axis in "CZST" if facts.length(axis) > 1}
    if extra or facts.is_palette:
        raise LabelsError(
            f"labels are one plane of numbers, this image has axes {facts.axes} of shape "
            f"{' x '.join(map(str, facts.shape))}",
            where=str(path),
            remedy="Give a two-dimensional image of integers, 0 for background",
        )
    if np.dtype(facts.dtype).kind not in "uif":
        raise LabelsError(
            f"labels are integers, this image is {facts.dtype}", where=str(path), remedy="Convert it"
        )
    return facts


def read_labels(source: LabelSource, region: Region) -> Labels:
    """Return the labels in a region of the run's plane.

    Raises
    ------
    LabelsError
        Where values are negative, not whole, or above 4,294,967,295.
    """
    rows, columns = region.shift(*source.shift).slices
    block = read_block(source.path, source.kind, source.series, source.axes, {"Y": rows, "X": columns})
    return _whole_numbers(block, source.path)


def read_label_image(path: Path) -> Labels:
    """Return a whole label image, shape (H, W).

    Raises
    ------
    LabelsError
        Where it is no label image.
    """
    facts = _label_facts(path)
    shape = (facts.length("Y"), facts.length("X"))
    return read_labels(LabelSource(path, facts.kind, facts.series, facts.axes, shape), Region(0, 0, *shape))


def _whole_numbers(block: Array, path: Path) -> Labels:
    if block.size == 0 or block.dtype in (np.uint8, np.uint16, np.uint32):
        return block.astype(np.uint32)
    if block.dtype.kind == "f" and not np.array_equal(block, np.round(block)):
        raise LabelsError(
            "labels must be whole numbers, these are not",
            where=str(path),
            remedy="Give an integer label image, not probabilities or a photograph",
        )
    if block.min() < 0 or block.max() > np.iinfo(np.uint32).max:
        raise LabelsError(
            f"labels lie between 0 and {np.iinfo(np.uint32).max}, these between {block.min()} and {block.max()}",
            where=str(path),
            remedy="Number the objects anew",
        )
    return block.astype(np.uint32)
