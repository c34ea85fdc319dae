"""One reader's reading of one slide, as far as agreement asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np

from myograft.model.arrays import Array, Labels, Mask
from myograft.model.correction import Target
from myograft.model.geometry import Region
from myograft.model.table import Table

#: Name of the machine among readers.
MACHINE = "machine"

#: Gives a part of the labels as a reader leaves them: which, and where in px of full resolution.
OutlineReader: TypeAlias = Callable[[Target, Region], Labels]

_NUMBER = {Target.FIBER: "fiber_id", Target.NUCLEUS: "nucleus_id"}
_SIZE = {Target.FIBER: "csa_um2", Target.NUCLEUS: "area_um2"}
_BOX = ("box_y0_px", "box_x0_px", "box_y1_px", "box_x1_px")


@dataclass(frozen=True)
class ReadingTables:
    """What a reader says of a slide.

    Parameters
    ----------
    reader
        Who; `MACHINE` for what nobody corrected.
    slide_id
        The slide.
    is_blinded
        Whether the machine's calls were hidden; True for the machine.
    is_random_order
        Whether objects were shown in random order, so that what was read is a random part of them.
    sections
        The sections table as the reader leaves it.
    fibers, nuclei
        The other tables; None where the slide has none.
    outlines
        Gives labels.
    audited_ids
        Nuclei that were read as a part of the random audit, by their number.
    last_hash
        Hash of the last entry of the reader's journal, which seals all of it; None for the machine.
    """

    reader: str
    slide_id: str
    is_blinded: bool
    is_random_order: bool
    sections: Table
    fibers: Table | None
    nuclei: Table | None
    outlines: OutlineReader
    audited_ids: frozenset[int] = field(default=frozenset())
    last_hash: str | None = None

    @property
    def is_machine(self) -> bool:
        """Whether nobody read."""
        return self.reader == MACHINE

    def objects(self, target: Target) -> Objects | None:
        """Return fibers or nuclei; None where the slide has none."""
        table = self.fibers if target is Target.FIBER else self.nuclei
        return None if table is None else Objects(target, table, self)


@dataclass(frozen=True)
class Objects:
    """Fibers or nuclei of one reading, column by column.

    Parameters
    ----------
    target
        Which.
    table
        Their table, n rows.
    reading
        Whose.
    """

    target: Target
    table: Table
    reading: ReadingTables
    _read: dict[str, Array] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def ids(self) -> Array:
        """Numbers in the labels, shape (n,)."""
        return np.asarray(self.table[_NUMBER[self.target]].filled())

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Row of each number."""
        return {number: row for row, number in enumerate(self.ids.tolist())}

    @cached_property
    def sizes_um2(self) -> Array:
        """Areas, shape (n,); 0 where unknown."""
        return np.asarray(self.table[_SIZE[self.target]].filled(0.0))

    @cached_property
    def boxes(self) -> Array:
        """Boxes ``(y0, x0, y1, x1)`` in px, shape (n, 4)."""
        return np.stack([self.table[name].filled(0) for name in _BOX], axis=1)

    @property
    def shapes(self) -> Array:
        """Box, size and centroid, shape (n, 7): outlines that differ differ in these."""
        places = [self.table[name].filled(0.0) for name in ("centroid_y_um", "centroid_x_um")]
        return np.column_stack([self.boxes, self.sizes_um2, *places])

    @cached_property
    def is_read(self) -> Mask:
        """Whether the reader looked, shape (n,); the machine looks at everything."""
        if self.reading.is_machine:
            return np.ones(len(self.table), np.bool_)
        return self.flag("is_reviewed")

    def flag(self, column: str) -> Mask:
        """Return a column of yes and no, shape (n,); null is no."""
        return self._once(column, np.bool_, filler=False)

    def said(self, column: str) -> Array:
        """Return a column of text, shape (n,); null is empty."""
        return self._once(column, np.str_, filler="")

    def _once(self, column: str, dtype: type[np.generic], *, filler: bool | str) -> Array:
        """Return a column without nulls; disagreements ask for it object by object."""
        if column not in self._read:
            self._read[column] = np.asarray(self.table[column].filled(filler), dtype)
        return self._read[column]

    def region(self, row: int) -> Region:
        """Return the box of one object."""
        return Region(*(int(end) for end in self.boxes[row]))

    def mask(self, row: int, region: Region) -> Mask:
        """Return the pixels of one object in a region, of the region's shape."""
        return np.asarray(self.reading.outlines(self.target, region) == self.ids[row])


def jointly_audited(first: ReadingTables, second: ReadingTables) -> frozenset[int]:
    """Return the nuclei that both read in the random audit; the machine has read whatever the other one did."""
    if first.is_machine:
        return second.audited_ids
    return first.audited_ids if second.is_machine else first.audited_ids & second.audited_ids
