"""``myograft journal``: every correction of a result in words, and whether the record is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from myograft.workflow.tell_journal import tell_journal


def journal(
    result: Annotated[Path, typer.Argument(help="Result of one slide (OUT/<slide>).", show_default=False)],
    reader: Annotated[
        str | None,
        typer.Option("--reader", help="Show this reader's independent reading.", show_default=False),
    ] = None,
    expect_hash: Annotated[
        str | None,
        typer.Option(
            "--expect-hash",
            help="Hash kept elsewhere: fails where the journal does not hold it any more.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the entries as JSON lines.")] = False,
) -> None:
    """Show who corrected what, when and why, and check that nothing was changed since."""
    told = tell_journal(result, reader, expect_hash)
    if as_json:
        for entry in told.entries:
            typer.echo(json.dumps(entry.to_json(), ensure_ascii=False))
        return
    for line in told.lines:
        typer.echo(line)
    for note in told.notes:
        typer.echo(note)
    corrections = f"{len(told.entries)} entries" if len(told.entries) != 1 else "1 entry"
    typer.echo(f"{corrections}, nothing was changed since; hash of the last one: {told.head}")
