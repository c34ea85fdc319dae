"""Questions that others left open, above the queue: one at a time, with where it is and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from myograft.errors import CorrectionError
from myograft.model.geometry import Region
from myograft.model.open_question import OpenQuestion
from napari_myograft.camera import jump
from napari_myograft.help_page import keys_words
from napari_myograft.keys import ACTIONS, Action, KeyMap
from napari_myograft.open_questions import OpenQuestions

if TYPE_CHECKING:
    from napari_myograft.canvas import ReviewCanvas
    from napari_myograft.session import ReviewSession


class QuestionsPanel(QGroupBox):
    """The questions of one review; not shown where there are none.

    Parameters
    ----------
    session
        The reader at work.
    canvas
        Where a question's place is shown.
    keys
        Which keys do the same as the buttons.
    """

    def __init__(self, session: ReviewSession, canvas: ReviewCanvas, keys: KeyMap) -> None:
        super().__init__()
        self._session, self._canvas, self._keys = session, canvas, keys
        self.questions = OpenQuestions(session.review)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.next_button = self._button(Action.QUESTION, self.next)
        self.settle_button = self._button(Action.SETTLE, self.settle)
        row, whole = QHBoxLayout(), QVBoxLayout(self)
        row.addWidget(self.next_button)
        row.addWidget(self.settle_button)
        whole.addWidget(self.sentence)
        whole.addLayout(row)
        self.setVisible(bool(self.questions.all))
        self.refresh()

    def next(self) -> None:
        """Go to the next open question: its object becomes the current one, its place is framed."""
        asked = self.questions.next()
        if asked is None:
            self._session.say(
                "Others left nothing open" if not self.questions.all else "All questions are settled"
            )
        else:
            self._show(asked)
        self.refresh()

    def settle(self) -> None:
        """Say that the current question is settled, and go to the next one."""
        asked = self.questions.current
        if asked is None:
            shown = keys_words(self._keys, Action.QUESTION)
            self._session.say(f"Look at a question before you settle it: {shown} shows the next one")
        elif self._session.edit(lambda why: self._session.review.settle(asked, why=why)):
            self.next()

    def refresh(self) -> None:
        """Show what is open after an edit."""
        self.questions.refresh()
        all_n, open_n = len(self.questions.all), len(self.questions.open)
        self.setTitle(f"Left open by others: {open_n} of {all_n}")
        asked = self.questions.current
        if asked is not None:
            self.sentence.setText(asked.sentence)
        elif open_n:
            self.sentence.setText(f"{keys_words(self._keys, Action.QUESTION)} shows the first one")
        else:
            self.sentence.setText("All are settled")
        self.next_button.setEnabled(open_n > 0)
        self.settle_button.setEnabled(asked is not None and self._session.review.read_only_because is None)

    def _show(self, asked: OpenQuestion) -> None:
        box = asked.region
        if asked.target is not None and asked.object_id is not None:
            try:
                box = self._session.review.box_of(asked.target, asked.object_id)
                self._session.go_to(asked.target, asked.object_id)
            except CorrectionError:
                pass  # the object is gone; its place is shown
        if box.is_empty:
            return  # it is about something that has no place on this slide
        jump(self._canvas.viewer, box, self._canvas.pixel_size_um)
        self._canvas.marks.show_frame([_edge_of(box)])

    def _button(self, action: Action, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(f"{ACTIONS[action].title} ({keys_words(self._keys, action)})")
        button.setToolTip(ACTIONS[action].meaning)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda _checked=False: do())
        return button


def _edge_of(box: Region) -> np.ndarray:
    corners = [(box.y0, box.x0), (box.y0, box.x1), (box.y1, box.x1), (box.y1, box.x0), (box.y0, box.x0)]
    return np.array(corners, dtype=float)
