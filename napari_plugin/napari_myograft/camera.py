"""Where a viewer looks, in pixels of the slide: jump to an object with context, say what is seen, link two viewers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from myograft.model.geometry import Region

#: Part of the shorter side of the view that an object fills after a jump; the rest is context.
FILLED_PART = 0.25


def world_of(y_px: float, x_px: float, pixel_size_um: float) -> tuple[float, float]:
    """Return a place in napari's world (um, the first pixel's center at 0) of px (its corner at 0).

    Examples
    --------
    >>> world_of(0.5, 2.5, 0.5)
    (0.0, 1.0)
    """
    return (y_px - 0.5) * pixel_size_um, (x_px - 0.5) * pixel_size_um


def pixel_of(position_um: Any, pixel_size_um: float) -> tuple[float, float]:
    """Return px of full resolution of a place in napari's world, whose last two axes are y and x."""
    return float(position_um[-2]) / pixel_size_um + 0.5, float(position_um[-1]) / pixel_size_um + 0.5


def jump(viewer: Any, box: Region, pixel_size_um: float, *, filled_part: float = FILLED_PART) -> None:
    """Center the view on a box and zoom until the box fills a part of it.

    Parameters
    ----------
    viewer
        The napari viewer.
    box
        In px of full resolution.
    pixel_size_um
        Edge of a pixel.
    filled_part
        Part of the shorter side of the view.
    """
    center = world_of((box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2, pixel_size_um)
    longer_um = max(1, *box.shape) * pixel_size_um
    camera = viewer.scene.camera
    # Zoom first: the view is read again at every step, and far away from the target that is in vain.
    camera.zoom = min(viewer.canvas.size) * filled_part / longer_um
    camera.center = (camera.center[0], *center)


def read_now(viewer: Any) -> None:
    """Have all layers read what is seen since the view moved, so that one picture shows it.

    By itself napari draws first, then reads, and draws again: the first picture shows what was read elsewhere.
    """
    # napari offers no way to this yet; without it all is drawn as well, later.
    window = getattr(viewer, "window", None)
    canvas = getattr(getattr(window, "_qt_viewer", None), "canvas", None)
    if canvas is not None:
        canvas.on_draw()


def seen(viewer: Any, shape: tuple[int, int], pixel_size_um: float) -> Region:
    """Return what a viewer shows of a plane of a shape, in px; empty where nothing of it is seen."""
    y, x = pixel_of(viewer.scene.camera.center, pixel_size_um)
    half = [side / viewer.scene.camera.zoom / pixel_size_um / 2 for side in viewer.canvas.size]
    whole = Region(0, 0, *shape)
    window = (y - half[0], x - half[1], y + half[0], x + half[1])
    y0, x0, y1, x1 = (round(value) for value in window)
    return Region(max(0, y0), max(0, x0), max(0, y0, y1), max(0, x0, x1)).intersect(whole)


def link_viewers(viewer: Any, other: Any) -> Callable[[], None]:
    """Let two viewers show the same place, in um: whichever is moved or zoomed takes the other along.

    Parameters
    ----------
    viewer
        Leads at first: the other moves to where it looks.
    other
        The second viewer.

    Returns
    -------
    callable
        Ends the link.
    """
    pairs = [(viewer.scene.camera, other.scene.camera), (other.scene.camera, viewer.scene.camera)]

    def follow(leader: Any, follower: Any) -> None:
        # An assignment of the same value tells nobody, so that the two do not chase each other.
        follower.zoom = leader.zoom
        follower.center = (follower.center[0], *leader.center[-2:])

    links = [
        (leader, lambda _event, leader=leader, follower=follower: follow(leader, follower))
        for leader, follower in pairs
    ]
    follow(*pairs[0])
    for leader, callback in links:
        leader.events.center.connect(callback)
        leader.events.zoom.connect(callback)

    def unlink() -> None:
        for leader, callback in links:
            leader.events.center.disconnect(callback)
            leader.events.zoom.disconnect(callback)

    return unlink
