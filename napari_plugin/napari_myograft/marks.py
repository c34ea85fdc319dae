"""What is drawn over the labels: the outline of the current object, excluded areas; vectors, crisp at any zoom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.measure import find_contours

from myograft.model.correction import ExcludeRegion, IncludeRegion
from myograft.model.geometry import Region
from napari_myograft.drawn_apart import draw_apart
from napari_myograft.reviewed_levels import LabelTiles

#: Objects larger than this are outlined on a coarser level.
_OUTLINED_MOST_PX = 1024

#: Lines that fill an area, along its longer side, and how close they may be.
_HATCH_LINES_N = 24
_HATCH_LEAST_PX = 6.0

#: White in black is seen on any stain and any class.
CURRENT_COLOR = "#ffffff"
_CASING_COLOR = "#000000"
EXCLUDED_COLOR = "#cc79a7"
INCLUDED_COLOR = "#009e73"
TOOL_COLOR = "#f0e442"


def outlines_of(tiles: LabelTiles, object_id: int, box: Region) -> list[NDArray[np.float64]]:
    """Return the outlines of an object as closed lines, shape (n, 2), (y, x) in px of full resolution.

    Parameters
    ----------
    tiles
        The labels.
    object_id
        Number of the object.
    box
        Its bounding box.
    """
    level, step = 0, 1
    while max(box.shape) / step > _OUTLINED_MOST_PX and level + 1 < len(tiles.shapes):
        level, step = level + 1, step * 2
    height, width = tiles.shapes[level]
    window = Region(
        max(0, box.y0 // step - 1),
        max(0, box.x0 // step - 1),
        min(height, -(-box.y1 // step) + 1),
        min(width, -(-box.x1 // step) + 1),
    )
    mask = np.pad(tiles.read(window, level) == object_id, 1)
    # Lines between the centers of pixels inside and outside; +0.5 since a pixel's center is half a pixel in.
    offset = np.array([window.y0 - 1, window.x0 - 1]) + 0.5
    return [(line + offset) * step for line in find_contours(mask.astype(np.float32), 0.5)]


def hatching(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return slanted lines that fill an area: they leave its stains as they are, and are seen on any of them.

    Parameters
    ----------
    corners
        Corners of the area in order, shape (n, 2), (y, x) in px.

    Returns
    -------
    ndarray
        Beginnings and ends, shape (m, 2, 2).
    """
    step_px = max(_HATCH_LEAST_PX, float(np.ptp(corners, axis=0).max()) / _HATCH_LINES_N)
    begins, ends = corners, np.roll(corners, -1, axis=0)
    # Along a line y + x stays the same; lines between the corners' values cut edges, an even number of them.
    begin_sums, end_sums = begins.sum(axis=1), ends.sum(axis=1)
    lines = []
    for level in np.arange(begin_sums.min() + step_px / 2, begin_sums.max(), step_px):
        cut = (begin_sums < level) != (end_sums < level)
        part = (level - begin_sums[cut]) / (end_sums[cut] - begin_sums[cut])
        points = begins[cut] + part[:, None] * (ends[cut] - begins[cut])
        lines.append(points[np.argsort(points[:, 0])].reshape(-1, 2, 2))
    return np.concatenate(lines) if lines else np.zeros((0, 2, 2))


