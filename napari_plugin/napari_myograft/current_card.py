"""The current object in words: what it is, why it is in the queue, what is known of it, the evidence for its call."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QLabel, QVBoxLayout

from napari_myograft.facts import Fact


class CurrentCard(QFrame):
    """The card of one object; empty until one is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.title, self.facts, self.evidence = QLabel(), QLabel(), QLabel()
        whole = QVBoxLayout(self)
        whole.setSpacing(6)
        for label in (self.title, self.facts, self.evidence):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            whole.addWidget(label)
        self.show_nothing("")

    def show_nothing(self, sentence: str) -> None:
        """Show a sentence where there is no object."""
        self.title.setText(f"<b>{escape(sentence)}</b>")
        self.facts.setText("")
        self.evidence.setText("")

    def show_object(self, name: str, words: str, facts: Sequence[Fact], evidence: Sequence[str]) -> None:
        """Show an object.

        Parameters
        ----------
        name
            Such as ``Nucleus 12``.
        words
            Why it is in the queue; empty where it is not.
        facts
            Names and values.
        evidence
            Sentences for its call.
        """
        why = f"<br>{escape(words[:1].upper() + words[1:])}" if words else ""
        self.title.setText(f'<span style="font-size:16px"><b>{escape(name)}</b></span>{why}')
        rows = "".join(
            f'<tr><td style="padding-right:14px;color:#9aa0a8">{escape(label)}</td><td>{escape(value)}</td></tr>'
            for label, value in facts
        )
        self.facts.setText(f'<table cellspacing="0" cellpadding="1">{rows}</table>')
        self.evidence.setText("<br>".join(escape(sentence) for sentence in evidence))
        # It grows and never shrinks: the buttons below stay where the hand expects them.
        self.setMinimumHeight(max(self.minimumHeight(), self.heightForWidth(self.width())))
