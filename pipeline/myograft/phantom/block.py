"""One block of a phantom: truth and stains of a fixed square, made from what surrounds it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from myograft.model.arrays import Array, Labels
from myograft.model.biology import MarkerPattern
from myograft.phantom.chance import field, uniform
from myograft.phantom.fiber_protein import glow_factor, has_protein, protein_stain
from myograft.phantom.nuclei import Nuclei, nuclei_of, without_hidden
from myograft.phantom.panel import Panel
from myograft.phantom.solid import Depths, layers_of_nuclei, tall_um
from myograft.phantom.spec import PhantomSpec
from myograft.phantom.tissue import PlaceKind, Places, Relief, Stream, bend, places_in, relief, unbend

#: Background of the camera and brightest stain, in counts.
OFFSET = 100.0
FULL = 400.0

#: Thickness of the lamina as far as light shows it, in um.
_LAMINA_UM = 0.7

#: Distance that a nucleus between fibers keeps from them, in um.
_KEEP_OFF_UM = 0.5


@dataclass(frozen=True)
class Scene:
    """Truth and unblurred stains on a rectangle with a margin.

    Parameters
    ----------
    fibers, nuclei
        True labels; those of nuclei of every plane, shape (Z, H, W), in a thick section.
    sarcolemma, glow
        Stain and autofluorescence, 0 to about 1.
    dna, marker
        Nuclear stain and donor marker per optical plane, shape (Z, H, W).
    listed
        The nuclei that may show here.
    protein
        Donor protein of fibers, 0 to about 1.
    protein_ids
        Numbers of the fibers that have it, of those that may show here.
    """

    fibers: Labels
    nuclei: Labels
    sarcolemma: Array
    glow: Array
    dna: Array
    marker: Array
    listed: Nuclei
    protein: Array
    protein_ids: Array


def make_scene(spec: PhantomSpec, panel: Panel, y_px: Array, x_px: Array) -> Scene:
    """Return the scene at pixels (rows `y_px`, columns `x_px`), which may lie outside of the plane."""
    size = spec.pixel_size_um
    y_um, x_um = np.meshgrid((y_px + 0.5) * size, (x_px + 0.5) * size, indexing="ij")
    qy, qx = bend(panel.tissue, spec.seed, y_um, x_um)
    box = (float(qy.min()), float(qx.min()), float(qy.max()), float(qx.max()))
    extent = (spec.height_px * size, spec.width_px * size)
    places = places_in(panel.tissue, spec.seed, extent, box)
    ground = relief(panel.tissue, spec.seed, places, qy, qx)
    reach = 1.6 * panel.tissue.fiber_spacing_um
    near = np.flatnonzero(
        (places.y_um > box[0] - reach)
        & (places.y_um < box[2] + reach)
        & (places.x_um > box[1] - reach)
        & (places.x_um < box[3] + reach)
    )
    if spec.thickness_um is None:
        listed = without_hidden(nuclei_of(panel, spec.seed, places, near))
    else:
        listed = layers_of_nuclei(panel, spec, places, near)
    kind_of_stamps = _Stamps if spec.thickness_um is None else _SolidStamps
    stamps = kind_of_stamps(spec, panel, y_um, x_um, qy, qx, listed)
    inside = ground.inside_um.copy()
    for nucleus in np.flatnonzero(listed.is_between).tolist():
        stamps.carve(nucleus, inside)
    fiber_like = places.kind[ground.owner] == PlaceKind.FIBER
    fibers = np.where(fiber_like & (inside > 0), places.id[ground.owner], 0).astype(np.uint32)
    for nucleus in range(len(listed)):
        if listed.is_between[nucleus] or stamps.is_in_fiber(nucleus, fibers):
            stamps.stain(nucleus)
    sarcolemma, glow = _stains(spec, panel, places, ground, inside, y_um, x_um)
    positive = has_protein(panel, spec.seed, places)
    protein = protein_stain(panel, spec.seed, positive, places, ground, inside, y_um, x_um)
    return Scene(
        fibers,
        stamps.labels,
        sarcolemma,
        glow,
        stamps.dna,
        stamps.marker,
        listed,
        protein,
        places.id[positive],
    )


def _stains(
    spec: PhantomSpec, panel: Panel, places: Places, ground: Relief, inside: Array, y_um: Array, x_um: Array
) -> tuple[Array, Array]:
    """Return the sarcolemma stain and the autofluorescence."""
    model, seed = panel.stain, spec.seed
    kind = places.kind[ground.owner]
    is_rimmed = (kind == PlaceKind.FIBER) | (kind == PlaceKind.VESSEL)
    other_rimmed = places.kind[ground.other] == PlaceKind.FIBER
    width = model.rim_um
    own = np.exp(-(((inside + 0.5 * width) / width) ** 2)) * is_rimmed
    across = np.exp(-(((ground.other_um - 0.5 * width) / width) ** 2)) * other_rimmed
    uneven = 1.0 - model.unevenness * (0.5 + 0.5 * field(seed, Stream.STAIN, y_um, x_um, 24.0))
    patches = field(seed, Stream.STAIN + 1, y_um, x_um, 9.0)
    # The upper tail of smooth noise is where stain is missing.
    threshold = 1.0 - 1.6 * np.sqrt(model.missing_fraction) if model.missing_fraction else 2.0
    present = np.clip((threshold - patches) / 0.08, 0.06, 1.0)
    rim = np.maximum(own, across) + 0.35 * np.minimum(own, across)
    is_glass = kind == PlaceKind.GLASS
    is_empty = is_glass | (kind == PlaceKind.HOLE)
    grain = 0.5 + 0.5 * field(seed, Stream.STAIN + 2, y_um, x_um, 3.5)
    between = (inside <= 0) & ~is_empty
    connective = (kind == PlaceKind.CONNECTIVE) & ~is_empty
    matrix = model.matrix * grain * (between | connective)
    lumen = (kind == PlaceKind.VESSEL) & (inside > 3.0)
    sarcolemma = np.where(lumen, 0.0, rim * uneven * present * 0.85 + matrix * (1.0 + connective))
    fiber_type = 0.4 + 1.2 * uniform(seed, Stream.GLOW, places.id[ground.owner])
    texture = 0.8 + 0.4 * field(seed, Stream.STAIN + 3, y_um, x_um, 5.0)
    glow = model.glow * fiber_type * texture * ((kind == PlaceKind.FIBER) & (inside > 0))
    glow *= glow_factor(panel, seed, places.id[ground.owner])
    glow += 0.3 * model.glow * ~is_empty
    glow += _specks(spec, panel, y_um, x_um) * ~is_empty
    return np.where(is_empty & (own < 0.05), across * uneven * 0.85, sarcolemma), glow


def _specks(spec: PhantomSpec, panel: Panel, y_um: Array, x_um: Array) -> Array:
    """Return lipofuscin-like specks: bright, about a micrometer wide, in every channel."""
    pitch = 10.0
    chance = panel.stain.specks_per_mm2 * pitch**2 * 1e-6
    specks = np.zeros(y_um.shape)
    r, c = np.meshgrid(
        np.arange(int(y_um.min() // pitch) - 1, int(y_um.max() // pitch) + 2),
        np.arange(int(x_um.min() // pitch) - 1, int(x_um.max() // pitch) + 2),
        indexing="ij",
    )
    has = uniform(spec.seed, Stream.STAIN + 5, r, c) < chance
    size = spec.pixel_size_um
    for row, column in zip(r[has], c[has], strict=True):
        y = (row + float(uniform(spec.seed, Stream.STAIN + 6, row, column))) * pitch
        x = (column + float(uniform(spec.seed, Stream.STAIN + 7, row, column))) * pitch
        radius = 0.5 + 0.7 * float(uniform(spec.seed, Stream.STAIN + 8, row, column))
        i, j = (y - y_um[0, 0]) / size, (x - x_um[0, 0]) / size
        reach = int(np.ceil(3.0 * radius / size)) + 1
        rows = slice(max(0, int(i) - reach), max(0, int(i) + reach + 1))
        columns = slice(max(0, int(j) - reach), max(0, int(j) + reach + 1))
        square = (y_um[rows, columns] - y) ** 2 + (x_um[rows, columns] - x) ** 2
        specks[rows, columns] += 0.5 * np.exp(-square / radius**2)
    return specks


class _Stamps:
    """Draws nuclei one after the other onto labels and stains."""

    def __init__(
        self, spec: PhantomSpec, panel: Panel, y_um: Array, x_um: Array, qy: Array, qx: Array, listed: Nuclei
    ) -> None:
        self._spec, self._panel = spec, panel
        self._y_um, self._x_um, self._qy, self._qx = y_um, x_um, qy, qx
        shape = y_um.shape
        self.labels = np.zeros(shape, np.uint32)
        self._best = np.full(shape, np.inf)
        self.dna = np.zeros((spec.planes_n, *shape))
        self.marker = np.zeros((spec.planes_n, *shape))
        step = panel.optics.z_step_um
        self._heights = (np.arange(spec.planes_n) - 0.5 * (spec.planes_n - 1)) * step
        self._chromatin = field(spec.seed, Stream.STAIN + 4, y_um, x_um, 1.6)
        self._listed = listed
        self._center_y_um, self._center_x_um = (
            unbend(panel.tissue, spec.seed, listed.y_um, listed.x_um)
            if len(listed)
            else (listed.y_um, listed.x_um)
        )

    def _window(self, n: int, margin_um: float) -> tuple[slice, slice]:
        size = self._spec.pixel_size_um
        i = (self._center_y_um[n] - self._y_um[0, 0]) / size
        j = (self._center_x_um[n] - self._x_um[0, 0]) / size
        reach = int(np.ceil((1.4 * self._listed.long_um[n] + margin_um) / size)) + 1
        return (
            slice(max(0, int(i) - reach), max(0, int(i) + reach + 1)),
            slice(max(0, int(j) - reach), max(0, int(j) + reach + 1)),
        )

    def _radius(self, n: int, window: tuple[slice, slice]) -> Array:
        """Return the distance from the center in units of the ellipse's radius."""
        dy, dx = self._qy[window] - self._listed.y_um[n], self._qx[window] - self._listed.x_um[n]
        cosine, sine = np.cos(self._listed.angle[n]), np.sin(self._listed.angle[n])
        along, aside = dx * cosine + dy * sine, dy * cosine - dx * sine
        return np.asarray(np.hypot(along / self._listed.long_um[n], aside / self._listed.short_um[n]))

    def carve(self, n: int, inside_um: Array) -> None:
        """Make room in the fibers for a nucleus that lies between them."""
        window = self._window(n, 4.0)
        if inside_um[window].size:
            away = (self._radius(n, window) - 1.0) * self._listed.short_um[n] - _KEEP_OFF_UM
            inside_um[window] = np.minimum(inside_um[window], away)

    def is_in_fiber(self, n: int, fibers: Labels) -> bool:
        """Whether most of a nucleus that was put into a fiber lies in one."""
        window = self._window(n, 1.0)
        body = self._radius(n, window) <= 1.0
        return bool(body.any()) and float((fibers[window][body] > 0).mean()) > 0.0

    def stain(self, n: int) -> None:
        """Draw one nucleus; where two meet, a pixel belongs to the nearer."""
        window = self._window(n, 1.0)
        radius = self._radius(n, window)
        if not radius.size:
            return
        nearer = (radius <= 1.0) & (radius < self._best[window])
        self.labels[window][nearer] = self._listed.id[n]
        self._best[window][nearer] = radius[nearer]
        short = self._listed.short_um[n]
        body = np.clip((1.0 - radius) * short / 0.4 + 0.5, 0.0, 1.0)
        stain = self._listed.brightness[n] * body * (0.85 + 0.25 * self._chromatin[window])
        # The rim of a nucleus is where its lamina is: about half a micrometer wide.
        ring = np.exp(-((((radius - 0.9) * short) / 0.55) ** 2)) + 0.12 * body
        marked = body if self._panel.stain.marker is MarkerPattern.FILLED else ring
        for z, height in enumerate(self._heights):
            reach = 0.5 * self._panel.optics.z_step_um + self._listed.short_um[n]
            light = float(np.exp(-0.5 * ((height - self._listed.depth_um[n]) / (2.0 * reach)) ** 2))
            if self._spec.planes_n == 1:
                light = 1.0
            self.dna[z][window] = np.maximum(self.dna[z][window], light * stain)
            if self._listed.is_donor[n]:
                self.marker[z][window] = np.maximum(self.marker[z][window], light * marked * 0.8)


