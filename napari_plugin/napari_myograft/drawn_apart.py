"""Layers that draw the canvas alone when they change, and not the whole window."""

from __future__ import annotations

from typing import Any

#: What a layer tells of pixels and lines that changed; neither its row in the list nor its controls show them.
_OF_THE_CANVAS = ("data", "set_data", "paint", "labels_update", "edge_width", "edge_color")


def draw_apart(layer: Any) -> None:
    """Keep from napari's list of layers what it does not show of a layer.

    The list draws itself for whatever any layer tells, and where OpenGL is a part of a window, all of the window is put
    together anew with it: of a stroke that took two thirds of the time. Who listens to the layer itself, as the canvas
    does, is told as before.
    """
    for name, emitter in layer.events.emitters.items():
        if name in _OF_THE_CANVAS:
            emitter.disconnect(layer.events)
