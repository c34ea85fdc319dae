"""What a workflow tells while it walks: plain facts, for a terminal, a log or a window to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class SlideStarted:
    """Work on an input begins."""

    slide_id: str
    input_path: str


@dataclass(frozen=True, slots=True)
class StageProgress:
    """A stage of a slide has done so much of its work."""

    slide_id: str
    stage: str
    done_n: int
    total_n: int


@dataclass(frozen=True, slots=True)
class Noted:
    """Something the user should know: an assumption made, a part left out."""

    slide_id: str
    message: str


@dataclass(frozen=True, slots=True)
class SlideDone:
    """A result is whole; `is_reused` when it was there already."""

    slide_id: str
    result_path: str
    summary: str
    is_reused: bool


@dataclass(frozen=True, slots=True)
class SlideFailed:
    """An input could not be measured, and why; `is_incomplete` where all but some tiles are done and kept."""

    slide_id: str
    reason: str
    is_incomplete: bool = False


Event: TypeAlias = SlideStarted | StageProgress | Noted | SlideDone | SlideFailed
OnEvent: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Listen to nothing."""
    del event
