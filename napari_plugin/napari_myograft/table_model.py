"""The queue as a table of Qt: cells are read from arrays as they come into view, nothing is held per row."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qtpy.QtGui import QBrush, QColor

from napari_myograft.queue_columns import STATE
from napari_myograft.review_queue import ReviewQueue

_ROLE = Qt.ItemDataRole
_NUMBER_ALIGNMENT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class QueueModel(QAbstractTableModel):
    """The queue of a review as a table.

    Parameters
    ----------
    queue
        The queue.
    parent
        Who owns the model.
    """

    def __init__(self, queue: ReviewQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._columns = queue.columns
        self._shown = queue.shown
        self._read_brush = QBrush(QColor("#8a8f98"))

    def refresh(self) -> None:
        """Show the queue as it is now.

        A reset lays a long table out anew, which can be seen; after most edits the rows are the same, or one is gone.
        """
        before, after = self._shown, self._queue.shown
        if len(after) and np.array_equal(before, after):
            self._shown = after
            self.dataChanged.emit(self.index(0, 0), self.index(len(after) - 1, len(self._columns) - 1))
            return
        if len(after) and len(after) == len(before) - 1:
            differs = before[:-1] != after
            place = int(np.argmax(differs)) if differs.any() else len(after)
            if np.array_equal(before[place + 1 :], after[place:]):
                self.beginRemoveRows(QModelIndex(), place, place)
                self._shown = after
                self.endRemoveRows()
                return
        self.beginResetModel()
        self._shown = after
        self.endResetModel()

    def row_at(self, place: int) -> int:
        """Return the queue's row at a place of the table."""
        return int(self._shown[place])

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802  # Qt's name
        """Return how many objects are shown."""
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802  # Qt's name
        """Return how many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def data(self, index: QModelIndex, role: int = _ROLE.DisplayRole) -> Any:
        """Return what is shown in a cell, and how."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        row, column = int(self._shown[index.row()]), self._columns[index.column()]
        if role == _ROLE.DisplayRole:
            return self._queue.cell(row, column)
        if role == _ROLE.ToolTipRole:
            return self._queue.item(row).words
        if role == _ROLE.TextAlignmentRole and self._queue.is_of_number(column):
            return _NUMBER_ALIGNMENT
        if role == _ROLE.ForegroundRole and self._queue.cell(row, STATE) != "open":
            return self._read_brush
        return None

    def headerData(  # noqa: N802  # Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole
    ) -> Any:
        """Return the heading of a column with its unit, and what the column says."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        if role == _ROLE.DisplayRole:
            return self._columns[section].heading
        return self._columns[section].tooltip if role == _ROLE.ToolTipRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column; -1 for reading order."""
        chosen = self._columns[column] if 0 <= column < len(self._columns) else None
        self._queue.sort(chosen, is_descending=order == Qt.SortOrder.DescendingOrder)
        self.refresh()
