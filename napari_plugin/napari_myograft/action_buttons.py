"""Large buttons for what a reader says and does, each with its key, and the menu of reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QMenu, QPushButton, QWidget

from myograft.model.biology import ExclusionReason
from napari_myograft.help_page import keys_words
from napari_myograft.keys import ACTIONS, Action, KeyMap
from napari_myograft.object_classes import COLOR_OF, ObjectClass

_ROWS = (
    (Action.ACCEPT, Action.DONOR, Action.HOST, Action.UNDECIDED),
    (Action.IN_FIBER, Action.BETWEEN, Action.CENTRAL, Action.PERIPHERAL),
    (Action.MERGE, Action.SPLIT, Action.DRAW, Action.DELETE),
    (Action.REJECT, Action.EXCLUDE, Action.UNDO, Action.REDO),
    (Action.PREVIOUS, Action.NEXT),
)
_COLOR = {
    Action.ACCEPT: COLOR_OF[ObjectClass.READ],
    Action.DONOR: COLOR_OF[ObjectClass.DONOR],
    Action.HOST: COLOR_OF[ObjectClass.HOST],
    Action.UNDECIDED: COLOR_OF[ObjectClass.UNDECIDED],
}
_LOOKING = (Action.PREVIOUS, Action.NEXT)
_HEIGHT_SCREEN_PX = 38

#: Of buttons with one line: what they save is a row of the queue.
_FLAT_SCREEN_PX = 26

#: "edge" is the machine's own reason.
REASONS = tuple(reason for reason in ExclusionReason if reason is not ExclusionReason.EDGE)


class ActionButtons(QWidget):
    """The buttons of one review.

    Parameters
    ----------
    keys
        Which key does the same.
    do
        What is done.
    """

    def __init__(self, keys: KeyMap, do: Mapping[Action, Callable[[], object]]) -> None:
        super().__init__()
        self.buttons: dict[Action, QPushButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        columns_n = max(len(row) for row in _ROWS)
        for place, row in enumerate(_ROWS):
            span = columns_n // len(row)
            for column, action in enumerate(row):
                button = self._button(action, keys, do[action])
                grid.addWidget(button, place, column * span, 1, span)
                self.buttons[action] = button

    def show_state(self, *, because: str | None, can_undo: bool, can_redo: bool) -> None:
        """Show what can be done now; `because` says why nothing can be edited."""
        allowed = {Action.UNDO: can_undo, Action.REDO: can_redo}
        for action, button in self.buttons.items():
            is_free = because is None or action in _LOOKING
            button.setEnabled(is_free and allowed.get(action, True))
            button.setToolTip(ACTIONS[action].meaning if is_free else str(because))

    def _button(self, action: Action, keys: KeyMap, do: Callable[[], object]) -> QPushButton:
        key = keys_words(keys, action)
        is_flat = action in _LOOKING
        between = "   " if is_flat else "\n"
        button = QPushButton(f"{ACTIONS[action].title}{between}{key}" if key else ACTIONS[action].title)
        button.setMinimumHeight(_FLAT_SCREEN_PX if is_flat else _HEIGHT_SCREEN_PX)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if action in _COLOR:
            button.setStyleSheet(f"QPushButton {{ border-bottom: 4px solid {_COLOR[action]}; }}")
        button.clicked.connect(lambda _checked=False: do())
        return button


class ReasonMenu(QMenu):
    """The reasons for leaving something out: chosen by digit, arrows or mouse; the last one is chosen already.

    Parameters
    ----------
    last
        The reason that was given last.
    on_reason
        Told the reason.
    parent
        Where the menu belongs.
    """

    def __init__(
        self, last: ExclusionReason, on_reason: Callable[[ExclusionReason], object], parent: QWidget
    ) -> None:
        super().__init__(parent)
        for digit, reason in enumerate(REASONS, start=1):
            action = self.addAction(f"&{digit}   {reason}")
            if action is None:
                raise RuntimeError("Qt makes no menu")
            action.triggered.connect(partial(_give, on_reason, reason))
            if reason is last:
                self.setActiveAction(action)


def _give(
    on_reason: Callable[[ExclusionReason], object], reason: ExclusionReason, _checked: object = None
) -> None:
    on_reason(reason)
