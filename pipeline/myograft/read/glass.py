"""What bare glass shows in a photograph: the light that stains take away from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from myograft.model.arrays import Array
from myograft.model.geometry import Region
from myograft.model.stack import COLORS_N, Stack
from myograft.numerics.stains import Colors
from myograft.read.pixels import read_plane

#: Squares that are looked at, along each side of the plane, and their edge in px: a quarter of a million pixels, always
#: the same ones, of a slide of any size.
_SQUARES_N, _EDGE_PX = 8, 64

#: Percentile of brightness from which a place is called the brightest.
_BRIGHTEST = 98.0


def sample_colors(stack: Stack) -> Array:
    """Return the colors of pixels from all over a photograph, whatever region of it is measured: shape (3, n)."""
    lengths = dict(zip(stack.axes, stack.stored_shape, strict=True))
    height, width = lengths["Y"], lengths["X"]
    whole = replace(stack, region=None, shape=(height, width))
    seen = []
    for y0 in _starts(height):
        for x0 in _starts(width):
            square = Region(y0, x0, min(y0 + _EDGE_PX, height), min(x0 + _EDGE_PX, width))
            seen.append(
                [
                    read_plane(whole, color, square, plane=whole.planes_n // 2).ravel()
                    for color in range(COLORS_N)
                ]
            )
    return np.concatenate([np.stack(square) for square in seen], axis=1).astype(np.float64)


def brightest_of(colors: Array) -> Colors:
    """Return what the brightest places of a photograph show in red, green and blue.

    Parameters
    ----------
    colors
        Red, green and blue of many pixels, shape (3, n).

    Notes
    -----
    Where a photograph shows no glass, this is its palest tissue, and all densities are counted from there. That adds
    the same to all of them: nuclei are looked for, and the marker measured, over what surrounds them.

    Examples
    --------
    >>> brightest_of(np.array([[90.0, 240.0, 255.0], [80.0, 238.0, 10.0], [120.0, 241.0, 10.0]]))
    (240.0, 238.0, 241.0)
    """
    # The darkest of a place's colors: neither a red speck nor a blue one is glass.
    light = colors.min(axis=0)
    brightest = colors[:, light >= np.percentile(light, _BRIGHTEST)]
    red, green, blue = np.maximum(np.median(brightest, axis=1), 1e-6).tolist()
    return red, green, blue


def _starts(length: int) -> list[int]:
    """Return where squares begin along a side: evenly over it, each once."""
    last = max(length - _EDGE_PX, 0)
    return sorted({round(last * position / (_SQUARES_N - 1)) for position in range(_SQUARES_N)})
