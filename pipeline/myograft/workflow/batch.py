"""Many inputs, one folder: every input gets a result or a reason, and one bad slide never stops the others."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from myograft.config import RunSettings
from myograft.errors import ClusterError, IncompleteError, InputError, MyograftError, OutputError, UsageError
from myograft.execute import Engine, Shard, Workers
from myograft.model.result_layout import OutputLayout
from myograft.read import close_all
from myograft.workflow.draft import clear_draft
from myograft.workflow.events import Noted, OnEvent, SlideFailed, SlideStarted, StageProgress, ignore
from myograft.workflow.run import SlideOutcome, SlideRequest, run_slide
from myograft.write import output_errors, write_index, write_slides, write_text


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

    Of incomplete ones most tiles are done and kept; they have no result yet.
    """

    inputs_n: int
    done_n: int
    failed_n: int
    slides_table: Path
    incomplete_n: int = 0


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
    rows = []
    current = {"slide": names[0]}

    def on_progress(stage: str, done_n: int, total_n: int) -> None:
        on_event(StageProgress(current["slide"], stage, done_n, total_n))

    workers = request.workers or Workers(request.workers_n)
    with Engine(workers, on_progress, request.shard) as engine:
        for slide_id, path in zip(names, request.inputs, strict=True):
            current["slide"] = slide_id
            on_event(SlideStarted(slide_id, str(path)))
            if slide_id != plain_name(path):
                on_event(
                    Noted(
                        slide_id, f"another input is also named {plain_name(path)}; this result is {slide_id}"
                    )
                )
            rows.append(_run_one(request, layout, slide_id, path, engine, on_event))
            if request.shard.is_first:
                _write_summary(layout, rows)
    failed_n, incomplete_n = (
        sum(row["status"] == status for row in rows) for status in ("failed", "incomplete")
    )
    done_n = len(rows) - failed_n - incomplete_n
    return BatchOutcome(len(rows), done_n, failed_n, layout.slides(extension="csv"), incomplete_n)


def _run_one(
    request: BatchRequest, layout: OutputLayout, slide_id: str, path: Path, engine: Engine, on_event: OnEvent
) -> dict[str, Any]:
    slide = SlideRequest(
        slide_id=slide_id,
        path=path,
        settings=request.settings,
        fiber_labels=request.fiber_labels,
        nucleus_labels=request.nucleus_labels,
        region=request.region,
        copies_image=request.copies_image,
        is_fresh=request.is_fresh,
    )
    status = "failed"
    try:
        outcome = run_slide(slide, layout, engine, on_event)
        close_all()
    except MyograftError as problem:
        reason = problem.sentence
        if isinstance(problem, IncompleteError):
            status = "incomplete"
        elif not isinstance(problem, OutputError | ClusterError):
            clear_draft(layout, slide_id)  # the input or the settings have to change: nothing begun is of use
    except Exception as problem:  # noqa: BLE001  # a defect of ours on one slide must not stop the others
        log = layout.root / f"{slide_id}.traceback.txt"
        write_text(log, traceback.format_exc())
        reason = (
            f"{path}: unexpected {type(problem).__name__}: {problem}. "
            f"This is a defect of myograft; please report it with {log}."
        )
    else:
        return _row(slide_id, path, outcome)
    on_event(SlideFailed(slide_id, reason))
    return {"slide_id": slide_id, "input_path": str(path), "status": status, "reason": reason}


def _row(slide_id: str, path: Path, outcome: SlideOutcome) -> dict[str, Any]:
    section = outcome.section
    shared = (
        "fibers_n",
        "nuclei_n",
        "donor_nuclei_n",
        "donor_nuclei_fraction",
        "csa_mean_um2",
        "min_feret_mean_um",
    )
    return {
        "slide_id": slide_id,
        "input_path": str(path),
        "status": "reused" if outcome.is_reused else "done",
        "measured_roles": " ".join(outcome.measured_roles),
        "warnings": " | ".join(outcome.notes) or None,
        **{name: section[name] for name in shared},
    }


def _write_summary(layout: OutputLayout, rows: Sequence[dict[str, Any]]) -> None:
    write_slides(rows, layout)
    write_index(layout, rows)


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
