"""What an edit does to pixels: which objects get another number, and which pixels are painted then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from myograft.model.correction import Add, Delete, Merge, Pixels, Reshape, Split

ShapeEdit: TypeAlias = Add | Delete | Merge | Split | Reshape
"""Edits that change pixels."""


@dataclass(frozen=True)
class Stroke:
    """Change of a label plane that can be made in any part of it without a look at the rest.

    Parameters
    ----------
    renumbered
        ``(object, number)``: all pixels of the object get the number, 0 for background. First.
    painted
        ``(pixels, number)``: these pixels get the number, whoever had them. Second, in order.
    """

    renumbered: tuple[tuple[int, int], ...] = ()
    painted: tuple[tuple[Pixels, int], ...] = ()

    @property
    def highest_id(self) -> int:
        """Highest number that pixels get."""
        return max((number for _, number in (*self.renumbered, *self.painted)), default=0)


def stroke_of(edit: ShapeEdit) -> Stroke:
    """Return what an edit does to the pixels of its target (decisions/0001, kinds of corrections).

    Examples
    --------
    >>> from myograft.model.correction import Delete, Target
    >>> stroke_of(Delete(target=Target.FIBER, object_id=7)).renumbered
    ((7, 0),)
    """
    match edit:
        case Add():
            return Stroke(painted=((edit.made.pixels, edit.made.new_id),))
        case Delete():
            return Stroke(renumbered=((edit.object_id, 0),))
        case Merge():
            bridge = () if edit.bridge is None else ((edit.bridge, edit.new_id),)
            return Stroke(tuple((old, edit.new_id) for old in edit.object_ids), bridge)
        case Split():
            return Stroke(((edit.object_id, 0),), tuple((part.pixels, part.new_id) for part in edit.parts))
        case Reshape():
            return Stroke(((edit.object_id, 0),), ((edit.pixels, edit.object_id),))


def drawn_by(edit: ShapeEdit) -> frozenset[int]:
    """Return the objects that an edit draws or gives another shape."""
    match edit:
        case Add():
            return frozenset({edit.made.new_id})
        case Delete():
            return frozenset()
        case Merge():
            return frozenset({edit.new_id})
        case Split():
            return frozenset(part.new_id for part in edit.parts)
        case Reshape():
            return frozenset({edit.object_id})
