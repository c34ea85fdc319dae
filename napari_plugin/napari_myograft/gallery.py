"""Donor candidates side by side: one picture per stain, the evidence below, called by key without leaving the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from qtpy.QtCore import (  # type: ignore[attr-defined]  # qtpy renames PyQt's pyqtSignal
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRunnable,
    QSize,
    Qt,
    QThreadPool,
    Signal,
)
from qtpy.QtGui import QColor, QImage, QKeyEvent, QPainter, QPen
from qtpy.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from myograft.api import Change, Result, Review
from myograft.errors import MyograftError
from myograft.model.biology import Origin
from myograft.model.correction import Target
from napari_myograft.crops import Crops
from napari_myograft.evidence import evidence_of
from napari_myograft.object_classes import COLOR_OF, ObjectClass

Act = Callable[[Callable[[], Change | tuple[Change, ...]]], bool]
Select = Callable[[Target, int], None]
_Index = QModelIndex | QPersistentModelIndex

#: Height of the line below a picture, and room around it, in px of the screen.
_LINE_PX, _ROOM_PX = 40, 8

_CLASS_OF_ORIGIN = {str(Origin.DONOR): ObjectClass.DONOR, str(Origin.HOST): ObjectClass.HOST}


class CandidateModel(QAbstractListModel):
    """The candidates as a list: numbers of nuclei; pictures come later, from other threads."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ids: list[int] = []

    def show_ids(self, ids: Sequence[int]) -> None:
        """Show other nuclei."""
        self.beginResetModel()
        self.ids = list(ids)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008  # Qt's name and default
        """Return how many there are."""
        return 0 if parent.isValid() else len(self.ids)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Return the number of a nucleus."""
        return self.ids[index.row()] if role == Qt.ItemDataRole.DisplayRole else None

    def changed(self, row: int) -> None:
        """Have a row drawn again."""
        index = self.index(row)
        self.dataChanged.emit(index, index)


class _Made(QObject):
    """Tells the window's thread of a picture."""

    made = Signal(int, int, object)


class _Making(QRunnable):
    """Makes one picture in another thread."""

    def __init__(self, crops: Crops, object_id: int, turn: int, told: _Made) -> None:
        super().__init__()
        self._crops, self._object_id, self._turn, self._told = crops, object_id, turn, told

    def run(self) -> None:
        """Make it; what cannot be made stays a gray field."""
        try:
            picture = self._crops.picture(Target.NUCLEUS, self._object_id)
        except MyograftError:
            picture = None
        self._told.made.emit(self._object_id, self._turn, picture)


