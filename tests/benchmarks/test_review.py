"""A review of a whole slide in a shown window (``make bench-review``): medians at 40,960 x 40,960 px, 34,000 fibers."""

from __future__ import annotations

import os
import resource
import statistics
import time
from pathlib import Path

import numpy as np
import pytest
from whole_slide import apart

from myograft.api import open_result
from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import SetOrigin, Target
from myograft.workflow.open_journal import open_journal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

#: What a reader is to wait at most, in seconds.
FIRST_PICTURE_S, JUMP_S, STROKE_S, COMMIT_S, CLASS_S = 3.0, 0.5, 0.03, 0.2, 0.05
GALLERY_S, CLOSE_S = 0.5, 60.0
MOST_MIB = 2048

#: Entries of a journal that a busy week leaves.
ENTRIES_N = 1000


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    """The slide; ``MYOGRAFT_WHOLE_SLIDE`` names one that was laid out before, whose journal goes on."""
    made = os.environ.get("MYOGRAFT_WHOLE_SLIDE")
    return Path(made) if made else apart(tmp_path_factory.mktemp("whole"), times_n=10, tissue_n=5)


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


class Measured:
    """What was measured, told at once; what was too slow or too much is asserted when all is told."""

    def __init__(self):
        self.failed = []

    def times(self, name, measured, most_s):
        median = statistics.median(measured)
        worst = f", worst {1000 * max(measured):.0f} ms" if len(measured) > 1 else ""
        self._tell(f"{name}: median {1000 * median:.0f} ms of {len(measured)}{worst}", median <= most_s)

    def memory(self, name):
        self._tell(f"{name}: peak {peak_mib():.0f} MiB", peak_mib() <= MOST_MIB)

    def _tell(self, line, is_fine):
        print(line if is_fine else f"{line}  TOO MUCH")
        self.failed += [] if is_fine else [line]


@pytest.fixture
def measured():
    found = Measured()
    yield found
    assert found.failed == []


def peak_mib():
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def some(ids, random):
    return int(random.choice(ids))


def call_some(opened, random, n):
    """Calls of nuclei, each of which is looked at before, as a reader does; seconds of each."""
    review, taken = opened.review, []
    for number in random.choice(review.nuclei["nucleus_id"].filled(), n, replace=False).tolist():
        opened.visit(Target.NUCLEUS, number)
        settle(None, 0.3)
        taken.append(
            seconds(None, lambda number=number: opened.act(lambda: review.set_origin(number, Origin.DONOR)))
        )
    return taken


def test_a_whole_slide_is_reviewed_without_waiting(slide, window, qtbot, measured):
    from napari_myograft.launch import open_review, review_in

    before_mib = peak_mib()
    opening_s = seconds(qtbot, lambda: open_review(slide, "anna", viewer=window))
    opened = review_in(window)
    review, canvas = opened.review, opened.canvas
    fibers, nuclei = review.fibers["fiber_id"].filled(), review.nuclei["nucleus_id"].filled()
    print(f"\n{len(fibers):,} fibers, {len(nuclei):,} nuclei, {before_mib:.0f} MiB before the review")
    assert len(fibers) > 30_000
    measured.times("first picture", [opening_s], FIRST_PICTURE_S)
    measured.memory("opening")
    frames = [seconds(qtbot, window.window._qt_viewer.canvas.native.update) for _ in range(15)]
    print(
        f"a frame in which nothing changed, as this machine draws it: median {1000 * statistics.median(frames):.0f} ms"
    )
    random = np.random.default_rng(1)
    jumps = [seconds(qtbot, lambda: canvas.jump(Target.FIBER, some(fibers, random))) for _ in range(15)]
    measured.times("jump", jumps, JUMP_S)
    canvas.jump(Target.NUCLEUS, some(nuclei, random))
    settle(qtbot, 0.5)
    measured.times("commit of a call", call_some(opened, random, 15), COMMIT_S)
    measured.times("commit of an outline", delete_some(opened, random, 15), COMMIT_S)
    shown = canvas.labels[Target.NUCLEUS]
    classes = [
        seconds(qtbot, lambda: shown.follow(None, frozenset({some(nuclei, random)}))) for _ in range(15)
    ]
    measured.times("color of one object", classes, CLASS_S)
    measured.times("stroke", strokes(opened, window, random, 40), STROKE_S)
    opened.edit.painting.cancel()
    turn_to(opened.gallery)
    measured.times(
        "turning to the gallery",
        [seconds(qtbot, opened.gallery.list.reset_view) for _ in range(5)],
        GALLERY_S,
    )
    measured.times("commit of a call beside the gallery", call_some(opened, random, 15), COMMIT_S)
    opened.act(lambda: review.exclude(((1e3, 1e3), (1e3, 5e3), (5e3, 5e3)), ExclusionReason.FOLD))
    measured.memory("the review, up to closing")
    closing_s = seconds(qtbot, opened.close)
    measured.times("closing, with tables and labels written", [closing_s], CLOSE_S)
    measured.memory("the review with closing")


