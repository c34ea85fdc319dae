"""A pathologist at work, by keyboard and mouse through the real window; journal, tables and labels after every step."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from myograft.api import open_review as begin_review
from myograft.model.correction import Target
from myograft.model.result_layout import ResultLayout
from myograft.workflow.events import ignore
from myograft.workflow.remeasure import remeasure
from myograft.write import read_journal, read_provenance, read_table
from napari_myograft.launch import open_review, review_in
from napari_myograft.summary import summary_lines

pytestmark = pytest.mark.gui


@pytest.fixture
def folder(result_folder, tmp_path):
    return shutil.copytree(result_folder, tmp_path / "slide")


class Player:
    """Hands and eyes of a reader: keys and the mouse go in, the screen's state and the disk come out."""

    def __init__(self, viewer, folder, drag_mouse, wait_until):
        open_review(folder, "Ann", viewer=viewer)
        self.viewer, self.folder, self._drag = viewer, folder, drag_mouse
        self.opened = review_in(viewer)
        self.review, self.session = self.opened.review, self.opened.reading.session
        self.window = viewer.window._qt_window
        self.window.resize(1400, 900)
        self.window.activateWindow()
        wait_until(self.window.isActiveWindow)
        self.settle()

    def settle(self):
        for _ in range(10):
            QApplication.processEvents()
            QTest.qWait(10)

    def press(self, key, modifier=Qt.KeyboardModifier.NoModifier):
        self.opened.reading.setFocus()
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifier)
        self.settle()

    def draw(self, corners):
        self._drag(self.viewer, corners, self.opened.canvas.pixel_size_um)
        self.settle()

    def click(self, y, x):
        self.draw([(y, x)])

    def kinds(self):
        """Kinds of the corrections on the disk, as anybody reads them; what is seen follows from them alone."""
        self.check()
        layout = ResultLayout(self.folder)
        identity = read_provenance(layout.provenance).identity
        entries = read_journal(layout.journal, identity)
        assert entries == self.review.entries
        assert {entry.author for entry in entries} <= {"Ann"}
        return [entry.correction.kind for entry in entries]

    def check(self):
        """Replay the disk's journal as somebody else who looks: the same tables, labels and counts."""
        with begin_review(self.folder, "Cleo") as other:
            assert other.read_only_because
            assert other.section == self.review.section
            assert other.estimate == self.review.estimate
            whole = other.finished.slide.stack.whole
            for target, mine, theirs in (
                (Target.FIBER, self.review.fibers, other.fibers),
                (Target.NUCLEUS, self.review.nuclei, other.nuclei),
            ):
                assert mine.rows() == theirs.rows()
                labels = other.labels(target, whole)
                np.testing.assert_array_equal(self.labels(target), labels)
                ids = mine[f"{target}_id"].filled().tolist()
                assert sorted(set(np.unique(labels).tolist()) - {0}) == ids

    def labels(self, target):
        return self.review.labels(target, self.review.finished.slide.stack.whole)

    def show(self, target, number):
        """Go to an object by a click on its row."""
        panel = self.opened.reading.panel
        reasons = panel.filters["reasons"]
        while reasons.currentText() != "Every object":
            QTest.keyClick(reasons, Qt.Key.Key_Down)
        queue = self.opened.reading.queue
        index = panel.model.index(queue.place_of(queue.row_of(target, number)), 0)
        panel.table.scrollTo(index)
        self.settle()
        spot = panel.table.visualRect(index).center()
        QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        self.settle()
        assert self.session.current == (target, number)

    def close(self):
        """Close the window, as by its cross."""
        self.viewer.close()
        self.settle()
        assert self.opened._is_closed


def inner_fibers(review):
    """Fibers away from the border, largest first."""
    fibers = review.fibers
    sized = ~fibers["is_excluded"].filled()
    order = np.argsort(-fibers["csa_um2"].filled()[sized], kind="stable")
    return fibers["fiber_id"].filled()[sized][order].tolist()


