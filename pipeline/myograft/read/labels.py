"""Label images somebody gives: outlines that replace a segmentation, or truth to compare with."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    planes_n
        Optical planes that have labels of their own; None where the labels are one plane.
    """

    path: Path
    kind: str
    series: str
    axes: str
    shape: tuple[int, int]
    shift: tuple[int, int] = (0, 0)
    planes_n: int | None = None


def open_labels(path: Path, stack: Stack, *, of_every_plane: bool = False) -> LabelSource:
    """Return given labels that fit an image: the whole stored plane, or exactly the selected region.

    Parameters
    ----------
    path
        Label image.
    stack
        The image.
    of_every_plane
        Whether labels of every optical plane are wanted, one number per object through all of them.

    Raises
    ------
    LabelsError
        Where they are no labels or have another shape.
    """
    facts = _label_facts(path, has_planes=of_every_plane)
    if of_every_plane and facts.length("Z") != stack.planes_n:
        raise LabelsError(
            f"the labels have {facts.length('Z')} optical planes, the image {stack.path} has {stack.planes_n}; nuclei "
            "are to be linked through planes",
            where=str(path),
            remedy="Give labels of every plane, one number per nucleus, or use --set stitch.planes.nuclei=projection",
        )
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
    planes_n = stack.planes_n if of_every_plane else None
    return LabelSource(path, facts.kind, facts.series, facts.axes, shape, shift, planes_n)


def _label_facts(path: Path, *, has_planes: bool = False) -> FileFacts:
    facts = file_facts(path, ReadSettings())
    if has_planes and "Z" not in facts.axes:
        # Labels have no channels: an axis that looks like them holds planes.
        facts = replace(facts, axes=facts.axes.replace("C", "Z"))
    extra = {axis: facts.length(axis) for axis in "CZST" if facts.length(axis) > 1}
    if has_planes:
        extra.pop("Z", None)
    if extra or facts.is_palette:
        wanted = "a plane of numbers per optical plane" if has_planes else "one plane of numbers"
        raise LabelsError(
            f"labels are {wanted}, this image has axes {facts.axes} of shape "
            f"{' x '.join(map(str, facts.shape))}",
            where=str(path),
            remedy=f"Give a {'three' if has_planes else 'two'}-dimensional image of integers, 0 for background",
        )
    if np.dtype(facts.dtype).kind not in "uif":
        raise LabelsError(
            f"labels are integers, this image is {facts.dtype}", where=str(path), remedy="Convert it"
        )
    return facts


def read_labels(source: LabelSource, region: Region, z: int = 0) -> Labels:
    """Return the labels in a region of the run's plane, of optical plane `z` where they have planes.

    Raises
    ------
    LabelsError
        Where values are negative, not whole, or above 4,294,967,295.
    """
    rows, columns = region.shift(*source.shift).slices
    block = read_block(
        source.path, source.kind, source.series, source.axes, {"Y": rows, "X": columns, "Z": z}
    )
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


def read_label_stack(path: Path) -> Labels:
    """Return a whole label image, shape (H, W), or (Z, H, W) where it has several planes.

    Raises
    ------
    LabelsError
        Where it is no label image.
    """
    facts = _label_facts(path, has_planes=True)
    if facts.length("Z") == 1:
        return read_label_image(path)
    index: dict[str, int | slice] = {axis: slice(None) for axis in "ZYX"}
    return _whole_numbers(read_block(path, facts.kind, facts.series, facts.axes, index), path)


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
