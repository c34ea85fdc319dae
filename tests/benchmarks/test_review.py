"""A review of a whole slide in a shown window (``make bench-review``): medians at 40,960 x 40,960 px, 34,000 fibers."""

from __future__ import annotations

import statistics
import time

import numpy as np
import psutil
import pytest
from whole_slide import small_result, whole_slide

from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import Target

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

#: What a reader is to wait at most, in seconds.
FIRST_PICTURE_S, JUMP_S, STROKE_S, COMMIT_S, CLASS_S = 3.0, 0.5, 0.03, 0.2, 0.05
MOST_MIB = 2048


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return whole_slide(small_result(folder), folder / "slide", times_n=10, tissue_n=5)


@pytest.fixture
def window(slide, qtbot, make_napari_viewer):
    """A running viewer that is shown, and what draws it."""
    viewer = make_napari_viewer(show=True)
    qt = viewer.window._qt_window
    qt.resize(1280, 800)
    settle(qtbot)
    return viewer


def settle(qtbot, least_s=0.0):
    """Let the window draw everything that is waiting."""
    from qtpy.QtWidgets import QApplication

    end = time.perf_counter() + least_s
    for _ in range(20):
        QApplication.processEvents()
    while time.perf_counter() < end:
        QApplication.processEvents()


def seconds(qtbot, action):
    """Time of an action until the window has drawn what it changed."""
    begun = time.perf_counter()
    action()
    settle(qtbot)
    return time.perf_counter() - begun


def told(name, measured, most_s):
    median = statistics.median(measured)
    print(f"{name}: median {1000 * median:.0f} ms of {len(measured)}, worst {1000 * max(measured):.0f} ms")
    assert median <= most_s, name


def test_a_whole_slide_is_reviewed_without_waiting(slide, window, qtbot):
    from napari_myograft.launch import open_review, review_in

    before_mib = psutil.Process().memory_info().rss / 2**20
    opening_s = seconds(qtbot, lambda: open_review(slide, "anna", viewer=window))
    opened = review_in(window)
    review, canvas = opened.review, opened.canvas
    fibers, nuclei = review.fibers["fiber_id"].filled(), review.nuclei["nucleus_id"].filled()
    print(f"\n{len(fibers):,} fibers, {len(nuclei):,} nuclei; first picture {opening_s:.2f} s")
    assert len(fibers) > 30_000
    assert opening_s <= FIRST_PICTURE_S
    random = np.random.default_rng(1)

    def some(ids):
        return int(random.choice(ids))

    told("jump", [seconds(qtbot, lambda: canvas.jump(Target.FIBER, some(fibers))) for _ in range(15)], JUMP_S)
    canvas.jump(Target.NUCLEUS, some(nuclei))
    settle(qtbot, 0.5)
    calls = []
    for number in random.choice(nuclei, 9, replace=False).tolist():
        opened.visit(Target.NUCLEUS, number)  # as a reader does, who calls what is looked at
        settle(qtbot, 0.3)
        calls.append(
            seconds(qtbot, lambda number=number: opened.act(lambda: review.set_origin(number, Origin.DONOR)))
        )
    told("commit of a call", calls, COMMIT_S)
    commits = []
    for number in random.choice(fibers, 9, replace=False).tolist():
        opened.visit(Target.FIBER, number)
        settle(qtbot, 0.3)
        commits.append(
            seconds(qtbot, lambda number=number: opened.act(lambda: review.delete(Target.FIBER, number)))
        )
    told("commit of an outline", commits, COMMIT_S)
    shown = canvas.labels[Target.NUCLEUS]
    told(
        "color of one object",
        [seconds(qtbot, lambda: shown.follow(None, frozenset({some(nuclei)}))) for _ in range(15)],
        CLASS_S,
    )
    seen = some(fibers)
    while seen not in review.fibers["fiber_id"]:
        seen = some(fibers)
    canvas.jump(Target.FIBER, seen)
    opened.edit.painting.open(Target.FIBER, review.box_of(Target.FIBER, seen))
    settle(qtbot, 0.5)
    layer = next(layer for layer in window.layers if type(layer).__name__ == "Labels" and layer.editable)
    layer.selected_label, layer.brush_size = seen, 20
    strokes = []
    for place in range(40):
        at = (900 + place, 900 + place)
        strokes.append(seconds(qtbot, lambda at=at: layer.paint(at, seen)))
    told("stroke", strokes, STROKE_S)
    opened.edit.painting.cancel()
    opened.act(lambda: review.exclude(((1e3, 1e3), (1e3, 5e3), (5e3, 5e3)), ExclusionReason.FOLD))
    peak_mib = psutil.Process().memory_info().rss / 2**20
    print(f"memory {peak_mib:.0f} MiB, {peak_mib - before_mib:.0f} MiB of it for the review")
    assert peak_mib <= MOST_MIB
    while review.can_undo:
        opened.act(review.undo)
