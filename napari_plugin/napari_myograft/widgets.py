"""The panels in napari's Plugins menu: those of the review in a viewer, or a way to begin one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
from qtpy.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QPushButton, QWidget

from myograft.api import usual_reader
from myograft.errors import MyograftError
from napari_myograft.launch import OpenReview, open_review, plain_viewer, review_in


class BeginReview(QWidget):
    """Begins the review of a result that lies in the viewer.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer = viewer
        self.results = QComboBox()
        for path in _results_in(viewer):
            self.results.addItem(Path(path).name, path)
        self.reader = QLineEdit(usual_reader())
        self.begin_button = QPushButton("Begin the review")
        self.message = QLabel()
        self.message.setWordWrap(True)
        form = QFormLayout(self)
        form.addRow("Result", self.results)
        form.addRow("Reader", self.reader)
        form.addRow(self.begin_button)
        form.addRow(self.message)
        self.begin_button.clicked.connect(lambda _checked=False: self.begin())
        if not self.results.count():
            self.begin_button.setEnabled(False)
            self.message.setText("No result is open here: drop the folder of a result on the window first")

    def begin(self) -> None:
        """Replace the layers of the result by those of its review."""
        path = str(self.results.currentData())
        replaced = _layers_of(self._viewer, path)
        try:
            open_review(path, self.reader.text(), viewer=self._viewer)
        except MyograftError as problem:
            self.message.setText(problem.sentence)
            return
        for layer in replaced:
            self._viewer.layers.remove(layer)
        self.begin_button.setEnabled(False)
        self.message.setText("The review is open: press N in the panel Review to begin")


def review_panel(napari_viewer: Any = None) -> QWidget:
    """Return the panel of the reader at work, of the review in a viewer."""
    return _panel_of(napari_viewer, lambda opened: opened.reading)


def summary_panel(napari_viewer: Any = None) -> QWidget:
    """Return the live panel of the review in a viewer."""
    return _panel_of(napari_viewer, lambda opened: opened.summary)


def gallery_panel(napari_viewer: Any = None) -> QWidget:
    """Return the page of donor candidates of the review in a viewer."""
    return _panel_of(napari_viewer, lambda opened: opened.gallery)


def edit_panel(napari_viewer: Any = None) -> QWidget:
    """Return the tools that change outlines, of the review in a viewer."""
    return _panel_of(napari_viewer, lambda opened: opened.edit)


def view_panel(napari_viewer: Any = None) -> QWidget:
    """Return the switches of how objects are shown, of the review in a viewer."""
    return _panel_of(napari_viewer, lambda opened: opened.view)


def _panel_of(given: Any, panel_in: Callable[[OpenReview], QWidget]) -> QWidget:
    """Return a panel; napari 0.9 calls a function of the Plugins menu without its viewer, which is the current one."""
    viewer = plain_viewer(given if given is not None else napari.current_viewer())
    opened = review_in(viewer)
    return panel_in(opened) if opened is not None else BeginReview(viewer)


def _layers_of(viewer: Any, path: str) -> list[Any]:
    """Return the layers that the reader made of a result: all of them are named after its slide."""
    marked = [layer.name for layer in viewer.layers if layer.metadata.get("myograft") == path]
    prefixes = {name.split(": ")[0] for name in marked}
    return [layer for layer in viewer.layers if layer.name.split(": ")[0] in prefixes]


def _results_in(viewer: Any) -> list[str]:
    found = (layer.metadata.get("myograft") for layer in viewer.layers)
    return list(dict.fromkeys(path for path in found if path))
