"""Examples of fibers: simulated scenes, each in several stainings, some of them empty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myograft.model.arrays import Image, Labels
from myograft.numerics.resample import downsample_labels
from myograft.train.examples import Example, example_of
from myograft.train.noise import happens, smooth_noise
from myograft.train.photograph import photograph
from myograft.train.plane_edge import with_plane_edge
from myograft.train.settings import SceneSettings
from myograft.train.stain import expose, paint, survey
from myograft.train.tissue import FINE, random_scene

#: Part of the scenes that hold nothing: glass, dirt, noise, gradients.
_EMPTY = 0.03

#: Part of the paintings that are photographs of hematoxylin and eosin.
_PHOTOGRAPHED = 0.18

#: Part of the other paintings that are shown inverted: dark rims, bright fibers.
_INVERTED = 0.1


@dataclass(frozen=True)
class FiberExamples:
    """Makes the example of a number.

    Parameters
    ----------
    seed
        With the number it decides everything.
    scenes
        How scenes are drawn.
    """

    seed: int
    scenes: SceneSettings

    def __call__(self, number: int) -> Example:
        """Return an example."""
        return example_of(*self.scene(number))

    def scene(self, number: int) -> tuple[list[Image], Labels]:
        """Return a scene's paintings and its true objects."""
        random = np.random.default_rng([self.seed, number, 0])
        knobs = self.scenes
        if happens(random, _EMPTY):
            shape = (knobs.edge_px, knobs.edge_px)
            images = [nothing(random, knobs.edge_px) for _ in range(knobs.paintings_n)]
            return with_plane_edge(random, images, np.zeros(shape, np.uint32), knobs)
        spacing = (FINE * knobs.least_size_px, FINE * knobs.most_size_px)
        scene = random_scene(random, FINE * knobs.edge_px, spacing)
        ground = survey(scene)
        paintings = []
        for _ in range(knobs.paintings_n):
            if happens(random, _PHOTOGRAPHED):
                paintings.append(photograph(random, scene, ground))
                continue
            image = paint(random, scene, ground)
            paintings.append(np.float32(1.0) - image if happens(random, _INVERTED) else image)
        return with_plane_edge(random, paintings, coarse(scene.fibers), knobs)


def coarse(labels: Labels) -> Labels:
    """Return labels of the fine grid on the grid that the network sees."""
    return downsample_labels(labels, FINE, (labels.shape[0] // FINE, labels.shape[1] // FINE))


def nothing(random: np.random.Generator, edge_px: int) -> Image:
    """Return an image without objects: glass, haze, noise."""
    fine_px = FINE * edge_px
    light = np.zeros((fine_px, fine_px), np.float32)
    if happens(random, 0.6):
        light += random.uniform(0.0, 0.5) * (1.0 + smooth_noise(random, fine_px, random.uniform(8.0, 600.0)))
    return expose(random, light)
