"""Boxes of objects that gain or lose pixels, kept exact without a look at the whole plane."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from myograft.model.arrays import Array, Labels, Mask
from myograft.model.geometry import Region
from myograft.numerics.labels import objects_of


def extend_boxes(boxes: dict[int, Region], labels: Labels, chosen: Mask, region: Region) -> None:
    """Extend the box of every object by those of its pixels that are chosen.

    Parameters
    ----------
    boxes
        By number, in px of the plane; extended in place.
    labels, chosen
        Labels of `region` and which of their pixels count, shape of `region`.
    region
        Where they lie in the plane.
    """
    found = objects_of(np.where(chosen, labels, 0), (region.y0, region.x0))
    for number, corners in zip(found.label.tolist(), found.box.tolist(), strict=True):
        box = Region(*corners)
        boxes[number] = boxes[number].union(box) if number in boxes else box


def hull_of(boxes: Iterable[Region]) -> Region | None:
    """Return the smallest box that holds all, None for none."""
    hull: Region | None = None
    for box in boxes:
        hull = hull.union(box) if hull else box
    return hull


def reaches_a_side(part: Region, box: Region) -> bool:
    """Whether a part of a box lies at one of its sides: an object that loses only inner pixels keeps its box."""
    return part.y0 <= box.y0 or part.x0 <= box.x0 or part.y1 >= box.y1 or part.x1 >= box.x1


class StoredBoxes(Mapping[int, Region]):
    """Boxes of a table's objects by number, made where one is asked for: of tens of thousands few ever are.

    Parameters
    ----------
    numbers
        Numbers of the objects, shape (n,).
    edges
        Their boxes ``(y0, x0, y1, x1)`` in px, half-open, shape (n, 4).

    Examples
    --------
    >>> StoredBoxes(np.array([3, 8]), np.array([[0, 0, 2, 2], [5, 5, 9, 6]]))[8]
    Region(y0=5, x0=5, y1=9, x1=6)
    """

    def __init__(self, numbers: Array, edges: Array) -> None:
        self._numbers, self._edges = numbers, edges
        self._row = {number: row for row, number in enumerate(numbers.tolist())}

    @classmethod
    def of(cls, boxes: Mapping[int, Region]) -> StoredBoxes:
        """Return boxes that are there already."""
        edges = [(box.y0, box.x0, box.y1, box.x1) for box in boxes.values()]
        return cls(np.array(list(boxes), np.int64), np.array(edges, np.int64).reshape(-1, 4))

    def __getitem__(self, number: int) -> Region:
        return Region(*self._edges[self._row[number]].tolist())

    def __contains__(self, number: object) -> bool:
        return number in self._row

    def __iter__(self) -> Iterator[int]:
        return iter(self._row)

    def __len__(self) -> int:
        return len(self._row)

    def reaching(self, low: tuple[float, float], high: tuple[float, float]) -> frozenset[int]:
        """Return the objects whose boxes reach into a rectangle, ``(y, x)`` of its corners in px, or touch it."""
        (top, left), (bottom, right) = low, high
        y0, x0, y1, x1 = self._edges.T
        is_near = (y0 <= bottom) & (y1 >= top) & (x0 <= right) & (x1 >= left)
        return frozenset(self._numbers[is_near].tolist())


class EditedBoxes(Mapping[int, Region]):
    """Boxes as edits leave them.

    Parameters
    ----------
    base
        Those of the objects as segmented; never changed.
    """

    def __init__(self, base: StoredBoxes) -> None:
        self._base = base
        self._changed: dict[int, Region | None] = {}
        self._count = len(base)

    def __getitem__(self, number: int) -> Region:
        if number not in self._changed:
            return self._base[number]
        box = self._changed[number]
        if box is None:
            raise KeyError(number)
        return box

    def __contains__(self, number: object) -> bool:
        if number in self._changed:
            return self._changed[number] is not None
        return number in self._base

    def __iter__(self) -> Iterator[int]:
        yield from (number for number in self._base if number not in self._changed)
        yield from (number for number, box in self._changed.items() if box is not None)

    def __len__(self) -> int:
        return self._count

    def put(self, boxes: Mapping[int, Region | None]) -> None:
        """Give objects new boxes; those with None are gone."""
        for number, box in boxes.items():
            self._count += (box is not None) - (number in self)
            self._changed[number] = box

    def reaching(self, low: tuple[float, float], high: tuple[float, float]) -> frozenset[int]:
        """Return the objects whose boxes reach into a rectangle; see `StoredBoxes`."""
        changed = StoredBoxes.of({number: box for number, box in self._changed.items() if box is not None})
        return (self._base.reaching(low, high) - self._changed.keys()) | changed.reaching(low, high)
