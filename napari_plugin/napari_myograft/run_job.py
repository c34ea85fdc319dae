"""The main job in a process of its own: the window stays quick, and cancel ends the work whatever it is doing."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, QProcess, QTimer, Signal  # type: ignore[attr-defined]

from myograft.errors import MyograftError, UsageError
from myograft.model.result_layout import OutputLayout

#: How long a process may take to end by itself before it is killed.
_PATIENCE_MS = 3000

#: What a process says that is no event, as far as it is kept for an error message.
_LAST_LINES_N = 20

_PROGRAM = "import sys; from myograft.cli import main; main(sys.argv[1:])"


@dataclass(frozen=True)
class JobRequest:
    """One image to measure.

    Parameters
    ----------
    image
        The file.
    out
        Folder for the result.
    preset
        Preset or YAML file; None for the defaults.
    pixel_size_um
        Edge of a pixel where the file does not say it; None to believe the file.
    region
        ``(y0, x0, height, width)`` in px; None for the whole plane.
    workers_n
        Single-threaded workers; None for one per core.
    is_fresh
        Whether a result that is there is replaced.
    """

    image: Path
    out: Path
    preset: str | None = None
    pixel_size_um: float | None = None
    region: tuple[int, int, int, int] | None = None
    workers_n: int | None = None
    is_fresh: bool = False

    @property
    def arguments(self) -> list[str]:
        """The command line that does it."""
        given: dict[str, Any] = {
            "--config": self.preset,
            "--pixel-size-um": self.pixel_size_um,
            "--workers": self.workers_n,
        }
        options = [part for name, value in given.items() if value is not None for part in (name, str(value))]
        if self.region is not None:
            options += ["--region", *map(str, self.region)]
        if self.is_fresh:
            options.append("--fresh")
        return ["run", str(self.image), "--out", str(self.out), "--log-format", "json", *options]


class Job(QObject):
    """Runs one request and tells how it goes.

    Signals: ``progressed(stage, done_n, total_n)``, ``noted(sentence)``, and at the end one of ``succeeded(path of the
    result)``, ``failed(sentence)`` and ``canceled()``.

    Parameters
    ----------
    request
        What to do.
    parent
        Whoever owns the job; when it goes, the process is ended.
    """

    progressed = Signal(str, int, int)
    noted = Signal(str)
    succeeded = Signal(str)
    failed = Signal(str)
    canceled = Signal()

    def __init__(self, request: JobRequest, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._request = request
        self._is_canceled = False
        self._slide_id: str | None = None
        self._result: str | None = None
        self._reason: str | None = None
        self._last_lines: list[str] = []
        self._half_line = b""
        self._process = QProcess(self)
        self._process.readyReadStandardError.connect(self._hear)
        self._process.readyReadStandardOutput.connect(self._process.readAllStandardOutput)
        self._process.finished.connect(self._end)
        self._process.errorOccurred.connect(self._fail_to_start)

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return bool(self._process.state() != QProcess.ProcessState.NotRunning)

    def start(self) -> None:
        """Begin."""
        self._process.start(sys.executable, ["-c", _PROGRAM, *self._request.arguments])

    def cancel(self) -> None:
        """End the process, at once where it does not end by itself; what it had begun is removed."""
        if not self.is_running:
            return
        self._is_canceled = True
        self._process.terminate()
        QTimer.singleShot(_PATIENCE_MS, self._kill)

    def stop_now(self) -> None:
        """End the process and wait for its end: the window closes."""
        if self.is_running:
            self._is_canceled = True
            self._process.kill()
            self._process.waitForFinished(_PATIENCE_MS)

    def _kill(self) -> None:
        if self.is_running:
            self._process.kill()

    def _hear(self) -> None:
        heard = self._half_line + bytes(self._process.readAllStandardError().data())
        *lines, self._half_line = heard.split(b"\n")
        for line in lines:
            self._take(line.decode("utf-8", errors="replace").rstrip())

    def _take(self, line: str) -> None:
        event = _event(line)
        if event is None:
            if line:
                self._last_lines = [*self._last_lines, line][-_LAST_LINES_N:]
            return
        self._slide_id = event.get("slide_id", self._slide_id)
        match event["event"]:
            case "StageProgress":
                self.progressed.emit(event["stage"], event["done_n"], event["total_n"])
            case "Noted":
                self.noted.emit(event["message"])
            case "SlideDone":
                self._result = event["result_path"]
            case "SlideFailed":
                self._reason = event["reason"]
            case _:
                pass  # that a slide was begun is seen from its first stage

    def _end(self) -> None:
        self._hear()
        if self._is_canceled:
            self._remove_draft()
            self.canceled.emit()
        elif self._result is not None:
            self.succeeded.emit(self._result)
        else:
            self.failed.emit(self._reason or self._last_sentence())

    def _last_sentence(self) -> str:
        spoken = [
            line.removeprefix("myograft: ") for line in self._last_lines if line.startswith("myograft: ")
        ]
        if spoken:
            return spoken[-1]
        last = self._last_lines[-1] if self._last_lines else "it said nothing"
        return MyograftError(
            f"the run ended without a result ({last})",
            where=str(self._request.image),
            remedy="Try it again; run it in a terminal to see more",
        ).sentence

    def _fail_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            problem = UsageError(
                "Python could not be started",
                where=sys.executable,
                remedy="Start napari from an environment with a Python of its own, or use `myograft run`",
            )
            self.failed.emit(problem.sentence)

    def _remove_draft(self) -> None:
        if self._slide_id is not None:
            output = OutputLayout(self._request.out)
            for begun in (output.draft(self._slide_id), output.scratch(self._slide_id)):
                shutil.rmtree(begun, ignore_errors=True)


def _event(line: str) -> Mapping[str, Any] | None:
    """Return the event that a line of the process tells, None where it is another line."""
    if not line.startswith("{"):
        return None
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values if isinstance(values, dict) and "event" in values else None
