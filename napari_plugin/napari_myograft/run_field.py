"""Which part of an image the window shows, in pixels of the image: the field that a preview measures."""

from __future__ import annotations

from typing import Any

from myograft.model.geometry import Region

#: A preview larger than this would keep the reader waiting.
FIELD_MOST_PX = 2048


def field_around(
    center_px: tuple[float, float], extent_px: tuple[float, float], shape: tuple[int, int]
) -> Region:
    """Return the field around a point, no larger than a preview may be, inside the image.

    Parameters
    ----------
    center_px
        (y, x) in px of full resolution.
    extent_px
        Height and width that are seen, in px.
    shape
        Height and width of the image.

    Examples
    --------
    >>> field_around((50.0, 90.0), (40.0, 40.0), (100, 100))
    Region(y0=30, x0=70, y1=70, x1=100)
    """
    sides = []
    for center, extent, length in zip(center_px, extent_px, shape, strict=True):
        half = min(extent, FIELD_MOST_PX) / 2
        low = min(max(0, round(center - half)), length - 1)
        sides.append((low, max(low + 1, min(length, round(center + half)))))
    (y0, y1), (x0, x1) = sides
    return Region(y0, x0, y1, x1)


def visible_field(viewer: Any, shape: tuple[int, int], pixel_size_um: float) -> Region:
    """Return the part of an image that a viewer shows now.

    Parameters
    ----------
    viewer
        The napari viewer; its world is in um, the center of the first pixel at 0.
    shape, pixel_size_um
        Height and width of the image in px, and the edge of a pixel in um.
    """
    camera = viewer.scene.camera
    y_um, x_um = camera.center[-2:]
    height, width = (side / camera.zoom / pixel_size_um for side in viewer.canvas.size)
    center = (y_um / pixel_size_um + 0.5, x_um / pixel_size_um + 0.5)
    return field_around(center, (height, width), shape)