def test_a_long_journal_makes_nobody_wait(slide, window, qtbot, measured):
    """The same slide with a journal of 1,000 entries and more."""
    from napari_myograft.launch import open_review, review_in

    random = np.random.default_rng(2)
    result = open_result(slide)
    ids = random.choice(result.tables["nuclei"]["nucleus_id"].filled(), ENTRIES_N, replace=False).tolist()
    # Written down without being measured, which takes minutes for so many; opening measures them at once.
    journal = open_journal(result.layout, result.provenance.identity, "anna", None)
    for number in ids:
        journal.append(SetOrigin(nucleus_id=number, before=None, after=Origin.HOST), why="", is_audit=False)
    journal.close()
    opening_s = seconds(qtbot, lambda: open_review(slide, "anna", viewer=window))
    opened = review_in(window)
    assert len(opened.review.entries) >= ENTRIES_N
    print(f"\n{len(opened.review.entries):,} entries")
    measured.times("first picture, long journal", [opening_s], FIRST_PICTURE_S)
    turn_to(opened.gallery)
    measured.times("commit of a call, long journal", call_some(opened, random, 15), COMMIT_S)
    measured.times(
        "undo, long journal", [seconds(qtbot, opened.reading.session.undo) for _ in range(15)], COMMIT_S
    )
    measured.times(
        "gallery, long journal", [seconds(qtbot, opened.gallery.list.reset_view) for _ in range(5)], GALLERY_S
    )
    opened.close()
    measured.memory("the same with a long journal")


def delete_some(opened, random, n):
    """Deletions of fibers that are looked at; seconds of each."""
    review, taken = opened.review, []
    for number in random.choice(review.fibers["fiber_id"].filled(), n, replace=False).tolist():
        opened.visit(Target.FIBER, number)
        settle(None, 0.3)
        taken.append(
            seconds(None, lambda number=number: opened.act(lambda: review.delete(Target.FIBER, number)))
        )
    return taken


def strokes(opened, window, random, n):
    """Strokes with the brush in an open edit window; seconds of each, every one of which painted something."""
    review = opened.review
    seen = some(review.fibers["fiber_id"].filled(), random)
    opened.canvas.jump(Target.FIBER, seen)
    opened.edit.painting.open(Target.FIBER, review.box_of(Target.FIBER, seen))
    settle(None, 0.5)
    layer = opened.edit.painting.layer
    layer.selected_label, layer.brush_size, layer.preserve_labels = opened.edit.painting._new_id, 20, False
    middle, taken = layer.data.shape[0] // 2, []
    for place in range(n):
        at = (middle - 200 + 10 * place, middle - 200 + 10 * place)
        before_n = int((layer.data == layer.selected_label).sum())
        taken.append(seconds(None, lambda at=at: layer.paint(at, layer.selected_label)))
        assert int((layer.data == layer.selected_label).sum()) > before_n
    return taken


def turn_to(panel):
    """Bring a panel to the front, as by a click on its tab."""
    from qtpy.QtWidgets import QDockWidget

    dock = panel.parent()
    while not isinstance(dock, QDockWidget):
        dock = dock.parent()
    dock.raise_()
    settle(None, 1.0)
    assert panel.isVisible()
