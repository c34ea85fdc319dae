"""What stitching knows of the labeled objects of a plane: number, box, anchor and size of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myograft.model.arrays import Array


@dataclass(frozen=True)
class ObjectDirectory:
    """All objects of a label plane, in the order of their numbers.

    Parameters
    ----------
    label
        Numbers, shape (n,), ascending.
    box
        Bounding boxes ``(y0, x0, y1, x1)`` in px, half-open, shape (n, 4).
    anchor
        First pixel ``(y, x)`` in raster order, shape (n, 2): the tile that owns it owns the object.
    area_px
        Number of pixels, shape (n,).
    """

    label: Array
    box: Array
    anchor: Array
    area_px: Array

    def __post_init__(self) -> None:
        n = len(self.label)
        if self.box.shape != (n, 4) or self.anchor.shape != (n, 2) or self.area_px.shape != (n,):
            raise ValueError("an object directory needs one box, anchor and area per label")
        if n and not np.all(np.diff(self.label.astype(np.int64)) > 0):
            raise ValueError("labels of an object directory must ascend")

    def __len__(self) -> int:
        return len(self.label)

    def select(self, chosen: Array) -> ObjectDirectory:
        """Return the objects at the indices or under the boolean mask `chosen`."""
        return ObjectDirectory(
            self.label[chosen], self.box[chosen], self.anchor[chosen], self.area_px[chosen]
        )


@dataclass(frozen=True)
class LinkedObjects:
    """All objects of a stack of planes, in the order of their numbers.

    Parameters
    ----------
    directory
        Number of each object, and box, anchor and size of its largest outline.
    plane
        Plane of this outline, shape (n,); of equal ones the lowest.
    first_plane, last_plane
        Lowest and highest plane it shows in, shape (n,).
    planes_n
        Planes it shows in, shape (n,).
    volume_px
        Pixels in all planes, shape (n,).
    middle_plane
        Mean plane of these pixels, shape (n,).
    """

    directory: ObjectDirectory
    plane: Array
    first_plane: Array
    last_plane: Array
    planes_n: Array
    volume_px: Array
    middle_plane: Array


def empty_directory() -> ObjectDirectory:
    """Return a directory without objects."""
    return ObjectDirectory(
        np.zeros(0, np.uint32), np.zeros((0, 4), np.int64), np.zeros((0, 2), np.int64), np.zeros(0, np.int64)
    )
