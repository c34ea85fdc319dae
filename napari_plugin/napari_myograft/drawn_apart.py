"""Layers that draw the canvas alone when they change, and not the whole window."""

from __future__ import annotations

from typing import Any

#: What a layer tells of pixels and lines that changed; neither its row in the list nor its controls show them.
_OF_THE_CANVAS = frozenset({"data", "set_data", "paint", "labels_update", "edge_width", "edge_color"})

#: What changes its row's picture.
_OF_THE_PICTURE = frozenset({"thumbnail", "_extent_augmented"})


def draw_apart(layer: Any, *, has_picture: bool = True) -> None:
    """Keep from napari's list of layers what it does not show of a layer.

    The list draws itself for whatever any layer tells, and where OpenGL is a part of a window, all of the window is put
    together anew with it: of a stroke that took two thirds of the time. Who listens to the layer itself, as the canvas
    does, is told as before.

    Parameters
    ----------
    layer
        A napari layer that is in the list.
    has_picture
        Whether its small picture in the list tells anybody anything.
    """
    kept = _OF_THE_CANVAS if has_picture else _OF_THE_CANVAS | _OF_THE_PICTURE
    for name, emitter in layer.events.emitters.items():
        if name in kept:
            emitter.disconnect(layer.events)
