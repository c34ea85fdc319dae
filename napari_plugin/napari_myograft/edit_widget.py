"""Tools that change outlines: an edit window to paint in, lines to split by, outlines to draw, areas to leave out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from qtpy.QtCore import Signal  # type: ignore[attr-defined]  # qtpy renames PyQt's pyqtSignal
from qtpy.QtWidgets import QComboBox, QGridLayout, QGroupBox, QPushButton, QVBoxLayout

from myograft.api import Change, fill_outline
from myograft.errors import CorrectionError, MyograftError
from myograft.model.biology import ExclusionReason
from myograft.model.correction import Pixels, Target
from myograft.model.geometry import Region
from napari_myograft.blinding import without_names
from napari_myograft.canvas import ReviewCanvas
from napari_myograft.edit_window import EditWindow, Labels
from napari_myograft.freehand import Corners, Freehand
from napari_myograft.panel import Panel, wrapped_label
from napari_myograft.stroke_draft import StrokeDraft

#: Runs an edit, shows what it changed or says why it was refused; whether it was done.
Act: TypeAlias = Callable[[Callable[[], Change | tuple[Change, ...]]], bool]
Current: TypeAlias = Callable[[], tuple[Target, int] | None]

#: Reasons for leaving an area out; "edge" is the machine's own.
_REASONS = tuple(reason for reason in ExclusionReason if reason is not ExclusionReason.EDGE)


class EditWidget(Panel):
    """The tools of one review.

    Parameters
    ----------
    canvas
        Its layers.
    act
        Runs edits.
    current
        Gives the current object.
    """

    said = Signal(str)
    """Told every sentence for the reader."""
    made_together = Signal(object)
    """Told the changes that one press made."""
    state_changed = Signal()
    """Told when a window or a stroke begins or ends."""

    def __init__(self, canvas: ReviewCanvas, act: Act, current: Current) -> None:
        super().__init__()
        self._canvas, self._review, self._act, self._current = canvas, canvas.review, act, current
        self.comment: Callable[[], str] = str
        self._made_n = 0
        draft = StrokeDraft.beside_journal(canvas.result.layout, self._review.reader, self._review.setup)
        self.painting = EditWindow(canvas, draft, self._paint, self.say)
        self.freehand = Freehand(
            canvas.viewer, canvas.pixel_size_um, canvas.marks.show_stroke, self._show_waiting
        )
        self.target = QComboBox()
        for target in canvas.labels:
            self.target.addItem(f"{target}s" if target is Target.FIBER else "nuclei", target)
        self.reason = QComboBox()
        for reason in _REASONS:
            self.reason.addItem(str(reason), reason)
        self.message = wrapped_label()
        self.buttons: dict[str, QPushButton] = {}
        self._lay_out()
        self._bring_back()
        self._show_state()

    def open_window(self) -> None:
        """Paint around the current object, or where the view is."""
        target = Target(self.target.currentData())
        current = self._current()
        with_object = current is not None and current[0] is target
        center = (
            self._review.box_of(*current) if current is not None and with_object else self._canvas.seen_px
        )
        self._try(lambda: self.painting.open(target, center))
        if current is not None and with_object:
            self.painting.choose(current[1])
        self._show_state()

    def commit(self) -> None:
        """Make corrections of what was painted."""
        self._made_n = 0
        if self.painting.commit():
            made = f"{self._made_n} corrections; one undo takes all of them back" if self._made_n > 1 else ""
            self.say(made)
        self._show_state()

    def cancel(self) -> None:
        """Drop what was painted, or the stroke that is waited for."""
        if self.freehand.is_waiting:
            self.freehand.cancel()
        else:
            self.painting.cancel()
        self._show_state()

    def split(self) -> None:
        """Cut the current object by the next stroke."""
        current = self._current()
        if current is None:
            self.say("Choose the object to split first")
            return
        self._take(
            f"Draw a line through {current[0]} {current[1]}",
            lambda line: self._act(lambda: self._review.split(*current, line, why=self.comment())),
            is_outline=False,
        )

    def draw(self) -> None:
        """Make a new object of the next stroke."""
        target = Target(self.target.currentData())
        self._take(f"Draw around the {target}", partial(self._add, target), is_outline=True)

    def exclude(self) -> None:
        """Leave out the area inside the next stroke."""
        reason = ExclusionReason(self.reason.currentData())
        self._take(
            f"Draw around the area to leave out ({reason})",
            lambda outline: self._act(lambda: self._review.exclude(outline, reason, why=self.comment())),
            is_outline=True,
        )

    def include(self) -> None:
        """Take the area inside the next stroke back in."""
        self._take(
            "Draw around the area to take back in",
            lambda outline: self._act(lambda: self._review.include(outline, why=self.comment())),
            is_outline=True,
        )

    def say(self, sentence: str) -> None:
        """Show a sentence, as this reader may read it."""
        sentence = without_names(self._review, sentence)
        self.message.setText(sentence)
        self.lay_out_now()
        self.said.emit(sentence)

    def _lay_out(self) -> None:
        paint, draw, areas = QGroupBox("Paint"), QGroupBox("Draw"), QGroupBox("Areas")
        grid = QGridLayout(paint)
        grid.addWidget(self.target, 0, 0)
        grid.addWidget(self._button("Open edit window", self.open_window), 0, 1)
        grid.addWidget(self._button("New object", self.painting.choose_new), 1, 0)
        grid.addWidget(self._button("Erase", self.painting.erase), 1, 1)
        grid.addWidget(self._button("Commit", self.commit), 2, 0)
        grid.addWidget(self._button("Cancel", self.cancel), 2, 1)
        grid = QGridLayout(draw)
        grid.addWidget(self._button("Split by a line", self.split), 0, 0)
        grid.addWidget(self._button("Outline of a new object", self.draw), 0, 1)
        grid = QGridLayout(areas)
        grid.addWidget(self.reason, 0, 0, 1, 2)
        grid.addWidget(self._button("Leave out", self.exclude), 1, 0)
        grid.addWidget(self._button("Take back in", self.include), 1, 1)
        whole = QVBoxLayout(self.inside)
        for group in (paint, draw, areas):
            whole.addWidget(group)
        whole.addWidget(self.message)
        whole.addStretch()

    def _button(self, text: str, action: Callable[[], Any]) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda _checked=False: action())
        self.buttons[text] = button
        return button

    def _take(self, sentence: str, on_drawn: Callable[[Corners], Any], *, is_outline: bool) -> None:
        if self.painting.is_open:
            self.say("Commit or cancel the edit window first")
            return
        if self._review.read_only_because is not None:
            self.say(self._review.read_only_because)
            return
        self.say(f"{sentence}, with the mouse button pressed")
        self.freehand.take(lambda corners: self._drawn(on_drawn, corners), is_outline=is_outline)

    def _drawn(self, on_drawn: Callable[[Corners], Any], corners: Corners) -> None:
        self.say("")
        on_drawn(corners)

    def _add(self, target: Target, outline: Corners) -> None:
        self._act(lambda: self._review.add(target, self._free_pixels(target, outline), why=self.comment()))

    def _free_pixels(self, target: Target, outline: Corners) -> Pixels:
        """Return the pixels inside an outline that no other object has: a hand drawing along a neighbor eats none."""
        inside = fill_outline(outline, self._canvas.shape)
        free = inside.to_mask(inside.box) & (self._review.labels(target, inside.box) == 0)
        if not free.any():
            raise CorrectionError(
                f"other {target}s have all pixels inside the outline", remedy="Reshape or delete them first"
            )
        return Pixels.from_mask(free, y0=inside.box.y0, x0=inside.box.x0)

    def _paint(self, target: Target, region: Region, after: Labels) -> bool:
        def painted() -> tuple[Change, ...]:
            changes = self._review.paint(target, region, after, why=self.comment())
            self._made_n = len(changes)
            self.made_together.emit(changes)
            return changes

        return self._act(painted)

    def _bring_back(self) -> None:
        if self._review.read_only_because is None:
            self._try(self.painting.bring_back)

    def _try(self, action: Callable[[], Any]) -> None:
        try:
            action()
        except MyograftError as problem:
            self.say(problem.sentence)

    def _show_waiting(self) -> None:
        self._canvas.is_picking = not self.freehand.is_waiting
        self._show_state()

    def _show_state(self) -> None:
        is_open = self.painting.is_open
        for name in ("New object", "Erase", "Commit"):
            self.buttons[name].setEnabled(is_open)
        self.buttons["Cancel"].setEnabled(is_open or self.freehand.is_waiting)
        self.buttons["Open edit window"].setEnabled(not is_open)
        self.target.setEnabled(not is_open)
        if is_open:
            crossing_n = len(self.painting.crossing_ids())
            if crossing_n and not self.message.text():
                self.say(f"{crossing_n} objects cross the edge of the window; what lies outside of it stays")
        self.state_changed.emit()
