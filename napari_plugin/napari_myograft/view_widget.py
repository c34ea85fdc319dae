"""How the objects are shown: classes with a legend, outlined or filled, before or after, a second viewer beside."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
)

from myograft.api import open_result
from myograft.errors import MyograftError
from myograft.model.correction import Target
from napari_myograft.camera import link_viewers
from napari_myograft.canvas import ReviewCanvas
from napari_myograft.layers import result_layers
from napari_myograft.object_classes import COLOR_OF, NAME_OF, Coloring, colorings
from napari_myograft.panel import Panel, wrapped_label

_TITLE = {Target.FIBER: "Fibers by", Target.NUCLEUS: "Nuclei by"}


class ViewWidget(Panel):
    """The switches of one canvas.

    Parameters
    ----------
    canvas
        What is shown.
    new_viewer
        Makes a second napari viewer.
    """

    def __init__(self, canvas: ReviewCanvas, new_viewer: Callable[[], Any]) -> None:
        super().__init__()
        self._canvas, self._new_viewer = canvas, new_viewer
        self._unlink: Callable[[], None] | None = None
        self.second: Any = None
        self.colorings: dict[Target, QComboBox] = {}
        self.legends: dict[Target, QLabel] = {}
        form = QFormLayout()
        for target, shown in canvas.labels.items():
            combo, legend = QComboBox(), QLabel()
            legend.setWordWrap(True)
            for coloring in colorings(target, is_blinded=shown.is_blinded):
                combo.addItem(str(coloring), coloring)
            combo.currentIndexChanged.connect(partial(self._recolor, target))
            self.colorings[target], self.legends[target] = combo, legend
            form.addRow(_TITLE[target], combo)
            form.addRow(legend)
        self.outlined = QCheckBox("Outlines only")
        self.outlined.setChecked(True)
        self.machine = QCheckBox("Before the review")
        self.machine.setToolTip("Outlines and calls as the machine left them")
        self.machine.setEnabled(not self._is_blinded)
        self.link = QPushButton("Show another section beside ...")
        self.message = wrapped_label()
        self.outlined.toggled.connect(lambda on: canvas.set_outlined(is_outlined=on))
        self.machine.toggled.connect(lambda on: canvas.show_machine(is_machine=on))
        self.link.clicked.connect(lambda _checked=False: self._choose_second())
        whole = QVBoxLayout(self.inside)
        whole.addLayout(form)
        for part in (self.outlined, self.machine, self.link, self.message):
            whole.addWidget(part)
        whole.addStretch()
        for target in self.legends:
            self._show_legend(target)

    def show_beside(self, path: str) -> None:
        """Show another result in a second viewer that moves with this one, in um."""
        try:
            result = open_result(path)
        except MyograftError as problem:
            self.message.setText(problem.sentence)
            return
        self.unlink()
        self.second = self._new_viewer()
        for data, settings, kind in result_layers(result):
            if self._is_blinded and kind != "image":
                continue  # a blinded reader sees stains only
            given = {**settings, "name": settings["name"].removeprefix(f"{result.slide_id}: ")}
            getattr(self.second, f"add_{kind}")(data, **given)
        self._unlink = link_viewers(self._canvas.viewer, self.second)
        self.message.setText("The second viewer moves along; close it to end that")

    def unlink(self) -> None:
        """Let the second viewer go its own way."""
        if self._unlink is not None:
            self._unlink()
            self._unlink = None

    @property
    def _is_blinded(self) -> bool:
        return any(shown.is_blinded for shown in self._canvas.labels.values())

    def _choose_second(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Result of another section")
        if path:
            self.show_beside(path)

    def _recolor(self, target: Target, _index: int) -> None:
        self._canvas.set_coloring(target, Coloring(self.colorings[target].currentData()))
        self._show_legend(target)

    def _show_legend(self, target: Target) -> None:
        kinds = self._canvas.labels[target].legend
        parts = (
            f'<span style="color:{COLOR_OF[kind]}">&#9632;</span>&nbsp;{NAME_OF[kind]}' for kind in kinds
        )
        self.legends[target].setText(" &nbsp; ".join(parts))
