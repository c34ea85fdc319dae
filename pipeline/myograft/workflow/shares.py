"""Which tile measures which objects: the one that owns an object's first pixel measures the whole object."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from myograft.model.arrays import Array
from myograft.model.geometry import Region
from myograft.model.objects import ObjectDirectory
from myograft.workflow.slide import Slide
from myograft.write import read_labels_block


@dataclass(frozen=True)
class Share:
    """Objects one tile owns: their numbers and boxes; and the plane of the stack that they are measured in."""

    ids: Array
    boxes: Array
    plane: int | None = None

    @property
    def hull(self) -> Region:
        """Smallest rectangle that holds all its objects."""
        return hull_of(self.boxes)

    def close_together(self, edge_px: int) -> list[Share]:
        """Return the same objects in shares that are not much wider than an edge, so that few pixels are read for few.

        Objects that lie within twice the edge stay together.
        """
        height, width = self.hull.shape
        if max(height, width) <= 2 * edge_px:
            return [self]
        cells = self.boxes[:, :2] // edge_px
        return [
            replace(self, ids=self.ids[is_here], boxes=self.boxes[is_here])
            for cell in np.unique(cells, axis=0)
            for is_here in [(cells == cell).all(axis=1)]
        ]


def shares_of(slide: Slide, directory: ObjectDirectory) -> list[Share]:
    """Return the objects of each tile that owns any."""
    tile_px = slide.settings.tiling.tile_px
    columns_n = -(-slide.stack.shape[1] // tile_px)
    owner = directory.anchor[:, 0] // tile_px * columns_n + directory.anchor[:, 1] // tile_px
    return [Share(directory.label[owner == tile], directory.box[owner == tile]) for tile in np.unique(owner)]


def hull_of(boxes: Array) -> Region:
    """Return the smallest rectangle that holds all boxes."""
    y0, x0 = boxes[:, :2].min(axis=0)
    y1, x1 = boxes[:, 2:].max(axis=0)
    return Region(int(y0), int(x0), int(y1), int(x1))


def labels_of(slide: Slide, name: str, crop: Region, plane: int | None = None) -> Any:
    """Return the labels of the slide's own fibers or nuclei in a part of the plane, or of one plane of several."""
    return read_labels_block(slide.draft.labels(name), crop, z=plane)
