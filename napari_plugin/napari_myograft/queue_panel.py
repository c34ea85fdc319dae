"""The queue on the screen: how far it is read, what it is made of, and its objects as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHeaderView,
    QProgressBar,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from myograft.model.biology import Location
from myograft.model.correction import Target
from napari_myograft.queue_columns import NUMBER, WHY
from napari_myograft.queue_reasons import Reason
from napari_myograft.review_queue import WORTH_READING, Filters, ReviewQueue
from napari_myograft.table_model import QueueModel

#: Height of a row, and how many are seen at least, the head one of them.
_ROW_SCREEN_PX, _LEAST_ROWS_N = 24, 4
_LOCATIONS = [
    ("In fibers", Location.IN_FIBER),
    ("Border", Location.BORDER),
    ("Between fibers", Location.INTERSTITIAL),
]
_ORIGINS = [("Donor", "donor"), ("Host", "host"), ("Undecided", "undecided"), ("No call", "")]
_KEPT_REASONS = tuple(reason for reason in Reason if reason is not Reason.BLINDED)


class QueuePanel(QWidget):
    """The queue of one review.

    Parameters
    ----------
    queue
        The queue.
    on_row
        Told which row of the queue was chosen.
    """

    def __init__(self, queue: ReviewQueue, on_row: Callable[[int], None]) -> None:
        super().__init__()
        self._queue, self._on_row = queue, on_row
        self.model = QueueModel(queue, self)
        self.table = self._table()
        self.progress = QProgressBar()
        self.progress.setTextVisible(True)
        self.filters = self._filters()
        grid = QGridLayout()
        for place, combo in enumerate(self.filters.values()):
            grid.addWidget(combo, place // 3, place % 3)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.progress)
        whole.addLayout(grid)
        whole.addWidget(self.table, 1)
        self._is_showing = False
        self._current: tuple[Target, int] | None = None
        self.show_progress()

    def refresh(self, current: tuple[Target, int] | None) -> None:
        """Show the queue as it is after an edit."""
        self._is_showing = True
        self.model.refresh()
        self._is_showing = False
        self.show_current(current)
        self.show_progress()

    def show_current(self, current: tuple[Target, int] | None) -> None:
        """Mark the row of the current object."""
        self._current = current
        row = None if current is None else self._queue.row_of(*current)
        place = None if row is None else self._queue.place_of(row)
        self._is_showing = True
        if place is None:
            self.table.clearSelection()
        else:
            self.table.selectRow(place)
            self.table.scrollTo(self.model.index(place, 0), QAbstractItemView.ScrollHint.EnsureVisible)
        self._is_showing = False

    def show_progress(self) -> None:
        """Show how far the queue is read."""
        done_n, all_n = self._queue.progress
        # A bar paints itself at once when its value is set, and the window around it; like this it waits for the rest.
        self.progress.setUpdatesEnabled(False)
        self.progress.setMaximum(max(1, all_n))
        self.progress.setValue(done_n)
        self.progress.setFormat(f"{done_n:,} of {all_n:,} read")
        self.progress.setUpdatesEnabled(True)

    def _table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        # Whatever room the rest of the panel leaves is its own; where there is hardly any, the panel scrolls.
        table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        table.setMinimumHeight(_LEAST_ROWS_N * _ROW_SCREEN_PX)
        rows, heads = table.verticalHeader(), table.horizontalHeader()
        if rows is not None and heads is not None:
            rows.hide()
            rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            rows.setDefaultSectionSize(_ROW_SCREEN_PX)
            heads.setSortIndicator(-1, heads.sortIndicatorOrder())
            heads.setSortIndicatorClearable(True)  # a third click: reading order again
            heads.setHighlightSections(False)
            for place, column in enumerate(self._queue.columns):
                table.setColumnWidth(place, _WIDTH.get(column, 78))
            heads.sortIndicatorChanged.connect(lambda *_: self.show_current(self._current))
        table.setSortingEnabled(True)
        selection = table.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(self._choose)
        return table

    def _filters(self) -> dict[str, QComboBox]:
        choices: dict[str, list[tuple[str, Any]]] = {
            "is_open": [("Open and read", None), ("Open", True), ("Read", False)]
        }
        if not self._queue.is_blinded:
            reasons = [(str(reason).capitalize(), frozenset({reason})) for reason in _KEPT_REASONS]
            choices["reasons"] = [
                ("Worth reading", WORTH_READING),
                ("Every object", frozenset(Reason)),
                *reasons,
            ]
            choices["target"] = [
                ("Fibers and nuclei", None),
                ("Fibers", Target.FIBER),
                ("Nuclei", Target.NUCLEUS),
            ]
            choices["location"] = [("Any location", None), *_LOCATIONS]
        anything = "Any call" if self._queue.is_blinded else "Any origin"
        choices["origin"] = [(anything, None), *_ORIGINS]
        sections = self._queue.sections
        if len(sections) > 1 and not self._queue.is_blinded:
            choices["section_id"] = [
                ("All sections", None),
                *((f"Section {name}", name) for name in sections),
            ]
        self._choices = choices
        boxes = {}
        for name, offered in choices.items():
            boxes[name] = QComboBox()
            boxes[name].addItems([title for title, _ in offered])
            boxes[name].currentIndexChanged.connect(self._filter)
        return boxes

    def _filter(self, _index: int) -> None:
        chosen = {name: self._choices[name][combo.currentIndex()][1] for name, combo in self.filters.items()}
        self._queue.set_filters(Filters(**chosen))
        self.refresh(self._current)

    def _choose(self, current: Any, _previous: Any) -> None:
        if not self._is_showing and current.isValid():
            self._on_row(self.model.row_at(current.row()))


_WIDTH = {WHY: 140, NUMBER: 60}
