"""Images that outlines are drawn from: ridges of stain, distance to them, hills and their tops."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage
from skimage.morphology import reconstruction

from myograft.model.arrays import Array, Image, Labels


def smooth(image: Array, sigma_px: float) -> Image:
    """Return an image blurred by a Gaussian; mirrored at its borders."""
    if sigma_px < 0.2:
        return np.asarray(image, np.float32)
    blurred = cv2.GaussianBlur(
        np.asarray(image, np.float32), (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT_101
    )
    return np.asarray(blurred, np.float32)


def ridges(image: Image, sigmas_px: tuple[float, ...]) -> Image:
    """Return how much each pixel lies on a bright line: minus the smaller eigenvalue of the Hessian, at least 0.

    Parameters
    ----------
    image
        Shape (H, W).
    sigmas_px
        Half widths of the lines looked for; the strongest response counts, scale-normalized (Lindeberg 1998,
        doi:10.1023/A:1008097225773).
    """
    strongest: Array = np.zeros(image.shape, np.float32)
    for sigma in sigmas_px:
        calm = smooth(image, sigma)
        yy, xx, xy = (
            cv2.Sobel(calm, cv2.CV_32F, dx, dy, ksize=3) / 4.0 for dx, dy in ((0, 2), (2, 0), (1, 1))
        )
        least = (yy + xx) / 2.0 - np.sqrt(((yy - xx) / 2.0) ** 2 + xy**2)
        strongest = np.maximum(strongest, np.asarray(-least * np.float32(sigma**2), np.float32))
    return strongest


def relative_to_surroundings(strength: Image, sigma_px: float, floor: float) -> Image:
    """Return a strength over its root mean square nearby, so that faint and bright tissue compare.

    Parameters
    ----------
    strength
        Shape (H, W), at least 0.
    sigma_px
        Reach of the surroundings.
    floor
        Added to the surroundings' level, so that noise on an empty place stays small.
    """
    level = np.sqrt(smooth(strength * strength, sigma_px))
    return np.asarray(strength / (level + np.float32(floor)), np.float32)


def tops(hills: Image, prominence: float) -> Labels:
    """Return one label per hill that stands out from the next by at least `prominence`."""
    flooded = reconstruction(hills - np.float32(prominence), hills)
    is_top = (hills - flooded) >= prominence * 0.999
    labels, _ = ndimage.label(is_top, np.ones((3, 3), bool))
    return np.asarray(labels, np.uint32)
