"""The result in a real napari window, as a user sees it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from myograft.model.correction import Target

pytestmark = pytest.mark.gui


def test_a_result_dropped_on_the_window_is_seen(make_napari_viewer_proxy, result_folder):
    viewer = make_napari_viewer_proxy(show=True)
    layers = viewer.open(str(result_folder), plugin="myograft")
    assert len(layers) == 6
    viewer.layers[0].visible = True
    picture = viewer.screenshot(canvas_only=True)
    # Black means that nothing was drawn.
    assert np.asarray(picture)[..., :3].std() > 5


def test_the_sample_is_in_the_menu(make_napari_viewer_proxy):
    viewer = make_napari_viewer_proxy(show=True)
    viewer.open_sample("myograft", "engrafted")
    assert len(viewer.layers) == 3
    assert np.asarray(viewer.screenshot(canvas_only=True))[..., :3].std() > 2


def test_an_edit_leaves_the_window_laid_out_as_it_is(make_napari_viewer, result_folder, tmp_path, qtbot):
    """Laid out again, the window is drawn again, the slide with it: an edit would take as long as several."""
    from qtpy.QtCore import QEvent, QObject
    from qtpy.QtWidgets import QApplication

    from napari_myograft.launch import open_review, review_in

    class LaidOut(QObject):
        times_n = 0

        def eventFilter(self, watched, event):  # noqa: N802  # Qt's name
            self.times_n += event.type() == QEvent.Type.LayoutRequest
            return False

    folder = shutil.copytree(result_folder, tmp_path / "slide")
    viewer = make_napari_viewer(show=True)
    open_review(folder, "anna", viewer=viewer)
    opened = review_in(viewer)
    fibers = opened.review.fibers["fiber_id"].filled().tolist()
    session, seen = opened.reading.session, LaidOut()
    docks = [panel.parent() for panel in (opened.reading, opened.summary, opened.edit, opened.view)]
    for dock in docks:
        dock.installEventFilter(seen)
    session.go_to(Target.FIBER, fibers[0])
    session.delete_current()
    session.go_to(Target.FIBER, fibers[1])
    # What is shown for the first time finds its place first, and nobody knows when that is over: when it is quiet.
    laid_out_n = None
    while laid_out_n != seen.times_n:
        laid_out_n = seen.times_n
        qtbot.wait(500)
    card, shown = opened.reading.card.title.text(), opened.summary.lines
    session.delete_current()
    for _ in range(20):
        QApplication.processEvents()
    assert opened.reading.card.title.text() != card
    assert opened.summary.lines != shown
    assert seen.times_n == laid_out_n


def test_an_undo_that_leads_elsewhere_reads_and_draws_once(
    make_napari_viewer, result_folder, tmp_path, qtbot
):
    """What the labels are where one looked before is asked in vain, and a picture of what was read there is wrong."""
    from qtpy.QtWidgets import QApplication

    from napari_myograft.launch import open_review, review_in

    folder = shutil.copytree(result_folder, tmp_path / "slide")
    viewer = make_napari_viewer(show=True)
    open_review(folder, "anna", viewer=viewer)
    opened = review_in(viewer)
    nuclei = opened.review.nuclei
    order = np.argsort(nuclei["centroid_y_um"].filled() + nuclei["centroid_x_um"].filled())
    session, numbers = opened.reading.session, nuclei["nucleus_id"].filled()[order]
    session.goes_on = False
    session.go_to(Target.NUCLEUS, int(numbers[0]))
    is_donor = opened.review.row(Target.NUCLEUS, int(numbers[0]))["origin"] == "donor"
    assert session.call_host() if is_donor else session.call_donor()
    opened.visit(Target.NUCLEUS, int(numbers[-1]))
    qtbot.wait(1000)
    layer, read, drawn = opened.canvas.labels[Target.NUCLEUS].layer, [], []
    layer.events.set_data.connect(lambda _event: read.append(1))
    scene = viewer.window._qt_viewer.canvas._scene_canvas
    scene.events.draw.connect(lambda _event: drawn.append(1))
    seen = opened.canvas.seen_px
    session.undo()
    for _ in range(20):
        QApplication.processEvents()
    assert opened.canvas.seen_px != seen
    assert len(read) == len(drawn) == 1
    shown = np.array(layer._slice.image.raw)
    layer.refresh()
    assert np.array_equal(layer._slice.image.raw, shown)
