"""A review on a real canvas: everything lies where it is, follows edits, and tells what was clicked."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from napari.components import ViewerModel

from myograft.api import ReadingSetup, open_result, open_review
from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import Target
from napari_myograft.camera import link_viewers, pixel_of, world_of
from napari_myograft.canvas import ReviewCanvas
from napari_myograft.marks import hatching
from napari_myograft.object_classes import Coloring, ObjectClass

pytestmark = pytest.mark.gui


@pytest.fixture
def result_copy(result_folder, tmp_path):
    return shutil.copytree(result_folder, tmp_path / "slide")


@pytest.fixture
def review(result_copy):
    with open_review(result_copy, "Ann") as opened:
        yield opened


@pytest.fixture
def picked():
    return []


def built_in(viewer, review, picked):
    result = open_result(review.finished.layout.root)
    built = ReviewCanvas(viewer, review, result, lambda *found: picked.append(found))
    viewer.reset_view()
    return built


@pytest.fixture
def canvas(review, picked):
    """Layers without a window, which most questions can be asked of."""
    viewer = ViewerModel()
    viewer.canvas.size = (700, 900)
    return built_in(viewer, review, picked)


@pytest.fixture
def seen_canvas(make_napari_viewer, review, picked):
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(900, 700)
    built = built_in(viewer, review, picked)
    yield built
    built.close()


def middle_of(review, target, object_id):
    """A pixel of the object, (y, x)."""
    box = review.box_of(target, object_id)
    ys, xs = np.nonzero(review.labels(target, box) == object_id)
    place = len(ys) // 2
    return float(ys[place] + box.y0) + 0.5, float(xs[place] + box.x0) + 0.5


def shown_class(canvas, target, y_px, x_px):
    """What the canvas itself shows there, by napari's own way from the world to the data."""
    layer = canvas.labels[target].layer
    data = layer.world_to_data(world_of(y_px, x_px, canvas.pixel_size_um))
    y, x = np.round(data).astype(int)
    return int(layer.data[0][y : y + 1, x : x + 1][0, 0])


def test_labels_cover_the_image(canvas):
    image = canvas.channels["DAPI"].extent.world[:, -2:]
    for shown in canvas.labels.values():
        # Extents run through the centers of the outermost pixels, which are finer here.
        np.testing.assert_allclose(shown.layer.extent.world, image, atol=canvas.pixel_size_um / 2)


@pytest.mark.parametrize("target", list(Target))
def test_classes_lie_on_their_objects(canvas, review, target):
    canvas.set_outlined(is_outlined=False)
    for object_id in (1, 10, 25):
        y, x = middle_of(review, target, object_id)
        row = review.row(target, object_id)
        shown = shown_class(canvas, target, y, x)
        if target is Target.NUCLEUS and not row["is_undecided"]:
            assert shown == {"donor": ObjectClass.DONOR, "host": ObjectClass.HOST}[row["origin"]]
        assert shown == canvas.labels[target].coded.code_of(object_id) > 0


def test_an_origin_is_recolored_at_once(canvas, review):
    canvas.set_outlined(is_outlined=False)
    y, x = middle_of(review, Target.NUCLEUS, 12)
    for origin, kind in ((Origin.DONOR, ObjectClass.DONOR), (Origin.HOST, ObjectClass.HOST)):
        canvas.follow(review.set_origin(12, origin))
        assert shown_class(canvas, Target.NUCLEUS, y, x) == kind


def test_pixels_follow_an_edit_and_its_undo(canvas, review):
    canvas.set_outlined(is_outlined=False)
    y, x = middle_of(review, Target.FIBER, 20)
    assert canvas.object_at(y, x) == (Target.FIBER, 20)
    canvas.follow(review.delete(Target.FIBER, 20))
    assert shown_class(canvas, Target.FIBER, y, x) == 0
    assert canvas.object_at(y, x) is None
    canvas.follow(review.undo())
    assert canvas.object_at(y, x) == (Target.FIBER, 20)


