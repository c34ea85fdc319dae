"""Python's search for garbage, kept short while a review is open."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

#: Set while parts of a closed review may still be there as garbage.
_has_left = Event()


@contextmanager
def set_aside() -> Iterator[None]:
    """Leave what is there out of the search: what was there before the block in it, and what it makes afterwards.

    napari and what it uses are half a million objects that stay. To look through all of them takes 0.2 s: twice while a
    review opens, and again whenever edits have made enough new ones, which then wait for it. Where the block fails,
    all is searched as before.
    """
    if _has_left.is_set():  # what an earlier review has left is not to be kept as long as this one
        gc.collect()
        _has_left.clear()
    gc.freeze()
    try:
        yield
    except BaseException:
        take_back()
        raise
    gc.collect()  # nor is what the block has left; without all the rest that is quick
    gc.freeze()


def take_back() -> None:
    """Search everything again: a closed review is not to stay in memory."""
    gc.unfreeze()
    _has_left.set()
