"""Stains of a color photograph told apart by the light that they absorb."""

from __future__ import annotations

import numpy as np

from myograft.model.arrays import Array

#: Optical density of hematoxylin, eosin and a remainder in red, green and blue light (Ruifrok & Johnston 2001,
#: Anal. Quant. Cytol. Histol. 23:291); the remainder is at a right angle to both.
_HEMATOXYLIN = np.array([0.65, 0.70, 0.29])
_EOSIN = np.array([0.07, 0.99, 0.11])

#: Units of the stored amount of a stain per decade of absorbed light; 2.5 decades fill 8 bits.
_PER_DECADE = 100.0


def hematoxylin_of(colors: Array, white: float) -> Array:
    """Return how much hematoxylin a photograph shows, as 8-bit numbers: 100 for each decade of absorbed light.

    Parameters
    ----------
    colors
        Red, green and blue, shape (3, H, W).
    white
        Value of unstained glass.

    Examples
    --------
    >>> eosin, white = np.array([[[230]], [[60]], [[200]]]), np.full((3, 1, 1), 255)
    >>> nucleus = np.array([[[90]], [[70]], [[150]]])
    >>> [int(hematoxylin_of(colors, 255.0)[0, 0]) for colors in (white, eosin, nucleus)]
    [0, 2, 70]
    """
    vectors = [vector / np.linalg.norm(vector) for vector in (_HEMATOXYLIN, _EOSIN)]
    rest = np.cross(*vectors)
    unmix = np.linalg.inv(np.stack([*vectors, rest / np.linalg.norm(rest)]))
    # A pixel that lets no light through has the density of the darkest level there is.
    density = -np.log10(np.maximum(colors.astype(np.float32), 1.0) / np.float32(white))
    amount = sum(density[color] * np.float32(unmix[color, 0]) for color in range(3))
    stored: Array = np.clip(np.rint(amount * np.float32(_PER_DECADE)), 0, 255).astype(np.uint8)
    return stored
