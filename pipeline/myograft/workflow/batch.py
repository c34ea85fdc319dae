"""Many inputs, one folder: every input gets a result or a reason, and one bad slide never stops the others.

Small slides run beside each other, each in a process of its own; large ones have all workers to themselves.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from myograft.config import RunSettings
from myograft.errors import ClusterError, IncompleteError, InputError, MyograftError, OutputError, UsageError
from myograft.execute import Died, Engine, Shard, Wave, Workers, side_by_side
from myograft.model.result_layout import OutputLayout
from myograft.read import close_all
from myograft.workflow.draft import clear_draft
from myograft.workflow.events import Event, Noted, OnEvent, SlideFailed, SlideStarted, StageProgress, ignore
from myograft.workflow.run import SlideRequest, run_slide
from myograft.workflow.slide_log import SlideLogs, part_of
from myograft.workflow.slides_at_once import waves_of
from myograft.workflow.summary import NamedInput, Row, Summary, row_of, row_without
from myograft.write import output_errors, write_text


@dataclass(frozen=True)
class BatchRequest:
    """What ``myograft run`` was asked for.

    Parameters
    ----------
    inputs
        Images, in the order of the summary table.
    out
        Folder for the results.
    settings
        Checked settings, the same for all inputs.
    fiber_labels, nucleus_labels
        Label image that replaces a segmentation; needs a single input.
    region
        ``(y0, x0, height, width)`` in px; None for the whole plane.
    workers_n
        Single-threaded workers of this machine.
    workers
        Workers elsewhere; None for those of this machine.
    shard
        Part of the work that this process does; the others share the folder of the results.
    copies_image
        Whether the pixels are copied into the result.
    is_fresh
        Whether results that are there are replaced.
    """

    inputs: tuple[Path, ...]
    out: Path
    settings: RunSettings
    fiber_labels: Path | None = None
    nucleus_labels: Path | None = None
    region: tuple[int, int, int, int] | None = None
    workers_n: int = 1
    workers: Workers | None = None
    shard: Shard = field(default_factory=Shard)
    copies_image: bool = True
    is_fresh: bool = False

    def __post_init__(self) -> None:
        if not self.inputs:
            raise UsageError("there is no input", remedy="Name at least one image")
        if len(self.inputs) > 1 and (self.fiber_labels or self.nucleus_labels):
            raise UsageError(
                "given labels belong to one image, but there are several inputs",
                where="--fiber-labels/--nucleus-labels",
                remedy="Run each image with its own labels",
            )
        if self.region is not None and (min(self.region[:2]) < 0 or min(self.region[2:]) < 1):
            raise UsageError(
                f"{' '.join(map(str, self.region))} is no rectangle",
                where="--region",
                remedy="Give Y0 X0 HEIGHT WIDTH in pixels, with Y0, X0 >= 0 and a height and width of at least 1",
            )


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """How many inputs have a result, and where the reasons of the others stand.

    Of incomplete ones most tiles are done and kept; they have no result yet. `done_n` counts results that were there
    already, too; `unfinished` holds name, status and reason of inputs without a result.
    """

    inputs_n: int
    done_n: int
    failed_n: int
    slides_table: Path
    incomplete_n: int = 0
    reused_n: int = 0
    unfinished: tuple[tuple[str, str, str], ...] = ()


def run_batch(request: BatchRequest, on_event: OnEvent = ignore) -> BatchOutcome:
    """Run every input and write the summary over all of them.

    Raises
    ------
    OutputError
        When the output folder cannot be written at all.
    """
    layout = OutputLayout(request.out)
    with output_errors(str(request.out)):
        request.out.mkdir(parents=True, exist_ok=True)
    names = slide_ids(request.inputs)
    inputs = [NamedInput(*pair) for pair in zip(names, request.inputs, strict=True)]
    summary, logs = Summary(layout, inputs, part_of(request.shard)), SlideLogs(layout, request.shard)

    def tell(event: Event) -> None:
        logs(event)
        if isinstance(event, SlideStarted) and request.shard.is_first:
            summary.write_in_time()
        on_event(event)

    def take(place: int, row: Row) -> None:
        summary.add(place, row)
        if request.shard.is_first:
            summary.write_in_time()

    try:
        for wave in _waves(request, inputs):
            run_wave = _run_alone if wave.lanes_n == 1 else _run_beside
            run_wave(request, inputs, wave, tell, take)
    finally:
        if request.shard.is_first and summary.is_begun:
            summary.write()
    return _outcome(summary.rows, layout)


def _waves(request: BatchRequest, inputs: Sequence[NamedInput]) -> list[Wave]:
    """Return which inputs run beside each other; with workers elsewhere, and in shards, none do."""
    if len(inputs) == 1 or request.workers_n == 1 or request.workers is not None or request.shard.count > 1:
        return [Wave(tuple(range(len(inputs))), 1, request.workers_n)]
    slides = [_slide_request(request, named) for named in inputs]
    return waves_of(slides, OutputLayout(request.out), request.workers_n)


def _slide_request(request: BatchRequest, named: NamedInput) -> SlideRequest:
    return SlideRequest(
        slide_id=named.slide_id,
        path=named.path,
        settings=request.settings,
        fiber_labels=request.fiber_labels,
        nucleus_labels=request.nucleus_labels,
        region=request.region,
        copies_image=request.copies_image,
        is_fresh=request.is_fresh,
    )


def _run_alone(
    request: BatchRequest,
    inputs: Sequence[NamedInput],
    wave: Wave,
    tell: OnEvent,
    take: Callable[[int, Row], None],
) -> None:
    """Run the inputs of a wave one after another in this process."""
    with _slides(request, wave.workers_n, tell) as run_one:
        for place in wave.places:
            take(place, run_one(inputs[place]))


def _run_beside(
    request: BatchRequest,
    inputs: Sequence[NamedInput],
    wave: Wave,
    tell: OnEvent,
    take: Callable[[int, Row], None],
) -> None:
    """Run the inputs of a wave beside each other, each in a process; one that dies takes its input only along."""
    named = [inputs[place] for place in wave.places]
    opens = partial(_slides, request, wave.workers_n)
    with closing(side_by_side(opens, named, wave.lanes_n, tell)) as answers:
        for position, answer in answers:
            row = answer
            if isinstance(answer, Died):
                reason = MyograftError(
                    answer.reason,
                    where=str(named[position].path),
                    remedy="Run the same command again, which goes on where it ended; with fewer --workers if memory "
                    "is short",
                ).sentence
                row = row_without(named[position], "failed", reason)
                tell(SlideFailed(named[position].slide_id, reason))
            take(wave.places[position], row)


@contextmanager
def _slides(request: BatchRequest, workers_n: int, tell: OnEvent) -> Iterator[Callable[[NamedInput], Row]]:
    """Yield what runs one input after another, with workers that stay."""
    current = {"slide": ""}

    def on_progress(stage: str, done_n: int, total_n: int) -> None:
        tell(StageProgress(current["slide"], stage, done_n, total_n))

    with Engine(request.workers or Workers(workers_n), on_progress, request.shard) as engine:

        def run_one(named: NamedInput) -> Row:
            current["slide"] = named.slide_id
            tell(SlideStarted(named.slide_id, str(named.path)))
            plain = plain_name(named.path)
            if named.slide_id != plain:
                note = f"another input is also named {plain}; this result is {named.slide_id}"
                tell(Noted(named.slide_id, note))
            return _run_one(request, named, engine, tell)

        yield run_one


def _run_one(request: BatchRequest, named: NamedInput, engine: Engine, tell: OnEvent) -> Row:
    layout, slide_id = OutputLayout(request.out), named.slide_id
    status = "failed"
    try:
        outcome = run_slide(_slide_request(request, named), layout, engine, tell)
        close_all()
    except MyograftError as problem:
        reason = problem.sentence
        if isinstance(problem, IncompleteError):
            status = "incomplete"
        elif not isinstance(problem, OutputError | ClusterError):
            clear_draft(layout, slide_id)  # the input or the settings have to change: nothing begun is of use
    except Exception as problem:  # noqa: BLE001  # a defect of ours on one slide must not stop the others
        log = layout.traceback(slide_id)
        write_text(log, traceback.format_exc())
        reason = (
            f"{named.path}: unexpected {type(problem).__name__}: {problem}. "
            f"This is a defect of myograft; please report it with {log}."
        )
    else:
        return row_of(named, outcome)
    tell(SlideFailed(slide_id, reason, is_incomplete=status == "incomplete"))
    return row_without(named, status, reason)


def _outcome(rows: Sequence[Row], layout: OutputLayout) -> BatchOutcome:
    def count(*statuses: str) -> int:
        return sum(row["status"] in statuses for row in rows)

    return BatchOutcome(
        inputs_n=len(rows),
        done_n=count("done", "reused"),
        failed_n=count("failed"),
        slides_table=layout.slides(extension="csv"),
        incomplete_n=count("incomplete"),
        reused_n=count("reused"),
        unfinished=tuple(
            (row["slide_id"], row["status"], row["reason"]) for row in rows if row.get("reason")
        ),
    )


def plain_name(path: Path) -> str:
    """Return the file name without extensions.

    Examples
    --------
    >>> plain_name(Path("biopsies/subject 4.ome.tif"))
    'subject 4'
    """
    name = path.name or path.resolve().name
    for suffix in (".ome.tiff", ".ome.tif", ".ome.zarr", ".tiff", ".tif", ".zarr", ".btf", ".tf8"):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def slide_ids(paths: Sequence[Path]) -> list[str]:
    """Return one unique name per input: the file name without extensions, numbered where two collide.

    Names are compared without case, since two that differ in case alone are one folder on some file systems.

    Examples
    --------
    >>> slide_ids([Path("a/x.tif"), Path("b/x.ome.tif"), Path("y.tif")])
    ['x', 'x-2', 'y']

    Raises
    ------
    InputError
        When the same file is named twice.
    """
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() in seen:
            raise InputError("the same input is named twice", where=str(path), remedy="Name every input once")
        seen.add(path.resolve())
    plain = [plain_name(path) for path in paths]
    taken = {name.lower() for name in plain}
    used: set[str] = set()
    names = []
    for name in plain:
        unique, number = name, 1
        while unique.lower() in used or (number > 1 and unique.lower() in taken):
            number += 1
            unique = f"{name}-{number}"
        used.add(unique.lower())
        names.append(unique)
    return names
