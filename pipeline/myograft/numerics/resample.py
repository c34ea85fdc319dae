"""From stored pixels to the resolution a method works at, and outlines back, on one grid for the whole plane."""

from __future__ import annotations

import numpy as np
from numba import njit

from myograft.model.arrays import Array, Image, Labels

#: Rows of labels that are put on the finest grid at a time, in units of what that grid is made coarser by.
_STRIP = 64


def downsample_mean(image: Array, factor: int) -> Image:
    """Return means over squares of `factor` pixels; squares at the far borders hold fewer.

    Parameters
    ----------
    image
        Shape (H, W).
    factor
        Edge of a square in px.

    Returns
    -------
    Image
        Shape (ceil(H / factor), ceil(W / factor)).

    Notes
    -----
    Pixels are added one by one in a fixed order, so that a square has one mean wherever it lies in the array:
    a tile and the whole plane give the same bits.

    Examples
    --------
    >>> downsample_mean(np.array([[0, 2, 5], [4, 6, 7]]), 2).tolist()
    [[3.0, 6.0]]
    """
    if factor == 1:
        return image.astype(np.float32)
    height, width = image.shape
    rows, columns = -(-height // factor), -(-width // factor)
    total = np.zeros((rows, columns), np.float32)
    for dy in range(factor):
        for dx in range(factor):
            part = image[dy::factor, dx::factor]
            total[: part.shape[0], : part.shape[1]] += part
    high = np.full(rows, factor, np.float32)
    wide = np.full(columns, factor, np.float32)
    high[-1] = height - (rows - 1) * factor
    wide[-1] = width - (columns - 1) * factor
    means: Image = total / (high[:, None] * wide[None, :])
    return means


def upsample_image(image: Image, factor: int) -> Image:
    """Return an image on a grid `factor` times finer, interpolated by cubic splines through the pixels' middles.

    Parameters
    ----------
    image
        Shape (H, W); two pixels at each border that is not the plane's are wrong.
    factor
        New pixels along the edge of an old one.

    Notes
    -----
    Catmull and Rom's spline, one fixed set of weights per position within a pixel: the same bits wherever in the
    array a pixel lies.
    """
    if factor == 1:
        return np.asarray(image, np.float32)
    return _finer(_finer(np.asarray(image, np.float32), factor).T, factor).T


def _finer(image: Image, factor: int) -> Image:
    """Return an image with `factor` times as many rows."""
    rows = len(image)
    padded = np.pad(image, ((2, 2), (0, 0)), mode="edge")
    fine = np.empty((rows * factor, image.shape[1]), np.float32)
    for phase in range(factor):
        position = (phase + 0.5) / factor - 0.5
        first, part = (0, position) if position >= 0 else (-1, position + 1.0)
        weights = (
            0.5 * (-part + 2.0 * part**2 - part**3),
            0.5 * (2.0 - 5.0 * part**2 + 3.0 * part**3),
            0.5 * (part + 4.0 * part**2 - 3.0 * part**3),
            0.5 * (-(part**2) + part**3),
        )
        total = np.zeros_like(image)
        for offset, weight in enumerate(weights):
            start = 2 + first - 1 + offset
            total += np.float32(weight) * padded[start : start + rows]
        fine[phase::factor] = total
    return fine


def downsample_labels(
    labels: Labels, factor: int, shape: tuple[int, int], origin: tuple[int, int] = (0, 0)
) -> Labels:
    """Return labels on a grid `factor` times coarser: each pixel goes to the object that fills at least half of it.

    Parameters
    ----------
    labels
        Shape (H, W).
    factor
        Old pixels along the edge of a new one.
    shape
        Height and width wanted.
    origin
        Where the first new pixel lies in the plane: which half-filled ones an object gets must not depend on the part.

    Notes
    -----
    Where an object fills just half of a pixel, every other such pixel is its own, so that outlines move neither
    outwards nor inwards on the whole. Where the plane ends within a pixel, its last old pixels stand for those that are
    missing.
    """
    if factor == 1:
        return labels[: shape[0], : shape[1]].astype(np.uint32)
    rows, columns = (
        min(wanted, -(-length // factor)) for wanted, length in zip(shape, labels.shape, strict=True)
    )
    coarse: Labels = _coarser_labels(
        labels.astype(np.uint32, copy=False), factor, rows, columns, sum(origin) % 2
    )
    return coarse


@njit(cache=True, nogil=True)
def _coarser_labels(labels: Labels, factor: int, rows: int, columns: int, odd: int) -> Labels:
    coarse = np.zeros((rows, columns), np.uint32)
    parts_n = factor * factor
    parts = np.empty(parts_n, np.uint32)
    for y in range(rows):
        for x in range(columns):
            first, is_one = labels[y * factor, x * factor], True
            for part in range(parts_n):
                label = labels[
                    min(y * factor + part // factor, labels.shape[0] - 1),
                    min(x * factor + part % factor, labels.shape[1] - 1),
                ]
                is_one &= label == first
                at = part
                while at > 0 and parts[at - 1] > label:
                    parts[at] = parts[at - 1]
                    at -= 1
                parts[at] = label
            if is_one:
                coarse[y, x] = first
                continue
            # The number in the upper median is the one that fills half of the pixel, if any object does.
            most, twice = parts[parts_n // 2], 0
            for part in range(parts_n):
                twice += 2 * (parts[part] == most)
            if twice > parts_n or (twice == parts_n and (y + x + odd) % 2 == 0):
                coarse[y, x] = most
    return coarse


def upsample_labels(
    labels: Labels, factor: int, shape: tuple[int, int], height: Array | None = None
) -> Labels:
    """Return labels at the stored resolution, outlines smooth: they run where a height between pixels is 0.

    Parameters
    ----------
    labels
        Shape (h, w) at the working resolution.
    factor
        Stored pixels per working pixel.
    shape
        Height and width wanted, in stored pixels.
    height
        What rises from outside to inside of objects and is 0 on their outlines, in whole numbers, shape (h, w). It
        is interpolated linearly, as marching squares do (Lorensen & Cline 1987, doi:10.1145/37402.37422), which puts
        outlines between pixels; where it contradicts the labels the labels are right. Without it every pixel
        counts alike. Between two objects the one that is more there takes the pixel.

    Notes
    -----
    Whole numbers add up to the same sum in any order: a part and the whole plane give the same pixels.
    """
    if factor == 1:
        return labels[: shape[0], : shape[1]].astype(np.uint32)
    padded, level = _with_level(labels, height)
    fine: Labels = _finer_labels(padded, level, factor, 0, labels.shape[0])
    return fine[: shape[0], : shape[1]]


def resample_labels(
    labels: Labels,
    finer: int,
    coarser: int,
    shape: tuple[int, int],
    height: Array | None = None,
    origin: tuple[int, int] = (0, 0),
) -> Labels:
    """Return labels on a grid that is `finer` times finer and then `coarser` times coarser.

    What :func:`upsample_labels` and :func:`downsample_labels` give one after the other, strip by strip: the finest grid
    holds up to 16 times the pixels.

    Parameters
    ----------
    labels, height
        Shape (h, w) at the working resolution.
    finer, coarser
        New pixels per old one, then old ones per new one.
    shape
        Height and width wanted.
    origin
        Where the first pixel wanted lies in the plane.
    """
    if finer == 1:
        return downsample_labels(labels, coarser, shape, origin)
    padded, level = _with_level(labels, height)
    wanted, step = np.zeros(shape, np.uint32), _STRIP * coarser
    for first in range(0, labels.shape[0], step):
        rows_n, above = min(step, labels.shape[0] - first), first // coarser * finer
        fine = _finer_labels(padded, level, finer, first, rows_n)
        strip = downsample_labels(
            fine, coarser, (max(shape[0] - above, 0), shape[1]), (origin[0] + above, origin[1])
        )
        wanted[above : above + strip.shape[0], : strip.shape[1]] = strip
    return wanted


def _with_level(labels: Labels, height: Array | None) -> tuple[Labels, Array]:
    """Return labels and what rises into them, both padded by one pixel."""
    sign = np.where(labels > 0, 1, -1).astype(np.int64)
    level = sign if height is None else np.maximum(sign * height.astype(np.int64), 1) * sign
    return np.pad(labels.astype(np.uint32), 1, mode="edge"), np.pad(level, 1, mode="edge")


@njit(cache=True, nogil=True)
def _finer_labels(labels: Labels, level: Array, factor: int, first_row: int, rows_n: int) -> Labels:
    """Return some rows of labels and levels, padded by one pixel, as labels on a finer grid."""
    fine = np.zeros((rows_n * factor, (labels.shape[1] - 2) * factor), np.uint32)
    rows, downs = _steps(fine.shape[0], factor)
    columns, rights = _steps(fine.shape[1], factor)
    for y in range(fine.shape[0]):
        i, down = rows[y] + first_row, downs[y]
        for x in range(fine.shape[1]):
            j = columns[x]
            first = labels[i, j]
            if labels[i, j + 1] == first and labels[i + 1, j] == first and labels[i + 1, j + 1] == first:
                fine[y, x] = first
                continue
            right = rights[x]
            total, best, most = 0, np.uint32(0), 0
            for corner in range(4):
                a, b = corner // 2, corner % 2
                weight = (down if a else 2 * factor - down) * (right if b else 2 * factor - right)
                total += weight * level[i + a, j + b]
                label, share = labels[i + a, j + b], 0
                for other in range(4):
                    c, d = other // 2, other % 2
                    if labels[i + c, j + d] == label:
                        share += (down if c else 2 * factor - down) * (right if d else 2 * factor - right)
                if label > 0 and share > most:
                    best, most = label, share
            if total > 0:
                fine[y, x] = best
    return fine


@njit(cache=True, nogil=True)
def _steps(length: int, factor: int) -> tuple[Array, Array]:
    """Return, per fine pixel, the coarse one before it, padding included, and twice the distance from its middle."""
    before, distance = np.zeros(length, np.int64), np.zeros(length, np.int64)
    for at in range(length):
        distance[at] = (2 * (at % factor) + 1 - factor) % (2 * factor)
        before[at] = at // factor + (1 if 2 * (at % factor) + 1 >= factor else 0)
    return before, distance
