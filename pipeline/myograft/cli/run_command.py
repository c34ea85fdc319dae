"""``myograft run`` and ``myograft demo``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from myograft.cli.progress import Listener, LogFormat
from myograft.config import load_settings
from myograft.errors import UsageError
from myograft.execute import Shard, Workers, default_workers_n
from myograft.model.shipped import shipped_folder
from myograft.workflow.batch import BatchOutcome, BatchRequest, run_batch
from myograft.workflow.plan_page import plan_page

Out = Annotated[
    Path, typer.Option("--out", help="Folder for the results; one folder per input is made in it.")
]
WorkersN = Annotated[
    int | None, typer.Option("--workers", min=1, help="Single-threaded workers; default: one per core.")
]

#: Slides without a result that are named at the end.
_TOLD_N = 20


def run(
    inputs: Annotated[
        list[Path],
        typer.Argument(help="Images: OME-TIFF, ImageJ or plain TIFF, OME-Zarr.", show_default=False),
    ],
    out: Out,
    config: Annotated[str | None, typer.Option("--config", help="Preset or YAML file.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="key=value that wins over the file; may be repeated.")
    ] = None,
    pixel_size_um: Annotated[
        float | None, typer.Option("--pixel-size-um", help="Edge of a pixel in um; wins over the file.")
    ] = None,
    fiber_labels: Annotated[
        Path | None, typer.Option("--fiber-labels", help="Label image that replaces the fiber segmentation.")
    ] = None,
    nucleus_labels: Annotated[
        Path | None,
        typer.Option("--nucleus-labels", help="Label image that replaces the nucleus segmentation."),
    ] = None,
    region: Annotated[
        tuple[int, int, int, int] | None,
        typer.Option("--region", help="Y0 X0 H W in pixels: measure this rectangle only."),
    ] = None,
    workers: WorkersN = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", help="Address of a Dask scheduler whose workers do the work.", show_default=False
        ),
    ] = None,
    scheduler_file: Annotated[
        Path | None,
        typer.Option(
            "--scheduler-file", help="File that a Dask scheduler wrote its address to.", show_default=False
        ),
    ] = None,
    slurm: Annotated[
        bool, typer.Option("--slurm", help="Start each worker as a Slurm job (extra: cluster).")
    ] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            help="Do the I-th of N parts of the work; the other parts run elsewhere with the same --out.",
            show_default=False,
        ),
    ] = None,
    no_image_copy: Annotated[
        bool, typer.Option("--no-image-copy", help="Do not copy the pixels into the result.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Replace results that are there already.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what would be done, what it takes and whether it fits; write nothing."
        ),
    ] = False,
    log_format: Annotated[LogFormat, typer.Option("--log-format", help="Form of the log.")] = LogFormat.TEXT,
) -> None:
    """Outline fibers and nuclei, call donor nuclei, measure; write labels, tables and a report per input."""
    given = list(assignments or [])
    if pixel_size_um is not None:
        given.append(f"read.pixel_size_um={pixel_size_um!r}")
    request = BatchRequest(
        inputs=tuple(inputs),
        out=out,
        settings=load_settings(config, given),
        fiber_labels=fiber_labels,
        nucleus_labels=nucleus_labels,
        region=region,
        workers_n=workers or default_workers_n(),
        workers=_elsewhere(workers, scheduler, scheduler_file, slurm=slurm),
        shard=_shard(shard),
        copies_image=not no_image_copy,
        is_fresh=fresh,
    )
    if dry_run:
        page = plan_page(request)
        typer.echo(page.text, nl=False)
        _leave(page.refused_n, page.inputs_n)
        return
    _finish(_walk(request, log_format))


def demo(
    out: Out = Path("demo_results"),
    workers: WorkersN = None,
    log_format: Annotated[LogFormat, typer.Option("--log-format", help="Form of the log.")] = LogFormat.TEXT,
) -> None:
    """Run the main job on the simulated slides that travel with the package."""
    request = BatchRequest(
        inputs=tuple(sorted(shipped_folder("sample_data").glob("*.ome.tif"))),
        out=out,
        settings=load_settings("laminin_dapi_lamin_ac"),
        workers_n=workers or default_workers_n(),
        is_fresh=True,
    )
    outcome = _walk(request, log_format)
    typer.echo(f"Open {out / 'index.html'} in a browser; tables are in {out}/<slide>/tables/machine/.")
    _finish(outcome)


def _elsewhere(
    workers: int | None, scheduler: str | None, scheduler_file: Path | None, *, slurm: bool
) -> Workers | None:
    if not (scheduler or scheduler_file or slurm):
        return None
    return Workers(workers or 1, scheduler, scheduler_file, slurm)


def _shard(text: str | None) -> Shard:
    """Return a part of the work, given as ``I/N``."""
    if text is None:
        return Shard()
    try:
        number, count = map(int, text.split("/"))
        return Shard(number, count)
    except ValueError:
        raise UsageError(
            f"{text} is no part of the work", where="--shard", remedy="Give 2/8 for the second of eight parts"
        ) from None


def _walk(request: BatchRequest, log_format: LogFormat) -> BatchOutcome:
    try:
        with Listener(log_format, len(request.inputs)) as listener:
            return run_batch(request, listener)
    except KeyboardInterrupt:
        typer.echo("myograft: interrupted; run the same command again to go on", err=True)
        raise typer.Exit(130) from None


def _finish(outcome: BatchOutcome) -> None:
    reused = f", {outcome.reused_n} of them before" if outcome.reused_n else ""
    failed = f", {outcome.failed_n} failed (reasons in {outcome.slides_table})" if outcome.failed_n else ""
    typer.echo(f"{outcome.done_n} of {outcome.inputs_n} slides done{reused}{failed}")
    if outcome.incomplete_n:
        typer.echo(
            f"{outcome.incomplete_n} incomplete: some tiles failed (reasons in {outcome.slides_table}); the same "
            "command does only those"
        )
    if outcome.inputs_n > 1:  # what was said of them has long scrolled away
        for slide_id, status, reason in outcome.unfinished[:_TOLD_N]:
            typer.echo(f"  {slide_id}: {status}: {reason}")
        if len(outcome.unfinished) > _TOLD_N:
            typer.echo(f"  and {len(outcome.unfinished) - _TOLD_N} more")
    if outcome.incomplete_n:
        raise typer.Exit(3)
    _leave(outcome.failed_n, outcome.inputs_n)


def _leave(failed_n: int, inputs_n: int) -> None:
    """End with the exit code of a batch some of whose slides failed, or would."""
    if failed_n:
        raise typer.Exit(3 if failed_n < inputs_n else 1)