def test_a_whole_review(make_napari_viewer, qtbot, folder, drag_mouse):
    machine = {path: path.read_bytes() for path in (folder / "tables" / "machine").iterdir()}
    player = Player(make_napari_viewer(show=True), folder, drag_mouse, qtbot.waitUntil)
    review, session = player.review, player.session
    donors_n = review.section["donor_nuclei_n"]

    # The queue begins with what matters.
    player.press(Qt.Key.Key_N)
    target, first = session.current
    assert target is Target.NUCLEUS
    assert review.row(target, first)["origin"] == "donor"
    player.press(Qt.Key.Key_Space)
    assert player.kinds() == ["accept"]
    target, second = session.current
    assert target is Target.NUCLEUS
    assert second != first

    # A call is flipped; the counts follow, and the queue goes on.
    player.press(Qt.Key.Key_H)
    assert player.kinds() == ["accept", "origin"]
    assert review.row(Target.NUCLEUS, second)["origin"] == "host"
    assert review.section["donor_nuclei_n"] == donors_n - 1
    assert session.current != (Target.NUCLEUS, second)
    [told] = [line.value for line in summary_lines(review) if line.label == "Called donor"]
    assert told.startswith(f"{donors_n - 1} of")

    # Merged with its neighbor by two keys.
    fibers = inner_fibers(review)
    fibers_n = len(review.fibers)
    player.show(Target.FIBER, fibers[0])
    player.press(Qt.Key.Key_M)
    partner = session.partner[1]
    player.press(Qt.Key.Key_M)
    assert player.kinds()[-1] == "merge"
    assert len(review.fibers) == fibers_n - 1
    merged = review.entries[-1].correction.new_id
    assert not np.isin(player.labels(Target.FIBER), [fibers[0], partner]).any()

    # Split along a drawn line.
    number = next(number for number in fibers[1:] if number != partner)
    player.show(Target.FIBER, number)
    box = review.box_of(Target.FIBER, number)
    middle = (box.y0 + box.y1) / 2
    player.press(Qt.Key.Key_S)
    player.draw([(middle, box.x0 - 4.0), (middle, (box.x0 + box.x1) / 2), (middle, box.x1 + 4.0)])
    assert player.kinds()[-1] == "split"
    assert len(review.fibers) == fibers_n

    # A nucleus deleted by key, and one drawn by hand.
    nuclei_n = len(review.nuclei)
    gone = int(review.nuclei["nucleus_id"].filled()[-1])
    player.show(Target.NUCLEUS, gone)
    player.press(Qt.Key.Key_X)
    assert player.kinds()[-1] == "delete"
    assert len(review.nuclei) == nuclei_n - 1
    assert not (player.labels(Target.NUCLEUS) == gone).any()
    player.show(Target.FIBER, merged)
    player.opened.edit.target.setCurrentIndex(player.opened.edit.target.findData(Target.NUCLEUS))
    box = review.box_of(Target.FIBER, merged)
    inside = np.argwhere(
        (review.labels(Target.FIBER, box) == merged) & (review.labels(Target.NUCLEUS, box) == 0)
    )
    y, x = (inside.mean(axis=0) + np.array([box.y0, box.x0])).tolist()
    player.press(Qt.Key.Key_W)
    player.draw([(y - 8, x - 8), (y - 8, x + 8), (y + 8, x + 8), (y + 8, x - 8), (y - 8, x - 8)])
    assert player.kinds()[-1] == "add"
    assert len(review.nuclei) == nuclei_n
    drawn = review.entries[-1].correction.made.new_id
    assert review.row(Target.NUCLEUS, drawn)["is_drawn"]

    # A click selects in any layer; it is placed in the fiber it lies in, and its position said.
    player.show(Target.FIBER, merged)
    player.click(y, x)
    assert session.current == (Target.NUCLEUS, drawn)
    player.press(Qt.Key.Key_G)
    assert player.kinds()[-1] == "location"
    assert review.row(Target.NUCLEUS, drawn)["location"] == "interstitial"
    player.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert review.row(Target.NUCLEUS, drawn)["fiber_id"] == merged

    # An area is left out, with its reason from the menu.
    player.opened.viewer.reset_view()
    player.settle()
    player.press(Qt.Key.Key_E)
    menu = player.opened.reading.reasons
    QTest.keyClick(menu, Qt.Key.Key_Return)
    player.settle()
    player.draw([(5.0, 5.0), (5.0, 150.0), (150.0, 150.0), (150.0, 5.0), (5.0, 5.0)])
    assert player.kinds()[-1] == "exclude"
    assert review.section["excluded_area_mm2"] > 0

    # Three taken back.
    for _ in range(3):
        player.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert player.kinds()[-3:] == ["undo", "undo", "undo"]
    assert review.section["excluded_area_mm2"] == 0
    assert len(review.nuclei) == nuclei_n
    assert (player.labels(Target.NUCLEUS) == gone).any()
    section = dict(review.section)
    player.close()
    written = read_table(ResultLayout(folder).table("sections", reviewed=True)).rows()[0]
    assert {name: written[name] for name, value in section.items() if value is not None} == {
        name: value for name, value in section.items() if value is not None
    }

    # Another day: one more is taken back, then the review is signed.
    player = Player(make_napari_viewer(show=True), folder, drag_mouse, qtbot.waitUntil)
    review = player.review
    assert {name: review.section[name] for name in section} == section
    player.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert player.kinds()[-1] == "undo"
    assert len(review.fibers) == fibers_n - 1
    QTest.mouseClick(player.opened.reading.sign_button, Qt.MouseButton.LeftButton)
    player.settle()
    assert player.kinds()[-1] == "sign_off"
    assert review.is_signed
    fibers_now = player.labels(Target.FIBER)
    player.close()
    assert {path: path.read_bytes() for path in (folder / "tables" / "machine").iterdir()} == machine
    quick = {path.name: path.read_bytes() for path in (folder / "tables" / "reviewed").iterdir()}
    remeasure(folder, workers_n=1, on_event=ignore)
    assert {path.name: path.read_bytes() for path in (folder / "tables" / "reviewed").iterdir()} == quick
    assert set(np.unique(fibers_now).tolist()) - {0} == set(
        read_table(ResultLayout(folder).table("fibers", reviewed=True))["fiber_id"].filled().tolist()
    )