class _LineLayer:
    """Lines of one width on the screen at any zoom; as vectors, which napari draws at once (shapes compile first)."""

    def __init__(
        self, viewer: Any, name: str, pixel_size_um: float, width_screen_px: float, color: str
    ) -> None:
        self._viewer, self._pixel_size_um, self._width_screen_px = viewer, pixel_size_um, width_screen_px
        self.segments_px, self._colors = np.zeros((0, 2, 2)), list[str]()
        self.layer = viewer.add_vectors(
            np.zeros((0, 2, 2)),
            name=name,
            scale=(pixel_size_um,) * 2,
            units=("micrometer",) * 2,
            vector_style="line",
            opacity=1.0,
            edge_color=color,
        )
        self.layer.editable = False
        draw_apart(self.layer, has_picture=False)

    def draw(self, segments_px: NDArray[np.float64], colors: Sequence[str] = ()) -> None:
        """Draw segments, shape (n, 2, 2): beginning and end, (y, x) in px; a color for each, or the layer's own."""
        # Each change of the layer draws the canvas again.
        if np.array_equal(segments_px, self.segments_px) and list(colors) == self._colors:
            return
        self.segments_px, self._colors = segments_px, list(colors)
        begins = segments_px[:, 0] - 0.5  # napari's pixels have their center at whole numbers
        # They lie on the slide: napari need not look anew at how far all layers reach.
        with self.layer.events.data.blocker():
            self.layer.data = np.stack([begins, segments_px[:, 1] - segments_px[:, 0]], axis=1)
        if len(segments_px):
            if colors:
                self.layer.edge_color = list(colors)
            self.keep_width()

    def keep_width(self) -> None:
        """Be as wide on the screen as before, after a change of zoom."""
        if len(self.segments_px):
            screen_px = max(self._viewer.scene.camera.zoom, 1e-9) * self._pixel_size_um
            width = float(self._width_screen_px / screen_px)
            if width != self.layer.edge_width:
                self.layer.edge_width = width


class Marks:
    """The layers with marks of one viewer; they are made once, since napari takes long to remove one.

    Parameters
    ----------
    viewer
        The napari viewer.
    pixel_size_um
        Edge of a pixel.
    """

    def __init__(self, viewer: Any, pixel_size_um: float) -> None:
        self._viewer = viewer
        self.areas = _LineLayer(viewer, "excluded areas", pixel_size_um, 1.5, EXCLUDED_COLOR)
        self._casing = _LineLayer(viewer, "current object, dark rim", pixel_size_um, 6.0, _CASING_COLOR)
        self.current = _LineLayer(viewer, "current object", pixel_size_um, 2.5, CURRENT_COLOR)
        self.tool = _LineLayer(viewer, "edit window, stroke", pixel_size_um, 2.5, TOOL_COLOR)
        viewer.scene.camera.events.zoom.connect(self._keep_width)

    def show_current(self, outlines: Sequence[NDArray[np.float64]]) -> None:
        """Outline the current object, (y, x) in px; nothing where there are no outlines."""
        segments = _segments(outlines)
        self._casing.draw(segments)
        self.current.draw(segments)

    def show_areas(self, areas: Sequence[ExcludeRegion | IncludeRegion]) -> None:
        """Show what was taken out, hatched, and back in, in order."""
        drawn, colors = [np.zeros((0, 2, 2))], []
        for area in areas:
            corners = np.array(area.outline)
            segments = _segments([np.vstack([corners, corners[:1]])])
            color = INCLUDED_COLOR
            if isinstance(area, ExcludeRegion):
                segments, color = np.concatenate([segments, hatching(corners)]), EXCLUDED_COLOR
            drawn.append(segments)
            colors += [color] * len(segments)
        self.areas.draw(np.concatenate(drawn), colors)

    def show_frame(self, lines: Sequence[NDArray[np.float64]]) -> None:
        """Show the edge of an edit window and what crosses it, (y, x) in px; nothing where there are no lines."""
        self.tool.draw(_segments(lines))

    def show_stroke(self, line: NDArray[np.float64] | None) -> None:
        """Show a line as it is being drawn, (y, x) in px; None for none."""
        self.tool.draw(_segments([] if line is None else [line]))

    def close(self) -> None:
        """Listen no longer."""
        self._viewer.scene.camera.events.zoom.disconnect(self._keep_width)

    def _keep_width(self, event: Any = None) -> None:
        del event
        for lines in (self.areas, self._casing, self.current, self.tool):
            lines.keep_width()


def _segments(lines: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the pieces of lines from corner to corner, shape (n, 2, 2)."""
    pieces = [np.stack([line[:-1], line[1:]], axis=1) for line in lines]
    return np.concatenate(pieces) if pieces else np.zeros((0, 2, 2))
