"""Donor candidates side by side: one picture per stain, the evidence below, called by key without leaving the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from qtpy.QtGui import QColor, QImage, QKeyEvent, QKeySequence, QPainter, QPen, QShowEvent
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

from myograft.api import Change
from myograft.model.biology import Origin
from myograft.model.correction import Target
from napari_myograft.candidate_pictures import CandidatePictures
from napari_myograft.crops import Crops
from napari_myograft.help_page import keys_words
from napari_myograft.keys import ACTIONS, Action, KeyMap
from napari_myograft.object_classes import COLOR_OF, ObjectClass
from napari_myograft.session import ReviewSession

Select = Callable[[Target, int], None]
Evidence = Callable[[Target, int], list[str]]
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

    def append(self, ids: Sequence[int]) -> None:
        """Show more nuclei after those that are shown."""
        self.beginInsertRows(QModelIndex(), len(self.ids), len(self.ids) + len(ids) - 1)
        self.ids += ids
        self.endInsertRows()

    def remove(self, object_id: int) -> None:
        """Show a nucleus no longer."""
        row = self.ids.index(object_id)
        self.beginRemoveRows(QModelIndex(), row, row)
        del self.ids[row]
        self.endRemoveRows()

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
    """A page of candidates: nuclei of the queue that may be donors, in a blinded reading all of its nuclei.

    Parameters
    ----------
    session
        The reader at work: what is said here is said as in the queue, with its comment and its rules.
    crops
        Makes pictures.
    keys
        Which key does what.
    select
        Makes an object the current one and goes to it.
    evidence
        Gives sentences for the call of an object.
    """

    def __init__(
        self, session: ReviewSession, crops: Crops, keys: KeyMap, select: Select, evidence: Evidence
    ) -> None:
        super().__init__()
        self._session, self._select, self._evidence = session, select, evidence
        self.is_blinded = session.queue.is_blinded
        self._does: dict[Action, Callable[[], bool]] = {
            Action.DONOR: session.call_donor,
            Action.HOST: session.call_host,
            Action.UNDECIDED: session.call_undecided,
        }
        if not self.is_blinded:
            self._does[Action.ACCEPT] = session.accept
        self._keys = keys
        self._action_of = {_combined(key): action for action in self._does for key in keys[action]}
        self.crops = crops
        self._pictures = CandidatePictures(crops, self)
        self._pictures.made.connect(self._draw_again)
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
        session.listen(on_edit=self._follow_queue)
        self.show_candidates()

    def show_candidates(self) -> None:
        """Show donor and undecided nuclei, the clearest first; of a blinded reading all of its part, in its order."""
        ids = self._session.queue.candidates()
        if ids != self.model.ids:
            self.show_ids(ids)

    def show_ids(self, ids: Sequence[int]) -> None:
        """Show these nuclei, in this order; the chosen one stays chosen."""
        index = self.list.currentIndex()
        number = self.model.ids[index.row()] if index.isValid() else None
        self.model.show_ids(ids)
        if number is not None:
            self.select_id(number)
        self._show_heading()

    def follow(self, change: Change) -> None:
        """Make pictures anew where an edit changed outlines."""
        if change.touched.nucleus_region is not None or change.touched.fiber_region is not None:
            self._pictures.forget()

    def select_id(self, object_id: int) -> None:
        """Go to a nucleus, if it is shown."""
        if object_id in self.model.ids:
            self.list.setCurrentIndex(self.model.index(self.model.ids.index(object_id)))

    def image_of(self, object_id: int) -> QImage | None:
        """Return a nucleus' picture; None until it is made, which this asks for."""
        return self._pictures.of(object_id)

    def color_of(self, object_id: int) -> str:
        """Return the color of a nucleus' call; of a blinded reading only that it was read."""
        row = self._session.review.row(Target.NUCLEUS, object_id)
        if self.is_blinded:
            return COLOR_OF[ObjectClass.READ if row["is_reviewed"] else ObjectClass.UNREAD]
        if row["is_undecided"]:
            return COLOR_OF[ObjectClass.UNDECIDED]
        return COLOR_OF[_CLASS_OF_ORIGIN.get(str(row["origin"]), ObjectClass.UNKNOWN)]

    def line_of(self, object_id: int) -> str:
        """Return what stands below a picture."""
        evidence = self._evidence(Target.NUCLEUS, object_id)
        return f"nucleus {object_id}: {evidence[0] if evidence else ''}"

    def action_of(self, event: QKeyEvent) -> Action | None:
        """Return what a key does on this page, None where it is none of the page's keys."""
        return self._action_of.get(event.keyCombination().toCombined())

    def do(self, action: Action) -> bool:
        """Let a key act on the chosen nucleus and go on to the next; whether one is chosen."""
        index = self.list.currentIndex()
        if not index.isValid():
            return False
        thing, row, session = (Target.NUCLEUS, self.model.ids[index.row()]), index.row(), self._session
        if session.current != thing:
            session.cancel()
            session.go_to(*thing)
        # The page goes on to its own next one, not to the queue's.
        goes_on, session.goes_on = session.goes_on, False
        try:
            is_done = self._does[action]()
        finally:
            session.goes_on = goes_on
        if is_done:
            self.list.setCurrentIndex(self.model.index(min(row + 1, len(self.model.ids) - 1)))
        return True

    def close_pool(self) -> None:
        """Make no more pictures: the review closes."""
        self._pictures.close()

    def turned_to(self, is_seen: bool = True) -> None:  # noqa: FBT001, FBT002  # Qt's signal
        """List the candidates anew when the page is turned to: a tab tells that, and shows nothing."""
        if is_seen:
            self.show_candidates()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802  # Qt's name
        """List the candidates anew when the page was closed and is opened again."""
        self.turned_to()
        super().showEvent(event)

    def _follow_queue(self) -> None:
        """Show what has become a candidate; what was called stays in its place until the page is turned to again."""
        ids, known = self._session.queue.candidates(), set(self.model.ids)
        # There are thousands, of which all that are candidates still are there.
        for number in known.difference(ids):
            if not self._session.is_there((Target.NUCLEUS, number)):
                self.model.remove(number)
        if fresh := [number for number in ids if number not in known]:
            self.model.append(fresh)
        self._show_heading()
        self.list.reset_view()

    def _show_heading(self) -> None:
        stains = ", ".join(str(stain.role).replace("_", " ") for stain in self.crops.stains)
        keys = ", ".join(
            f"{words} {ACTIONS[action].title.lower()}"
            for action in self._does
            if (words := keys_words(self._keys, action))
        )
        self.heading.setText(f"{len(self.model.ids):,} nuclei; {stains}, all together. Keys: {keys}")

    def _draw_again(self, object_id: int) -> None:
        if object_id in self.model.ids:
            self.model.changed(self.model.ids.index(object_id))

    def _current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        del previous
        if current.isValid():
            self._select(Target.NUCLEUS, self.model.ids[current.row()])


def _combined(key: str) -> int:
    """Return a key and its modifiers as Qt's events tell them."""
    return QKeySequence(key)[0].toCombined()


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
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and self._gallery.action_of(event) is not None
        ):
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
        if event is None:
            return
        action = self._gallery.action_of(event)
        if action is None or not self._gallery.do(action):
            super().keyPressEvent(event)
