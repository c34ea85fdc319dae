"""How likely each outline is right, asked of what the network said while it still lies in scratch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.model.arrays import Array
from myograft.model.geometry import Region
from myograft.model.network_card import OutlineCalibration
from myograft.numerics.resample import downsample_labels
from myograft.tiling import WorkingGrid
from myograft.workflow.predict_plane import Predicted
from myograft.workflow.slide import Slide
from myograft.write import read_labels_block

#: Working pixels around objects, so that none lies at the border of what is looked at.
_MARGIN_PX = 3


@dataclass(frozen=True)
class Doubt:
    """What is needed to say how likely outlines are right.

    Parameters
    ----------
    predicted
        The network's fields.
    grid
        Where they lie.
    calibration
        From evidence to probability.
    """

    predicted: Predicted
    grid: WorkingGrid
    calibration: OutlineCalibration

    def probabilities(self, slide: Slide, name: str, ids: Array, boxes: Array) -> np.ma.MaskedArray[Any, Any]:
        """Return how likely objects are right, one value per id.

        Parameters
        ----------
        slide
            The slide, its labels written.
        name
            ``"fibers"`` or ``"nuclei"``.
        ids, boxes
            Numbers and boxes of the objects, in px of the plane.
        """
        (y0, x0), (y1, x1) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        grid, bounds = self.grid, slide.stack.shape
        crop = Region(int(y0), int(x0), int(y1), int(x1)).grow(_MARGIN_PX * grid.down, bounds)
        crop = grid.snap(crop, bounds)
        stored = read_labels_block(slide.draft.labels(name), crop)
        fine = np.repeat(np.repeat(stored, grid.up, axis=0), grid.up, axis=1)
        seen = grid.working(crop)
        labels = downsample_labels(fine, grid.down, seen.shape)
        evidence = self.predicted.method.evidence(self.predicted.read(seen), labels)
        # An object that is too small for the working grid is not there.
        known = np.isin(ids, np.unique(labels))
        probability = np.zeros(len(ids))
        probability[known] = self.calibration.probability(evidence[ids[known].astype(np.int64)])
        return np.ma.MaskedArray(probability, mask=~known)
