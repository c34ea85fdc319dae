"""A small finished result, as a user would drop it on the window."""

from __future__ import annotations

import pytest

from myograft.api import BatchRequest, load_settings, run_batch, sample_paths


@pytest.fixture(scope="session")
def result_folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("result")
    [sample] = [path for path in sample_paths() if "control" not in path.name]
    outcome = run_batch(
        BatchRequest(inputs=(sample,), out=out, settings=load_settings("laminin_dapi_lamin_ac"))
    )
    assert outcome.failed_n == 0
    return out / sample.name.removesuffix(".ome.tif")


@pytest.fixture
def drag_mouse():
    """Move over places of the slide, (y, x) in px, with the left button pressed; one place is a click."""
    from qtpy.QtCore import QEvent, QPointF, Qt
    from qtpy.QtGui import QMouseEvent
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QApplication

    def send(native, kind, place, buttons):
        spot = QPointF(*place)
        where = QPointF(native.mapToGlobal(spot.toPoint()))
        button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, spot, where, button, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(native, event)

    def drag(viewer, places, pixel_size_um):
        native = viewer.window._qt_viewer.canvas.native
        camera = viewer.scene.camera
        corners = [
            tuple(
                side / 2 + ((place - 0.5) * pixel_size_um - center) * camera.zoom
                for side, place, center in zip(
                    (native.width(), native.height()), (x, y), reversed(camera.center[-2:]), strict=True
                )
            )
            for y, x in places
        ]
        pressed = Qt.MouseButton.LeftButton
        send(native, QEvent.Type.MouseButtonPress, corners[0], pressed)
        for corner in corners[1:]:
            send(native, QEvent.Type.MouseMove, corner, pressed)
            # napari looks at a move every few milliseconds, of which one frame may take all.
            for _ in range(3):
                QTest.qWait(8)
        send(native, QEvent.Type.MouseButtonRelease, corners[-1], Qt.MouseButton.NoButton)

    return drag
