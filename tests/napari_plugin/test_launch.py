"""A review as one opens it: panels beside the canvas, saved when the window closes, sentences where it cannot be."""

from __future__ import annotations

import gc
import shutil
import weakref

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from myograft.api import ReadingSetup
from myograft.api import open_review as begin_review
from myograft.errors import OutputError, ResultError, UsageError
from myograft.model.biology import Origin
from myograft.model.correction import Target
from napari_myograft import launch
from napari_myograft.keys import Action
from napari_myograft.launch import open_review, review_in
from napari_myograft.object_classes import NAME_OF, Coloring
from napari_myograft.widgets import BeginReview, edit_panel, summary_panel, view_panel

pytestmark = pytest.mark.gui


@pytest.fixture
def result_copy(result_folder, tmp_path):
    return shutil.copytree(result_folder, tmp_path / "slide")


@pytest.fixture
def opened(make_napari_viewer, result_copy):
    viewer = make_napari_viewer(show=True)
    open_review(result_copy, "Ann", viewer=viewer)
    found = review_in(viewer)
    yield found
    found.close()


def test_the_window_shows_image_objects_and_panels(opened):
    names = [layer.name for layer in opened.viewer.layers]
    assert names[:5] == ["laminin", "DAPI", "human lamin A/C", "fibers", "nuclei"]
    assert set(opened.viewer.window.dock_widgets) >= {"Summary", "Outlines", "View"}
    assert "Ann" in opened.viewer.title
    picture = opened.viewer.screenshot(canvas_only=True, flash=False)
    assert np.asarray(picture)[..., :3].std() > 5
    for panel, function in (
        (opened.summary, summary_panel),
        (opened.edit, edit_panel),
        (opened.view, view_panel),
    ):
        assert function(opened.viewer) is panel


def test_an_edit_reaches_every_part(opened):
    heard, chosen = [], []
    opened.listen(on_change=heard.append, on_select=lambda *found: chosen.append(found))
    opened.select(Target.NUCLEUS, 12)
    assert chosen == [(Target.NUCLEUS, 12)]
    assert opened.act(lambda: opened.review.set_origin(12, Origin.DONOR))
    assert len(heard) == 1
    assert opened.summary.lines[2].value.startswith("1 of")
    assert not opened.act(lambda: opened.review.delete(Target.NUCLEUS, 99_999))
    assert "99999" in opened.edit.message.text()
    assert len(heard) == 1


def test_closing_the_window_saves(opened, result_copy):
    opened.act(lambda: opened.review.set_origin(12, Origin.DONOR))
    assert not (result_copy / "tables" / "reviewed").exists()
    opened.viewer.close()
    QApplication.processEvents()
    assert (result_copy / "tables" / "reviewed" / "nuclei.parquet").is_file()


def test_a_full_disk_at_closing_is_told_and_the_lock_goes(opened, result_copy, monkeypatch):
    told = []
    monkeypatch.setattr(launch, "tell_unsaved", told.append)

    def no_room():
        raise OutputError(
            "tables cannot be written (no space left)", where=str(result_copy), remedy="Make room"
        )

    opened.act(lambda: opened.review.set_origin(12, Origin.DONOR))
    monkeypatch.setattr(opened.review, "save", no_room)
    monkeypatch.setattr(opened.view, "unlink", no_room)  # whatever else fails before
    opened.viewer.close()
    QApplication.processEvents()
    assert len(told) == 1
    assert "no space left" in told[0]
    with begin_review(result_copy, "Bea") as review:
        assert review.read_only_because is None
        assert len(review.entries) == 1


def test_what_is_told_of_a_full_disk_names_the_way_out(monkeypatch):
    shown = []
    monkeypatch.setattr(launch.QMessageBox, "warning", lambda *parts: shown.append(parts[-1]))
    launch.tell_unsaved("tables cannot be written")
    assert "No correction is lost" in shown[0]
    assert "myograft remeasure" in shown[0]


def test_a_closed_panel_comes_back_from_the_menu(opened, qtbot):
    window = opened.viewer.window
    for name, panel in (("Gallery", opened.gallery), ("Review", opened.reading), ("Summary", opened.summary)):
        assert window.dock_widgets[name] is panel
        window.remove_dock_widget(panel)
        QApplication.processEvents()
        assert name not in window.dock_widgets
        assert opened.act(lambda: opened.review.set_origin(12, Origin.DONOR)), "edits go on meanwhile"
        _, again = window.add_plugin_dock_widget("myograft", name)
        assert again is panel
        QApplication.processEvents()
        assert panel.isVisible()
    opened.reading.session.next()
    assert opened.reading.card.title.text()
    qtbot.mouseClick(opened.reading.controls.buttons[Action.HOST], Qt.MouseButton.LeftButton)
    assert opened.review.entries[-1].correction.after is Origin.HOST
    assert opened.summary.lines[-1]


