"""Stains of a color photograph told apart by the light that they absorb."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from myograft.model.arrays import Array

#: Red, green and blue of something: the light of bare glass, the densities of a stain, the weights of a sum.
Colors = tuple[float, float, float]

#: Optical density of dyes in red, green and blue light. Hematoxylin, eosin and DAB are Ruifrok & Johnston's (2001,
#: Anal. Quant. Cytol. Histol. 23:291); fast red (FastRed FastBlue DAB) and alcian blue (Alcian blue & H) are Landini's,
#: from his Colour Deconvolution for ImageJ.
HEMATOXYLIN: Colors = (0.65, 0.70, 0.29)
EOSIN: Colors = (0.07, 0.99, 0.11)
DAB: Colors = (0.27, 0.57, 0.78)
FAST_RED: Colors = (0.21393921, 0.85112669, 0.47794022)
ALCIAN_BLUE: Colors = (0.874622, 0.457711, 0.158256)

#: A pixel that lets less light through than this part of the glass has the density of the darkest level of 8 bits.
_DARKEST = 1.0 / 255.0

#: Units of the stored amount of hematoxylin of H&E per decade of absorbed light; 2.5 decades fill 8 bits.
PER_DECADE_OF_8_BITS = 100.0

#: Counts of a density that is stored in 16 bits: those of no stain at all, and how many more each decade is. Noise and
#: colors that no mixture of the stains has come out below no stain: cut off there, hosts would have no spread, and a
#: donor threshold is counted in host spreads.
NO_STAIN, PER_DECADE = 5000, 1000

#: Counts that viewers show from dark to bright: no stain, and one and a half decades.
DENSITIES_SHOWN = (float(NO_STAIN), NO_STAIN + 1.5 * PER_DECADE)

#: Absorbed light, in decades, from which a pixel says something about the color of a stain.
_STAINED = 0.15

#: Condition number of the vectors from which their amounts are noise: two vectors 6 degrees from each other.
_ALIKE = 20.0


def optical_density(colors: Array, white: Colors) -> Array:
    """Return how much light is missing in each color, in decades (Lambert-Beer: amounts of stains add up).

    Parameters
    ----------
    colors
        Red, green and blue, shape (3, H, W).
    white
        What bare glass shows in each.

    Examples
    --------
    >>> light = np.array([[[240.0]], [[25.5]], [[0.0]]])
    >>> [f"{density:.2f}" for density in abs(optical_density(light, (240.0, 255.0, 255.0))).ravel()]
    ['0.00', '1.00', '2.41']
    """
    passed = colors.astype(np.float32) / np.asarray(white, np.float32)[:, None, None]
    return np.asarray(-np.log10(np.maximum(passed, np.float32(_DARKEST))), np.float32)


def unmixing(vectors: Sequence[Colors]) -> Array:
    """Return the weights of red, green and blue density that give the amount of each stain.

    Parameters
    ----------
    vectors
        Density of two or three stains in red, green and blue, of any length. What two leave unexplained is taken for a
        third at a right angle to both.

    Returns
    -------
    Array
        Shape (3, 3): a row per stain.

    Raises
    ------
    ValueError
        Where the vectors are too much alike to be told apart.

    Notes
    -----
    Color deconvolution, Ruifrok & Johnston 2001. An amount of 1 absorbs one decade along the stain's unit vector.

    Examples
    --------
    >>> weights = unmixing([HEMATOXYLIN, DAB])
    >>> brown = np.array(DAB) / np.linalg.norm(DAB)
    >>> (weights[:2] @ (0.5 * brown)).round(6).tolist()
    [0.0, 0.5]
    """
    lengths = [float(np.linalg.norm(vector)) for vector in vectors]
    if min(lengths) == 0.0:
        raise ValueError("a stain that absorbs no light cannot be seen")
    units = [np.asarray(vector) / length for vector, length in zip(vectors, lengths, strict=True)]
    if len(units) == 2:
        rest = np.cross(units[0], units[1])
        units.append(rest / max(float(np.linalg.norm(rest)), 1e-12))
    mixing = np.stack(units)
    if np.linalg.cond(mixing) > _ALIKE:
        raise ValueError("the stains absorb too much alike to be told apart")
    # Densities are amounts times vectors; a column of the inverse takes them apart again.
    return np.asarray(np.linalg.inv(mixing).T)


def unexplained_fraction(colors: Array, white: Colors, vectors: Sequence[Colors]) -> float:
    """Return the part of the absorbed light that no mixture of two stains explains; 0 where hardly any is absorbed.

    Parameters
    ----------
    colors
        Red, green and blue of many pixels, shape (3, n).
    white
        What bare glass shows in each.
    vectors
        Density of the two stains in red, green and blue.

    Examples
    --------
    >>> pixels = 255.0 * 10.0 ** -np.array(EOSIN)[:, None]
    >>> round(unexplained_fraction(pixels, (255.0, 255.0, 255.0), [HEMATOXYLIN, DAB]), 2)
    0.63
    """
    density = optical_density(colors[:, None], white)[:, 0]
    absorbed = np.linalg.norm(density, axis=0)
    is_stained = absorbed > _STAINED
    if not is_stained.any():
        return 0.0
    first, second = (np.asarray(vector) for vector in vectors)
    rest = np.cross(first, second)
    left = (rest / np.linalg.norm(rest)) @ density[:, is_stained]
    return float(np.sqrt(np.mean(left**2) / np.mean(absorbed[is_stained] ** 2)))


def stored_density(colors: Array, white: Colors, weights: Colors) -> Array:
    """Return a weighted sum of the densities of red, green and blue in counts: `NO_STAIN`, and `PER_DECADE` more each.

    Parameters
    ----------
    colors
        Red, green and blue, shape (3, H, W).
    white
        What bare glass shows in each.
    weights
        A row of `unmixing`, or a sum of rows.

    Returns
    -------
    Array
        Shape (H, W), uint16.
    """
    density = optical_density(colors, white)
    amount = sum(density[color] * np.float32(weight) for color, weight in enumerate(weights))
    counts = np.rint(amount * np.float32(PER_DECADE)) + np.float32(NO_STAIN)
    return np.asarray(np.clip(counts, 0, 65535), np.uint16)


def hematoxylin_of(colors: Array, white: float) -> Array:
    """Return how much hematoxylin a photograph of H&E shows, as 8-bit numbers: 100 for each decade of absorbed light.

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
    density = optical_density(colors, (white, white, white))
    weights = unmixing([HEMATOXYLIN, EOSIN])[0]
    amount = sum(density[color] * np.float32(weights[color]) for color in range(3))
    stored: Array = np.clip(np.rint(amount * np.float32(PER_DECADE_OF_8_BITS)), 0, 255).astype(np.uint8)
    return stored


def eosin_density_of(colors: Array, white: float) -> Array:
    """Return the optical density of eosin in a photograph of hematoxylin and eosin, float32, shape (H, W).

    Parameters
    ----------
    colors
        Red, green and blue, shape (3, H, W).
    white
        Value of unstained glass.

    Examples
    --------
    >>> eosin = 255.0 * 10.0 ** -(0.5 * np.array(EOSIN) / np.linalg.norm(EOSIN))[:, None, None]
    >>> float(eosin_density_of(eosin, 255.0)[0, 0].round(3))
    0.5
    """
    density = optical_density(colors, (white, white, white))
    weights = unmixing([HEMATOXYLIN, EOSIN])[1].astype(np.float32)
    return np.asarray(np.tensordot(weights, density, axes=1), np.float32)