class _SolidStamps(_Stamps):
    """Draws nuclei that have a height, plane by plane."""

    def __init__(
        self, spec: PhantomSpec, panel: Panel, y_um: Array, x_um: Array, qy: Array, qx: Array, listed: Nuclei
    ) -> None:
        super().__init__(spec, panel, y_um, x_um, qy, qx, listed)
        self.labels = np.zeros((spec.planes_n, *y_um.shape), np.uint32)
        self._best = np.full(self.labels.shape, np.inf, np.float32)
        self._depths = Depths(self._heights)

    def stain(self, n: int) -> None:
        """Draw one nucleus into the planes that it reaches; light of nuclei above each other adds up."""
        window = self._window(n, 1.0)
        radius = self._radius(n, window)
        if not radius.size:
            return
        depth, tall = float(self._listed.depth_um[n]), float(tall_um(self._listed)[n])
        short = self._listed.short_um[n]
        far = np.hypot(radius[None], self._depths.within(depth, tall)[:, None, None])
        where = (slice(None), *window)
        nearer = (far <= 1.0) & (far < self._best[where])
        self.labels[where][nearer] = self._listed.id[n]
        self._best[where][nearer] = far[nearer]
        planes = self._depths.shown(depth, tall)
        body = self._depths.light(radius, depth, tall, 0.4 / short, planes)
        seen = (planes, *window)
        self.dna[seen] += self._listed.brightness[n] * body * (0.85 + 0.25 * self._chromatin[window])
        if self._listed.is_donor[n]:
            shell = body
            if self._panel.stain.marker is not MarkerPattern.FILLED:
                # The lamina is what a body has and one that is a little smaller has not.
                inner = radius * short / (short - _LAMINA_UM)
                within = self._depths.light(inner, depth, tall - _LAMINA_UM, 0.4 / short, planes)
                shell = body - 0.88 * within
            self.marker[seen] += 0.8 * shell


def blurred(image: Array, sigma_px: float) -> Array:
    """Return an image as a lens shows it."""
    if sigma_px < 0.2:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE))
