"""``myograft remeasure``: reviewed labels and tables made anew from the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from myograft.cli.progress import Listener, LogFormat
from myograft.errors import MyograftError
from myograft.execute import default_workers_n
from myograft.workflow.remeasure import remeasure as remeasure_result


def remeasure(
    results: Annotated[
        list[Path], typer.Argument(help="Results of one slide each (OUT/<slide>).", show_default=False)
    ],
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="Processes; without it one per core.", min=1, show_default=False),
    ] = None,
    log_format: Annotated[LogFormat, typer.Option("--log-format", help="Form of the log.")] = LogFormat.TEXT,
) -> None:
    """Make reviewed labels and tables anew from the journal; the machine's own never change."""
    failed_n = 0
    for result in results:
        try:
            with Listener(log_format) as listener:
                row = remeasure_result(result, workers_n=workers or default_workers_n(), on_event=listener)
            typer.echo(_sentence(result, row))
        except MyograftError as problem:
            if len(results) == 1:
                raise
            failed_n += 1
            typer.echo(f"myograft: {problem.sentence}", err=True)
    if failed_n:
        raise typer.Exit(3 if failed_n < len(results) else 1)


def _sentence(result: Path, row: dict[str, Any] | None) -> str:
    if row is None:
        return f"{result}: no correction stands, there is nothing to measure again"
    counted = {
        "fibers": row["fibers_n"],
        "nuclei": row["nuclei_n"],
        "donor nuclei": row["donor_nuclei_n"],
    }
    counts = ", ".join(f"{number:,} {name}" for name, number in counts_of(counted))
    return (
        f"{result}: {counts}; {row['reviewed_fraction']:.1%} of the objects reviewed, {row['edited_fraction']:.1%} "
        "edited; tables/reviewed"
    )


def counts_of(counted: dict[str, int | None]) -> list[tuple[str, int]]:
    """Return what was counted, without what was not measured."""
    return [(name, number) for name, number in counted.items() if number is not None]
