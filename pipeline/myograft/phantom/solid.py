"""Nuclei with a height: ellipsoids at their own depths in a thick section, seen plane by plane."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from myograft.model.arrays import Array
from myograft.phantom.nuclei import Nuclei, nuclei_of
from myograft.phantom.panel import Panel
from myograft.phantom.spec import PhantomSpec
from myograft.phantom.tissue import Places

#: Planes per optical plane in which the light of a nucleus is summed up.
_FINE = 4

#: Standard deviation of the point spread along z, in um: about three times that across.
_BLUR_UM = 1.0

#: Height of a nucleus over the mean of its two widths: those of fibers lie along them, and so across the section.
_TALL = 1.2


def tall_um(listed: Nuclei) -> Array:
    """Return the half axes of nuclei along the normal of the section."""
    return np.asarray(0.5 * _TALL * (listed.long_um + listed.short_um))


def layers_of_nuclei(panel: Panel, spec: PhantomSpec, places: Places, near: Array) -> Nuclei:
    """Return the nuclei of a thick section: so many layers as thin sections would make it, each with its own.

    Parameters
    ----------
    panel, spec
        The phantom.
    places, near
        As in `nuclei_of`.
    """
    assert spec.thickness_um is not None  # noqa: S101 - asked of thick sections alone
    layers_n = max(1, round(spec.thickness_um / panel.optics.section_um))
    height = spec.thickness_um / layers_n
    parts = []
    for layer in range(layers_n):
        listed = nuclei_of(panel, spec.seed, places, near, draw=spec.seed + 1_000_003 * (layer + 1))
        middle = (layer + 0.5) * height - 0.5 * spec.thickness_um
        parts.append(
            replace(
                listed,
                id=listed.id * layers_n + layer,
                depth_um=middle + listed.depth_um / (0.8 * panel.optics.section_um) * height,
            )
        )
    joined = Nuclei(
        **{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Nuclei)}
    )
    return _apart(joined.select(np.argsort(joined.id, kind="stable")))


def _apart(listed: Nuclei) -> Nuclei:
    """Return nuclei without those that reach into one of a lower number."""
    if not len(listed):
        return listed
    tall = tall_um(listed)
    points = np.stack([listed.depth_um, listed.y_um, listed.x_um], axis=1)
    pairs = cKDTree(points).query_pairs(2.0 * float(listed.long_um.max()), output_type="ndarray")
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    dz, dy, dx = (points[high] - points[low]).T
    cosine, sine = np.cos(listed.angle[low]), np.sin(listed.angle[low])
    along, aside = dx * cosine + dy * sine, dy * cosine - dx * sine
    # As if the higher one were a ball as wide as its short axis, but of its own height.
    ball = listed.short_um[high]
    touches = (
        (along / (listed.long_um[low] + ball)) ** 2
        + (aside / (listed.short_um[low] + ball)) ** 2
        + (dz / (tall[low] + tall[high])) ** 2
    ) < 1.0
    kept = np.ones(len(listed), bool)
    kept[high[touches]] = False
    return listed.select(kept)


@dataclass(frozen=True)
class Depths:
    """Where optical planes lie, and how light spreads between them.

    Parameters
    ----------
    planes_um
        Depth of each plane; 0 is the middle of the section.
    """

    planes_um: Array

    def within(self, depth_um: float, half_um: float) -> Array:
        """Return, per plane, how far it is from a nucleus' middle, in units of its half height."""
        return np.asarray((self.planes_um - depth_um) / half_um)

    def shown(self, depth_um: float, half_um: float) -> slice:
        """Return the planes that a nucleus' light reaches."""
        near = np.flatnonzero(np.abs(self.planes_um - depth_um) <= half_um + 3.0 * _BLUR_UM)
        return slice(int(near[0]), int(near[-1]) + 1) if len(near) else slice(0, 0)

    def light(self, radius: Array, depth_um: float, half_um: float, edge: float, shown: slice) -> Array:
        """Return how much of a body each plane shows, 0 to 1, shape ``(planes shown, h, w)``.

        Parameters
        ----------
        radius
            Distance from its middle in the plane, in units of the ellipse's radius, shape (h, w).
        depth_um, half_um
            Middle and half height.
        edge
            Width of the body's edge, in the units of `radius`.
        shown
            Planes wanted.
        """
        wanted = self.planes_um[shown]
        if not len(wanted):
            return np.zeros((0, *radius.shape), np.float32)
        step = float(self.planes_um[1] - self.planes_um[0]) / _FINE
        beyond = int(np.ceil(3.0 * _BLUR_UM / step))
        length = (len(wanted) - 1) * _FINE + 1
        fine_um = wanted[0] + (np.arange(length + 2 * beyond) - beyond) * step
        far = np.hypot(radius[None], ((fine_um - depth_um) / half_um)[:, None, None])
        body = np.clip((1.0 - far) / edge + 0.5, 0.0, 1.0).astype(np.float32)
        seen: Array = gaussian_filter1d(body, _BLUR_UM / step, axis=0, mode="constant", truncate=3.0)
        return seen[beyond : beyond + length : _FINE]
