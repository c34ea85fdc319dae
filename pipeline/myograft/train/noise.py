"""Random images that everything else is varied by: smooth noise and numbers on a logarithmic scale."""

from __future__ import annotations

import cv2
import numpy as np

from myograft.model.arrays import Array, Image

Random = np.random.Generator


def smooth_noise(random: Random, edge_px: int, scale_px: float) -> Image:
    """Return smooth noise of mean about 0 and spread about 1 that varies over `scale_px`.

    Parameters
    ----------
    random
        Source of chance.
    edge_px
        Edge of the square image.
    scale_px
        Distance of the lattice that is interpolated.
    """
    cells_n = max(2, int(np.ceil(edge_px / max(scale_px, 1.0))) + 3)
    lattice = random.standard_normal((cells_n, cells_n), dtype=np.float32)
    step = max(scale_px, 1.0)
    # A smooth lattice keeps 0.7 of its spread between its points; that is made up for here.
    grid = (np.arange(edge_px, dtype=np.float32) / np.float32(step)) + np.float32(1.0)
    columns, rows = np.meshgrid(grid, grid)
    noise = cv2.remap(lattice, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(noise * np.float32(1.35), np.float32)


def log_uniform(random: Random, low: float, high: float) -> float:
    """Return a number between two bounds, even on a logarithmic scale."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def happens(random: Random, chance: float) -> bool:
    """Return True with a chance."""
    return bool(random.random() < chance)


def wander(random: Random, start: Array, step_px: float, steps_n: int, turn: float) -> Array:
    """Return a line that wanders, as OpenCV draws lines.

    Parameters
    ----------
    random
        Source of chance.
    start
        Where it begins, (x, y) in pixels.
    step_px
        Mean length of a step.
    steps_n
        Number of steps.
    turn
        Standard deviation of the turn at each step, in radians.
    """
    points = [start]
    direction = random.uniform(0.0, 2.0 * np.pi)
    for _ in range(steps_n):
        direction += random.normal(0.0, turn)
        step = step_px * random.uniform(0.5, 1.5)
        points.append(points[-1] + step * np.array([np.cos(direction), np.sin(direction)]))
    return np.round(np.array(points)).astype(np.int32).reshape(-1, 1, 2)
