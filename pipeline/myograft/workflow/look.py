"""What a file holds and what a run would make of it: ``myograft inspect``."""

from __future__ import annotations

from pathlib import Path

from myograft.config import RunSettings
from myograft.errors import ChannelError
from myograft.read import describe, match_roles, open_stack


def look_at(path: Path, settings: RunSettings) -> list[tuple[str, str]]:
    """Return facts about a file as (label, value) pairs; an ambiguous channel is a fact too.

    Raises
    ------
    InputError
        Where the file cannot be read or has no calibration.
    """
    stack = open_stack(path, settings.read)
    try:
        return describe(stack, match_roles(stack, settings.channels))
    except ChannelError as problem:
        return [*describe(stack, None), ("roles", problem.sentence)]
