"""What others left open, asked in the window: shown, answered, settled by keys, and asked again after an undo."""

from __future__ import annotations

import shutil

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from myograft.api import ReadingSetup, open_review
from myograft.model.biology import Origin
from myograft.model.correction import Target
from myograft.workflow.adjudicate import adjudicate
from napari_myograft.launch import open_review as open_window
from napari_myograft.launch import review_in
from napari_myograft.open_questions import OpenQuestions

OWN = ReadingSetup(is_blinded=False)


@pytest.fixture
def folder(result_folder, tmp_path):
    """A slide on which anna and ben differ in two nuclei."""
    copy = shutil.copytree(result_folder, tmp_path / "slide")
    for reader, origin in (("anna", Origin.DONOR), ("ben", Origin.HOST)):
        with open_review(copy, reader, setup=OWN) as review:
            review.set_origin(5, origin)
            review.set_origin(9, origin)
    adjudicate(copy, ("anna", "ben"), "cleo", None)
    return copy


def test_questions_follow_each_other_until_all_are_settled(folder):
    with open_review(folder, "cleo") as review:
        questions = OpenQuestions(review)
        first, second = questions.all
        assert questions.next() == first
        assert questions.next() == second
        assert questions.next() == first
        review.settle(first)
        questions.refresh()
        assert questions.current is None
        assert questions.next() == second
        review.settle(second)
        assert questions.next() is None
        review.undo()
        assert questions.next() == second
    with open_review(folder, "anna", setup=OWN) as own:
        assert OpenQuestions(own).all == ()


def test_a_record_that_cannot_be_read_is_said(folder):
    with open_review(folder, "cleo") as review:
        review.finished.layout.adjudication.write_text("{")
        questions = OpenQuestions(review)
        assert questions.all == ()
        assert "cannot be read" in questions.problem


@pytest.mark.gui
def test_a_disagreement_is_settled_by_keys(make_napari_viewer, qtbot, folder):
    viewer = make_napari_viewer(show=True)
    open_window(folder, "cleo", viewer=viewer)
    opened = review_in(viewer)
    window, panel = viewer.window._qt_window, opened.reading.questions
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)

    def press(key, modifier=Qt.KeyboardModifier.NoModifier):
        opened.reading.setFocus()
        QTest.keyClick(window.focusWidget() or window, key, modifier)
        QTest.qWait(20)

    assert panel.isVisibleTo(opened.reading)
    assert panel.title().endswith("2 of 2")
    press(Qt.Key.Key_Q)
    assert "anna says donor, ben says host" in panel.sentence.text()
    asked = panel.questions.current
    assert opened.current == (Target.NUCLEUS, asked.object_id)
    assert asked.region.intersect(opened.canvas.seen_px) == asked.region
    press(Qt.Key.Key_H)
    assert opened.review.row(Target.NUCLEUS, asked.object_id)["origin"] == "host"
    press(Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
    assert [entry.correction.kind for entry in opened.review.entries][-2:] == ["origin", "settle"]
    assert panel.title().endswith("1 of 2")
    assert panel.questions.current == panel.questions.open[0]
    press(Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
    assert panel.sentence.text() == "All are settled"
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert panel.title().endswith("1 of 2")
    opened.close()


@pytest.mark.gui
def test_without_questions_there_is_no_panel(make_napari_viewer, result_folder, tmp_path):
    viewer = make_napari_viewer()
    open_window(shutil.copytree(result_folder, tmp_path / "slide"), "cleo", viewer=viewer)
    opened = review_in(viewer)
    assert not opened.reading.questions.isVisibleTo(opened.reading)
    opened.reading.questions.next()
    assert opened.reading.message.text() == "Others left nothing open"
    opened.close()
