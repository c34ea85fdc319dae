"""The main job from the window: what a file is, a preview of the visible field, a run, and its end on demand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile
from qtpy.QtCore import Qt

from myograft.api import sample_paths
from myograft.model.geometry import Region
from napari_myograft.run_field import FIELD_MOST_PX, field_around, visible_field
from napari_myograft.run_job import Job, JobRequest
from napari_myograft.run_widget import RunWidget

pytestmark = pytest.mark.gui

PRESET = "laminin_dapi_lamin_ac"
PATIENCE_MS = 120_000


@pytest.fixture
def sample():
    return next(path for path in sample_paths() if "control" not in path.name)


@pytest.fixture
def widget(make_napari_viewer, qtbot, sample, tmp_path):
    viewer = make_napari_viewer()
    made = RunWidget(viewer)
    qtbot.addWidget(made)
    made.image.setText(str(sample))
    made.preset.setCurrentText(PRESET)
    made.out.setText(str(tmp_path / "out"))
    return made


def wait_for_end(qtbot, widget):
    qtbot.waitUntil(widget.run_button.isEnabled, timeout=PATIENCE_MS)


def test_what_a_file_holds_is_said(widget):
    assert widget.look()
    assert "laminin" in widget.facts.text()
    assert widget.message.text() == ""


def test_a_missing_file_is_a_sentence(widget):
    widget.image.setText("/nowhere/slide.tif")
    assert not widget.look()
    assert "there is no such file" in widget.message.text()


def test_an_unknown_pixel_size_is_asked_for(widget, tmp_path):
    path = tmp_path / "plain.tif"
    tifffile.imwrite(path, np.zeros((3, 64, 64), np.uint16), photometric="minisblack")
    widget.image.setText(str(path))
    assert not widget.look()
    assert "pixel" in widget.message.text()
    widget.pixel_size_um.setText("0,5")
    assert widget.look()
    widget.pixel_size_um.setText("half")
    assert not widget.look()
    assert "no number" in widget.message.text()


def test_a_run_needs_a_folder(widget):
    widget.out.setText("")
    widget.run()
    assert "folder" in widget.message.text()


def test_a_preview_lies_on_the_visible_field(widget, qtbot):
    viewer = widget._viewer
    widget.show_image()
    assert [layer.name for layer in viewer.layers] == ["laminin", "DAPI", "human lamin A/C"]
    viewer.canvas.size = (300, 300)
    viewer.scene.camera.zoom = 300 / (256 * 0.65)
    viewer.scene.camera.center = (0.0, 320 * 0.65, 300 * 0.65)
    qtbot.mouseClick(widget.preview_button, Qt.MouseButton.LeftButton)
    wait_for_end(qtbot, widget)
    assert widget.message.text().startswith("Preview: ")
    previews = [layer for layer in viewer.layers if layer.name.startswith("preview: ")]
    assert {"preview: fibers", "preview: nuclei"} <= {layer.name for layer in previews}
    fibers = next(layer for layer in previews if layer.name == "preview: fibers")
    extent_px = fibers.extent.world / 0.65
    np.testing.assert_allclose(extent_px, [[192, 172], [447, 427]], atol=2)
    folder = Path(widget._preview_folder.name)
    assert folder.is_dir()
    widget.close()
    assert not folder.exists()
    assert not [layer for layer in viewer.layers if layer.name.startswith("preview: ")]


def test_a_run_opens_its_result(widget, qtbot):
    seen = []
    qtbot.mouseClick(widget.run_button, Qt.MouseButton.LeftButton)
    assert widget.cancel_button.isEnabled()
    widget._job.progressed.connect(lambda *progress: seen.append(progress))
    wait_for_end(qtbot, widget)
    assert widget.message.text().startswith("Done: ")
    assert {stage for stage, _, _ in seen} >= {"survey", "write fibers", "write nuclei"}
    assert any("fibers" in layer.name for layer in widget._viewer.layers)
    assert not widget.cancel_button.isEnabled()


def test_cancel_ends_the_work_and_all_its_processes(qtbot, sample, tmp_path):
    job = Job(JobRequest(sample, tmp_path / "out", PRESET, workers_n=2))
    with qtbot.waitSignal(job.progressed, timeout=PATIENCE_MS):
        job.start()
    family = psutil.Process(job._process.processId()).children(recursive=True)
    family.append(psutil.Process(job._process.processId()))
    with qtbot.waitSignal(job.canceled, timeout=10_000):
        job.cancel()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    assert not job.is_running
    # The table of slides and the log say what became of it; nothing of the result is left.
    assert not [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()]


def test_a_failed_run_says_why(qtbot, tmp_path):
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"no image")
    job = Job(JobRequest(broken, tmp_path / "out"))
    with qtbot.waitSignal(job.failed, timeout=PATIENCE_MS) as told:
        job.start()
    assert "this is not a readable TIFF" in told.args[0]


def test_a_wrong_setting_says_which(qtbot, sample, tmp_path):
    job = Job(JobRequest(sample, tmp_path / "out", preset="no_such_preset"))
    with qtbot.waitSignal(job.failed, timeout=PATIENCE_MS) as told:
        job.start()
    assert "no_such_preset" in told.args[0]
    assert "Traceback" not in told.args[0]


def test_without_python_it_says_so(qtbot, monkeypatch, sample, tmp_path):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    job = Job(JobRequest(sample, tmp_path / "out"))
    with qtbot.waitSignal(job.failed, timeout=5_000) as told:
        job.start()
    assert "could not be started" in told.args[0]


def test_a_field_is_inside_the_image_and_no_larger_than_a_preview():
    assert field_around((9e9, -5.0), (9e9, 10.0), (5000, 4000)) == Region(4999, 0, 5000, 1)
    field = field_around((2500, 2000), (9e9, 9e9), (5000, 4000))
    assert field.shape == (FIELD_MOST_PX, FIELD_MOST_PX)


def test_the_visible_field_is_what_the_camera_shows(widget):
    widget.show_image()
    viewer = widget._viewer
    viewer.canvas.size = (200, 100)
    viewer.scene.camera.zoom = 2.0 / 0.65
    viewer.scene.camera.center = (0.0, 99.5 * 0.65, 199.5 * 0.65)
    assert visible_field(viewer, (640, 640), 0.65) == Region(50, 175, 150, 225)
