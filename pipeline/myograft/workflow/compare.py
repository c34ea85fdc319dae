"""Labels against truth: ``myograft evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from myograft.errors import LabelsError, UsageError
from myograft.evaluate import evaluate_labels
from myograft.model.arrays import Labels
from myograft.model.geometry import Region
from myograft.model.result_layout import ResultLayout
from myograft.read import read_label_stack
from myograft.write import lazy_levels, read_labels_block


def compare_labels(
    predicted: Path, truth: Path, *, iou: float = 0.5, ignore_edge: bool = False, objects: str = "fibers"
) -> dict[str, Any]:
    """Return how well predicted outlines agree with true ones; of a stack of planes, how well bodies do.

    Parameters
    ----------
    predicted
        Label image, OME-Zarr labels, or the folder of a result.
    truth
        Label image or OME-Zarr labels.
    iou
        Intersection over union from which two outlines are the same object.
    ignore_edge
        Leave out objects that touch the border of the plane.
    objects
        Which labels of a result folder: ``"fibers"`` or ``"nuclei"``.

    Raises
    ------
    LabelsError
        When the two planes differ in shape or are not labels.
    """
    if objects not in {"fibers", "nuclei"}:
        raise UsageError(f"a result has no {objects!r}", where="--objects", remedy="Say fibers or nuclei")
    found, wanted = _labels(predicted, objects), _labels(truth, objects)
    if found.shape != wanted.shape:
        raise LabelsError(
            f"the plane is {_size(found)}, but {truth} is {_size(wanted)}",
            where=str(predicted),
            remedy="Compare labels of the same image, and of every plane only where nuclei were linked through planes",
        )
    return evaluate_labels(found, wanted, iou=iou, ignore_edge=ignore_edge).as_dict()


def _size(labels: Labels) -> str:
    planes = f", {labels.shape[0]} planes" if labels.ndim == 3 else ""
    return f"{labels.shape[-2]} x {labels.shape[-1]} px{planes}"


def _labels(path: Path, objects: str) -> Labels:
    layout = ResultLayout(path)
    if not layout.provenance.is_file():
        return read_label_stack(path)
    group = layout.labels(objects)
    if not group.is_dir():
        raise LabelsError(
            f"this result has no {objects}", where=str(path), remedy="Name a result where they were outlined"
        )
    height, width = lazy_levels(group)[0].shape[-2:]
    return read_labels_block(group, Region(0, 0, height, width))
