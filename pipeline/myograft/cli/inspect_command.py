"""``myograft inspect`` and ``myograft evaluate``: look at a file, compare labels with truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from myograft.config import load_settings
from myograft.workflow.compare import compare_labels
from myograft.workflow.look import look_at


def inspect(
    file: Annotated[Path, typer.Argument(help="Image to look at.", show_default=False)],
    config: Annotated[
        str | None, typer.Option("--config", help="Preset or YAML file to match roles by.")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="key=value that wins over the file.")
    ] = None,
    pixel_size_um: Annotated[
        float | None, typer.Option("--pixel-size-um", help="Edge of a pixel in um.")
    ] = None,
) -> None:
    """Say what a file holds: axes, size, calibration, channels and the roles they would play."""
    given = list(assignments or [])
    if pixel_size_um is not None:
        given.append(f"read.pixel_size_um={pixel_size_um!r}")
    facts = look_at(file, load_settings(config, given))
    width = max(len(label) for label, _ in facts)
    for label, value in facts:
        typer.echo(f"{label:<{width}}  {value}")


def evaluate(
    predicted: Annotated[Path, typer.Argument(help="Labels to judge: a label image, or a result (fibers).")],
    truth: Annotated[Path, typer.Argument(help="True labels: a label image.", show_default=False)],
    iou: Annotated[float, typer.Option("--iou", min=0.0, max=1.0, help="Overlap that makes a match.")] = 0.5,
    ignore_edge: Annotated[
        bool, typer.Option("--ignore-edge", help="Leave out objects that touch the border of the plane.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    objects: Annotated[
        str, typer.Option("--objects", help="Which labels of a result to judge: fibers or nuclei.")
    ] = "fibers",
) -> None:
    """Compare outlines with truth: precision, recall, F1, average precision, panoptic quality."""
    figures = compare_labels(predicted, truth, iou=iou, ignore_edge=ignore_edge, objects=objects)
    if as_json:
        typer.echo(json.dumps(figures))
        return
    width = max(len(name) for name in figures)
    for name, value in figures.items():
        shown = "undefined" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
        typer.echo(f"{name:<{width}}  {shown}")