def test_the_picture_follows(seen_canvas, review):
    canvas = seen_canvas
    canvas.set_outlined(is_outlined=False)
    canvas.jump(Target.FIBER, 20, filled_part=0.8)
    before = canvas.viewer.screenshot(canvas_only=True, flash=False)
    canvas.follow(review.delete(Target.FIBER, 20))
    after = canvas.viewer.screenshot(canvas_only=True, flash=False)
    middle = tuple(slice(side // 2 - 20, side // 2 + 20) for side in before.shape[:2])
    assert np.abs(before[middle].astype(int) - after[middle]).mean() > 10


def test_a_jump_shows_the_object_with_context(canvas, review):
    canvas.jump(Target.NUCLEUS, 30, filled_part=0.25)
    box, seen = review.box_of(Target.NUCLEUS, 30), canvas.seen_px
    assert seen.y0 < box.y0 < box.y1 < seen.y1
    longer, view = max(box.shape), min(canvas.viewer.canvas.size) / canvas.viewer.scene.camera.zoom
    assert longer * canvas.pixel_size_um / view == pytest.approx(0.25)


def test_the_current_object_is_outlined_until_it_is_gone(canvas, review):
    canvas.highlight(Target.FIBER, 20)
    line = canvas.marks.current.segments_px[:, 0]
    box = review.box_of(Target.FIBER, 20)
    np.testing.assert_allclose(line.min(axis=0), (box.y0, box.x0), atol=0.01)
    np.testing.assert_allclose(line.max(axis=0), (box.y1, box.x1), atol=0.01)
    world = canvas.marks.current.layer.data[:, 0] * canvas.pixel_size_um
    np.testing.assert_allclose(world.min(axis=0), world_of(box.y0, box.x0, canvas.pixel_size_um), atol=0.01)
    canvas.follow(review.delete(Target.FIBER, 20))
    assert len(canvas.marks.current.layer.data) == 0
    canvas.follow(review.undo())
    assert len(canvas.marks.current.layer.data) > 10
    canvas.highlight(None)
    assert len(canvas.marks.current.layer.data) == 0


def test_outlines_keep_their_width_on_the_screen(canvas):
    canvas.highlight(Target.FIBER, 20)
    zoom, width = canvas.viewer.scene.camera.zoom, canvas.marks.current.layer.edge_width
    canvas.viewer.scene.camera.zoom = zoom * 4
    assert canvas.marks.current.layer.edge_width == pytest.approx(width / 4)


def test_excluded_areas_are_shown_and_undone(canvas, review):
    outline = [(10.0, 10.0), (10.0, 90.0), (90.0, 90.0)]
    canvas.follow(review.exclude(outline, ExclusionReason.FOLD))
    shown = canvas.marks.areas.segments_px
    np.testing.assert_allclose(shown[:3, 0], outline)
    hatched_n = len(shown)
    assert hatched_n > 10
    canvas.follow(review.include(outline))
    assert len(canvas.marks.areas.segments_px) == hatched_n + 3
    canvas.follow(review.undo())
    canvas.follow(review.undo())
    assert len(canvas.marks.areas.layer.data) == 0


@settings(max_examples=50, deadline=None)
@given(corners=st.lists(st.tuples(*[st.floats(0, 1000)] * 2), min_size=3, max_size=9, unique=True))
def test_hatching_stays_inside(corners):
    outline = np.array(corners)
    lines = hatching(outline)
    assert np.isfinite(lines).all()
    np.testing.assert_allclose(lines.sum(axis=2)[:, 0], lines.sum(axis=2)[:, 1], atol=1e-6)
    middles = lines.mean(axis=1)[np.abs(lines[:, 0] - lines[:, 1]).max(axis=1) > 0.01]
    # Even-odd, as the lines are drawn; a ray to the left from each middle.
    for y, x in middles:
        begins, ends = outline, np.roll(outline, -1, axis=0)
        crosses = (begins[:, 0] < y) != (ends[:, 0] < y)
        part = (y - begins[crosses, 0]) / (ends[crosses, 0] - begins[crosses, 0])
        places = begins[crosses, 1] + part * (ends[crosses, 1] - begins[crosses, 1])
        if np.abs(places - x).min(initial=9) > 1e-6:
            assert (places < x).sum() % 2 == 1


def test_before_the_review_and_after(canvas, review):
    canvas.set_outlined(is_outlined=False)
    y, x = middle_of(review, Target.FIBER, 20)
    canvas.follow(review.delete(Target.FIBER, 20))
    canvas.show_machine(is_machine=True)
    machine = canvas._machine[Target.FIBER]
    assert machine.layer.visible
    assert not canvas.labels[Target.FIBER].layer.visible
    assert machine.object_at(y, x) == 20
    assert machine.layer.opacity < 1
    canvas.show_machine(is_machine=False)
    assert not machine.layer.visible
    assert canvas.labels[Target.FIBER].layer.visible


def test_other_colorings(canvas, review):
    canvas.set_outlined(is_outlined=False)
    canvas.set_coloring(Target.NUCLEUS, Coloring.REVIEW)
    y, x = middle_of(review, Target.NUCLEUS, 12)
    assert shown_class(canvas, Target.NUCLEUS, y, x) == ObjectClass.UNREAD
    canvas.follow(review.accept(Target.NUCLEUS, 12))
    assert shown_class(canvas, Target.NUCLEUS, y, x) == ObjectClass.READ


def test_a_click_selects_in_any_layer(seen_canvas, review, picked, drag_mouse):
    canvas = seen_canvas

    def press(*places):
        drag_mouse(canvas.viewer, places, canvas.pixel_size_um)

    nucleus = middle_of(review, Target.NUCLEUS, 30)
    for layer in canvas.viewer.layers:
        canvas.viewer.layers.selection.active = layer
        press(nucleus)
        assert picked.pop() == (Target.NUCLEUS, 30)
    fiber = next(
        place
        for number in (20, 21, 22)
        for place in [middle_of(review, Target.FIBER, number)]
        if canvas.labels[Target.NUCLEUS].object_at(*place) == 0
    )
    press(fiber)
    assert picked.pop()[0] is Target.FIBER
    press((2.0, 2.0))
    press(fiber, (fiber[0] + 50, fiber[1]), fiber)  # the view was moved
    assert picked == []


def test_a_blinded_reading_shows_no_calls(result_copy):
    with open_review(result_copy, "Bea", setup=ReadingSetup()) as review:
        canvas = ReviewCanvas(ViewerModel(), review, open_result(result_copy), lambda *_: None)
        kinds = {
            code for shown in canvas.labels.values() for code in np.unique(shown.coded._lut[:-1]).tolist()
        }
        assert kinds == {0, ObjectClass.UNREAD}
        canvas.follow(review.set_origin(12, Origin.DONOR))
        assert canvas.labels[Target.NUCLEUS].coded.code_of(12) == ObjectClass.DONOR


def test_linked_viewers_move_together():
    one, other = ViewerModel(), ViewerModel()
    one.add_image(np.zeros((50, 50)))
    other.add_image(np.zeros((9, 50, 50)))
    one.scene.camera.center = (0.0, 10.0, 20.0)
    unlink = link_viewers(one, other)
    assert other.scene.camera.center[-2:] == (10.0, 20.0)
    other.scene.camera.center = (0.0, 33.0, 11.0)
    other.scene.camera.zoom = 7.0
    assert one.scene.camera.center[-2:] == (33.0, 11.0)
    assert one.scene.camera.zoom == 7.0
    unlink()
    one.scene.camera.zoom = 2.0
    assert other.scene.camera.zoom == 7.0


def test_places_go_to_the_world_and_back():
    assert pixel_of(world_of(3.25, 8.5, 0.4), 0.4) == pytest.approx((3.25, 8.5))
