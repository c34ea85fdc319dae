"""``myograft train``: networks from nothing, or trained further on one's own fields."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from myograft.cli.progress import Listener, LogFormat
from myograft.config import load_settings, load_training
from myograft.errors import UsageError
from myograft.execute import default_workers_n

#: Keys that begin so are settings of the training; all others are settings of a run.
_OWN = "train."


class KindOfObject(StrEnum):
    """What a network outlines."""

    FIBERS = "fibers"
    NUCLEI = "nuclei"


def train(
    kind: Annotated[KindOfObject, typer.Argument(help="What to outline.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for examples, checkpoint, weights and card.")],
    images: Annotated[
        Path | None,
        typer.Option("--images", help="Folder of NAME_img.tif and NAME_labels.tif to learn from as well."),
    ] = None,
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            "--labels", help="Label image beside its image (NAME_labels.tif, NAME.tif); repeatable."
        ),
    ] = None,
    results: Annotated[
        list[Path] | None,
        typer.Option(
            "--from", help="Reviewed result: what readers saw and corrected; repeatable.", show_default=False
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start",
            help="Weights to go on from: 'shipped' or an ONNX file. With --labels or --from: shipped.",
        ),
    ] = None,
    config: Annotated[str | None, typer.Option("--config", help="Preset or YAML file of a run.")] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value; train.KEY for the training, such as train.steps_n=500."),
    ] = None,
    pixel_size_um: Annotated[
        float | None, typer.Option("--pixel-size-um", help="Edge of a pixel of the given fields in um.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that make examples.")
    ] = None,
    log_format: Annotated[LogFormat, typer.Option("--log-format", help="Form of the log.")] = LogFormat.TEXT,
) -> None:
    """Train a network on simulated muscle, or further on fields of your own; a config can name the result."""
    try:
        # torch is an extra: a command that does not need it must not ask for it.
        from myograft.workflow.teach import TrainRequest, teach  # noqa: PLC0415
    except ImportError as problem:
        if (problem.name or "").startswith("myograft"):
            raise
        raise UsageError(
            f"training needs a library that is not installed ({problem.name})",
            where="myograft train",
            remedy="Install it with: pip install 'myograft[train]'",
        ) from problem
    given = list(assignments or [])
    if pixel_size_um is not None:
        given.append(f"read.pixel_size_um={pixel_size_um!r}")
    own = [text.removeprefix(_OWN) for text in given if text.startswith(_OWN)]
    request = TrainRequest(
        settings=load_training(kind.value, own, is_fine_tuning=bool(labels or results)),
        run_settings=load_settings(config, [text for text in given if not text.startswith(_OWN)]),
        out=out,
        images=images,
        labels=tuple(labels or ()),
        results=tuple(results or ()),
        start=start or ("shipped" if labels or results else None),
        workers_n=workers or default_workers_n(),
        command=shlex.join(["myograft", *sys.argv[1:]]),
    )
    with Listener(log_format) as listener:
        outcome = teach(request, listener)
    if outcome.f1_after is not None:
        before = "" if outcome.f1_before is None else f"{outcome.f1_before:.3f} before, "
        typer.echo(f"F1 on what was held back: {before}{outcome.f1_after:.3f} after")
    typer.echo(f"weights {outcome.weights}; use them with --set segment.{kind}.weights={outcome.weights}")
