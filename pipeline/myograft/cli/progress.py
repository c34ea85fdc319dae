"""How progress is shown: bars on a terminal, plain lines in a file, JSON lines for machines."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from types import TracebackType
from typing import Self, assert_never

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from myograft.workflow.events import Event, Noted, SlideDone, SlideFailed, SlideStarted, StageProgress

#: Key of the bar over all slides.
_ALL = ("", "slides")


class LogFormat(StrEnum):
    """Form of the lines on standard error."""

    TEXT = "text"
    JSON = "json"


class Listener:
    """Shows events on standard error; a context manager, so that bars are taken down.

    A single slide has a bar per stage. Of several each has one bar while it is in work, named by the slide, and the
    first one says how many are through.

    Parameters
    ----------
    log_format
        Form of the lines.
    slides_n
        Inputs of the call.
    """

    def __init__(self, log_format: LogFormat, slides_n: int = 1) -> None:
        self._slides_n, self._through_n = slides_n, 0
        self._as_json = log_format is LogFormat.JSON
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._bars: Progress | None = None
        self._bar_of: dict[tuple[str, str], TaskID] = {}

    def __enter__(self) -> Self:
        if not self._as_json and sys.stderr.isatty():
            columns = (
                TextColumn("  {task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bars = Progress(*columns, console=self._console)
            self._bars.start()
            if self._slides_n > 1:
                self._bar_of[_ALL] = self._bars.add_task("slides", total=self._slides_n)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if self._as_json:
            self._line(json.dumps({"event": type(event).__name__, **asdict(event)}, ensure_ascii=False))
            return
        match event:
            case SlideStarted():
                self._line(f"{event.slide_id}: {event.input_path}")
            case StageProgress():
                self._show_stage(event)
            case Noted():
                self._line(f"{event.slide_id}: note: {event.message}")
            case SlideDone():
                state = "already done" if event.is_reused else "done"
                self._line(f"{event.slide_id}: {state}: {event.summary} -> {event.result_path}")
                self._end_slide(event.slide_id)
            case SlideFailed():
                state = "incomplete" if event.is_incomplete else "failed"
                self._line(f"{event.slide_id}: {state}: {event.reason}")
                self._end_slide(event.slide_id)
            case _:
                assert_never(event)

    def _show_stage(self, event: StageProgress) -> None:
        if self._bars is None:
            if event.done_n == event.total_n:
                self._line(f"{event.slide_id}: {event.stage}: {event.total_n} of {event.total_n}")
            return
        is_single = self._slides_n == 1
        name = event.stage if is_single else f"{escape(event.slide_id)}: {event.stage}"
        key = (event.slide_id, event.stage if is_single else "")
        if key not in self._bar_of:
            self._bar_of[key] = self._bars.add_task(name, total=event.total_n)
        self._bars.update(self._bar_of[key], description=name, completed=event.done_n, total=event.total_n)

    def _end_slide(self, slide_id: str) -> None:
        """Take the bar of one of several slides down."""
        self._through_n += 1
        if self._bars is not None and self._slides_n > 1:
            task = self._bar_of.pop((slide_id, ""), None)
            if task is not None:
                self._bars.remove_task(task)
            self._bars.update(self._bar_of[_ALL], completed=self._through_n)

    def _line(self, text: str) -> None:
        # Names of files and channels may hold brackets, which rich would take for markup.
        self._console.print(text, markup=False)
