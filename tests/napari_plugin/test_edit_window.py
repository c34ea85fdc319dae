"""Painting and drawing as a reader does it: in a small window, by strokes; nothing painted is ever lost."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from myograft.model.correction import Add, Delete, ExcludeRegion, IncludeRegion, Reshape, Split, Target
from myograft.model.geometry import Region
from napari_myograft import edit_window
from napari_myograft.camera import world_of
from napari_myograft.launch import open_review, review_in

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


@pytest.fixture
def small_window(monkeypatch):
    """So small that fibers of the sample cross its edge."""
    monkeypatch.setattr(edit_window, "WINDOW_PX", 200)


def stroke(layer, y, x, *, number=None, brush=10):
    """Paint at a pixel of the slide."""
    layer.mode = "paint"
    layer.brush_size = brush
    layer.selected_label = layer.selected_label if number is None else number
    region_y, region_x = np.round(np.array(layer.translate) / np.array(layer.scale)).astype(int)
    with layer.block_history():
        layer.paint((y - region_y, x - region_x), layer.selected_label)
    layer.events.paint(value=[])


def edits(opened):
    return [entry.correction for entry in opened.review.entries]


def empty_place(opened, size=12):
    """Middle of background of a size."""
    whole = Region(0, 0, *opened.canvas.shape)
    free = opened.review.labels(Target.FIBER, whole) == 0
    for y in range(size, whole.y1 - size, 7):
        for x in range(size, whole.x1 - size, 7):
            if free[y - size : y + size, x - size : x + size].all():
                return y, x
    raise AssertionError("the sample has no background")


def test_a_painted_object_is_added_by_commit(opened):
    y, x = empty_place(opened)
    opened.edit.open_window()
    painting = opened.edit.painting
    assert not opened.edit.buttons["Open edit window"].isEnabled()
    painting.choose_new()
    stroke(painting.layer, y, x)
    assert opened.review.entries == ()
    opened.edit.commit()
    [edit] = edits(opened)
    assert isinstance(edit, Add)
    assert edit.made.pixels.to_mask(Region(y, x, y + 1, x + 1)).all()
    assert opened.canvas.object_at(y + 0.5, x + 0.5) == (Target.FIBER, edit.made.new_id)
    assert not painting.is_open
    assert opened.summary.lines[1].value.endswith(f"of {len(opened.review.fibers)}, 1 edited")


def test_one_undo_takes_back_what_one_commit_made(opened):
    y, x = empty_place(opened)
    opened.select(Target.FIBER, 20)
    opened.edit.open_window()
    layer = opened.edit.painting.layer
    box = opened.review.box_of(Target.FIBER, 20)
    stroke(layer, (box.y0 + box.y1) // 2, box.x1, brush=30)
    opened.edit.painting.choose_new()
    stroke(layer, y, x)
    opened.edit.commit()
    assert {type(edit) for edit in edits(opened)} == {Reshape, Add}
    assert "one undo takes all of them back" in opened.edit.message.text()
    session, fibers_n = opened.reading.session, len(opened.review.fibers)
    session.undo()
    assert len(opened.review.fibers) == fibers_n - 1
    assert not opened.review.can_undo
    session.redo()
    assert not opened.review.can_redo
    assert len(opened.review.fibers) == fibers_n
    assert len(opened.review.entries) == 6


def test_a_stroke_that_was_taken_back_does_not_come_back(opened, qtbot):
    opened.edit.open_window()
    painting = opened.edit.painting
    stroke(painting.layer, *empty_place(opened))
    qtbot.waitUntil(painting._draft.path.is_file)
    painting.layer.undo()
    qtbot.waitUntil(lambda: not painting._draft.path.exists())
    painting.layer.redo()
    qtbot.waitUntil(painting._draft.path.is_file)


def test_neighbors_are_not_painted_over(opened):
    opened.select(Target.FIBER, 20)
    opened.edit.open_window()
    layer = opened.edit.painting.layer
    assert layer.selected_label == 20
    before = layer.data.copy()
    box = opened.review.box_of(Target.FIBER, 20)
    stroke(layer, (box.y0 + box.y1) // 2, box.x1, brush=60)
    others = (before != 0) & (before != 20)
    np.testing.assert_array_equal(layer.data[others], before[others])
    opened.edit.commit()
    assert [type(edit) for edit in edits(opened)] == [Reshape]


def test_an_object_that_crosses_the_edge_keeps_its_outside(opened, small_window):
    opened.select(Target.FIBER, 20)
    opened.edit.open_window()
    painting = opened.edit.painting
    crossing = painting.crossing_ids()
    assert crossing
    assert len(opened.canvas.marks.tool.segments_px) > len(crossing)
    assert "cross the edge" in opened.edit.message.text()
    number = crossing[0]
    before_px = opened.review.row(Target.FIBER, number)["csa_um2"]
    inside = np.argwhere(painting.layer.data == number)
    painting.layer.preserve_labels = False
    region = painting._region
    y, x = inside[len(inside) // 2] + (region.y0, region.x0)
    outside = [
        place
        for place in np.argwhere(
            opened.review.labels(Target.FIBER, Region(0, 0, *opened.canvas.shape)) == number
        )
        if not region.holds(*place)
    ]
    stroke(painting.layer, y, x, number=0, brush=5)
    opened.edit.commit()
    [edit] = edits(opened)
    assert isinstance(edit, Reshape)
    assert edit.object_id == number
    y, x = (int(part) for part in outside[0])
    assert edit.pixels.to_mask(Region(y, x, y + 1, x + 1)).all()
    assert opened.review.row(Target.FIBER, number)["csa_um2"] < before_px


def test_cancel_drops_everything(opened, qtbot):
    opened.edit.open_window()
    painting = opened.edit.painting
    stroke(painting.layer, *empty_place(opened))
    qtbot.waitUntil(painting._draft.path.is_file)
    opened.edit.cancel()
    assert opened.review.entries == ()
    assert not painting.is_open
    assert not painting._draft.path.exists()
    assert opened.canvas.labels[Target.FIBER].coded.left_out is None


def test_a_second_window_starts_clean(opened):
    opened.edit.open_window()
    layer = opened.edit.painting.layer
    stroke(layer, *empty_place(opened))
    opened.edit.commit()
    opened.edit.open_window()
    assert opened.edit.painting.layer is layer
    kept = layer.data.copy()
    layer.undo()
    np.testing.assert_array_equal(layer.data, kept)
    assert not opened.edit.painting.is_painted


def test_strokes_survive_a_killed_session(opened, result_copy, make_napari_viewer, qtbot):
    y, x = empty_place(opened)
    opened.edit.open_window()
    stroke(opened.edit.painting.layer, y, x)
    qtbot.waitUntil(opened.edit.painting._draft.path.is_file)
    painted = opened.edit.painting.layer.data.copy()
    opened.review.close()  # the lock goes, as with a killed process; the window says nothing
    viewer = make_napari_viewer()
    open_review(result_copy, "Ann", viewer=viewer)
    again = review_in(viewer)
    assert again.edit.painting.is_open
    assert "are back" in again.edit.message.text()
    np.testing.assert_array_equal(again.edit.painting.layer.data, painted)
    again.edit.commit()
    assert [type(edit) for edit in edits(again)] == [Add]
    assert again.canvas.object_at(y + 0.5, x + 0.5) is not None
    again.close()


def test_a_removed_layer_loses_no_stroke(opened):
    y, x = empty_place(opened)
    opened.edit.open_window()
    stroke(opened.edit.painting.layer, y, x)
    opened.viewer.layers.remove(opened.edit.painting.layer)
    assert not opened.edit.painting.is_open
    assert "are kept" in opened.edit.message.text()
    opened.edit.open_window()
    assert opened.edit.painting.is_painted
    opened.edit.commit()
    assert opened.canvas.object_at(y + 0.5, x + 0.5) is not None


def test_an_edit_made_meanwhile_stands(opened):
    y, x = empty_place(opened)
    opened.edit.open_window()
    stroke(opened.edit.painting.layer, y, x)
    opened.act(lambda: opened.review.delete(Target.FIBER, 20))
    opened.edit.commit()
    assert [type(edit) for edit in edits(opened)] == [Delete, Add]


def test_split_draw_exclude_include_by_the_mouse(opened, drag_mouse):
    def drag(corners):
        drag_mouse(opened.viewer, corners, opened.canvas.pixel_size_um)

    review, box = opened.review, opened.review.box_of(Target.FIBER, 20)
    opened.edit.split()
    assert "Choose the object" in opened.edit.message.text()
    opened.select(Target.FIBER, 20)
    opened.canvas.jump(Target.FIBER, 20)
    opened.edit.split()
    middle = (box.y0 + box.y1) / 2
    drag([(middle, box.x0 - 4.0), (middle, (box.x0 + box.x1) / 2), (middle, box.x1 + 4.0)])
    [split] = edits(opened)
    assert isinstance(split, Split)
    assert all(review.box_of(Target.FIBER, part.new_id) for part in split.parts)
    assert opened.current == (Target.FIBER, split.parts[0].new_id), "a part is what is looked at next"

    y, x = empty_place(opened)
    center_on(opened, y, x)
    opened.edit.draw()
    drag([(y - 6.0, x - 6.0), (y - 6.0, x + 6.0), (y + 6.0, x + 6.0), (y + 6.0, x - 6.0)])
    assert opened.edit.message.text() == ""
    added = edits(opened)[-1]
    assert isinstance(added, Add)
    assert 100 <= added.made.pixels.area_px <= 196

    square = [(y - 9.0, x - 9.0), (y - 9.0, x + 9.0), (y + 9.0, x + 9.0), (y + 9.0, x - 9.0)]
    opened.edit.exclude()
    drag(square)
    opened.edit.include()
    drag(square)
    assert [type(edit) for edit in edits(opened)[-2:]] == [ExcludeRegion, IncludeRegion]
    np.testing.assert_allclose(edits(opened)[-1].outline, square, atol=0.5)
    assert opened.viewer.scene.camera.mouse_pan
    assert opened.canvas.is_picking


def test_an_outline_over_other_objects_is_refused(opened):
    box = opened.review.box_of(Target.FIBER, 20)
    y, x = (box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2
    opened.edit.draw()
    opened.edit.freehand.finish([(y - 3, x - 3), (y - 3, x + 3), (y + 3, x + 3)])
    assert opened.review.entries == ()
    assert "Reshape or delete" in opened.edit.message.text()


def test_a_line_beside_the_object_is_refused(opened):
    opened.select(Target.FIBER, 20)
    opened.edit.split()
    opened.edit.freehand.finish([(0.0, 0.0), (1.0, 1.0)])
    assert opened.review.entries == ()
    assert opened.edit.message.text()


def test_a_canceled_stroke_is_not_taken(opened, drag_mouse):
    opened.edit.exclude()
    assert opened.edit.buttons["Cancel"].isEnabled()
    opened.edit.cancel()
    drag_mouse(opened.viewer, [(5.0, 5.0), (50.0, 5.0), (50.0, 50.0)], opened.canvas.pixel_size_um)
    assert opened.review.entries == ()


def test_who_may_not_write_may_not_paint(opened, monkeypatch):
    monkeypatch.setattr(type(opened.review), "read_only_because", "Bea is at work")
    opened.edit.open_window()
    assert "Bea is at work" in opened.edit.message.text()
    assert not opened.edit.painting.is_open
    opened.edit.draw()
    assert not opened.edit.freehand.is_waiting


def center_on(opened, y_px, x_px):
    opened.viewer.scene.camera.center = (0.0, *world_of(y_px, x_px, opened.canvas.pixel_size_um))
