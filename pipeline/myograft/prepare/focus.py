"""How sharp is a plane: a number to choose the best of a stack by."""

from __future__ import annotations

import cv2
import numpy as np

from myograft.model.arrays import Array


def focus_score(image: Array) -> float:
    """Return the sum of squared Laplacians: larger is sharper; scores of tiles add up to the plane's.

    Parameters
    ----------
    image
        Counts, shape (H, W).

    Notes
    -----
    Energy of the Laplacian, see Pertuz et al. 2013, doi:10.1016/j.patcog.2012.11.011, after a 3 x 3 mean against
    noise.
    """
    smooth = cv2.blur(image.astype(np.float32), (3, 3))
    return float(np.square(cv2.Laplacian(smooth, cv2.CV_32F), dtype=np.float64).sum())
