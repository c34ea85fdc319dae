"""Examples of nuclei: simulated scenes, and real images with hand-made outlines where the user has them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from myograft.model.arrays import Array, Image, Labels
from myograft.train.examples import Example, example_of
from myograft.train.fibers import coarse, nothing
from myograft.train.noise import Random, happens, log_uniform, smooth_noise
from myograft.train.plane_edge import with_plane_edge
from myograft.train.settings import SceneSettings
from myograft.train.stain import expose
from myograft.train.tissue import FINE

#: Part of the scenes that hold no nucleus.
_EMPTY = 0.04


@dataclass(frozen=True)
class NucleusExamples:
    """Makes the example of a number.

    Parameters
    ----------
    seed
        With the number it decides everything.
    scenes
        How scenes are drawn; spacings are the mean diameters of nuclei.
    """

    seed: int
    scenes: SceneSettings

    def __call__(self, number: int) -> Example:
        """Return an example."""
        return example_of(*self.scene(number))

    def scene(self, number: int) -> tuple[list[Image], Labels]:
        """Return a scene's paintings and its true objects."""
        random = np.random.default_rng([self.seed, number, 2])
        knobs = self.scenes
        if happens(random, _EMPTY):
            images = [nothing(random, knobs.edge_px) for _ in range(knobs.paintings_n)]
            return images, np.zeros((knobs.edge_px, knobs.edge_px), np.uint32)
        drawn = _Nuclei(random, FINE * knobs.edge_px)
        drawn.place(FINE * log_uniform(random, knobs.least_size_px, knobs.most_size_px))
        labels = coarse(drawn.labels)
        images = [expose(random, drawn.paint(), labels > 0) for _ in range(knobs.paintings_n)]
        return with_plane_edge(random, images, labels, knobs)


