"""Draw the pictures of the plugin's README from the sample slide: ``make pictures``."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import napari
from PIL import Image
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDockWidget, QWidget

from myograft.api import BatchRequest, load_settings, run_batch, sample_paths
from myograft.model.correction import Target
from napari_myograft.launch import OpenReview, open_review, review_in
from napari_myograft.run_widget import RunWidget

PRESET = "laminin_dapi_lamin_ac"
SIZE_PX = (1440, 900)
FOLDER = Path(__file__).parent

#: Nuclei that are read before the first picture, and how far from every edge the next one lies, as a part of the slide.
ACCEPTED_N, INNER_PART = 3, 0.3

#: Of JPEG: text stays sharp, stains take a third of the bytes of PNG.
QUALITY = 80


def main() -> None:
    """Measure the sample, open it as a reader would, and take a picture of every panel."""
    [sample] = [path for path in sample_paths() if "control" not in path.name]
    with tempfile.TemporaryDirectory(prefix="myograft-pictures-") as folder:
        out = Path(folder)
        done = run_batch(BatchRequest(inputs=(sample,), out=out, settings=load_settings(PRESET)))
        if done.failed_n:
            sys.exit("the sample could not be measured")
        viewer = open_review(out / sample.name.removesuffix(".ome.tif"), "Anna")
        opened = review_in(viewer)
        if opened is None:
            sys.exit("the review did not open")
        take_review(opened)
        viewer.close()
        take_run(sample)


def take_review(opened: OpenReview) -> None:
    """Take a picture of every panel of a review, at a moment when it is needed."""
    session = opened.reading.session
    read_to_the_middle(opened)
    take(opened.viewer, opened.reading, "review.jpg")
    take(opened.viewer, opened.gallery, "gallery.jpg")

    session.go_to(Target.FIBER, largest_fiber(opened))
    opened.canvas.jump(*session.current, filled_part=0.3)
    opened.edit.open_window()
    box = opened.review.box_of(*session.current)
    layer = opened.edit.painting.layer
    layer.mode, layer.brush_size = "paint", 14
    with layer.block_history():
        for step in range(0, box.y1 - box.y0, 4):
            layer.paint((box.y0 + step, box.x1 - 2), layer.selected_label)
    take(opened.viewer, opened.edit, "outlines.jpg")
    opened.edit.commit()

    take(opened.viewer, opened.summary, "summary.jpg")
    opened.viewer.reset_view()
    opened.view.outlined.setChecked(False)
    take(opened.viewer, opened.view, "view.jpg")


def read_to_the_middle(opened: OpenReview) -> None:
    """Accept some nuclei, and stop at one that has tissue all around it."""
    session = opened.reading.session
    session.next()
    for read_n in range(20):
        if session.current is None:
            sys.exit("the queue is too short")
        if read_n >= ACCEPTED_N and is_inner(opened, *session.current):
            opened.gallery.select_id(session.current[1])
            return
        session.accept()  # and goes on
    sys.exit("no nucleus near the front of the queue has tissue all around it")


def take_run(sample: Path) -> None:
    """Take a picture of the run widget after a preview of the visible field."""
    os.chdir(sample.parent)  # a picture shows no folder of this machine
    viewer = napari.Viewer()
    run = RunWidget(viewer)
    viewer.window.add_dock_widget(run, name="Run", area="right")
    run.image.setText(sample.name)
    run.preset.setCurrentText(PRESET)
    run.out.setText("results")
    run.show_image()
    run.preview()
    wait(run.preview_button.isEnabled, most_s=120)
    take(viewer, run, "run.jpg")
    viewer.close()


def largest_fiber(opened: OpenReview) -> int:
    """Return the largest fiber that nothing cuts, of those with tissue all around them."""
    fibers = opened.review.fibers
    if fibers is None:
        sys.exit("the sample has no fibers")
    sizes = fibers["csa_um2"].filled(0.0) * ~fibers["is_excluded"].filled()
    numbers = fibers["fiber_id"].filled()[(-sizes).argsort(kind="stable")].tolist()
    return next(number for number in numbers if is_inner(opened, Target.FIBER, number))


def is_inner(opened: OpenReview, target: Target, number: int) -> bool:
    """Whether an object lies so far inside the slide that a picture of it holds no edge."""
    (height, width), box = opened.canvas.shape, opened.review.box_of(target, number)
    y, x = (box.y0 + box.y1) / 2 / height, (box.x0 + box.x1) / 2 / width
    return min(y, 1 - y, x, 1 - x) > INNER_PART


def take(viewer: napari.Viewer, panel: QWidget, name: str) -> None:
    """Bring a panel to the front and take a picture of the window."""
    window = viewer.window._qt_window  # noqa: SLF001  # napari gives no other way to its size
    window.resize(*SIZE_PX)
    parent = panel.parent()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parent()
    if parent is not None:
        parent.raise_()
    wait(lambda: False, most_s=1.5)
    shot = Image.fromarray(viewer.screenshot(canvas_only=False, flash=False)).convert("RGB")
    shot.save(FOLDER / name, quality=QUALITY, subsampling=0, optimize=True)


def wait(is_done: Callable[[], bool], *, most_s: float) -> None:
    """Let the window work."""
    for _ in range(int(most_s * 20)):
        QApplication.processEvents()
        QTest.qWait(50)
        if is_done():
            return


if __name__ == "__main__":
    main()
