"""The main job on one slide: the page to read first, one line per step.

read -> prepare -> segment -> stitch -> assign -> measure -> write -> report. Each step looks at the plane tile by
tile; what it leaves behind lies in a draft folder that becomes the result when it is whole.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from myograft.config import RunSettings
from myograft.errors import ChannelError, ClusterError, OutputError
from myograft.execute import Engine
from myograft.model.channels import Role
from myograft.model.columns import TableName
from myograft.model.geometry import Region
from myograft.model.provenance import Provenance
from myograft.model.result_layout import OutputLayout, ResultLayout
from myograft.model.stack import Stack
from myograft.model.table import Table
from myograft.read import LabelSource, match_roles, open_labels, open_stack
from myograft.stitch import links_planes
from myograft.workflow.capacity import check_capacity
from myograft.workflow.compose_report import compose_report
from myograft.workflow.copy_image import copy_image
from myograft.workflow.donor_controls import open_donor_calibration
from myograft.workflow.draft import draft_of
from myograft.workflow.earlier import what_still_holds
from myograft.workflow.events import Noted, OnEvent, SlideDone
from myograft.workflow.fiber_controls import open_fiber_calibrations
from myograft.workflow.marker_readings import check_marker
from myograft.workflow.measure_plane import Measured, look_at_seams, measure_plane
from myograft.workflow.outline_again import outline_again
from myograft.workflow.outline_plane import outline_fibers
from myograft.workflow.outline_stack import outline_nuclei_of_stack
from myograft.workflow.predict_plane import check_networks
from myograft.workflow.record import Question, Stopwatch, question_of, record_of, standing_result
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import Prepared, survey_plane
from myograft.write import (
    output_errors,
    publish_folder,
    read_table,
    write_mask,
    write_provenance,
    write_table,
    write_text,
)

_RESUMED = "an earlier run of this slide was not finished; this one goes on where it ended"

_LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class SlideRequest:
    """One input and what is wanted of it; fields as in `BatchRequest`."""

    slide_id: str
    path: Path
    settings: RunSettings
    fiber_labels: Path | None = None
    nucleus_labels: Path | None = None
    region: tuple[int, int, int, int] | None = None
    copies_image: bool = True
    is_fresh: bool = False

    @property
    def given(self) -> dict[str, Path]:
        """Label images that replace a segmentation, by kind of object."""
        labels = {"fibers": self.fiber_labels, "nuclei": self.nucleus_labels}
        return {name: path for name, path in labels.items() if path is not None}


@dataclass(frozen=True)
class SlideOutcome:
    """A whole result: its section row, what was measured, what the user should know."""

    section: dict[str, Any]
    measured_roles: tuple[str, ...]
    notes: tuple[str, ...]
    is_reused: bool


def run_slide(request: SlideRequest, output: OutputLayout, engine: Engine, on_event: OnEvent) -> SlideOutcome:
    """Measure one slide and publish its result.

    Raises
    ------
    MyograftError
        Where the input, the settings or the output folder do not allow it; nothing half-written is left that
        looks finished.
    """
    started, watch = datetime.now(UTC), Stopwatch()
    slide, given = open_slide(request, output)
    target = output.slide(request.slide_id)
    question = question_of(
        request.path, request.settings, slide, request.given, copies_image=request.copies_image
    )
    standing = standing_result(target, question, is_fresh=request.is_fresh)
    if standing is not None and standing.is_answer:
        return _reuse(target, standing.record, on_event)
    earlier = None if standing is None else what_still_holds(target, standing, question, slide.roles)
    check_networks(slide, given)
    check_capacity(slide, given, output, engine, copies_image=request.copies_image)
    with (
        output_errors(output.root),
        draft_of(
            output,
            request.slide_id,
            question,
            engine.shard,
            basis=None if earlier is None else earlier.basis,
            is_fresh=request.is_fresh,
            patience_s=engine.patience_s,
        ) as is_resumed,
        engine.remembering(slide.scratch / "done"),
    ):
        if is_resumed and engine.shard.is_first:
            on_event(Noted(request.slide_id, _RESUMED))
        if earlier is not None:
            on_event(Noted(request.slide_id, earlier.told))
        with watch("survey"):
            prepared = survey_plane(engine, slide)
        with watch("image copy"):
            copy_image(engine, slide, earlier, copies_image=request.copies_image)
        with watch("fibers"):
            fibers = outline_again(engine, prepared, "fibers", earlier)
            fibers = fibers or outline_fibers(engine, prepared, given.get("fibers"))
        with watch("nuclei"):
            nuclei = outline_again(engine, prepared, "nuclei", earlier)
            nuclei = nuclei or outline_nuclei_of_stack(engine, prepared, given.get("nuclei"))
        with watch("measure"):
            measured = measure_plane(engine, prepared, fibers, nuclei, given)
        outlined = {part.name: part.notes for part in (fibers, nuclei) if part is not None}
        notes = _tell(
            request.slide_id, on_event, slide.stack.notes, prepared.notes, *outlined.values(), measured.notes
        )
        engine.meet("finish")
        if not engine.shard.is_first:
            return _reuse(target, _published(target, question, engine.patience_s), on_event)
        record = record_of(prepared, question, measured, notes, outlined, started, watch.seconds)
        with watch("tables and report"):
            seams, told = look_at_seams(prepared, measured)
            _write(prepared, measured, seams)
            write_text(slide.draft.report, compose_report(prepared, fibers, nuclei, measured, record, told))
        record = record_of(prepared, question, measured, notes, outlined, started, watch.seconds)
        _publish(slide, target, record)
    on_event(SlideDone(request.slide_id, str(target.root), record.summary, is_reused=False))
    return SlideOutcome(measured.section.rows()[0], record.measured, notes, is_reused=False)


def region_of(corner_and_size: tuple[int, int, int, int] | None) -> Region | None:
    """Return ``(y0, x0, height, width)`` as a region; None stays None, the whole plane."""
    if corner_and_size is None:
        return None
    y0, x0, height, width = corner_and_size
    return Region(y0, x0, y0 + height, x0 + width)


def _reuse(target: ResultLayout, record: Provenance, on_event: OnEvent) -> SlideOutcome:
    on_event(SlideDone(record.slide_id, str(target.root), record.summary, is_reused=True))
    section = read_table(target.table(TableName.SECTIONS)).rows()[0]
    return SlideOutcome(section, record.measured, record.warnings, is_reused=True)


def open_slide(request: SlideRequest, output: OutputLayout) -> tuple[Slide, dict[str, LabelSource]]:
    """Return an input, opened and understood, and the labels given for it; nothing is written.

    Raises
    ------
    MyograftError
        Where the input or the settings do not allow a run.
    """
    stack = open_stack(request.path, request.settings.read, region=region_of(request.region))
    is_linked = links_planes(stack, request.settings.stitch)
    given = {
        name: open_labels(path, stack, of_every_plane=is_linked and name == "nuclei")
        for name, path in request.given.items()
    }
    roles = match_roles(stack, request.settings.channels)
    if is_linked and Role.NUCLEI not in roles and "nuclei" not in given:
        raise _nothing_to_link(stack)
    if not given and Role.SARCOLEMMA not in roles and Role.NUCLEI not in roles:
        raise _nothing_to_outline(stack)
    draft = output.draft(request.slide_id)
    slide = Slide(
        request.slide_id,
        stack,
        roles,
        request.settings,
        ResultLayout(draft),
        output.scratch(request.slide_id),
    )
    check_marker(slide)
    learned = open_donor_calibration(slide, given)
    of_fibers = open_fiber_calibrations(slide, given)
    return replace(slide, donor_calibration=learned, fiber_calibrations=of_fibers), given


def _nothing_to_link(stack: Stack) -> ChannelError:
    channels = ", ".join(f"{channel.index} ({channel.label})" for channel in stack.channels)
    return ChannelError(
        "nuclei are to be linked through planes (stitch.planes.nuclei), and no channel plays the role nuclei; the "
        f"channels are {channels}",
        where=str(stack.path),
        remedy="Name the channel with --set channels.nuclei=N, or leave stitch.planes.nuclei=linked out",
    )


def _nothing_to_outline(stack: Stack) -> ChannelError:
    channels = ", ".join(f"{channel.index} ({channel.label})" for channel in stack.channels)
    if stack.is_rgb:
        return ChannelError(
            "this is a color photograph, and the colors are not stains that could be outlined",
            where=str(stack.path),
            remedy="If it shows hematoxylin and eosin, use --config he (h_dab with DAB, xgal or xgal_eosin with X-gal "
            "on donor nuclei); else give outlines with --fiber-labels or --nucleus-labels, or "
            "use a color as a stain with --set channels.sarcolemma=N (0 red, 1 green, 2 blue)",
        )
    return ChannelError(
        f"no channel could be matched to sarcolemma or nuclei by its name; the channels are {channels}",
        where=str(stack.path),
        remedy="Say which is which, for example --set channels.sarcolemma=0 --set channels.nuclei=1",
    )


def _published(target: ResultLayout, question: Question, patience_s: float) -> Provenance:
    """Return the record of the result once the first shard has published it."""
    begun_at = time.monotonic()
    while time.monotonic() - begun_at < patience_s:
        with suppress(OutputError):  # at the moment at which one result takes the place of another
            standing = standing_result(target, question, is_fresh=False)
            if standing is not None and standing.is_answer:
                return standing.record
        time.sleep(_LOOK_EVERY_S)
    raise ClusterError(
        f"shard 1 has not written the result within {patience_s / 60:.0f} minutes",
        where=str(target.root),
        remedy="Start shard 1 again with the same command; what is done is kept",
    )


def _tell(slide_id: str, on_event: OnEvent, *parts: tuple[str, ...]) -> tuple[str, ...]:
    notes = tuple(note for part in parts for note in part)
    for note in notes:
        on_event(Noted(slide_id, note))
    return notes


def _write(prepared: Prepared, measured: Measured, seams: Table) -> None:
    draft = prepared.slide.draft
    write_mask(draft.tissue, prepared.tissue.mask)
    folder = draft.table(TableName.SECTIONS).parent
    folder.mkdir(parents=True, exist_ok=True)
    for table in (measured.fibers, measured.nuclei, measured.section, seams):
        if table is not None:
            write_table(table, folder)


def _publish(slide: Slide, target: ResultLayout, record: Provenance) -> None:
    write_provenance(record, slide.draft.provenance)
    publish_folder(slide.draft.root, target.root)
    shutil.rmtree(slide.scratch, ignore_errors=True)
