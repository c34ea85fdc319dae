"""Strokes that are painted but not committed, kept on the disk: a closed window or a crash loses none of them."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myograft.errors import OutputError
from myograft.model.correction import Target
from myograft.model.geometry import Region
from myograft.model.reading import ReadingSetup
from myograft.model.result_layout import ResultLayout

Labels = NDArray[np.uint32]


@dataclass(frozen=True)
class Strokes:
    """What was painted in an edit window.

    Parameters
    ----------
    target
        Fibers or nuclei.
    region
        The window, in px of full resolution.
    places
        Painted pixels, as positions in the flattened window.
    numbers
        What they were painted with.
    """

    target: Target
    region: Region
    places: NDArray[np.int64]
    numbers: Labels

    @classmethod
    def between(cls, target: Target, region: Region, before: Labels, after: Labels) -> Strokes:
        """Return what was painted between two states of a window, both of its shape."""
        places = np.flatnonzero(before != after)
        return cls(target, region, places, after.ravel()[places].astype(np.uint32))

    @property
    def box(self) -> Region:
        """Smallest rectangle that holds the strokes, in px of full resolution; empty where there are none."""
        if not len(self.places):
            return Region(self.region.y0, self.region.x0, self.region.y0, self.region.x0)
        rows, columns = np.divmod(self.places, self.region.shape[1])
        box = Region(int(rows[0]), int(columns.min()), int(rows[-1]) + 1, int(columns.max()) + 1)
        return box.shift(self.region.y0, self.region.x0)

    def on(self, labels: Labels) -> Labels:
        """Return labels of the window, its shape, with the strokes on them."""
        painted = labels.copy()
        painted.reshape(-1)[self.places] = self.numbers
        return painted


class StrokeDraft:
    """The file that holds the strokes of one reader on one result; there is none while nothing is unsaved.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def beside_journal(cls, layout: ResultLayout, reader: str, setup: ReadingSetup | None) -> StrokeDraft:
        """Return the draft that belongs to a reader's journal."""
        journal = layout.journal if setup is None else layout.reading(reader)
        return cls(journal.with_suffix(".strokes.npz"))

    def keep(self, strokes: Strokes) -> None:
        """Write the strokes; they are on the disk, whole, when this returns.

        Raises
        ------
        OutputError
            Where the file cannot be written; the file of before is still there.
        """
        fresh = self.path.with_name(f".{self.path.name}.new")
        try:
            self.path.parent.mkdir(exist_ok=True)
            with fresh.open("wb") as file:
                np.savez_compressed(
                    file,
                    target=np.array(str(strokes.target)),
                    region=_corners(strokes.region),
                    places=strokes.places,
                    numbers=strokes.numbers,
                )
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        except OSError as problem:
            raise OutputError(
                f"strokes cannot be kept on the disk ({problem.strerror or problem})",
                where=str(self.path),
                remedy="Commit them before closing the window",
            ) from None

    def found(self) -> Strokes | None:
        """Return the strokes that were left, None where there are none.

        Raises
        ------
        OutputError
            Where a file is there that cannot be read.
        """
        if not self.path.is_file():
            return None
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                return _checked(kept)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as problem:
            raise OutputError(
                f"strokes of an earlier session cannot be read ({problem})",
                where=str(self.path),
                remedy="Move the file away; committed corrections are not affected",
            ) from None

    def drop(self) -> None:
        """Remove the file: the strokes were committed, or are not wanted.

        Raises
        ------
        OutputError
            Where it cannot be removed.
        """
        try:
            self.path.unlink(missing_ok=True)
        except OSError as problem:
            raise OutputError(
                f"kept strokes cannot be removed ({problem.strerror or problem})",
                where=str(self.path),
                remedy="Remove the file by hand, or its strokes come back with the next review",
            ) from None


def _corners(region: Region) -> NDArray[np.int64]:
    return np.array([region.y0, region.x0, region.y1, region.x1], dtype=np.int64)


def _checked(kept: Any) -> Strokes:
    region = Region(*kept["region"].tolist())
    places, numbers = kept["places"], kept["numbers"].astype(np.uint32)
    area = region.shape[0] * region.shape[1]
    if places.shape != numbers.shape or (len(places) and not 0 <= places.min() <= places.max() < area):
        raise ValueError("its pixels lie outside of its window")
    return Strokes(Target(str(kept["target"])), region, places, numbers)
