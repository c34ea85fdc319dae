"""Reviewed results on the disk: labels and tables as the journal leaves them; both may be deleted and made again."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from myograft.correct import EditedLabels, excluded_mask
from myograft.measure import OpenArea, place_nuclei
from myograft.model.columns import TableName
from myograft.model.correction import Target
from myograft.model.geometry import Region
from myograft.model.result_layout import ResultLayout
from myograft.model.table import Table, from_rows
from myograft.tiling import CHUNK_PX
from myograft.workflow.finished import LABELS
from myograft.workflow.ground import REVIEWED
from myograft.workflow.open_area import between_fibers, whole_of
from myograft.workflow.review_state import ReviewState
from myograft.workflow.reviewed_tables import sealing
from myograft.write import (
    copy_labels,
    drop_labels,
    levels_n,
    output_errors,
    stored_shape,
    write_level_block,
    write_table,
)


def save_review(state: ReviewState) -> None:
    """Write what follows from the corrections that stand; take away what followed from others.

    Raises
    ------
    OutputError
        Where it cannot be written.
    """
    with sealing(state.finished.layout, state.head):
        save_labels(state)
        if state.replay.standing:
            save_tables(state, state.tables)
        else:
            drop_tables(state.finished.layout)


def save_labels(state: ReviewState) -> frozenset[str]:
    """Write the corrected labels beside the machine's; return the names of those that there are.

    Labels that nobody changed are not written twice: then there are no reviewed ones.
    """
    layout = state.finished.layout
    written = set()
    for target, name in LABELS.items():
        edited = state.objects(target)
        chunks = list(_regions(edited)) if isinstance(edited, EditedLabels) else []
        drop_labels(layout.image, f"{name}{REVIEWED}")
        if isinstance(edited, EditedLabels) and chunks:
            with copy_labels(layout.image, name, f"{name}{REVIEWED}") as draft:
                _write_levels(draft, edited, chunks)
            written.add(name)
    return frozenset(written)


def _regions(edited: EditedLabels) -> Iterator[Region]:
    for region, _ in edited.edited_chunks():
        yield region


def _write_levels(path: Path, edited: EditedLabels, chunks: Iterable[Region]) -> None:
    """Write every chunk of every level that an edited chunk of full resolution shows in."""
    height, width = stored_shape(path)
    touched = list(chunks)
    for level in range(levels_n(path)):
        step = CHUNK_PX << level
        bounds = (-(-height >> level), -(-width >> level))
        corners = {(chunk.y0 // step, chunk.x0 // step) for chunk in touched}
        for row, column in sorted(corners):
            corner = Region(row * CHUNK_PX, column * CHUNK_PX, row * CHUNK_PX + 1, column * CHUNK_PX + 1)
            block = corner.snap(CHUNK_PX, bounds)
            write_level_block(path, level, block, edited.read(block, level))


def save_tables(state: ReviewState, tables: Mapping[Target, Table]) -> dict[str, Any]:
    """Write the reviewed tables, tests of where nuclei lie among them; return the row of the section."""
    finished = state.finished
    size_um = finished.slide.stack.calibration.pixel_size_um
    height, width = finished.slide.stack.shape
    row = state.summarize(tables, None)
    places = place_nuclei(
        tables.get(Target.FIBER),
        tables.get(Target.NUCLEUS),
        plane_um=(height * size_um, width * size_um),
        tissue_area_um2=row["tissue_area_mm2"] * 1e6,
        settings=finished.slide.settings.measure,
        open_area=_open_area(state),
    )
    row = state.summarize(tables, places)
    folder = reviewed_folder(finished.layout)
    with output_errors(folder):
        for table in (
            *tables.values(),
            from_rows(TableName.SECTIONS, [row]),
            state.estimated(by_location=True),
        ):
            if table is not None:
                write_table(table, folder)
    return row


def _open_area(state: ReviewState) -> OpenArea | None:
    """Return the tissue between fibers as readers left them, without the areas that they excluded."""
    fibers, finished = state.objects(Target.FIBER), state.finished
    if not isinstance(fibers, EditedLabels):
        return None
    tissue, step_px = finished.tissue()
    whole, level = whole_of(tissue, step_px)
    kept = tissue & ~excluded_mask(state.replay.calls.areas, whole, step_px)
    return between_fibers(finished.slide, kept, fibers.read(whole, level), step_px)


def drop_tables(layout: ResultLayout) -> None:
    """Take the reviewed tables away: no correction stands."""
    folder = reviewed_folder(layout)
    if folder.is_dir():
        with output_errors(folder):
            shutil.rmtree(folder)


def reviewed_folder(layout: ResultLayout) -> Path:
    """Return where the reviewed tables lie."""
    return layout.table(TableName.SECTIONS, reviewed=True).parent
