"""Donor candidates side by side: pictures, evidence and calls by key."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from myograft.api import ReadingSetup, open_result, open_review
from myograft.errors import CorrectionError
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.correction import Target
from napari_myograft.crops import Crops
from napari_myograft.evidence import evidence_of


@pytest.fixture
def folder(result_folder, tmp_path):
    return shutil.copytree(result_folder, tmp_path / "engrafted")


@pytest.fixture
def review(folder):
    with open_review(folder, "anna") as opened:
        yield opened


def donor_ids(review):
    nuclei = review.nuclei
    return nuclei["nucleus_id"].filled()[(nuclei["origin"] == "donor").filled(fill_value=False)].tolist()


def test_the_evidence_names_marker_place_size_and_what_readers_said(review):
    inside = (review.nuclei["location"] == "in_fiber").filled(fill_value=False)
    number = int(review.nuclei["nucleus_id"].filled()[inside][0])
    told = " ".join(evidence_of(review, Target.NUCLEUS, number, is_blinded=False))
    parts = (
        "counts over its surroundings",
        "deviations of the host nuclei",
        "donor from",
        "in fiber",
        "of the nearest outline",
    )
    for part in parts:
        assert part in told
    review.set_origin(number, None, why="too faint")
    review.set_position(number, Position.CENTRAL)
    review.set_location(number, Location.BORDER, None)
    review.reject(Target.NUCLEUS, number, ExclusionReason.OTHER)
    review.accept(Target.NUCLEUS, number)
    review.undo()
    told = evidence_of(review, Target.NUCLEUS, number, is_blinded=False)
    assert [sentence.split(" on ")[0] for sentence in told[-4:]] == [
        "anna called it open", "anna placed it central", "anna placed it border", "anna left it out (other)",
    ]  # fmt: skip
    assert "(too faint)" in told[-4]
    fiber = evidence_of(review, Target.FIBER, 4, is_blinded=False)
    assert "nuclei in it" in fiber[0]
    with pytest.raises(CorrectionError, match="no nucleus 9999"):
        evidence_of(review, Target.NUCLEUS, 9999, is_blinded=False)


def test_a_blinded_reader_sees_no_call_of_the_machine(folder):
    with open_review(folder, "anna", setup=ReadingSetup()) as review:
        for number in review.nuclei["nucleus_id"].filled().tolist():
            told = " ".join(evidence_of(review, Target.NUCLEUS, number, is_blinded=True)).lower()
            for word in (
                "donor",
                "host",
                "threshold",
                "score",
                "fiber",
                "central",
                "interstitial",
                "probability",
            ):
                assert word not in told


def test_pictures_show_every_stain_and_the_outline(review, folder):
    crops = Crops(review, open_result(folder), edge_px=100)
    number = donor_ids(review)[0]
    picture = crops.picture(Target.NUCLEUS, number)
    assert picture.shape == (100, crops.width_px, 3) == (100, 400, 3)
    assert (picture == 255).all(axis=2).sum() > 4 * 20  # the outline, in each of the four fields
    assert crops.picture(Target.NUCLEUS, number) is picture
    crops.forget()
    again = crops.picture(Target.NUCLEUS, number)
    assert again is not picture
    assert np.array_equal(again, picture)
    # At the border of the image the field is filled up with black.
    edge = int(review.fibers["fiber_id"].filled()[review.fibers["touches_edge"].filled()][0])
    assert crops.picture(Target.FIBER, edge).shape == (100, 400, 3)


@pytest.mark.gui
def test_the_page_has_the_readers_keys_comment_and_what_becomes_a_candidate(
    make_napari_viewer, folder, qtbot, tmp_path, monkeypatch
):
    from qtpy.QtCore import Qt
    from qtpy.QtWidgets import QDockWidget

    from napari_myograft.launch import open_review as open_window
    from napari_myograft.launch import review_in

    def turn_to(panel):
        dock = panel.parent()
        while not isinstance(dock, QDockWidget):
            dock = dock.parent()
        dock.raise_()

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config" / "myograft").mkdir(parents=True)
    (tmp_path / "config" / "myograft" / "keys.yaml").write_text("donor: F\nhost: Shift+H\n")
    opened = review_in(open_window(folder, "anna", viewer=make_napari_viewer(show=True)))
    gallery, review = opened.gallery, opened.review
    ids = list(gallery.model.ids)
    assert "F donor, Shift+H host" in gallery.heading.text()
    gallery.list.setCurrentIndex(gallery.model.index(0))
    opened.reading.comment.setText("ring of marker")
    qtbot.keyClick(gallery.list, Qt.Key.Key_H)
    qtbot.keyClick(gallery.list, Qt.Key.Key_D)
    assert review.entries == ()
    qtbot.keyClick(gallery.list, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(gallery.list, Qt.Key.Key_F)
    first, second = review.entries
    assert (first.correction.after, first.why) == (Origin.HOST, "ring of marker")
    assert (second.correction.after, second.why) == (Origin.DONOR, "")
    # Called elsewhere, it is a candidate here; what is none any more goes when the page is turned to again.
    host = next(row["nucleus_id"] for row in review.nuclei.rows() if row["nucleus_id"] not in ids)
    opened.act(lambda: review.set_origin(host, Origin.DONOR))
    assert gallery.model.ids == [*ids, host]
    assert gallery.list.currentIndex().row() == 2, "what was chosen stays chosen"
    turn_to(opened.reading)
    qtbot.wait(100)
    assert ids[0] in gallery.model.ids
    turn_to(gallery)
    qtbot.waitUntil(lambda: ids[0] not in gallery.model.ids)
    assert host in gallery.model.ids
    assert gallery.model.ids[gallery.list.currentIndex().row()] == ids[2]
    opened.close()


def test_candidates_are_called_by_key_and_stay_in_place(make_napari_viewer, folder, qtbot):
    from qtpy.QtCore import Qt

    from napari_myograft.launch import open_review as open_window
    from napari_myograft.launch import review_in

    viewer = open_window(folder, "anna", viewer=make_napari_viewer())
    opened = review_in(viewer)
    gallery, review = opened.gallery, opened.review
    ids = list(gallery.model.ids)
    assert set(donor_ids(review)) <= set(ids)
    scores = [review.row(Target.NUCLEUS, number)["donor_score"] for number in ids]
    assert scores == sorted(scores, reverse=True)
    gallery.resize(900, 700)
    gallery.show()
    gallery.list.setCurrentIndex(gallery.model.index(0))
    qtbot.waitUntil(lambda: gallery.image_of(ids[0]) is not None, timeout=20_000)
    assert opened.current == (Target.NUCLEUS, ids[0])
    for key, origin in ((Qt.Key.Key_H, "host"), (Qt.Key.Key_U, None), (Qt.Key.Key_D, "donor")):
        place = gallery.list.currentIndex().row()
        qtbot.keyClick(gallery.list, key)
        assert review.row(Target.NUCLEUS, ids[place])["origin"] == origin
        assert gallery.list.currentIndex().row() == place + 1
    qtbot.keyClick(gallery.list, Qt.Key.Key_Space)
    assert review.row(Target.NUCLEUS, ids[3])["is_reviewed"]
    assert [entry.correction.kind for entry in review.entries] == ["origin", "origin", "origin", "accept"]
    qtbot.keyClick(gallery.list, Qt.Key.Key_Left)
    assert gallery.list.currentIndex().row() == 3
    assert gallery.model.ids == ids
    opened.act(lambda: review.delete(Target.NUCLEUS, ids[1]))
    assert gallery.model.ids == [ids[0], *ids[2:]]
    gallery.select_id(ids[5])
    assert opened.current == (Target.NUCLEUS, ids[5])
    # The estimate and the panel follow.
    assert review.estimate["reviewed_n"] == 3
    assert gallery.color_of(ids[0]) != gallery.color_of(ids[4])
    review.set_origin(ids[0], Origin.DONOR)
    opened.close()
