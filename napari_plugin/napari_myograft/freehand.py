"""A line or an outline drawn with the pressed mouse button, anywhere on the canvas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_myograft.camera import pixel_of

#: Corners ``(y, x)`` in px of full resolution.
Corners = list[tuple[float, float]]
OnDrawn = Callable[[Corners], None]
Show = Callable[[NDArray[np.float64] | None], None]

#: Corners closer to each other than this on the screen add nothing.
_STEP_SCREEN_PX = 2.0


class Freehand:
    """Takes the mouse for one stroke and gives its corners; until then the view does not pan.

    Parameters
    ----------
    viewer
        The napari viewer.
    pixel_size_um
        Edge of a pixel.
    show
        Shows the line as it is drawn; None for none.
    on_waiting
        Called when a stroke is expected and when it is not any more (`is_waiting`).
    """

    def __init__(self, viewer: Any, pixel_size_um: float, show: Show, on_waiting: Callable[[], None]) -> None:
        self._viewer, self._pixel_size_um = viewer, pixel_size_um
        self._show, self._on_waiting = show, on_waiting
        self._on_drawn: OnDrawn | None = None
        self._least_n = 2

    @property
    def is_waiting(self) -> bool:
        """Whether the next stroke is taken."""
        return self._on_drawn is not None

    def take(self, on_drawn: OnDrawn, *, is_outline: bool) -> None:
        """Take the next stroke: a line, or an outline, which is closed."""
        self.cancel()
        self._on_drawn, self._least_n = on_drawn, 3 if is_outline else 2
        camera = self._viewer.scene.camera
        camera.mouse_pan = False
        self._viewer.mouse_drag_callbacks.append(self._draw)
        self._on_waiting()

    def cancel(self) -> None:
        """Take no stroke."""
        if self._on_drawn is None:
            return
        self._on_drawn = None
        self._viewer.scene.camera.mouse_pan = True
        self._viewer.mouse_drag_callbacks.remove(self._draw)
        self._on_waiting()

    def finish(self, corners: Corners) -> None:
        """Give a stroke, as if it had been drawn."""
        on_drawn, least_n = self._on_drawn, self._least_n
        self.cancel()
        if on_drawn is not None and len(corners) >= least_n:
            on_drawn(corners)

    def _draw(self, viewer: Any, event: Any) -> Iterator[None]:
        del viewer
        if event.button != 1:
            return
        corners, last = [pixel_of(event.position, self._pixel_size_um)], event.pos
        is_pressed = True
        while is_pressed:
            yield
            is_pressed = event.type == "mouse_move"  # napari skips moves; the place of the release counts too
            if max(abs(event.pos[0] - last[0]), abs(event.pos[1] - last[1])) >= _STEP_SCREEN_PX:
                corners.append(pixel_of(event.position, self._pixel_size_um))
                last = event.pos
                self._show(np.array(corners))
        self._show(None)
        self.finish(corners)
