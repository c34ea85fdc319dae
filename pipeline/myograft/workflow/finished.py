"""A finished result, opened again: its tables, and the pixels that objects can be measured on once more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from myograft.config import RunSettings
from myograft.correct import StoredBoxes
from myograft.errors import MyograftError, ResultError
from myograft.model.arrays import Array
from myograft.model.channels import Channel, ChannelRoles, Role
from myograft.model.columns import TableName
from myograft.model.correction import Target
from myograft.model.donor_calibration import DonorCalibration
from myograft.model.fiber_calibration import FiberCalibration
from myograft.model.geometry import Region
from myograft.model.objects import ObjectDirectory
from myograft.model.provenance import Provenance
from myograft.model.result_layout import ResultLayout
from myograft.model.review_columns import BOX
from myograft.model.stack import Projection, Stack
from myograft.model.table import Table, box_edges
from myograft.read import ReadSettings, open_stack
from myograft.workflow.slide import Slide
from myograft.write import read_labels_block, read_mask, read_provenance, read_table, stored_shape

#: Column of an object's number.
KEY = {Target.FIBER: "fiber_id", Target.NUCLEUS: "nucleus_id"}

#: Name of the labels.
LABELS = {Target.FIBER: "fibers", Target.NUCLEUS: "nuclei"}

_TABLE = {Target.FIBER: TableName.FIBERS, Target.NUCLEUS: TableName.NUCLEI}


@dataclass(frozen=True)
class Finished:
    """What the machine left of one slide.

    Parameters
    ----------
    layout
        Where it lies.
    record
        What was run on what.
    slide
        The slide; its pixels are those of the copy in the result, or of the input where there is no copy.
    plane
        Plane or projection that was measured.
    tables
        The machine's tables of objects; a kind that was not measured is missing.
    seams
        How far objects lie from seams of tiles; None in results that do not say.
    section
        The machine's row of the sections table.
    has_pixels
        Whether there are pixels to measure on.
    notes
        What the user should know.
    """

    layout: ResultLayout
    record: Provenance
    slide: Slide
    plane: int | Projection
    tables: dict[Target, Table]
    seams: Table | None
    section: dict[str, Any]
    has_pixels: bool
    notes: tuple[str, ...]

    @property
    def is_linked(self) -> bool:
        """Whether nuclei were linked through optical planes, so that their labels have planes."""
        nuclei = self.tables.get(Target.NUCLEUS)
        return nuclei is not None and bool(len(nuclei)) and not np.ma.getmaskarray(nuclei["plane"]).all()

    def boxes(self, target: Target) -> StoredBoxes:
        """Return the bounding box of every object of the machine's, by its number."""
        table = self.tables[target]
        return StoredBoxes(table[KEY[target]].filled(), box_edges(table))

    def tissue(self) -> tuple[Array, int]:
        """Return where tissue is, shape (h, w), and the px of full resolution per px of it."""
        return read_mask(self.layout.tissue), self.record.tissue_step_px or 1


@dataclass(frozen=True)
class StoredPlane:
    """Labels of one plane as segmented, block by block; their source for corrections."""

    layout: ResultLayout
    target: Target
    shape: tuple[int, int]

    def read(self, region: Region, level: int = 0) -> Array:
        """Return a block of a level of the pyramid, in px of the level."""
        return read_labels_block(self.layout.labels(LABELS[self.target]), region, level)


def open_finished(path: Path | str) -> Finished:
    """Open the result of one slide to measure it again.

    Raises
    ------
    ResultError
        Where the folder is not a whole result of a version that wrote down what is needed.
    """
    layout = ResultLayout(Path(path))
    record = read_provenance(layout.provenance)
    tables = {
        target: read_table(layout.table(name))
        for target, name in _TABLE.items()
        if layout.table(name).is_file()
    }
    has_boxes = all(not np.ma.getmaskarray(table[BOX[0].name]).any() for table in tables.values())
    if record.plane is None or not has_boxes or not layout.tissue.is_file():
        raise ResultError(
            "this result was made by an older version, which did not write down where objects lie",
            where=str(layout.root),
            remedy="Run the slide again with --fresh, then review it",
        )
    try:
        settings = RunSettings.model_validate(record.settings)
    except ValidationError as problem:
        raise ResultError(
            f"this version does not know the settings of the result ({str(problem).splitlines()[-1].strip()})",
            where=str(layout.provenance),
            remedy="Review it with the version of myograft that made it, or run the slide again with --fresh",
        ) from None
    shape = _shape_of(layout, tables)
    stack, notes = _pixels(layout, record, settings.read, shape)
    calibration = record.donor_calibration
    slide = Slide(
        record.slide_id,
        stack if stack is not None else _without_pixels(layout, record, shape),
        ChannelRoles(record.roles, record.role_reasons),
        settings,
        layout,
        layout.root,
        None if calibration is None else DonorCalibration.model_validate(calibration),
        {
            Role(role): FiberCalibration.model_validate(known)
            for role, known in record.fiber_calibrations.items()
        },
    )
    section = read_table(layout.table(TableName.SECTIONS)).rows()[0]
    at_seams = layout.table(TableName.SEAMS)
    seams = read_table(at_seams) if at_seams.is_file() else None
    return Finished(layout, record, slide, record.plane, tables, seams, section, stack is not None, notes)


def directory_of(table: Table, key: str) -> ObjectDirectory:
    """Return the objects of a table; a corner of the box stands for the first pixel, which only says who measures."""
    edges = box_edges(table)
    none = np.zeros(len(table), np.int64)
    return ObjectDirectory(table[key].filled(), edges, edges[:, :2], none)


def _shape_of(layout: ResultLayout, tables: dict[Target, Table]) -> tuple[int, int]:
    for target in tables:
        return stored_shape(layout.labels(LABELS[target]))
    raise ResultError(
        "there is nothing to review: neither fibers nor nuclei were measured",
        where=str(layout.root),
        remedy="Run the slide with a sarcolemma or nuclei channel",
    )


def _pixels(
    layout: ResultLayout, record: Provenance, settings: ReadSettings, shape: tuple[int, int]
) -> tuple[Stack | None, tuple[str, ...]]:
    """Return the pixels: the result's own copy, else the input if it still is what was measured."""
    told = "the result holds no copy"
    if record.copies_image:
        try:
            stack = open_stack(layout.image, ReadSettings())
        except (MyograftError, OSError) as problem:
            why = problem.what if isinstance(problem, MyograftError) else problem
            told = f"the result's own copy cannot be read: {why}"
        else:
            if stack.shape == shape:
                return stack, ()
            told = "the result's own copy has another size"
    path = Path(record.input_path)
    missing = (
        f"the pixels of this slide cannot be read ({path} is not there or has changed, and {told}): what needs them, "
        "such as the marker of drawn nuclei, stays unknown; outlines and tables can be reviewed all the same"
    )
    try:
        stack = open_stack(path, settings, region=record.region)
        is_same = not path.is_file() or path.stat().st_size == record.input_bytes
    except (MyograftError, OSError):
        return None, (missing,)
    if not is_same or stack.shape != shape:
        return None, (missing,)
    return stack, (f"{told}; the input is measured instead",) if record.copies_image else ()


def _without_pixels(layout: ResultLayout, record: Provenance, shape: tuple[int, int]) -> Stack:
    channels = tuple(Channel(index=index, name=name) for index, name in enumerate(record.channels))
    return Stack(
        layout.image, "none", "YX", shape, 1, shape, record.image_dtype, channels, record.calibration
    )
