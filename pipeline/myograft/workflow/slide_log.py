"""What happened to a slide, and when: a file per slide, appended by every run until its result is whole."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import assert_never

from myograft.execute import Shard
from myograft.model.result_layout import OutputLayout
from myograft.workflow.events import Event, Noted, SlideDone, SlideFailed, SlideStarted, StageProgress
from myograft.write import software_versions

#: Between the beginning and the end of a stage a line is written this often.
_LINE_EVERY_S = 60.0


@dataclass
class _Open:
    """A slide in work: lines that are not written yet, and the stage told last."""

    held: list[str] = field(default_factory=list)
    is_begun: bool = False
    stage: str = ""
    told_at: float = 0.0

    def is_news(self, event: StageProgress) -> bool:
        """Whether a stage has begun or ended, or has not been heard of for a while."""
        now = time.monotonic()
        is_news = (
            event.stage != self.stage or event.done_n == event.total_n or now - self.told_at > _LINE_EVERY_S
        )
        if is_news:
            self.stage, self.told_at = event.stage, now
        return is_news


class SlideLogs:
    """Listens to events and writes each slide's into its log.

    Slides with a result that is used again leave no trace. A log that cannot be written stops nothing: what is wrong
    with the disk is told where results are written.

    Parameters
    ----------
    output
        Folder of the results.
    shard
        Which part of the work is done here; each of several has logs of its own.
    """

    def __init__(self, output: OutputLayout, shard: Shard) -> None:
        self._output, self._part = output, part_of(shard)
        self._open: dict[str, _Open] = {}

    def __call__(self, event: Event) -> None:
        """Note one event."""
        slide = self._open.setdefault(event.slide_id, _Open())
        match event:
            case SlideStarted():
                version = software_versions()["myograft"]
                slide.held.append(_line(f"begun by myograft {version}: {event.input_path}"))
            case Noted():
                slide.held.append(_line(f"note: {event.message}"))
            case StageProgress():
                if slide.is_news(event):
                    slide.held.append(_line(f"{event.stage}: {event.done_n} of {event.total_n}"))
                slide.is_begun = True
            case SlideFailed():
                slide.held.append(
                    _line(f"{'incomplete' if event.is_incomplete else 'failed'}: {event.reason}")
                )
                slide.is_begun = True
            case SlideDone():
                slide.held.append(_line(f"done: {event.summary}"))
                slide.is_begun = slide.is_begun or not event.is_reused
            case _:
                assert_never(event)
        with suppress(OSError):
            if slide.is_begun:
                self._write(event.slide_id, slide)
            if isinstance(event, SlideDone):
                self._move(event.slide_id)
        if isinstance(event, SlideDone | SlideFailed):
            del self._open[event.slide_id]

    def _write(self, slide_id: str, slide: _Open) -> None:
        if slide.held:
            with self._output.log(slide_id, self._part).open("a", encoding="utf-8") as file:
                file.writelines(slide.held)
            slide.held.clear()

    def _move(self, slide_id: str) -> None:
        """Take the log into the result, behind what is there of the time before."""
        loose = self._output.log(slide_id, self._part)
        kept = self._output.slide(slide_id).log(self._part)
        if loose.is_file() and kept.parent.is_dir():
            with kept.open("a", encoding="utf-8") as file:
                file.write(loose.read_text(encoding="utf-8"))
            loose.unlink()


def part_of(shard: Shard) -> str:
    """Return what tells the logs of one part of the work from those of others."""
    return "" if shard.count == 1 else f"{shard.number}of{shard.count}"


def log_of(output: OutputLayout, slide_id: str, part: str) -> str | None:
    """Return where a slide's log lies, as a path from the folder of the results; None where there is none."""
    for path in (output.log(slide_id, part), output.slide(slide_id).log(part)):
        if path.is_file():
            return path.relative_to(output.root).as_posix()
    return None


def _line(text: str) -> str:
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"{now} {' '.join(text.splitlines())}\n"
