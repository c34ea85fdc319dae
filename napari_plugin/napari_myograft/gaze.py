"""Where a reader looks: the current object in the middle, at the zoom that the reader has chosen where that will do."""

from __future__ import annotations

from myograft.model.correction import Target
from napari_myograft.canvas import ReviewCanvas

#: An object that fills less or more of the view than this is zoomed to.
_LEAST_FILLED, _MOST_FILLED = 0.05, 0.5

#: Part of the shorter side of the view that it fills then; around a nucleus more is to be seen.
_FILLED = {Target.FIBER: 0.2, Target.NUCLEUS: 0.1}


class Gaze:
    """The view of one review.

    Parameters
    ----------
    canvas
        Its layers.
    """

    def __init__(self, canvas: ReviewCanvas) -> None:
        self._canvas = canvas

    def center(self, target: Target, object_id: int, *, keeps_zoom: bool) -> None:
        """Show an object in the middle."""
        filled = self._filled(target, object_id)
        is_fine = keeps_zoom and _LEAST_FILLED <= filled <= _MOST_FILLED
        self._canvas.jump(target, object_id, filled_part=filled if is_fine else _FILLED[target])

    def holds(self, target: Target, object_id: int) -> bool:
        """Whether an object is seen as a whole, and not too small."""
        box = self._canvas.review.box_of(target, object_id)
        is_inside = box.intersect(self._canvas.seen_px) == box
        return is_inside and self._filled(target, object_id) >= _LEAST_FILLED

    def _filled(self, target: Target, object_id: int) -> float:
        """Return the part of the shorter side of the view that an object fills."""
        viewer, box = self._canvas.viewer, self._canvas.review.box_of(target, object_id)
        longer_um = max(1, *box.shape) * self._canvas.pixel_size_um
        return float(longer_um * viewer.scene.camera.zoom / min(viewer.canvas.size))
