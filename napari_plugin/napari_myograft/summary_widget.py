"""The live panel: what the review has come to, after every edit; to copy or save as CSV."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QApplication,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
)

from myograft.api import Review
from napari_myograft.panel import Panel, wrapped_label
from napari_myograft.summary import Line, summary_csv, summary_lines


class SummaryWidget(Panel):
    """The panel of one review.

    Parameters
    ----------
    review
        The review.
    """

    def __init__(self, review: Review) -> None:
        super().__init__()
        self._review = review
        self._lines: list[Line] = []
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(1, 3)
        self.copy_button, self.save_button = QPushButton("Copy"), QPushButton("Save CSV ...")
        self.copy_button.clicked.connect(lambda _checked=False: self.copy())
        self.save_button.clicked.connect(lambda _checked=False: self._choose_file())
        self.message = wrapped_label()
        row = QHBoxLayout()
        row.addWidget(self.copy_button)
        row.addWidget(self.save_button)
        whole = QVBoxLayout(self.inside)
        whole.addLayout(self._grid)
        whole.addLayout(row)
        whole.addWidget(self.message)
        whole.addStretch()
        self.show_now()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return tuple(self._lines)

    def show_now(self) -> None:
        """Show the numbers as they are after the last edit."""
        lines = summary_lines(self._review)
        if [line.label for line in lines] != [line.label for line in self._lines]:
            self._rebuild(lines)
        for row, line in enumerate(lines):
            if line.value:
                self._label_at(row, 1).setText(line.value)
        self._lines = lines
        self.lay_out_now()

    def copy(self) -> None:
        """Put the shown lines on the clipboard."""
        text = "\n".join(f"{line.label}\t{line.value}" for line in self._lines)
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(text)
            self.message.setText("Copied")

    def save(self, path: Path) -> None:
        """Write every number with unit and meaning as CSV."""
        try:
            path.write_text(summary_csv(self._review), encoding="utf-8")
        except OSError as problem:
            self.message.setText(f"{path} cannot be written: {problem.strerror}. Choose another folder.")
        else:
            self.message.setText(f"Written to {path}")

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Numbers of the review", "review.csv", "CSV (*.csv)")
        if path:
            self.save(Path(path))

    def _rebuild(self, lines: list[Line]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for row, line in enumerate(lines):
            label = QLabel(line.label if line.value else f"<b>{line.label}</b>")
            label.setWordWrap(True)
            self._grid.addWidget(label, row, 0)
            if line.value:
                value = QLabel(line.value)
                value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                value.setWordWrap(True)
                self._grid.addWidget(value, row, 1)

    def _label_at(self, row: int, column: int) -> QLabel:
        item = self._grid.itemAtPosition(row, column)
        label = None if item is None else item.widget()
        if not isinstance(label, QLabel):
            raise TypeError(f"there is no line {row} in the panel")
        return label
