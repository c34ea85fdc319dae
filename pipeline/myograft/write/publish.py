"""How a finished result takes its place, and when it must not: where people have corrected the one that is there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from myograft.errors import LockedError, OutputError
from myograft.model.result_layout import JournalLayout, ResultLayout
from myograft.write.atomic import flush_folder, output_errors
from myograft.write.lock import WriterLock

_REMEDY = (
    "Choose another folder with --out (`myograft reattach OLD NEW` then takes the corrections along), or move the old "
    "result away"
)


def publish_folder(draft: Path, target: Path) -> None:
    """Give a finished draft folder its final name.

    An older result is moved aside first, to ``.NAME.old``, and deleted once the new one stands; so
    `target` is a whole result or absent at any moment. When the new one cannot take its place, the old one is
    put back.

    Parameters
    ----------
    draft
        Finished folder, on the same disk as `target`.
    target
        Final folder.

    Raises
    ------
    LockedError
        When somebody has the old result open to correct it.
    OutputError
        When the folder cannot be renamed, or when the old result holds corrections by people: those are never
        deleted.
    """
    aside = target.with_name(f".{target.name}.old")
    with output_errors(target):
        _flush_everything()
        with _nobody_at_work(target):
            if not target.exists():
                draft.rename(target)
            else:
                if aside.exists():
                    shutil.rmtree(aside)
                target.rename(aside)
                try:
                    draft.rename(target)
                except OSError:
                    aside.rename(target)
                    raise
            flush_folder(target.parent)
        if aside.exists():
            shutil.rmtree(aside)


def check_no_corrections(target: Path) -> None:
    """Refuse to go on where a result holds corrections by people, or somebody is about to make some.

    Parameters
    ----------
    target
        Folder of a slide's result; need not be there.

    Raises
    ------
    LockedError
        When somebody has it open to correct it, also without a correction so far.
    OutputError
        When its journal, or one of an independent reading, is not empty, or strokes wait to be committed.
    """
    with _nobody_at_work(target):
        pass


@contextmanager
def _nobody_at_work(target: Path) -> Iterator[None]:
    """Hold the journals of a result, which nobody has written, against whoever would open it just now."""
    layout = ResultLayout(target)
    with ExitStack() as held:
        for places in layout.locked_journals():
            held.enter_context(_taken(places, target))
        for path in (*layout.journals(), *layout.stroke_drafts()):
            if path.stat().st_size > 0:
                what = (
                    "strokes that wait to be committed" if path.suffix == ".npz" else "corrections by people"
                )
                raise OutputError(
                    f"the result that would be replaced holds {what} ({path.relative_to(target).as_posix()})",
                    where=str(target),
                    remedy=_REMEDY,
                )
        if os.name == "nt":
            held.close()  # Windows moves no folder in which a file is open; a review's open lock refuses it, too
        yield


@contextmanager
def _taken(places: JournalLayout, target: Path) -> Iterator[None]:
    try:
        lock = WriterLock.take(places, "a run of myograft that replaces this result")
    except LockedError as problem:
        raise LockedError(
            f"the result that would be replaced is open: {problem.what}",
            where=str(target),
            remedy=f"Close it first. {_REMEDY}",
        ) from None
    except OutputError:
        # Where nothing can be written in the result, or the disk has no locks, nobody can correct it either.
        yield
        return
    with lock:
        yield


def _flush_everything() -> None:
    """Flush the pyramid's many chunks in one call; one fsync each would take minutes on a network disk."""
    if hasattr(os, "sync"):
        os.sync()
