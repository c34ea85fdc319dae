"""The command line: parses, calls a workflow, prints."""

from myograft.cli.main import main

__all__ = ["main"]
