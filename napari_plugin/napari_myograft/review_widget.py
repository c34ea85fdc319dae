"""The panel of a reader at work: the current object, what can be said of it by a key or a click, and the queue."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from myograft.errors import MyograftError
from myograft.model.biology import ExclusionReason, Position
from myograft.model.correction import Target
from napari_myograft.action_buttons import REASONS, ActionButtons, ReasonMenu
from napari_myograft.blinding import without_names
from napari_myograft.current_card import CurrentCard
from napari_myograft.facts import facts_of
from napari_myograft.gaze import Gaze
from napari_myograft.help_page import HelpPage, keys_words
from napari_myograft.key_shortcuts import KeyShortcuts
from napari_myograft.keys import Action, KeyMap, default_keys, load_keys
from napari_myograft.marks import outlines_of
from napari_myograft.merging import Merging
from napari_myograft.panel import Panel, wrapped_label
from napari_myograft.placing import Placing
from napari_myograft.questions_panel import QuestionsPanel
from napari_myograft.queue_columns import CALL
from napari_myograft.queue_panel import QueuePanel
from napari_myograft.review_queue import ReviewQueue
from napari_myograft.session import ReviewSession

if TYPE_CHECKING:
    from napari_myograft.launch import OpenReview

#: Sentences for the call of an object.
Evidence = Callable[[Target, int], list[str]]

_MEANING = "I stand by the corrections and calls up to here"
_BANNER_STYLE = "background: #6b5200; color: white; padding: 8px; border-radius: 4px;"


class ReviewWidget(Panel):
    """The panel of one review.

    Parameters
    ----------
    opened
        The review in its viewer.
    evidence
        Gives sentences for the call of an object.
    """

    def __init__(self, opened: OpenReview, evidence: Evidence | None = None) -> None:
        super().__init__()
        self._opened, self._review, self._canvas = opened, opened.review, opened.canvas
        self._evidence = evidence
        self.queue = ReviewQueue(opened.review)
        self.session = ReviewSession(opened.review, self.queue, opened.act)
        self.merging, self.placing = Merging(self.session), Placing(self.session)
        self.message = wrapped_label()
        self._notes: tuple[str, ...] = ()
        self.keys = self._load_keys()
        self.card, self.panel = CurrentCard(), QueuePanel(self.queue, self.session.walk_to)
        self.questions = QuestionsPanel(self.session, opened.canvas, self.keys)
        self.banner, self.reader = wrapped_label(), QLabel()
        self.comment, self.meaning = QLineEdit(), QLineEdit(_MEANING)
        self.sign_button = QPushButton("Sign off")
        # Whose mouse is on the button is not pointing at a fiber: it is proposed, or clicked then.
        self.controls = ActionButtons(self.keys, {**self._does(), Action.IN_FIBER: self.placing.in_fiber})
        self._gaze = Gaze(opened.canvas)
        self._shortcuts: KeyShortcuts | None = None
        self._last_reason: ExclusionReason = REASONS[0]
        self.reasons: ReasonMenu | None = None
        self.help: HelpPage | None = None
        self._is_picked = False
        self._lay_out()
        self._say_first()
        then = self.laid_out
        self.session.listen(
            on_move=then(self._show_current), on_edit=then(self._show_edit), on_say=then(self._show_message)
        )
        opened.listen(on_select=self._pick, on_change=self.session.follow)
        opened.edit.said.connect(self._hear)
        opened.edit.state_changed.connect(self._show_painting)
        opened.edit.made_together.connect(self.session.take_together)
        opened.edit.comment = lambda: self.session.comment
        self._show_message("")
        self._show_current()
        self._show_edit()

    def bind(self, window: QWidget) -> None:
        """Let the keys work in a window."""
        does = self._does()
        self._shortcuts = KeyShortcuts(window, self.keys, does)
        self._show_painting()

    def close_session(self) -> None:
        """Let go of the keys."""
        if self._shortcuts is not None:
            self._shortcuts.close()
            self._shortcuts = None

    def show_help(self) -> None:
        """Show every key and what it does."""
        if self.help is None:
            self.help = HelpPage(self.keys, self)
        self.help.show()
        self.help.raise_()

    def choose_reason(self, on_reason: Callable[[ExclusionReason], object]) -> None:
        """Let the reader choose a reason, then go on with it."""
        self.reasons = ReasonMenu(self._last_reason, partial(self._take_reason, on_reason), self)
        corner = self.controls.buttons[Action.REJECT]
        self.reasons.popup(corner.mapToGlobal(corner.rect().bottomLeft()))

    def sign(self) -> None:
        """Sign with what is written."""
        if self.session.sign_off(self.meaning.text()):
            self._show_message(f"Signed by {self._review.reader}: {self.meaning.text().strip()}")
            self._leave_text()

    def _does(self) -> dict[Action, Callable[[], object]]:
        session, edit, view = self.session, self._opened.edit, self._opened.view
        return {
            Action.NEXT: session.next,
            Action.PREVIOUS: session.previous,
            Action.CENTER: self._center,
            Action.ACCEPT: session.accept,
            Action.DONOR: session.call_donor,
            Action.HOST: session.call_host,
            Action.UNDECIDED: session.call_undecided,
            Action.IN_FIBER: lambda: self.placing.in_fiber(self._canvas.fiber_under_mouse()),
            Action.BETWEEN: self.placing.between_fibers,
            Action.CENTRAL: lambda: self.placing.at(Position.CENTRAL),
            Action.PERIPHERAL: lambda: self.placing.at(Position.PERIPHERAL),
            Action.COMMENT: self._write,
            Action.MERGE: self.merging.start,
            Action.SPLIT: edit.split,
            Action.DRAW: edit.draw,
            Action.PAINT: edit.open_window,
            Action.COMMIT: edit.commit,
            Action.DELETE: session.delete_current,
            Action.EXCLUDE: lambda: self.choose_reason(self._exclude),
            Action.REJECT: lambda: self.choose_reason(session.reject),
            Action.QUESTION: self.questions.next,
            Action.SETTLE: self.questions.settle,
            Action.CANCEL: self._cancel,
            Action.UNDO: session.undo,
            Action.REDO: session.redo,
            Action.OUTLINES: view.outlined.toggle,
            Action.BEFORE: self._toggle_before,
            Action.SIGN_OFF: self._to_signature,
            Action.HELP: self.show_help,
        }

    def _pick(self, target: Target, object_id: int) -> None:
        """Follow a click on the canvas, without moving the view under the mouse."""
        self._is_picked = True
        self.session.go_to(target, object_id)
        self._is_picked = False

    def _show_current(self) -> None:
        current, canvas = self.session.current, self._canvas
        self.panel.show_current(current)
        self._show_card()
        if current is None:
            canvas.highlight(None)
            return
        if self._opened.current != current:
            self._opened.select(*current)
        else:
            canvas.highlight(*current)
        self._show_partner(current)
        edit = self._opened.edit
        if not edit.painting.is_open:
            edit.target.setCurrentIndex(max(0, edit.target.findData(current[0])))
        if not self._is_picked and (self.session.is_walking or not self._gaze.holds(*current)):
            self._gaze.center(*current, keeps_zoom=True)

    def _show_card(self) -> None:
        current = self.session.current
        if current is None:
            first = keys_words(self.keys, Action.NEXT)
            self.card.show_nothing(f"Press {first} to begin, or click an object")
            return
        item = self.session.item
        target, number = current
        facts = facts_of(self._review, target, number)
        if self.queue.is_blinded and item is not None:
            row = self.queue.row_of(target, number)
            said = "" if row is None else self.queue.cell(row, CALL)
            facts = [*facts, ("Your call", said or "none yet")]
        elif item is not None and not item.is_open:
            facts = [*facts, ("Review", "read")]
        evidence = [] if self._evidence is None else self._evidence(target, number)
        self.card.show_object(f"{target.capitalize()} {number}", item.words if item else "", facts, evidence)

    def _show_partner(self, current: tuple[Target, int]) -> None:
        proposal, canvas = self.session.proposal, self._canvas
        if self._opened.edit.painting.is_open:
            return
        if proposal is None or proposal.target not in canvas.labels:
            canvas.marks.show_frame(())
            return
        partner = proposal.shown
        box = self._review.box_of(*partner)
        canvas.marks.show_frame(outlines_of(canvas.labels[partner[0]].tiles, partner[1], box))
        key = partial(keys_words, self.keys)
        self._show_message(
            f"{proposal.question(f'{current[0]} {current[1]}')} {key(proposal.action)} or {key(Action.ACCEPT)} "
            f"confirms, {key(Action.NEXT)} proposes another, a click takes any other, {key(Action.CANCEL)} leaves it"
        )

    def _show_edit(self) -> None:
        self.panel.refresh(self.session.current)
        self.questions.refresh()
        self._show_card()
        if not self.session.comment:
            self.comment.clear()
        review = self._review
        self.controls.show_state(
            because=review.read_only_because, can_undo=review.can_undo, can_redo=review.can_redo
        )
        self.sign_button.setEnabled(review.read_only_because is None)
        signed = "  ·  signed" if self._review.is_signed else ""
        blinded = "  ·  blinded reading" if self.queue.is_blinded else ""
        self.reader.setText(f"Reader: <b>{self._review.reader}</b>{blinded}{signed}")

    def _show_message(self, sentence: str) -> None:
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def _hear(self, sentence: str) -> None:
        self._show_message(without_names(self._review, sentence))
        self.session.catch_up()
        self._show_painting()

    def _show_painting(self) -> None:
        if self._shortcuts is not None:
            self._shortcuts.set_painting(is_painting=self._opened.edit.painting.is_open)

    def _center(self) -> None:
        if self.session.current is not None:
            self._gaze.center(*self.session.current, keeps_zoom=False)

    def _exclude(self, reason: ExclusionReason) -> None:
        edit = self._opened.edit
        edit.reason.setCurrentIndex(REASONS.index(reason))
        edit.exclude()

    def _take_reason(self, on_reason: Callable[[ExclusionReason], object], reason: ExclusionReason) -> None:
        self._last_reason = reason
        on_reason(reason)

    def _cancel(self) -> None:
        if not self.session.cancel() and self._opened.edit.freehand.is_waiting:
            self._opened.edit.cancel()
        self._leave_text()
        self._show_message("")

    def _toggle_before(self) -> None:
        if self._opened.view.machine.isEnabled():
            self._opened.view.machine.toggle()
        else:
            self._show_message("A blinded reading does not show what the machine said")

    def _write(self) -> None:
        """Go to the comment, and from a text field back: Return ends what was written."""
        if self.comment.hasFocus():
            self._leave_text()
        elif self.meaning.hasFocus():
            self.sign()
        else:
            self.comment.setFocus()

    def _to_signature(self) -> None:
        self.meaning.setFocus()
        self.meaning.selectAll()

    def _leave_text(self) -> None:
        self.panel.table.setFocus()

    def _load_keys(self) -> KeyMap:
        try:
            return load_keys()
        except MyograftError as problem:
            self._notes = (f"{problem.sentence} Until then the usual keys hold.",)
            return default_keys()

    def _say_first(self) -> None:
        """Show what the reader should know before the first edit."""
        review = self._review
        first = filter(None, [review.read_only_because, self.questions.questions.problem])
        notes = dict.fromkeys([*first, *review.notes, *self._notes])
        self.banner.setText("<br>".join(without_names(review, note) for note in notes))
        self.banner.setVisible(bool(notes))
        self.banner.setStyleSheet(_BANNER_STYLE)

    def _lay_out(self) -> None:
        help_button = QPushButton("?")
        help_button.setToolTip("Keys of the review")
        help_button.setFixedWidth(34)
        help_button.clicked.connect(lambda _checked=False: self.show_help())
        self.sign_button.clicked.connect(lambda _checked=False: self.sign())
        self.comment.setPlaceholderText(f"Comment on the next edit ({keys_words(self.keys, Action.COMMENT)})")
        self.comment.textChanged.connect(self._take_comment)
        top, bottom, whole = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self.inside)
        top.addWidget(self.reader, 1)
        top.addWidget(help_button)
        bottom.addWidget(self.meaning, 1)
        bottom.addWidget(self.sign_button)
        whole.setSpacing(8)
        whole.addLayout(top)
        for part in (self.banner, self.questions, self.card, self.controls, self.comment, self.message):
            whole.addWidget(part)
        whole.addWidget(self.panel, 1)
        whole.addLayout(bottom)

    def _take_comment(self, text: str) -> None:
        self.session.comment = text