def test_a_blinded_window_names_nothing(make_napari_viewer, result_copy):
    viewer = make_napari_viewer()
    open_review(result_copy, "Bea", ReadingSetup(), viewer=viewer)
    blinded = review_in(viewer)
    slide_id = blinded.canvas.result.slide_id
    assert slide_id not in viewer.title
    assert not any(slide_id in layer.name for layer in viewer.layers)
    assert not blinded.view.machine.isEnabled()
    combo = blinded.view.colorings[Target.FIBER]
    assert [combo.itemData(at) for at in range(combo.count())] == [Coloring.REVIEW]
    blinded.close()


def test_what_cannot_be_opened_opens_no_window(make_napari_viewer, tmp_path, result_copy):
    viewer = make_napari_viewer()
    with pytest.raises(ResultError):
        open_review(tmp_path / "nothing", "Ann", viewer=viewer)
    with pytest.raises(UsageError, match="name"):
        open_review(result_copy, " ", viewer=viewer)
    assert review_in(viewer) is None
    assert len(viewer.layers) == 0
    assert gc.get_freeze_count() == 0


def test_garbage_is_not_looked_for_in_what_stays_while_a_review_is_open(make_napari_viewer, result_copy):
    viewer = make_napari_viewer()
    open_review(result_copy, "Ann", viewer=viewer)
    assert gc.get_freeze_count() > 100_000
    review_in(viewer).close()
    assert gc.get_freeze_count() == 0


def test_a_review_whose_window_is_gone_leaves_no_memory_taken(make_napari_viewer, result_copy, qtbot):
    viewer = make_napari_viewer(show=True)
    open_review(result_copy, "Ann", viewer=viewer)
    QApplication.processEvents()
    left = weakref.ref(review_in(viewer).review)
    viewer.close()
    del viewer

    def is_gone():
        gc.collect()
        return left() is None

    qtbot.waitUntil(is_gone, timeout=20_000)  # Qt deletes windows when it comes to it


def test_the_view_panel_turns_the_canvas(opened, qtbot):
    view, fibers = opened.view, opened.canvas.labels[Target.FIBER]
    qtbot.mouseClick(view.outlined, Qt.MouseButton.LeftButton, pos=view.outlined.rect().center())
    view.outlined.setChecked(False)
    assert not fibers.coded.is_outlined
    view.machine.setChecked(True)
    assert opened.canvas.is_machine_shown
    combo = view.colorings[Target.NUCLEUS]
    combo.setCurrentIndex(combo.findData(Coloring.LOCATION))
    assert opened.canvas.labels[Target.NUCLEUS].coloring is Coloring.LOCATION
    for kind in opened.canvas.labels[Target.NUCLEUS].legend:
        assert NAME_OF[kind] in view.legends[Target.NUCLEUS].text()


def test_another_section_beside_moves_along(opened, make_napari_viewer, result_folder, monkeypatch):
    monkeypatch.setattr(opened.view, "_new_viewer", make_napari_viewer)
    opened.view.show_beside(str(result_folder))
    second = opened.view.second
    assert any("fibers" in layer.name for layer in second.layers)
    opened.canvas.jump(Target.NUCLEUS, 30)
    assert second.scene.camera.center[-2:] == opened.viewer.scene.camera.center[-2:]
    opened.view.unlink()
    opened.canvas.jump(Target.NUCLEUS, 31)
    assert second.scene.camera.center[-2:] != opened.viewer.scene.camera.center[-2:]
    opened.view.show_beside("/nowhere")
    assert "/nowhere" in opened.view.message.text()


def test_the_summary_is_copied_and_saved(opened, tmp_path):
    opened.summary.copy()
    assert "Called donor\t" in QApplication.clipboard().text()
    opened.summary.save(tmp_path / "numbers.csv")
    assert (tmp_path / "numbers.csv").read_text(encoding="utf-8").startswith("name,value,unit,meaning")
    opened.summary.save(tmp_path / "no folder" / "numbers.csv")
    assert "cannot be written" in opened.summary.message.text()


def test_a_result_in_the_viewer_becomes_a_review(make_napari_viewer, result_copy, qtbot):
    viewer = make_napari_viewer()
    begin = summary_panel(viewer)
    qtbot.addWidget(begin)
    assert not begin.begin_button.isEnabled()
    viewer.open(str(result_copy), plugin="myograft")
    begin = edit_panel(viewer)
    assert isinstance(begin, BeginReview)
    qtbot.addWidget(begin)
    begin.reader.setText("")
    begin.begin()
    assert "name" in begin.message.text()
    begin.reader.setText("Ann")
    qtbot.mouseClick(begin.begin_button, Qt.MouseButton.LeftButton)
    assert review_in(viewer).review.reader == "Ann"
    assert not any(layer.name.startswith("engrafted: ") for layer in viewer.layers)
    review_in(viewer).close()
