"""A review in a window: the viewer with its layers and panels, and what happens when it is closed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import napari
import pint  # noqa: F401 - with the window, not while its first picture is waited for: what units and numbers need
import scipy.signal
import scipy.stats  # noqa: F401
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QMessageBox

from myograft.api import Change, ReadingSetup, Review, result_of
from myograft.api import open_review as begin_review
from myograft.errors import MyograftError
from myograft.model.correction import Target
from napari_myograft.blinding import is_blinded, without_names
from napari_myograft.canvas import ReviewCanvas
from napari_myograft.crops import Crops
from napari_myograft.edit_widget import EditWidget
from napari_myograft.evidence import evidence_of
from napari_myograft.gallery import Gallery
from napari_myograft.garbage import set_aside, take_back
from napari_myograft.review_widget import ReviewWidget
from napari_myograft.said import Said
from napari_myograft.summary_widget import SummaryWidget
from napari_myograft.view_widget import ViewWidget

OnChange = Callable[[Change], None]
OnSelect = Callable[[Target, int], None]


class OpenReview:
    """Everything that belongs to one review in one viewer.

    Parameters
    ----------
    viewer
        The napari viewer.
    review
        The review.
    """

    def __init__(self, viewer: Any, review: Review) -> None:
        self.viewer, self.review = viewer, review
        self.current: tuple[Target, int] | None = None
        self._on_select: list[OnSelect] = []
        self._on_change: list[OnChange] = []
        self._is_closed = False
        self._said = Said(review)
        result = result_of(review)
        self.canvas = ReviewCanvas(viewer, review, result, self.select)
        self.edit = EditWidget(self.canvas, self.act, lambda: self.current)
        self.view = ViewWidget(self.canvas, new_viewer=napari.Viewer)
        self.summary = SummaryWidget(review)
        self.reading = ReviewWidget(self, self._evidence)
        self.gallery = Gallery(
            self.reading.session, Crops(review, result), self.reading.keys, self.visit, self._evidence
        )

    def _evidence(self, target: Target, object_id: int) -> list[str]:
        is_hidden = is_blinded(self.review)
        return evidence_of(self.review, target, object_id, is_blinded=is_hidden, said=self._said)

    def listen(self, *, on_select: OnSelect | None = None, on_change: OnChange | None = None) -> None:
        """Tell somebody of what becomes the current object, and of every edit."""
        self._on_select += [on_select] if on_select is not None else []
        self._on_change += [on_change] if on_change is not None else []

    def select(self, target: Target, object_id: int) -> None:
        """Make an object the current one."""
        self.current = (target, object_id)
        self.canvas.highlight(target, object_id)
        for listener in self._on_select:
            listener(target, object_id)

    def visit(self, target: Target, object_id: int) -> None:
        """Make an object the current one and go to it."""
        if self.current != (target, object_id):
            self.select(target, object_id)
            self.canvas.jump(target, object_id)

    def act(self, edit: Callable[[], Change | tuple[Change, ...]]) -> bool:
        """Run an edit and show what it changed, or say why it was refused; whether it was done."""
        before_n = len(self.review.entries)
        try:
            done = edit()
        except MyograftError as problem:
            self.edit.say(problem.sentence)
            if len(self.review.entries) > before_n:  # of several edits the first ones were made
                self.canvas.read_again()
                self.summary.show_now()
            return False
        for change in done if isinstance(done, tuple) else (done,):
            self.follow(change)
        return True

    def follow(self, change: Change) -> None:
        """Show what an edit changed, and tell who listens."""
        removed = {Target.FIBER: change.touched.removed_fibers, Target.NUCLEUS: change.touched.removed_nuclei}
        if self.current is not None and self.current[1] in removed[self.current[0]]:
            self.current = None
            self.canvas.highlight(None)
        with self.canvas.drawn_at_the_end():
            self.canvas.follow(change)
            self.gallery.follow(change)
            self.summary.show_now()
            for listener in self._on_change:
                listener(change)

    def close(self) -> None:
        """Save, and let others write; strokes that are not committed stay on the disk. A second time does nothing.

        Raises
        ------
        OutputError
            Where reviewed tables or labels cannot be written; the journal holds every edit, and others can write.
        """
        if self._is_closed:
            return
        self._is_closed = True
        with ExitStack() as last:  # whatever fails, the lock goes
            last.callback(take_back)
            last.callback(self.review.close)
            last.callback(self.gallery.close_pool)
            last.callback(self.view.unlink)
            last.callback(self.reading.close_session)
            last.callback(self.edit.painting.keep_strokes)


_open: WeakKeyDictionary[Any, OpenReview] = WeakKeyDictionary()


def review_in(viewer: Any) -> OpenReview | None:
    """Return the review that a viewer shows, None where it shows none."""
    return _open.get(plain_viewer(viewer))


def plain_viewer(viewer: Any) -> Any:
    """Return the viewer itself where napari hands a plugin a wrapped one, which is another object every time."""
    return getattr(viewer, "__wrapped__", viewer)


def open_review(
    path: Path | str, reader: str, setup: ReadingSetup | None = None, *, viewer: Any = None
) -> napari.Viewer:
    """Open a result for a reader, in a viewer with everything a review needs.

    Parameters
    ----------
    path
        The result of one slide.
    reader
        Name of the reader; every correction carries it.
    setup
        None to correct the result itself; otherwise an independent reading, maybe a blinded one.
    viewer
        Where; None for a new window.

    Raises
    ------
    MyograftError
        Where the result or the journal cannot be opened; no window appears then.
    """
    with set_aside():
        review = begin_review(path, reader, setup=setup)
        return _shown(review, plain_viewer(viewer) if viewer is not None else napari.Viewer())


def _shown(review: Review, window: Any) -> napari.Viewer:
    """Show a review in a viewer."""
    opened = OpenReview(window, review)
    _open[window] = opened
    what = "blinded reading" if is_blinded(review) else opened.canvas.result.slide_id
    window.title = f"{what}, read by {review.reader}"
    add = window.window.add_dock_widget
    # The last one lies on top of the others.
    add(opened.view, name="View", area="right")
    add(opened.edit, name="Outlines", area="right", tabify=True)
    page = add(opened.gallery, name="Gallery", area="right", tabify=True, add_vertical_stretch=False)
    page.visibilityChanged.connect(opened.gallery.turned_to)
    add(opened.summary, name="Summary", area="right", tabify=True)
    dock = add(opened.reading, name="Review", area="right", tabify=True, add_vertical_stretch=False)
    for note in (*review.notes, *filter(None, [review.read_only_because])):
        opened.edit.say(note)
        window.status = without_names(review, note)
    window.reset_view()
    main = opened.reading.window()
    if main is not None:
        opened.reading.bind(main)
    dock.parent().installEventFilter(_Closer(opened, parent=opened.summary))
    return window


class _Closer(QObject):
    """Closes a review when its window is closed, while there still is a program to save it."""

    def __init__(self, opened: OpenReview, parent: QObject) -> None:
        super().__init__(parent)
        self._opened = opened

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  # Qt's name
        """Listen, and let everything happen."""
        # A window hides when it was really closed; the question before may still be answered with no. When the
        # desktop hides it, it comes back.
        if event is not None and event.type() == QEvent.Type.Hide and not event.spontaneous():
            try:
                self._opened.close()
            except (MyograftError, OSError) as problem:
                told = problem.sentence if isinstance(problem, MyograftError) else str(problem)
                tell_unsaved(without_names(self._opened.review, told))
            finally:
                # A review knows its viewer, so that neither would ever be forgotten.
                _open.pop(self._opened.viewer, None)
        return super().eventFilter(watched, event)


def tell_unsaved(problem: str) -> None:
    """Say, when the window is gone already, that numbers and outlines are behind, and that no edit is lost."""
    QMessageBox.warning(
        None,
        "Reviewed tables were not written",
        f"{problem}\n\nNo correction is lost: all are in the journal. Make room, then write the tables with "
        "'myograft remeasure RESULT', or open and close the review once more.",
    )
