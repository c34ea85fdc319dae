"""Pictures of candidates for Qt, made beside the window's thread as they come into view."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import (  # type: ignore[attr-defined]  # qtpy renames PyQt's pyqtSignal
    QObject,
    QRunnable,
    QThreadPool,
    Signal,
)
from qtpy.QtGui import QImage

from myograft.errors import MyograftError
from myograft.model.correction import Target
from napari_myograft.crops import Crops


class _Making(QRunnable):
    """Makes one picture in another thread."""

    def __init__(self, crops: Crops, object_id: int, turn: int, told: CandidatePictures) -> None:
        super().__init__()
        self._crops, self._object_id, self._turn, self._told = crops, object_id, turn, told

    def run(self) -> None:
        """Make it; what cannot be made stays a gray field."""
        try:
            picture = self._crops.picture(Target.NUCLEUS, self._object_id)
        except MyograftError:
            picture = None
        self._told.finished.emit(self._object_id, self._turn, picture)


class CandidatePictures(QObject):
    """Holds the pictures of one review's candidates.

    Parameters
    ----------
    crops
        Makes them.
    """

    finished = Signal(int, int, object)
    """Told by the other thread: nucleus, turn, picture."""
    made = Signal(int)
    """Told which nucleus has its picture now."""

    def __init__(self, crops: Crops, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.crops = crops
        self._images: dict[int, QImage | None] = {}
        self._asked: set[int] = set()
        self._turn = 0
        self.finished.connect(self._take)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)

    def of(self, object_id: int) -> QImage | None:
        """Return a nucleus' picture; None until it is made, which this asks for."""
        if object_id not in self._asked:
            self._asked.add(object_id)
            self._pool.start(_Making(self.crops, object_id, self._turn, self))
        return self._images.get(object_id)

    def forget(self) -> None:
        """Make all anew when they are asked for: outlines have changed."""
        self._turn += 1
        self.crops.forget()
        self._images.clear()
        self._asked.clear()

    def close(self) -> None:
        """Make no more."""
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
        self.made.emit(object_id)
