"""Painting: a small piece of the labels as a layer that napari can edit; committed as corrections or dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from myograft.errors import CorrectionError, OutputError
from myograft.model.correction import Target
from myograft.model.geometry import Region
from napari_myograft.canvas import ReviewCanvas
from napari_myograft.drawn_apart import draw_apart
from napari_myograft.marks import outlines_of
from napari_myograft.stroke_draft import StrokeDraft, Strokes

Labels = NDArray[np.uint32]

#: Edge of the window: napari repaints labels of this size at once, larger ones not.
WINDOW_PX = 2048

_OPACITY = 0.45

#: Strokes are written down when the hand rests, so that the next one does not wait for the disk.
_SOON_MS = 200
_BRUSH_PX = 8

Paint = Callable[[Target, Region, Labels], bool]
Tell = Callable[[str], None]


class EditWindow:
    """One window at a time, over the labels of a review.

    Strokes are kept on the disk as they are painted (:class:`StrokeDraft`) and come back with the next review.

    Parameters
    ----------
    canvas
        The layers of the review.
    draft
        Where strokes are kept.
    paint
        Takes over painted labels as corrections; whether that was done.
    tell
        Receives sentences for the reader.
    """

    def __init__(self, canvas: ReviewCanvas, draft: StrokeDraft, paint: Paint, tell: Tell) -> None:
        self._canvas, self._draft, self._paint, self._tell = canvas, draft, paint, tell
        self.layer: Any = None
        self._kept: Any = None
        self._target = Target.FIBER
        self._region = Region(0, 0, 0, 0)
        self._before: Labels = np.zeros((0, 0), dtype=np.uint32)
        self._new_id = 1
        self._soon = QTimer()
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self.keep_strokes)

    @property
    def is_open(self) -> bool:
        """Whether a window is open."""
        return self.layer is not None

    @property
    def target(self) -> Target:
        """What is painted."""
        return self._target

    @property
    def is_painted(self) -> bool:
        """Whether there are strokes that are not committed."""
        return self.is_open and bool((self.layer.data != self._before).any())

    def open(self, target: Target, center: Region) -> None:
        """Open the window around a region: the current object, or what is seen; where strokes are left, with them.

        Raises
        ------
        CorrectionError
            Where these labels cannot be painted, or strokes in the open window are not committed.
        """
        if self.is_painted:
            raise CorrectionError(
                "the open edit window holds strokes",
                remedy="Commit or cancel them before opening another one",
            )
        review = self._canvas.review
        if review.read_only_because is not None:
            raise CorrectionError(review.read_only_because, remedy="Nothing can be painted")
        if not self.bring_back():
            self._show(target, window_around(center, self._canvas.shape))

    def bring_back(self) -> bool:
        """Open the window with strokes of an earlier session; whether there were any.

        Raises
        ------
        OutputError
            Where they cannot be read.
        CorrectionError
            Where these labels cannot be painted.
        """
        strokes = self._draft.found()
        if strokes is None:
            return False
        self._show(strokes.target, strokes.region)
        self.layer.data = strokes.on(self._before)
        self._new_id = int(max(self._new_id, self.layer.data.max(initial=0) + 1))
        self._tell("Strokes of the last session that were not committed are back: commit or cancel them")
        return True

    def choose(self, object_id: int) -> None:
        """Paint with an object's number; a number that is not in the window is not painted with."""
        if self.is_open and (self._before == object_id).any():
            self.layer.selected_label = object_id
            self.layer.mode = "paint"

    def choose_new(self) -> None:
        """Paint a new object."""
        if self.is_open:
            self._new_id = int(max(self._new_id, self.layer.data.max(initial=0) + 1))
            self.layer.selected_label = self._new_id
            self.layer.mode = "paint"

    def erase(self) -> None:
        """Erase what is painted over."""
        if self.is_open:
            self.layer.mode = "erase"

    def commit(self) -> bool:
        """Make corrections of the strokes and close; False, and the window stays, where one was refused."""
        if not self.is_open:
            return False
        if self.is_painted:
            # Only painted pixels count: an edit made meanwhile in the same place is not taken back.
            strokes = self._strokes()
            box = strokes.box
            now = self._canvas.review.labels(self._target, self._region)
            if not self._paint(self._target, box, strokes.on(now)[box.inside(self._region)]):
                return False
        self._close()
        return True

    def cancel(self) -> None:
        """Drop the strokes and close."""
        if self.is_open:
            self._close()

    def keep_strokes(self) -> None:
        """Keep the strokes on the disk; happens by itself a moment after each of them."""
        self._soon.stop()
        if not self.is_open:
            return
        try:
            if self.is_painted:
                self._draft.keep(self._strokes())
            else:
                self._draft.drop()
        except OutputError as problem:
            self._tell(problem.sentence)

    def _strokes(self) -> Strokes:
        return Strokes.between(self._target, self._region, self._before, self.layer.data)

    def crossing_ids(self) -> tuple[int, ...]:
        """Return the objects that reach out of the window: what lies outside stays as it is."""
        edges = (self._before[0], self._before[-1], self._before[:, 0], self._before[:, -1])
        numbers = np.unique(np.concatenate(edges)).tolist()
        boxes = {number: self._canvas.review.box_of(self._target, number) for number in numbers if number}
        return tuple(number for number, box in boxes.items() if box.intersect(self._region) != box)

    def _show(self, target: Target, region: Region) -> None:
        before = self._canvas.review.labels(target, region)
        self._leave()
        self._target, self._region, self._before = target, region, before
        self._new_id = self._canvas.labels[target].highest_id + 1
        self._canvas.labels[target].leave_out(region)
        self.layer = self._layer_with(before.copy())
        self.layer.selected_label = self._new_id
        self._canvas.marks.show_frame(self._frame_lines())
        self._canvas.viewer.layers.selection.active = self.layer
        self._canvas.is_picking = False

    def _layer_with(self, labels: Labels) -> Any:
        """Return the layer to paint in; the one of before, since napari takes half a second to remove a layer."""
        size_um = self._canvas.pixel_size_um
        where = (self._region.y0 * size_um, self._region.x0 * size_um)
        layers = self._canvas.viewer.layers
        if self._kept is not None and self._kept in layers:
            layer = self._kept
            layer.data, layer.translate, layer.visible = labels, where, True
            layer.editable = True
        else:
            layer = self._canvas.viewer.add_labels(
                labels,
                name="edit window: labels",
                scale=(size_um, size_um),
                translate=where,
                units=("micrometer", "micrometer"),
                opacity=_OPACITY,
            )
            layer.brush_size = _BRUSH_PX
            # Painting one object does not eat its neighbors; napari's own control takes that off.
            layer.preserve_labels = True
            # What is taken back is a stroke as well, of which napari says only that it draws anew.
            for told in (layer.events.paint, layer.events.set_data):
                told.connect(lambda _event: self._soon.start())
            draw_apart(layer)
            layers.events.removed.connect(self._on_removed)
            self._kept = layer
        layer.mode = "pan_zoom"
        return layer

    def _frame_lines(self) -> list[NDArray[np.float64]]:
        y0, x0, y1, x1 = (float(side) for side in astuple(self._region))
        lines = [np.array([(y0, x0), (y0, x1), (y1, x1), (y1, x0), (y0, x0)])]
        tiles = self._canvas.labels[self._target].tiles
        for number in self.crossing_ids():
            lines += outlines_of(tiles, number, self._canvas.review.box_of(self._target, number))
        return lines

    def _close(self) -> None:
        self._soon.stop()
        self._leave()
        try:
            self._draft.drop()
        except OutputError as problem:
            self._tell(problem.sentence)

    def _leave(self) -> None:
        """Take the window off the canvas; what is kept on the disk stays there."""
        layer, self.layer = self.layer, None
        if layer is None:
            return
        if layer in self._canvas.viewer.layers:
            # This also forgets the strokes, so that they are not undone in the next window.
            layer.editable = False
            layer.visible = False
        self._canvas.labels[self._target].leave_out(None)
        self._canvas.marks.show_frame(())
        self._canvas.viewer.layers.selection.active = None
        self._canvas.is_picking = True

    def _on_removed(self, event: Any) -> None:
        if event.value is self.layer:
            self.keep_strokes()
            self._kept = None
            self._leave()
            self._tell(
                "The edit window was removed; its strokes are kept, and come back when it is opened again"
            )


def window_around(center: Region, shape: tuple[int, int]) -> Region:
    """Return the edit window around the middle of a region, inside a plane of a shape.

    Examples
    --------
    >>> window_around(Region(0, 0, 10, 10), (4000, 500))
    Region(y0=0, x0=0, y1=2048, x1=500)
    """
    sides = []
    for low, high, length in zip((center.y0, center.x0), (center.y1, center.x1), shape, strict=True):
        start = min(max(0, (low + high - WINDOW_PX) // 2), max(0, length - WINDOW_PX))
        sides.append((start, min(length, start + WINDOW_PX)))
    (y0, y1), (x0, x1) = sides
    return Region(y0, x0, y1, x1)
