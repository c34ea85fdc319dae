"""The main job from the window: choose an image, try it on the visible field, run it, look at the result."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import napari
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from myograft.api import load_settings, look_at, open_image, open_result, preset_names
from myograft.errors import CalibrationError, ConfigError, MyograftError
from myograft.model.geometry import Region
from napari_myograft.launch import plain_viewer
from napari_myograft.layers import LayerData, result_layers, sample_layers
from napari_myograft.run_field import FIELD_MOST_PX, field_around, visible_field
from napari_myograft.run_job import Job, JobRequest

#: An image with more pixels per channel is not shown before it is measured: it has no pyramid yet.
_SHOWN_MOST_PX = 10_000 * 10_000

_OUTLINE_PX = 2


class RunWidget(QWidget):
    """Measures an image and opens the result.

    Parameters
    ----------
    napari_viewer
        Where the image and its result are shown.
    """

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        self._viewer = plain_viewer(napari_viewer)
        self._job: Job | None = None
        self._preview_folder: tempfile.TemporaryDirectory[str] | None = None
        self._shown: tuple[Path, tuple[int, int], float] | None = None
        self.image = _field("OME-TIFF, TIFF or OME-Zarr")
        self.out = _field("folder for the results")
        self.preset = QComboBox()
        self.preset.setEditable(True)
        self.preset.addItems(preset_names())
        self.preset.setToolTip("A preset for the stains, or the path of a YAML file")
        self.pixel_size_um = _field("as the file says")
        self.facts = _wrapped(QLabel())
        self.show_button = QPushButton("Show image")
        self.preview_button = QPushButton("Preview visible field")
        self.run_button = QPushButton("Run")
        self.cancel_button = QPushButton("Cancel")
        self.progress = QProgressBar()
        self.message = _wrapped(QLabel())
        self._lay_out()
        self._connect()
        self._set_running(running=False)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Image", _with_button(self.image, partial(self._browse_image)))
        form.addRow("Preset", self.preset)
        form.addRow("Pixel size (µm)", self.pixel_size_um)
        form.addRow("Results in", _with_button(self.out, partial(self._browse_out)))
        looking, doing = QHBoxLayout(), QHBoxLayout()
        for row, buttons in (
            (looking, (self.show_button, self.preview_button)),
            (doing, (self.run_button, self.cancel_button)),
        ):
            for button in buttons:
                row.addWidget(button)
        whole = QVBoxLayout(self)
        whole.addLayout(form)
        whole.addWidget(self.facts)
        whole.addLayout(looking)
        whole.addLayout(doing)
        whole.addWidget(self.progress)
        whole.addWidget(self.message)
        whole.addStretch()

    def _connect(self) -> None:
        self.image.editingFinished.connect(self.look)
        self.preset.currentTextChanged.connect(lambda _: self.look())
        self.pixel_size_um.editingFinished.connect(self.look)
        self.show_button.clicked.connect(self.show_image)
        self.preview_button.clicked.connect(self.preview)
        self.run_button.clicked.connect(self.run)
        self.cancel_button.clicked.connect(self.cancel)

    def look(self) -> bool:
        """Say what the file holds and what a run would make of it; whether it can be run."""
        if not self.image.text().strip():
            self.facts.setText("")
            return False
        try:
            facts = look_at(self._path, self._settings())
        except MyograftError as problem:
            if isinstance(problem, CalibrationError):
                self.pixel_size_um.setFocus()
            self._say(problem.sentence, is_problem=True)
            return False
        self.facts.setText("<br>".join(f"<b>{label}</b> {value}" for label, value in facts))
        self._say("")
        return True

    def show_image(self) -> None:
        """Show the image, so that a field can be chosen; one that is too large for that is not loaded."""
        try:
            pixels, names, pixel_size_um = open_image(self._path, self._settings())
        except MyograftError as problem:
            self._say(problem.sentence, is_problem=True)
            return
        shape = (int(pixels.shape[-2]), int(pixels.shape[-1]))
        self._shown = (self._path, shape, pixel_size_um)
        if shape[0] * shape[1] > _SHOWN_MOST_PX:
            self._say(
                f"{shape[0]} x {shape[1]} px are too many to show before there is a pyramid. "
                "A preview measures the middle of the image; a run writes the pyramid"
            )
            return
        self._add(sample_layers(pixels, names, pixel_size_um))
        self._viewer.reset_view()

    def preview(self) -> None:
        """Measure the visible field only and lay its outlines over the image."""
        field = self._field()
        if field is None:
            return
        self._forget_preview()
        self._preview_folder = tempfile.TemporaryDirectory(prefix="myograft-preview-")
        region = (field.y0, field.x0, *field.shape)
        self._start(Path(self._preview_folder.name), region, partial(self._show_preview, field))

    def run(self) -> None:
        """Measure the whole image, then open the result."""
        if not self.out.text().strip():
            self._say("Choose a folder for the results", is_problem=True)
            return
        if self.look():
            self._start(Path(self.out.text().strip()), None, self._show_result)

    def cancel(self) -> None:
        """Stop the work."""
        if self._job is not None:
            self._say("Stopping ...")
            self._job.cancel()

    def _field(self) -> Region | None:
        if not self.look():
            return None
        if self._shown is None or self._shown[0] != self._path:
            self.show_image()
        if self._shown is None or self._shown[0] != self._path:
            return None
        _, shape, pixel_size_um = self._shown
        if shape[0] * shape[1] > _SHOWN_MOST_PX:
            return field_around((shape[0] / 2, shape[1] / 2), (FIELD_MOST_PX / 2,) * 2, shape)
        return visible_field(self._viewer, shape, pixel_size_um)

    def _start(self, out: Path, region: tuple[int, int, int, int] | None, then: Any) -> None:
        request = JobRequest(
            image=self._path,
            out=out,
            preset=self.preset.currentText().strip() or None,
            pixel_size_um=self._given_pixel_size_um(),
            region=region,
        )
        self._job = Job(request, self)
        self._job.progressed.connect(self._show_progress)
        self._job.noted.connect(self._say)
        self._job.succeeded.connect(then)
        self._job.failed.connect(partial(self._say, is_problem=True))
        self._job.canceled.connect(partial(self._say, "Stopped; nothing was written"))
        for signal in (self._job.succeeded, self._job.failed, self._job.canceled):
            signal.connect(lambda *_: self._set_running(running=False))
        self._say("Starting ...")
        self._set_running(running=True)
        self._job.start()

    def _show_progress(self, stage: str, done_n: int, total_n: int) -> None:
        self.progress.setRange(0, max(1, total_n))
        self.progress.setValue(done_n)
        self.progress.setFormat(f"{stage}: %v of %m")

    def _show_preview(self, field: Region, path: str) -> None:
        result = open_result(path)
        offset_um = (field.y0 * result.pixel_size_um, field.x0 * result.pixel_size_um)
        layers = []
        is_shown = any(not layer.name.startswith("preview: ") for layer in self._viewer.layers)
        for data, settings, kind in result_layers(result):
            if kind == "image" and is_shown:
                continue  # a second copy over the first one would double its light
            where = (0.0,) * (len(settings["units"]) - 2)
            name = settings["name"].replace(f"{result.slide_id}: ", "preview: ")
            layers.append((data, {**settings, "name": name, "translate": (*where, *offset_um)}, kind))
        for layer in self._add(layers):
            if isinstance(layer, napari.layers.Labels):
                layer.contour = _OUTLINE_PX  # outlines are judged on what lies under them
        self._say(f"Preview: {result.provenance.summary}")

    def _show_result(self, path: str) -> None:
        self._viewer.open(path, plugin="myograft")
        self._say(f"Done: {open_result(path).provenance.summary}")

    def _add(self, layers: list[LayerData]) -> list[Any]:
        return [getattr(self._viewer, f"add_{kind}")(data, **settings) for data, settings, kind in layers]

    def _forget_preview(self) -> None:
        for layer in [layer for layer in self._viewer.layers if layer.name.startswith("preview: ")]:
            self._viewer.layers.remove(layer)
        if self._preview_folder is not None:
            self._preview_folder.cleanup()
            self._preview_folder = None

    @property
    def _path(self) -> Path:
        return Path(self.image.text().strip()).expanduser()

    def _given_pixel_size_um(self) -> float | None:
        text = self.pixel_size_um.text().strip().replace(",", ".")
        if not text:
            return None
        try:
            return float(text)
        except ValueError:
            raise ConfigError(
                f"{text!r} is no number", where="Pixel size", remedy="Give micrometers, for example 0.325"
            ) from None

    def _settings(self) -> Any:
        size_um = self._given_pixel_size_um()
        given = [] if size_um is None else [f"read.pixel_size_um={size_um!r}"]
        return load_settings(self.preset.currentText().strip() or None, given)

    def _set_running(self, *, running: bool) -> None:
        for button in (self.run_button, self.preview_button, self.show_button):
            button.setEnabled(not running)
        self.cancel_button.setEnabled(running)
        self.progress.setVisible(running)

    def _say(self, sentence: str, *, is_problem: bool = False) -> None:
        self.message.setStyleSheet("color: #f0a070" if is_problem else "")
        self.message.setText(sentence)

    def _browse_image(self) -> None:
        kinds = "Images (*.tif *.tiff *.btf *.tf8);;All (*)"
        path, _ = QFileDialog.getOpenFileName(self, "Image", self.image.text(), kinds)
        if path:
            self.image.setText(path)
            self.look()

    def _browse_out(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Folder for the results", self.out.text())
        if path:
            self.out.setText(path)

    def closeEvent(self, event: Any) -> None:  # noqa: N802  # Qt's name
        """End what runs: nobody would hear of its result."""
        if self._job is not None:
            self._job.stop_now()
        self._forget_preview()
        super().closeEvent(event)


def _field(hint: str) -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText(hint)
    return field


def _wrapped(label: QLabel) -> QLabel:
    label.setWordWrap(True)
    return label


def _with_button(field: QLineEdit, browse: Any) -> QWidget:
    both = QWidget()
    row = QHBoxLayout(both)
    row.setContentsMargins(0, 0, 0, 0)
    button = QPushButton("...")
    button.setFixedWidth(32)
    button.clicked.connect(lambda _checked=False: browse())
    row.addWidget(field)
    row.addWidget(button)
    return both
