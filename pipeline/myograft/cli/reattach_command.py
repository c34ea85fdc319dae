"""``myograft reattach``: corrections taken along to another run of the same slide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from myograft.workflow.open_journal import usual_reader
from myograft.workflow.reattach import reattach as move_corrections


def reattach(
    old: Annotated[Path, typer.Argument(help="Result with corrections.", show_default=False)],
    new: Annotated[
        Path, typer.Argument(help="Result of the same slide, without corrections.", show_default=False)
    ],
    reader: Annotated[
        str | None, typer.Option("--reader", help="Your name, as who moves them.", show_default=False)
    ] = None,
) -> None:
    """Move corrections to a new run's objects: manual ones win, doubtful ones are queued, none is dropped."""
    record = move_corrections(old, new, reader or usual_reader())
    typer.echo(f"{record.applied_n} corrections stand in {new}; {len(record.conflicts)} should be looked at")
    for conflict in record.conflicts:
        corner = f"({conflict.region.y0}, {conflict.region.x0}) px"
        typer.echo(f"  {conflict.author}: {conflict.correction}, at {corner}: {conflict.reason}")
