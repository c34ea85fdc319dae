"""Fields to learn from out of a reviewed result: only where a reader has seen every outline."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from myograft.correct import EditedLabels
from myograft.errors import UsageError
from myograft.execute import Engine
from myograft.model.channels import Role
from myograft.model.correction import Target
from myograft.model.geometry import Region
from myograft.numerics.resample import downsample_labels
from myograft.tiling import WorkingGrid, tile_plane
from myograft.train.real import Field
from myograft.workflow.finished import Finished, open_finished
from myograft.workflow.open_review import replayed
from myograft.workflow.review_state import ReviewState
from myograft.workflow.survey_plane import Prepared, survey_plane
from myograft.write import read_journal

#: Edge of a field in px of the working resolution: some ten fibers across.
_FIELD_PX = 384

#: Objects below which a field teaches little.
_LEAST_OBJECTS = 3

_ROLE = {Target.FIBER: Role.SARCOLEMMA, Target.NUCLEUS: Role.NUCLEI}


def reviewed_fields(path: Path, target: Target, working_um_per_px: float) -> list[Field]:
    """Return the reviewed fields of a result, normalized and at working resolution, as a run would see them.

    Parameters
    ----------
    path
        The result of one slide.
    target
        Fibers or nuclei.
    working_um_per_px
        Resolution that the network works at.

    Returns
    -------
    list of Field
        Those parts of the plane in which somebody accepted, drew or corrected every object. What nobody looked at would
        teach the machine its own mistakes; a signature does not say that every outline was looked at.

    Raises
    ------
    UsageError
        Where there is no such field.
    MyograftError
        Where the result or its journal cannot be used.
    """
    finished = open_finished(path)
    entries = read_journal(finished.layout.journal, finished.record.identity)
    state = replayed(finished, entries, is_writable=False)
    labels, role = state.objects(target), _ROLE[target]
    if not isinstance(labels, EditedLabels) or role not in finished.slide.roles or not finished.has_pixels:
        raise UsageError(
            f"this result has no {target} outlines with the pixels they were drawn on",
            where=str(path),
            remedy=f"Give a result with a {role} channel and a copy of the image",
        )
    windows = _windows(finished, state, target, working_um_per_px)
    if not windows:
        raise UsageError(
            f"no part of this result is reviewed so far that every {target} of it was accepted, drawn or corrected",
            where=str(path),
            remedy=f"Accept, draw or correct every {target} of some fields; a signature alone does not say so",
        )
    with Engine(1) as engine:
        prepared = survey_plane(engine, finished.slide)
    return [_field(prepared, role, labels, window, working_um_per_px) for window in windows]


def _windows(
    finished: Finished, state: ReviewState, target: Target, working_um_per_px: float
) -> list[Region]:
    """Return the parts of the plane in which every object was seen."""
    stack, table = finished.slide.stack, state.tables[target]
    grid = WorkingGrid.nearest(stack.calibration.pixel_size_um, working_um_per_px)
    edge_px = max(1, _FIELD_PX * grid.down // grid.up)
    seen = table["is_reviewed"].filled() & ~table["in_excluded_region"].filled()
    edges = np.stack(
        [table[name].filled() for name in ("box_y0_px", "box_x0_px", "box_y1_px", "box_x1_px")], axis=1
    )
    windows = []
    for tile in tile_plane(stack.shape, edge_px, 0):
        window = tile.owns
        inside = (
            (edges[:, 0] < window.y1)
            & (edges[:, 2] > window.y0)
            & (edges[:, 1] < window.x1)
            & (edges[:, 3] > window.x0)
        )
        if int(inside.sum()) >= _LEAST_OBJECTS and seen[inside].all():
            windows.append(window)
    return windows


def _field(
    prepared: Prepared, role: Role, labels: EditedLabels, window: Region, working_um_per_px: float
) -> Field:
    grid = WorkingGrid.nearest(prepared.slide.stack.calibration.pixel_size_um, working_um_per_px)
    image = prepared.working(role, window, grid)
    truth = labels.read(window)
    truth = np.repeat(np.repeat(truth, grid.up, axis=0), grid.up, axis=1)
    return Field(image, downsample_labels(truth, grid.down, (image.shape[0], image.shape[1])))
