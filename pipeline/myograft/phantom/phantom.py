"""A whole phantom, made in fixed blocks: any part of it is the same, however it is asked for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from myograft.model.arrays import Array, Labels
from myograft.model.geometry import Region
from myograft.phantom.block import FULL, OFFSET, Scene, blurred, make_scene
from myograft.phantom.nuclei import Nuclei
from myograft.phantom.spec import PhantomSpec
from myograft.phantom.tissue import Stream

#: Edge of the blocks that a phantom is made in, in px.
BLOCK_PX = 512

#: Blocks kept, so that neighboring regions need not make them again.
_KEPT = 4


@dataclass(frozen=True)
class PhantomPart:
    """Pixels and truth of a region.

    Parameters
    ----------
    pixels
        Counts, shape (Z, C, H, W), uint16.
    fibers, nuclei
        True labels, shape (H, W), uint32; those of nuclei (Z, H, W) in a thick section.
    listed
        Nuclei that may show in the region.
    protein_ids
        Numbers of fibers with donor protein, ascending; of those that may show in the region.
    """

    pixels: Array
    fibers: Labels
    nuclei: Labels
    listed: tuple[Nuclei, ...]
    protein_ids: Array


class Phantom:
    """Simulated muscle with known truth.

    Parameters
    ----------
    spec
        Everything that decides the pixels.

    Examples
    --------
    >>> part = Phantom(PhantomSpec(64, 64, seed=1)).region(Region(0, 0, 64, 64))
    >>> part.pixels.shape, part.fibers.shape
    ((1, 3, 64, 64), (64, 64))
    """

    def __init__(self, spec: PhantomSpec) -> None:
        self.spec = spec
        self.panel = spec.model
        self._kept: OrderedDict[tuple[int, int], PhantomPart] = OrderedDict()

    @property
    def whole(self) -> Region:
        """The plane."""
        return Region(0, 0, self.spec.height_px, self.spec.width_px)

    def region(self, region: Region) -> PhantomPart:
        """Return a part of the phantom."""
        shape = region.shape
        channels_n = len(self.panel.stains)
        pixels = np.zeros((self.spec.planes_n, channels_n, *shape), np.uint16)
        fibers = np.zeros(shape, np.uint32)
        is_thick = self.spec.thickness_um is not None
        nuclei = np.zeros((self.spec.planes_n, *shape) if is_thick else shape, np.uint32)
        listed: list[Nuclei] = []
        protein_ids: list[Array] = []
        for row in range(region.y0 // BLOCK_PX, -(-region.y1 // BLOCK_PX)):
            for column in range(region.x0 // BLOCK_PX, -(-region.x1 // BLOCK_PX)):
                part = self._block(row, column)
                y0, x0 = row * BLOCK_PX, column * BLOCK_PX
                square = Region(y0, x0, y0 + BLOCK_PX, x0 + BLOCK_PX)
                common = region.intersect(square)
                target, source = common.inside(region), common.inside(square)
                pixels[:, :, *target] = part.pixels[:, :, *source]
                fibers[target] = part.fibers[source]
                nuclei[..., *target] = part.nuclei[..., *source]
                listed += part.listed
                protein_ids.append(part.protein_ids)
        return PhantomPart(pixels, fibers, nuclei, tuple(listed), np.unique(np.concatenate(protein_ids)))

    def _block(self, row: int, column: int) -> PhantomPart:
        key = (row, column)
        if key not in self._kept:
            self._kept[key] = self._make(row, column)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[key]

    def _make(self, row: int, column: int) -> PhantomPart:
        spec, optics = self.spec, self.panel.optics
        # A thick section is blurred along z nucleus by nucleus; its planes are each in focus.
        defocus = optics.defocus if spec.thickness_um is None else 0.0
        heights = (np.arange(spec.planes_n) - 0.5 * (spec.planes_n - 1)) * optics.z_step_um
        sigmas = [(optics.blur_um + defocus * abs(z)) / spec.pixel_size_um for z in heights]
        # A Gaussian of cv2 is cut at three to four standard deviations.
        margin = int(np.ceil(5.0 * max(sigmas))) + 4
        y_px = np.arange(row * BLOCK_PX - margin, (row + 1) * BLOCK_PX + margin)
        x_px = np.arange(column * BLOCK_PX - margin, (column + 1) * BLOCK_PX + margin)
        scene = make_scene(spec, self.panel, y_px, x_px)
        core = (slice(margin, -margin), slice(margin, -margin))
        light = self._shading(y_px[core[0]], x_px[core[1]])
        pixels = np.empty((spec.planes_n, len(self.panel.stains), BLOCK_PX, BLOCK_PX), np.uint16)
        for z, sigma in enumerate(sigmas):
            for channel, stain in enumerate(self.panel.stains):
                signal = blurred(self._signal(scene, stain, z), sigma)[core] * light
                pixels[z, channel] = self._camera(signal, row, column, z, channel)
        nuclei = scene.nuclei[..., *core]
        return PhantomPart(pixels, scene.fibers[core], nuclei, (scene.listed,), scene.protein_ids)

    def _signal(self, scene: Scene, stain: str, z: int) -> Array:
        signals: dict[str, Array] = {
            "sarcolemma": scene.sarcolemma + 0.6 * scene.glow,
            "nuclei": scene.dna[z] + 0.5 * scene.glow,
            "donor_nucleus": scene.marker[z] + self.panel.stain.bleed_through * scene.dna[z] + scene.glow,
            "donor_fiber": scene.protein + scene.glow,
            "autofluorescence": scene.glow,
        }
        return signals[stain]

    def _shading(self, y_px: Array, x_px: Array) -> Array:
        """Return the light that reaches each pixel: full in the middle of the plane, less in its corners."""
        v = (y_px + 0.5) / self.spec.height_px * 2.0 - 1.0
        u = (x_px + 0.5) / self.spec.width_px * 2.0 - 1.0
        square = v[:, None] ** 2 + u[None, :] ** 2
        return np.asarray(1.0 - self.panel.optics.shading * 0.5 * square)

    def _camera(self, signal: Array, row: int, column: int, z: int, channel: int) -> Array:
        """Return counts: shot noise and read noise, the same for a block however it is asked for."""
        key = [self.spec.seed, row, column, z * 64 + channel + Stream.NOISE]
        random = np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))
        spread = np.sqrt(0.3 + 0.7 * np.clip(signal, 0.0, None)) / self.panel.snr
        noisy = signal + spread * random.standard_normal(signal.shape)
        counts: Array = np.clip(np.round(OFFSET + FULL * noisy), 0, 65535).astype(np.uint16)
        return counts
