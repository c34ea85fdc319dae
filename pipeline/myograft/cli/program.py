"""The commands and their exit codes: 0 done, 1 failed, 2 usage or settings, 3 some slides failed, 130 interrupted."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from myograft import __version__
from myograft.cli.adjudicate_command import adjudicate
from myograft.cli.agree_command import ManyReaders, agree
from myograft.cli.audit_command import audit
from myograft.cli.calibrate_command import calibrate
from myograft.cli.combine_command import combine
from myograft.cli.config_commands import config_app
from myograft.cli.inspect_command import evaluate, inspect
from myograft.cli.journal_command import journal
from myograft.cli.phantom_command import phantom
from myograft.cli.reattach_command import reattach
from myograft.cli.remeasure_command import remeasure
from myograft.cli.review_command import review
from myograft.cli.run_command import demo, run
from myograft.cli.train_command import train
from myograft.errors import MyograftError, UsageError

app = typer.Typer(
    name="myograft",
    help="Segment muscle fibers and count donor-derived nuclei in histology stacks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run)
app.command()(demo)
app.command()(inspect)
app.command()(evaluate)
app.command()(phantom)
app.command()(calibrate)
app.command()(audit)
app.command()(review)
app.command()(remeasure)
app.command()(journal)
app.command()(reattach)
app.command(cls=ManyReaders)(adjudicate)
app.command()(combine)
app.command(cls=ManyReaders)(agree)
app.command()(train)
app.add_typer(config_app, name="config")


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"myograft {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """Segment muscle fibers and count donor-derived nuclei in histology stacks."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every foreseen problem ends in one sentence and an exit code."""
    try:
        app(args=arguments)
    except MyograftError as problem:
        typer.echo(f"myograft: {problem.sentence}", err=True)
        sys.exit(2 if isinstance(problem, UsageError) else 1)
    except KeyboardInterrupt:
        typer.echo("myograft: interrupted; run the same command again to go on", err=True)
        sys.exit(130)
