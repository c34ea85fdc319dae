"""``myograft adjudicate``: two independent readings merged into a result's record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from myograft.errors import UsageError
from myograft.workflow.adjudicate import adjudicate as merge_readings
from myograft.workflow.open_journal import usual_reader


def adjudicate(
    result: Annotated[Path, typer.Argument(help="Result of one slide (OUT/<slide>).", show_default=False)],
    readers: Annotated[
        list[str] | None,
        typer.Option("--readers", help="The two readers: --readers anna ben.", show_default=False),
    ] = None,
    adjudicator: Annotated[
        str | None, typer.Option("--reader", help="Your name, as who adjudicates.", show_default=False)
    ] = None,
    outlines: Annotated[
        str | None,
        typer.Option("--outlines", help="Take the outlines that this one drew.", show_default=False),
    ] = None,
) -> None:
    """Take what two readers agree on into the record, and queue what they differ in for the review."""
    names = tuple(readers or ())
    if len(names) != 2:
        raise UsageError(
            f"readings of two readers are merged, not of {len(names)}",
            where="--readers",
            remedy="Name two, for example --readers anna ben",
        )
    done = merge_readings(result, (names[0], names[1]), adjudicator or usual_reader(), outlines)
    typer.echo(f"{done.agreed_n} objects stand as {names[0]} and {names[1]} agree")
    typer.echo(f"{len(done.questions)} questions are left; settle them with: myograft review {result}")
    for question in done.questions:
        typer.echo(f"  ({question.region.y0}, {question.region.x0}) px: {question.sentence}")
