"""The command line: parses, calls a workflow, prints."""

from __future__ import annotations


def main(arguments: list[str] | None = None) -> None:
    """Run a command; see `myograft.cli.program.main`.

    Every worker process of a run begins by importing the program that started it: commands are loaded by the one that
    runs them alone.
    """
    from myograft.cli.program import main as run  # noqa: PLC0415

    run(arguments)


__all__ = ["main"]