class CandidateDelegate(QStyledItemDelegate):
    """Draws a candidate: picture, frame in the color of its call, number and evidence."""

    def __init__(self, gallery: Gallery) -> None:
        super().__init__(gallery)
        self._gallery = gallery

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:  # noqa: N802  # Qt's name
        """Return the same size for all."""
        del option, index
        crops = self._gallery.crops
        return QSize(crops.width_px + 2 * _ROOM_PX, crops.height_px + _LINE_PX + 2 * _ROOM_PX)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one candidate; asks for its picture where there is none yet."""
        if painter is None:
            return
        gallery, number = self._gallery, int(index.data())
        rect: QRect = option.rect.adjusted(_ROOM_PX, _ROOM_PX, -_ROOM_PX, -_ROOM_PX)
        place = QRect(rect.left(), rect.top(), gallery.crops.width_px, gallery.crops.height_px)
        image = gallery.image_of(number)
        if image is None:
            painter.fillRect(place, QColor("#303030"))
        else:
            painter.drawImage(place.topLeft(), image)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setPen(QPen(QColor(gallery.color_of(number)), 4 if is_selected else 2))
        painter.drawRect(place.adjusted(-1, -1, 1, 1))
        painter.setPen(QColor("#ffffff" if is_selected else "#c8c8c8"))
        below = QRect(rect.left(), place.bottom() + 4, place.width(), _LINE_PX)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(below, int(flags), gallery.line_of(number))


class Gallery(QWidget):
    """A page of candidates: donor and undecided nuclei, or those that somebody gives.

    Parameters
    ----------
    review, result
        The review and its result.
    act
        Makes an edit and shows what it changed, or says why it was refused.
    select
        Makes an object the current one.
    """

    def __init__(self, review: Review, result: Result, act: Act, select: Select) -> None:
        super().__init__()
        self._review, self._act, self._select = review, act, select
        self.is_blinded = review.setup is not None and review.setup.is_blinded
        self.crops = Crops(review, result)
        self._images: dict[int, QImage | None] = {}
        self._asked: set[int] = set()
        self._turn = 0
        self._told = _Made()
        self._told.made.connect(self._take)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self.model = CandidateModel(self)
        self.list = _List(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(CandidateDelegate(self))
        chosen = self.list.selectionModel()
        if chosen is not None:
            chosen.currentChanged.connect(self._current_changed)
        self.heading = QLabel()
        self.heading.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.heading)
        layout.addWidget(self.list)
        self.show_candidates()

    def show_candidates(self) -> None:
        """Show donor and undecided nuclei, the clearest first; of a blinded reading all, by number."""
        nuclei = self._review.nuclei
        if nuclei is None:
            self.show_ids([])
            return
        ids = nuclei["nucleus_id"].filled()
        if not self.is_blinded:
            is_candidate = (nuclei["origin"] == str(Origin.DONOR)).filled(fill_value=False)
            is_candidate |= nuclei["is_undecided"].filled(fill_value=False)
            score = nuclei["donor_score"].filled(-np.inf)
            order = np.argsort(-score, kind="stable")
            ids = ids[order][is_candidate[order]]
        self.show_ids(ids.tolist())

    def show_ids(self, ids: Sequence[int]) -> None:
        """Show these nuclei, in this order."""
        self.model.show_ids(ids)
        stains = ", ".join(str(stain.role).replace("_", " ") for stain in self.crops.stains)
        self.heading.setText(
            f"{len(ids):,} nuclei; {stains}, all together. Keys: D donor, H host, U open, Space accept"
        )

    def follow(self, change: Change) -> None:
        """Draw again what an edit changed; candidates stay where they are until they are shown anew."""
        touched = change.touched
        if touched.nucleus_region is not None or touched.fiber_region is not None:
            self._turn += 1
            self.crops.forget()
            self._images.clear()
            self._asked.clear()
        gone = touched.removed_nuclei & set(self.model.ids)
        if gone:
            self.show_ids([number for number in self.model.ids if number not in gone])
        self.list.reset_view()

    def select_id(self, object_id: int) -> None:
        """Go to a nucleus, if it is shown."""
        if object_id in self.model.ids:
            self.list.setCurrentIndex(self.model.index(self.model.ids.index(object_id)))

    def image_of(self, object_id: int) -> QImage | None:
        """Return a nucleus' picture; None until it is made, which this asks for."""
        if object_id not in self._asked:
            self._asked.add(object_id)
            self._pool.start(_Making(self.crops, object_id, self._turn, self._told))
        return self._images.get(object_id)

    def color_of(self, object_id: int) -> str:
        """Return the color of a nucleus' call; of a blinded reading only that it was read."""
        row = self._review.row(Target.NUCLEUS, object_id)
        if self.is_blinded:
            return COLOR_OF[ObjectClass.READ if row["is_reviewed"] else ObjectClass.UNREAD]
        if row["is_undecided"]:
            return COLOR_OF[ObjectClass.UNDECIDED]
        return COLOR_OF[_CLASS_OF_ORIGIN.get(str(row["origin"]), ObjectClass.UNKNOWN)]

    def line_of(self, object_id: int) -> str:
        """Return what stands below a picture."""
        evidence = evidence_of(self._review, Target.NUCLEUS, object_id, is_blinded=self.is_blinded)
        return f"nucleus {object_id}: {evidence[0] if evidence else ''}"

    def call(self, key: int) -> bool:
        """Let a key act on the current nucleus and go on to the next; whether it is one of the page's keys."""
        index = self.list.currentIndex()
        if not index.isValid() or key not in _ACTIONS:
            return False
        number = self.model.ids[index.row()]
        if self._act(lambda: _ACTIONS[key](self._review, number)):
            following = self.model.index(min(index.row() + 1, len(self.model.ids) - 1))
            self.list.setCurrentIndex(following)
        return True

    def close_pool(self) -> None:
        """Make no more pictures: the review closes."""
        self._pool.clear()
        self._pool.waitForDone()

    def _take(self, object_id: int, turn: int, picture: Any) -> None:
        if turn != self._turn:
            return
        if picture is not None:
            content = np.ascontiguousarray(picture)
            height, width, _ = content.shape
            image = QImage(content.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
            self._images[object_id] = image.copy()
        if object_id in self.model.ids:
            self.model.changed(self.model.ids.index(object_id))

    def _current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        del previous
        if current.isValid():
            self._select(Target.NUCLEUS, self.model.ids[current.row()])


_ACTIONS: dict[int, Callable[[Review, int], Change]] = {
    int(Qt.Key.Key_D): lambda review, number: review.set_origin(number, Origin.DONOR),
    int(Qt.Key.Key_H): lambda review, number: review.set_origin(number, Origin.HOST),
    int(Qt.Key.Key_U): lambda review, number: review.set_origin(number, None),
    int(Qt.Key.Key_Space): lambda review, number: review.accept(Target.NUCLEUS, number),
}


class _List(QListView):
    """The page: as many candidates in a row as there is room for."""

    def __init__(self, gallery: Gallery) -> None:
        super().__init__(gallery)
        self._gallery = gallery
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def event(self, event: QEvent | None) -> bool:
        """Keep the page's keys from the window's shortcuts: here they go on to the next candidate of the page."""
        is_mine = (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
            and event.key() in _ACTIONS
        )
        if is_mine and event is not None:
            event.accept()
            return True
        return super().event(event)

    def reset_view(self) -> None:
        """Draw all that is seen again."""
        page = self.viewport()
        if page is not None:
            page.update()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802  # Qt's name
        """Call the current candidate, or move as lists do."""
        if event is not None and not (
            event.modifiers() == Qt.KeyboardModifier.NoModifier and self._gallery.call(event.key())
        ):
            super().keyPressEvent(event)
