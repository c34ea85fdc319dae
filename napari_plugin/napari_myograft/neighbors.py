"""Which objects lie next to another one: those it can be merged with by the keyboard alone."""

from __future__ import annotations

import numpy as np

from myograft.model.correction import Target
from myograft.model.geometry import Region
from myograft.model.review_columns import BOX
from myograft.model.table import Table
from napari_myograft.queue_columns import KEY_OF

#: Neighbors to choose from; a fiber has about six.
_MOST_N = 8


def nearest_ids(table: Table, target: Target, object_id: int, box: Region) -> tuple[int, ...]:
    """Return the objects nearest to an object, nearest first.

    Parameters
    ----------
    table
        Fibers or nuclei.
    target
        Which of them.
    object_id
        The object.
    box
        Its bounding box in px.

    Notes
    -----
    Near is the gap between bounding boxes; of objects whose boxes overlap, those with the nearer middle come first.
    """
    y0, x0, y1, x1 = (table[column.name].filled(-1).astype(float) for column in BOX)
    gap_y = np.maximum(0.0, np.maximum(y0 - box.y1, box.y0 - y1))
    gap_x = np.maximum(0.0, np.maximum(x0 - box.x1, box.x0 - x1))
    middle = np.hypot((y0 + y1 - box.y0 - box.y1) / 2, (x0 + x1 - box.x0 - box.x1) / 2)
    ids = table[KEY_OF[target]].filled()
    order = np.lexsort((middle, np.hypot(gap_y, gap_x)))
    return tuple(number for number in ids[order[: _MOST_N + 1]].tolist() if number != object_id)[:_MOST_N]
