"""A panel that changes inside itself: what it says may grow, and the window around it stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QLabel, QScrollArea, QWidget

Shown = ParamSpec("Shown")


def wrapped_label() -> QLabel:
    """Return a label for sentences of any length."""
    label = QLabel()
    label.setWordWrap(True)
    return label


class Panel(QScrollArea):
    """A panel that scrolls where the window is too low for it; its content is laid out in `inside`.

    Whatever changes its size within a window has all of the window laid out and drawn again, the slide with it, once
    per widget that it lies in. A scroll area keeps such changes to itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.inside = QWidget()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setWidget(self.inside)

    def lay_out_now(self) -> None:
        """Lay out what has changed: left for later, it would have the window drawn once more, after the slide is."""
        # From the inside to the outside: a widget whose content has changed asks for room in the one around it.
        for widget in (*reversed(self.inside.findChildren(QWidget)), self.inside):
            layout = widget.layout()
            if layout is not None:
                layout.activate()

    def laid_out(self, show: Callable[Shown, None]) -> Callable[Shown, None]:
        """Return what shows something in the panel, and lays it out at once."""

        @wraps(show)
        def shown(*what: Shown.args, **more: Shown.kwargs) -> None:
            show(*what, **more)
            self.lay_out_now()

        return shown

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Return the size of the content, whatever it is."""
        return self._with_bar(self.inside.sizeHint())

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Return the least size: it scrolls down, not to the side."""
        least = self._with_bar(self.inside.minimumSizeHint())
        return QSize(least.width(), super().minimumSizeHint().height())

    def _with_bar(self, size: QSize) -> QSize:
        bar = self.verticalScrollBar()
        return size if bar is None else QSize(size.width() + bar.sizeHint().width(), size.height())
