"""Donor protein in fibers: which have it, how it stains; and which fibers are oxidative and glow."""

from __future__ import annotations

import numpy as np

from myograft.model.arrays import Array, Mask
from myograft.model.biology import FiberPattern
from myograft.phantom.chance import field, uniform
from myograft.phantom.panel import Panel
from myograft.phantom.tissue import PlaceKind, Places, Relief, Stream

#: Width of a membrane protein's rim over that of the sarcolemma stain, which may be the thicker basal lamina.
_THINNER = 0.7


def has_protein(panel: Panel, seed: int, places: Places) -> Mask:
    """Return which places are fibers with donor protein, shape (n,).

    Protein spreads along a fiber beyond the nuclei that make it, so that a section shows it in fibers without a donor
    nucleus: it is drawn independently of the nuclei, and clusters as they do.
    """
    if panel.stain.fiber_marker is None:
        return np.zeros(len(places), bool)
    clusters = field(seed, Stream.PROTEIN, places.y_um, places.x_um, 90.0) / 0.45
    chance = panel.donor_fiber_fraction * np.exp(0.9 * clusters - 0.405)
    drawn = uniform(seed, Stream.PROTEIN + 1, places.id) < chance
    return np.asarray((drawn | (panel.donor_fiber_fraction >= 1.0)) & (places.kind == PlaceKind.FIBER))


def glow_factor(panel: Panel, seed: int, ids: Array) -> Array:
    """Return how many times brighter fibers glow, shape of `ids`; 1 for fibers that are not oxidative."""
    stain = panel.stain
    is_oxidative = uniform(seed, Stream.PROTEIN + 2, ids) < stain.oxidative_fraction
    return np.where(is_oxidative, 1.0 + stain.oxidative_glow, 1.0)


def protein_stain(
    panel: Panel,
    seed: int,
    positive: Mask,
    places: Places,
    ground: Relief,
    inside_um: Array,
    y_um: Array,
    x_um: Array,
) -> Array:
    """Return the stain of donor protein, 0 to about 1.

    Parameters
    ----------
    panel, seed
        The phantom.
    positive
        Places with donor protein, as from `has_protein`.
    places, ground, inside_um
        Tissue, and the signed distance to the owner's outline.
    y_um, x_um
        Points of the image.
    """
    level = positive * (0.55 + 0.45 * uniform(seed, Stream.PROTEIN + 3, places.id))
    match panel.stain.fiber_marker:
        case None:
            return np.zeros(y_um.shape)
        case FiberPattern.CYTOPLASM:
            texture = 0.8 + 0.2 * field(seed, Stream.STAIN + 10, y_um, x_um, 5.0)
            return np.asarray(level[ground.owner] * texture * np.clip(inside_um / 0.8 + 0.5, 0.0, 1.0))
        case FiberPattern.RIM:
            width = _THINNER * panel.stain.rim_um
            own = np.exp(-(((inside_um + 0.5 * width) / width) ** 2)) * level[ground.owner]
            across = np.exp(-(((ground.other_um - 0.5 * width) / width) ** 2)) * level[ground.other]
            # Two membranes side by side, both stained, are one thick line.
            rim = np.maximum(own, across) + 0.35 * np.minimum(own, across)
            uneven = 1.0 - panel.stain.unevenness * (
                0.5 + 0.5 * field(seed, Stream.STAIN + 11, y_um, x_um, 24.0)
            )
            patches = field(seed, Stream.STAIN + 12, y_um, x_um, 9.0)
            missing = panel.stain.protein_missing_fraction
            threshold = 1.0 - 1.6 * np.sqrt(missing) if missing else 2.0
            return np.asarray(rim * uneven * np.clip((threshold - patches) / 0.08, 0.06, 1.0))
