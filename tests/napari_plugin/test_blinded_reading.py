"""A blinded reading shows, says and takes nothing that the machine called, and no name of the slide, wherever it is."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from qtpy.QtCore import Qt

from myograft.api import ReadingSetup, open_review, result_of
from myograft.errors import CorrectionError
from myograft.model.biology import Location, Position
from myograft.model.correction import Target
from napari_myograft.blinding import without_names
from napari_myograft.crops import _FIBER_OUTLINE, Crops
from napari_myograft.placing import Placing
from napari_myograft.review_queue import ReviewQueue
from napari_myograft.session import ReviewSession

PART = ReadingSetup(seed=5, subset_fraction=0.25)


@pytest.fixture
def folder(result_folder, tmp_path):
    (tmp_path / "arm_treated").mkdir()
    return shutil.copytree(result_folder, tmp_path / "arm_treated" / "slide")


def test_nobody_accepts_a_hidden_call(folder):
    with open_review(folder, "Bea", setup=PART) as review:
        with pytest.raises(CorrectionError, match="blinded reading"):
            review.accept(Target.NUCLEUS, 12)
        assert review.entries == ()
        review.accept(Target.FIBER, 12)  # an outline is no call
    with open_review(folder, "Ann", setup=ReadingSetup(is_blinded=False)) as review:
        review.accept(Target.NUCLEUS, 12)


def test_pictures_do_not_show_the_fiber_that_the_machine_chose(folder):
    def has_fiber(review):
        nuclei = review.nuclei
        inside = nuclei["nucleus_id"].filled()[(nuclei["location"] == "in_fiber").filled(fill_value=False)]
        picture = Crops(review, result_of(review), edge_px=100).picture(Target.NUCLEUS, int(inside[0]))
        return (picture == _FIBER_OUTLINE).all(axis=2).any()

    with open_review(folder, "Ann") as review:
        assert has_fiber(review)
    with open_review(folder, "Bea", setup=PART) as review:
        assert not has_fiber(review)


def test_sentences_name_neither_folders_nor_the_input(folder):
    with open_review(folder, "Bea", setup=PART) as review:
        source = review.finished.record.input_path
        told = without_names(review, f"{folder}/journal.jsonl of {source} is locked; {folder.name} is open")
        for name in ("arm_treated", str(folder), source, source.rsplit("/", 1)[-1]):
            assert name not in told
        assert "this result" in told
        assert "the input" in told


def test_a_refusal_does_not_tell_where_the_machine_put_a_nucleus(folder):
    with open_review(folder, "Bea", setup=PART) as review:
        session = ReviewSession(review, ReviewQueue(review))
        told = []
        session.listen(on_say=told.append)
        placing = Placing(session)
        nuclei = review.nuclei
        for location in ("in_fiber", "interstitial"):
            at = int(np.argmax((nuclei["location"] == location).filled(fill_value=False)))
            session.go_to(Target.NUCLEUS, int(nuclei["nucleus_id"].filled()[at]))
            assert not placing.at(Position.CENTRAL)
        assert told == ["Say first in which fiber it lies"] * 2
        assert review.entries == ()
        assert not placing.in_fiber()
        assert session.accept()
        assert review.entries[-1].correction.after is Location.IN_FIBER
        assert placing.at(Position.CENTRAL)


def test_what_a_reader_makes_is_read_as_well(folder):
    with open_review(folder, "Bea", setup=PART) as review:
        queue = ReviewQueue(review)
        session = ReviewSession(review, queue)
        session.next()
        number, n = session.current[1], queue.progress[1]
        box = review.box_of(Target.NUCLEUS, number)
        middle = (box.x0 + box.x1) / 2
        session.split_current(((box.y0 - 1, middle), (box.y1 + 1, middle)))
        parts = [part.new_id for part in review.entries[-1].correction.parts]
        assert queue.progress == (0, n - 1 + len(parts))
        rows = [queue.row_of(Target.NUCLEUS, part) for part in parts]
        assert all(queue.item(row).is_open for row in rows)
        assert {queue.item(row).words for row in rows} == {"made by a reader"}
        session.call_donor()
        assert queue.progress[0] == 1


@pytest.mark.gui
def test_the_gallery_has_the_readers_part_only_and_takes_no_accept(make_napari_viewer, folder, qtbot):
    from napari_myograft.launch import open_review as open_window
    from napari_myograft.launch import review_in

    open_window(folder, "Bea", PART, viewer=(viewer := make_napari_viewer()))
    opened = review_in(viewer)
    gallery, queue = opened.gallery, opened.reading.queue
    assert gallery.model.ids == [queue.item(int(row)).object_id for row in queue.shown]
    assert len(gallery.model.ids) < len(opened.review.nuclei) / 3
    assert "accept" not in gallery.heading.text().lower()
    gallery.list.setCurrentIndex(gallery.model.index(1))
    qtbot.keyClick(gallery.list, Qt.Key.Key_Space)
    assert opened.review.entries == ()
    opened.reading.comment.setText("dim")
    qtbot.keyClick(gallery.list, Qt.Key.Key_H)
    [entry] = opened.review.entries
    assert (entry.correction.nucleus_id, entry.why) == (gallery.model.ids[1], "dim")
    opened.close()


@pytest.mark.gui
def test_no_notice_names_the_folder(make_napari_viewer, folder, monkeypatch):
    from napari_myograft.launch import open_review as open_window
    from napari_myograft.launch import review_in

    open_window(folder, "Bea", PART, viewer=(first := make_napari_viewer()))
    open_window(folder, "Bea", PART, viewer=(second := make_napari_viewer()))  # the lock is named in a note
    opened = review_in(second)
    assert opened.review.read_only_because
    shown = (second.status, opened.edit.message.text(), opened.reading.banner.text(), second.title)
    assert all(shown)
    assert not any("arm_treated" in str(text) for text in shown)
    for found in (opened, review_in(first)):
        found.close()
