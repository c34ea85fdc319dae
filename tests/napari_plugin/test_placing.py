"""Where a nucleus lies, said by key, click and button; two edits of one press are one to take back."""

from __future__ import annotations

import shutil

import pytest
from qtpy.QtCore import Qt

from myograft.api import open_review
from myograft.model.biology import Location, Position
from myograft.model.correction import Target
from napari_myograft.keys import ACTIONS, Action
from napari_myograft.placing import Placing
from napari_myograft.review_queue import ReviewQueue
from napari_myograft.session import ReviewSession


@pytest.fixture
def folder(result_folder, tmp_path):
    return shutil.copytree(result_folder, tmp_path / "slide")


def a_nucleus(review, location):
    nuclei = review.nuclei
    return int(nuclei["nucleus_id"].filled()[(nuclei["location"] == location).filled(fill_value=False)][0])


def test_a_nucleus_is_placed_by_proposal_click_and_word(folder):
    with open_review(folder, "ann") as review:
        session = ReviewSession(review, ReviewQueue(review))
        told = []
        session.listen(on_say=told.append)
        placing, number = Placing(session), a_nucleus(review, "interstitial")
        assert not placing.between_fibers()
        assert "Only a nucleus" in told[-1]
        session.go_to(Target.NUCLEUS, number)
        session.comment = "rim is broken"
        assert not placing.in_fiber()
        first = session.partner
        session.next()
        assert session.partner != first
        session.previous()
        assert session.partner == first
        session.go_to(Target.NUCLEUS, number + 1)
        assert "click a fiber" in told[-1]
        assert placing.in_fiber()  # the second time confirms
        [entry] = review.entries
        assert (entry.correction.after, entry.correction.fiber_after) == (Location.IN_FIBER, first[1])
        assert entry.why == "rim is broken"
        assert session.current == (Target.NUCLEUS, number), "its position can be said next"
        assert placing.at(Position.CENTRAL)
        row = review.row(Target.NUCLEUS, number)
        assert (row["location"], row["fiber_id"], row["position"]) == ("in_fiber", first[1], "central")
        placing.in_fiber()
        other = next(int(fiber) for fiber in review.fibers["fiber_id"].filled() if fiber != first[1])
        session.go_to(Target.FIBER, other)  # as by a click
        assert review.row(Target.NUCLEUS, number)["fiber_id"] == other
        assert placing.between_fibers()
        assert review.row(Target.NUCLEUS, number)["location"] == "interstitial"
        placing.in_fiber()
        assert session.cancel()
        assert review.entries[-1].correction.after is Location.INTERSTITIAL


def test_a_mouse_that_rests_far_away_is_asked_about(folder):
    with open_review(folder, "ann") as review:
        session = ReviewSession(review, ReviewQueue(review))
        placing, number = Placing(session), a_nucleus(review, "in_fiber")
        mine = review.row(Target.NUCLEUS, number)["fiber_id"]
        box = review.box_of(Target.NUCLEUS, number)
        far = max(
            review.fibers["fiber_id"].filled().tolist(),
            key=lambda fiber: abs(review.box_of(Target.FIBER, fiber).y0 - box.y0),
        )
        session.go_to(Target.NUCLEUS, number)
        assert not placing.in_fiber(far)
        assert session.partner == (Target.FIBER, far)
        session.cancel()
        assert placing.in_fiber(mine)
        assert session.proposal is None


@pytest.mark.gui
def test_keys_and_buttons_place_the_nucleus(make_napari_viewer, folder, qtbot):
    from napari_myograft.help_page import help_html
    from napari_myograft.launch import open_review as open_window
    from napari_myograft.launch import review_in

    open_window(folder, "ann", viewer=(viewer := make_napari_viewer(show=True)))
    opened = review_in(viewer)
    reading, review = opened.reading, opened.review
    window = viewer.window._qt_window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    number = a_nucleus(review, "in_fiber")
    fiber = review.row(Target.NUCLEUS, number)["fiber_id"]

    def press(key):
        reading.setFocus()
        qtbot.keyClick(window.focusWidget() or window, key)

    reading.session.go_to(Target.NUCLEUS, number)
    press(Qt.Key.Key_G)
    assert review.row(Target.NUCLEUS, number)["location"] == "interstitial"
    box = review.box_of(Target.FIBER, fiber)
    size_um = opened.canvas.pixel_size_um
    inside = next(
        (y, x)
        for y in range(box.y0, box.y1)
        for x in range(box.x0, box.x1)
        if review.object_at(Target.FIBER, y + 0.5, x + 0.5) == fiber
    )
    viewer.mouse_over_canvas = True
    viewer.cursor.position = tuple(place * size_um for place in inside)
    press(Qt.Key.Key_I)
    row = review.row(Target.NUCLEUS, number)
    assert (row["location"], row["fiber_id"]) == ("in_fiber", fiber)
    assert f"in fiber {fiber}" in reading.card.evidence.text()
    for action, position in ((Action.CENTRAL, "central"), (Action.PERIPHERAL, "peripheral")):
        qtbot.mouseClick(reading.controls.buttons[action], Qt.MouseButton.LeftButton)
        assert review.row(Target.NUCLEUS, number)["position"] == position
    qtbot.mouseClick(reading.controls.buttons[Action.IN_FIBER], Qt.MouseButton.LeftButton)
    assert "yellow" in reading.message.text()
    press(Qt.Key.Key_Escape)
    assert reading.session.proposal is None
    assert all(ACTIONS[action].meaning in help_html(reading.keys).replace("&#x27;", "'") for action in Action)
    opened.close()
