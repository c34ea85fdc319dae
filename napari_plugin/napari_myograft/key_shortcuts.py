"""Keys of a review at work in its window, wherever the focus is but in a text field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QShortcut, QWidget  # type: ignore[attr-defined]  # moved between Qt 5 and 6

from napari_myograft.keys import ACTIONS, Action, KeyMap

#: Keys that are two on some keyboards.
_ALSO = {"Return": "Enter"}


class KeyShortcuts:
    """The keys of one review.

    They are Qt's shortcuts, not napari's key bindings: those of the selected layer would come before the viewer's (a
    labels layer takes M, X, B and E), and a table would search for the letters itself.

    Parameters
    ----------
    window
        Window that the keys work in; docks that were pulled out of it belong to it.
    keys
        Which key does what.
    do
        What is done.
    """

    def __init__(self, window: QWidget, keys: KeyMap, do: Mapping[Action, Callable[[], object]]) -> None:
        self._shortcuts: list[tuple[Action, QShortcut]] = []
        for action, mine in keys.items():
            for key in mine:
                for name in (key, *self._twins(key)):
                    self._shortcuts.append((action, self._bind(window, action, name, do[action])))

    def set_painting(self, *, is_painting: bool) -> None:
        """Leave the keys to napari's tools while an edit window is open, all but a few."""
        for action, shortcut in self._shortcuts:
            shortcut.setEnabled(not is_painting or ACTIONS[action].is_while_painting)

    def close(self) -> None:
        """Give the keys back to napari."""
        for _, shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._shortcuts.clear()

    @staticmethod
    def _twins(key: str) -> list[str]:
        *modifiers, last = key.split("+")
        return ["+".join([*modifiers, _ALSO[last]])] if last in _ALSO else []

    @staticmethod
    def _bind(window: QWidget, action: Action, key: str, do: Callable[[], object]) -> QShortcut:
        shortcut = QShortcut(QKeySequence(key), window)
        shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
        shortcut.setAutoRepeat(ACTIONS[action].is_repeated)
        run = partial(_run, do)
        shortcut.activated.connect(run)
        # A key that a menu has too would do nothing at all otherwise.
        shortcut.activatedAmbiguously.connect(run)
        return shortcut


def _run(do: Callable[[], object]) -> None:
    do()
