"""Objects that are known by number and box alone: said things of them can be corrected, their shape cannot."""

from __future__ import annotations

from dataclasses import dataclass

from myograft.correct.boxes import StoredBoxes


@dataclass(frozen=True)
class FixedObjects:
    """Objects without a label plane of their own, such as nuclei that were followed through a stack of planes.

    Parameters
    ----------
    boxes
        Box of every object by number; of a nucleus in several planes, that of its largest outline.
    because
        Why shapes cannot be edited, as a sentence without the final period.
    """

    boxes: StoredBoxes
    because: str = "nuclei of a stack of planes have an outline in each plane and cannot be redrawn in one"