class _Nuclei:
    """Nuclei drawn one after the other; where two meet, a pixel belongs to the nearer."""

    def __init__(self, random: Random, edge_px: int) -> None:
        self._random, self._edge_px = random, edge_px
        self.labels: Labels = np.zeros((edge_px, edge_px), np.uint32)
        self._radius = np.full((edge_px, edge_px), np.inf, np.float32)
        #: Depth below the rim in units of the short half axis, of every nucleus over every pixel, summed and largest.
        self._body: list[tuple[slice, slice, Image]] = []
        self._size_px = 1.0

    def place(self, diameter_px: float) -> None:
        """Place nuclei of a mean diameter, scattered, in clumps, or side by side."""
        random = self._random
        self._size_px = diameter_px
        aspect = random.uniform(1.0, 2.4)
        spread = random.uniform(0.05, 0.35)
        crowd = log_uniform(random, 0.02, 0.75)
        count = int(np.clip(crowd * self._edge_px**2 / diameter_px**2, 1, 900))
        clump, beside = random.uniform(0.0, 0.9), random.uniform(0.0, 0.6)
        lobes = random.uniform(0.0, 0.12)
        at, turn = random.uniform(0.0, self._edge_px, 2), random.uniform(0.0, np.pi)
        for number in range(1, count + 1):
            size = 0.5 * diameter_px * np.exp(spread * random.standard_normal())
            stretch = np.sqrt(max(1.0, aspect * np.exp(0.2 * random.standard_normal())))
            if happens(random, beside):
                # Side by side, or end to end, as in a row of nuclei along a fiber.
                way = turn + (0.0 if happens(random, 0.5) else np.pi / 2) + random.normal(0.0, 0.3)
                at = at + size * random.uniform(1.2, 2.6) * np.array([np.sin(way), np.cos(way)])
                turn += random.normal(0.0, 0.4)
            elif happens(random, clump):
                at = at + diameter_px * random.normal(0.0, 1.8, 2)
                turn = random.uniform(0.0, np.pi)
            else:
                at, turn = random.uniform(0.0, self._edge_px, 2), random.uniform(0.0, np.pi)
            at = np.mod(at, self._edge_px)
            self._draw(number, at, (size * stretch, size / stretch), turn, lobes)

    def _draw(self, number: int, at: Array, axes: tuple[float, float], turn: float, lobes: float) -> None:
        random = self._random
        reach = int(np.ceil(1.5 * axes[0])) + 2
        y0, x0 = max(0, int(at[0]) - reach), max(0, int(at[1]) - reach)
        window = (
            slice(y0, min(self._edge_px, int(at[0]) + reach)),
            slice(x0, min(self._edge_px, int(at[1]) + reach)),
        )
        dy = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None] + 0.5 - at[0]
        dx = np.arange(window[1].start, window[1].stop, dtype=np.float32)[None, :] + 0.5 - at[1]
        along, across = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        radius = np.hypot(along / axes[0], across / axes[1])
        angle = np.arctan2(across / axes[1], along / axes[0])
        for lobe in (2, 3, 5):
            radius = radius * (
                1.0 + lobes * random.normal() / lobe * np.cos(lobe * angle + random.uniform(0, 6.3))
            )
        if not radius.size or (
            (radius < 0.7).any() and (self._radius[window][radius < 0.7] < 0.8).mean() > 0.35
        ):
            return
        nearer = (radius <= 1.0) & (radius < self._radius[window])
        self.labels[window][nearer] = number
        self._radius[window] = np.minimum(self._radius[window], radius)
        self._body.append((*window, ((1.0 - radius) * axes[1]).astype(np.float32)))

    def paint(self) -> Image:
        """Return the light of the nuclei and of what else shines in the nuclear channel."""
        random, edge_px = self._random, self._edge_px
        bodies_n = len(self._body)
        bright = np.exp(random.uniform(0.05, 0.75) * random.standard_normal(bodies_n))
        bright = np.maximum(bright, random.uniform(0.08, 0.25) * np.median(bright)) if bodies_n else bright
        soft = FINE * log_uniform(random, 0.3, 1.2)
        dome = random.uniform(0.0, 0.8)
        adds = happens(random, 0.5)
        light = np.zeros((edge_px, edge_px), np.float32)
        for (rows, columns, depth), level in zip(self._body, bright.tolist(), strict=True):
            body = np.clip(depth / soft + 0.5, 0.0, 1.0)
            body *= 1.0 - dome + dome * np.clip(depth / max(1.0, float(depth.max())), 0.0, 1.0)
            shown = light[rows, columns]
            light[rows, columns] = shown + level * body if adds else np.maximum(shown, level * body)
        chromatin = random.uniform(0.0, 0.35) * smooth_noise(
            random, edge_px, FINE * log_uniform(random, 1.0, 5.0)
        )
        light *= np.clip(1.0 + chromatin, 0.1, 2.5)
        if happens(random, 0.35):
            # Chromocenters, as in the mouse.
            dots = smooth_noise(random, edge_px, 0.16 * self._size_px)
            light *= 1.0 + random.uniform(0.3, 2.0) * np.clip((dots - 0.9) / 0.4, 0.0, 1.0)
        return np.asarray(light + self._background(), np.float32)

    def _background(self) -> Image:
        random, edge_px = self._random, self._edge_px
        haze = np.zeros((edge_px, edge_px), np.float32)
        if happens(random, 0.5):
            wide = self._size_px * log_uniform(random, 1.5, 8.0)
            haze += random.uniform(0.0, 0.2) * np.clip(
                0.6 + 0.5 * smooth_noise(random, edge_px, wide), 0.0, 2.0
            )
        if happens(random, 0.35):
            lines = np.abs(smooth_noise(random, edge_px, self._size_px * random.uniform(1.5, 5.0)))
            haze += random.uniform(0.05, 0.3) * np.exp(-np.square(lines / random.uniform(0.05, 0.2)))
        if happens(random, 0.4):
            haze = haze + 0.5 * cv2.GaussianBlur(
                (self.labels > 0).astype(np.float32), (0, 0), 0.8 * self._size_px
            )
        for _ in range(int(random.integers(1, 60)) if happens(random, 0.4) else 0):
            at = tuple(int(value) for value in random.integers(0, edge_px, 2))
            radius = max(1, round(self._size_px * random.uniform(0.02, 0.12)))
            cv2.circle(haze, at, radius, float(random.uniform(0.1, 1.5)), -1, cv2.LINE_AA)
        return haze
