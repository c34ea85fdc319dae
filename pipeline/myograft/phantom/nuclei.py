"""Where nuclei are: at the rim of fibers, in their middle, between them, and now and then side by side."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.spatial import cKDTree

from myograft.model.arrays import Array
from myograft.phantom.chance import field, normal, poisson, uniform
from myograft.phantom.panel import Panel
from myograft.phantom.tissue import PlaceKind, Places, Stream, gap_um

#: Nuclei of one place and kind at most.
_RIM_AT_MOST = 8
_BETWEEN_AT_MOST = 6

#: Room between the rim of a fiber and a nucleus at it, in um.
_CLEARANCE_UM = 0.6


@dataclass(frozen=True)
class Nuclei:
    """Ellipses in the unbent tissue.

    Parameters
    ----------
    id
        Number, unique in the phantom, shape (n,).
    y_um, x_um
        Center.
    long_um, short_um
        Half axes.
    angle
        Direction of the long axis in radians (0 is along x).
    depth_um
        Center in the section, 0 is its middle.
    is_between
        Whether it was put between fibers.
    is_central
        Whether it was put into the middle of a fiber.
    is_donor
        Whether it is a donor's.
    brightness
        Relative brightness of its nuclear stain.
    """

    id: Array
    y_um: Array
    x_um: Array
    long_um: Array
    short_um: Array
    angle: Array
    depth_um: Array
    is_between: Array
    is_central: Array
    is_donor: Array
    brightness: Array

    def __len__(self) -> int:
        return len(self.id)

    def select(self, chosen: Array) -> Nuclei:
        """Return the nuclei under a boolean mask."""
        return Nuclei(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


def without_hidden(listed: Nuclei) -> Nuclei:
    """Return the nuclei without those whose center lies within another one of a lower number.

    What would be seen of them is a sliver that no reader would count.
    """
    points = np.stack([listed.y_um, listed.x_um], axis=1)
    reach = float(listed.long_um.max()) if len(listed) else 0.0
    pairs = (
        cKDTree(points).query_pairs(reach, output_type="ndarray") if len(listed) else np.zeros((0, 2), int)
    )
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    dy, dx = (points[high] - points[low]).T
    cosine, sine = np.cos(listed.angle[low]), np.sin(listed.angle[low])
    along, aside = dx * cosine + dy * sine, dy * cosine - dx * sine
    is_hidden = np.hypot(along / listed.long_um[low], aside / listed.short_um[low]) < 1.0
    kept = np.ones(len(listed), bool)
    kept[high[is_hidden]] = False
    return listed.select(kept)


def nuclei_of(panel: Panel, seed: int, places: Places, chosen: Array, draw: int | None = None) -> Nuclei:
    """Return the nuclei that belong to some places.

    Parameters
    ----------
    panel, seed
        The phantom.
    places
        All places around, so that outlines are known.
    chosen
        Indices of the places whose nuclei are wanted; their neighbors must be among `places`.
    draw
        Seed of the nuclei themselves, where the same tissue is to hold others; None for the phantom's.
    """
    tissue_seed, seed = seed, seed if draw is None else draw
    model = panel.nuclei
    chosen = chosen[places.kind[chosen] != PlaceKind.GLASS]
    key = places.id[chosen]
    spacing = panel.tissue.fiber_spacing_um
    is_fiber = places.kind[chosen] == PlaceKind.FIBER
    is_hole = places.kind[chosen] == PlaceKind.HOLE
    # A small fiber has fewer nuclei, in proportion to its area.
    share = np.where(places.is_regenerating[chosen], 0.6, 1.0) * np.clip(
        1.0 + places.weight_um2[chosen] / (0.5 * spacing) ** 2, 0.3, 2.0
    )
    rim_n = poisson(model.per_fiber * share, uniform(seed, Stream.NUCLEI, key)) * is_fiber
    crowd = np.where(is_fiber, 1.0, 3.0) * ~is_hole
    between_n = poisson(model.interstitial_per_fiber * crowd, uniform(seed, Stream.NUCLEI + 1, key))
    central_chance = np.where(places.is_regenerating[chosen], 0.9, model.centrally_nucleated_fraction)
    is_centered = (uniform(seed, Stream.NUCLEI + 2, key) < central_chance) & is_fiber
    first = 2.0 * np.pi * uniform(seed, Stream.NUCLEI + 3, key)
    parts = [
        _central(panel, tissue_seed, seed, places, chosen[is_centered]),
        *_rim(panel, tissue_seed, seed, places, chosen, rim_n, first),
        *_between(panel, tissue_seed, seed, places, chosen, between_n),
    ]
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    number, y, x, long_um, short_um, angle, is_between, is_central = joined
    order = np.argsort(number, kind="stable")
    number, y, x, long_um, short_um, angle = (
        column[order] for column in (number, y, x, long_um, short_um, angle)
    )
    clusters = field(seed, Stream.NUCLEI + 9, y, x, 90.0) / 0.45
    # Donor nuclei cluster around where they were injected; the mean over the tissue stays as asked.
    chance = panel.donor_fraction * np.exp(0.9 * clusters - 0.405)
    return Nuclei(
        id=number,
        y_um=y,
        x_um=x,
        long_um=long_um,
        short_um=short_um,
        angle=angle,
        depth_um=panel.optics.section_um * (uniform(seed, Stream.NUCLEI + 10, number) - 0.5) * 0.8,
        is_between=is_between[order].astype(bool),
        is_central=is_central[order].astype(bool),
        is_donor=uniform(seed, Stream.NUCLEI + 11, number) < chance
        if panel.donor_fraction < 1.0
        else np.ones(len(number), bool),
        brightness=np.clip(0.75 + 0.18 * normal(seed, Stream.NUCLEI + 12, number), 0.35, 1.3),
    )


def _sizes(panel: Panel, seed: int, number: Array) -> tuple[Array, Array]:
    long_um = panel.nuclei.long_um * np.clip(1.0 + 0.18 * normal(seed, Stream.NUCLEI + 13, number), 0.6, 1.5)
    short_um = panel.nuclei.short_um * np.clip(
        1.0 + 0.14 * normal(seed, Stream.NUCLEI + 14, number), 0.7, 1.4
    )
    return long_um, short_um


def _number(places: Places, chosen: Array, group: int, k: int) -> Array:
    return places.id[chosen] * 16 + group + k


def _central(panel: Panel, tissue_seed: int, seed: int, places: Places, chosen: Array) -> tuple[Array, ...]:
    number = _number(places, chosen, 0, 0)
    long_um, short_um = _sizes(panel, seed, number)
    # The middle of the fiber, not its seed, which lies off the middle where neighbors are uneven.
    radii = [_ray(panel, tissue_seed, places, chosen, np.full(len(chosen), angle))[0] for angle in _AROUND]
    y = sum(radius * np.sin(angle) for radius, angle in zip(radii, _AROUND, strict=True)) / len(_AROUND)
    x = sum(radius * np.cos(angle) for radius, angle in zip(radii, _AROUND, strict=True)) / len(_AROUND)
    least = np.min(radii, axis=0) if len(chosen) else np.zeros(0)
    kept = least > short_um + 1.0
    angle = np.pi * uniform(seed, Stream.NUCLEI + 15, number)
    wobble = 0.15 * least
    y = places.y_um[chosen] + y + wobble * (2.0 * uniform(seed, Stream.NUCLEI + 16, number) - 1.0)
    x = places.x_um[chosen] + x + wobble * (2.0 * uniform(seed, Stream.NUCLEI + 17, number) - 1.0)
    columns = (
        number,
        y,
        x,
        0.5 * (long_um + short_um),
        short_um,
        angle,
        np.zeros(len(number)),
        np.ones(len(number)),
    )
    return tuple(column[kept] for column in columns)


#: Directions in which a fiber is probed for its middle.
_AROUND = np.arange(8) * np.pi / 4.0


def _ray(
    panel: Panel, seed: int, places: Places, chosen: Array, angle: Array
) -> tuple[Array, Array, Array, Array]:
    """Return where rays from places leave their cells.

    Returns
    -------
    tuple
        Distance to the outline, distance to the middle of the gap, direction of the outline there, and the
        cosine of the angle between ray and the outline's normal.
    """
    uy, ux = np.sin(angle), np.cos(angle)
    best_rim = np.full(len(chosen), np.inf)
    best_mid = np.full(len(chosen), np.inf)
    tangent = np.zeros(len(chosen))
    cosine = np.ones(len(chosen))
    reach = 3.2 * panel.tissue.fiber_spacing_um
    for start in range(0, len(chosen), 256):
        part = slice(start, start + 256)
        mine = chosen[part]
        dy = places.y_um[None, :] - places.y_um[mine][:, None]
        dx = places.x_um[None, :] - places.x_um[mine][:, None]
        square = dy**2 + dx**2
        along = dy * uy[part][:, None] + dx * ux[part][:, None]
        valid = (square > 0) & (square < reach**2) & (along > 1e-6)
        weight = places.weight_um2[mine][:, None] - places.weight_um2[None, :]
        with np.errstate(divide="ignore", invalid="ignore"):
            middle = np.where(valid, (square + weight) / (2.0 * along), np.inf)
            slant = along / np.sqrt(square)
        near = np.argsort(middle, axis=1)[:, :5]
        rows = np.arange(len(mine))[:, None]
        gap = gap_um(panel.tissue, seed, places, np.broadcast_to(mine[:, None], near.shape), near)
        rim = middle[rows, near] - gap / np.maximum(slant[rows, near], 0.2)
        which = rim.argmin(axis=1)
        flat = np.arange(len(mine))
        winner = near[flat, which]
        best_rim[part], best_mid[part] = rim[flat, which], middle[flat, near[:, 0]]
        tangent[part] = np.arctan2(dy[flat, winner], dx[flat, winner]) + np.pi / 2.0
        cosine[part] = np.maximum(slant[flat, winner], 0.2)
    return best_rim, best_mid, tangent, cosine


def _rim(
    panel: Panel, tissue_seed: int, seed: int, places: Places, chosen: Array, count: Array, first: Array
) -> list[tuple[Array, ...]]:
    parts = []
    angle = first
    for k in range(_RIM_AT_MOST):
        has = count > k
        mine, direction = chosen[has], angle[has]
        number = _number(places, mine, 1, k)
        long_um, short_um = _sizes(panel, seed, number)
        rim, _, tangent, cosine = _ray(panel, tissue_seed, places, mine, direction)
        radius = rim - (short_um + _CLEARANCE_UM) / cosine
        kept = radius > short_um
        y = places.y_um[mine] + radius * np.sin(direction)
        x = places.x_um[mine] + radius * np.cos(direction)
        columns = (number, y, x, long_um, short_um, tangent, np.zeros(len(number)), np.zeros(len(number)))
        parts.append(tuple(column[kept] for column in columns))
        step = 2.0 * np.pi * (0.15 + 0.7 * uniform(seed, Stream.NUCLEI + 4, places.id[chosen], k))
        touches = uniform(seed, Stream.NUCLEI + 5, places.id[chosen], k) < panel.nuclei.touching_fraction
        reach = np.full(len(chosen), 0.4 * panel.tissue.fiber_spacing_um)
        angle = angle + np.where(touches, 2.05 * panel.nuclei.long_um / reach, step)
    return parts


def _between(
    panel: Panel, tissue_seed: int, seed: int, places: Places, chosen: Array, count: Array
) -> list[tuple[Array, ...]]:
    parts = []
    for k in range(_BETWEEN_AT_MOST):
        mine = chosen[count > k]
        number = _number(places, mine, 9, k)
        long_um, short_um = _sizes(panel, seed, number)
        direction = 2.0 * np.pi * uniform(seed, Stream.NUCLEI + 6, number)
        _, middle, tangent, _ = _ray(panel, tissue_seed, places, mine, direction)
        kept = np.isfinite(middle) & (middle > 0)
        y = places.y_um[mine] + middle * np.sin(direction)
        x = places.x_um[mine] + middle * np.cos(direction)
        columns = (
            number, y, x, 1.05 * long_um, 0.8 * short_um, tangent, np.ones(len(number)), np.zeros(len(number)),
        )  # fmt: skip
        parts.append(tuple(column[kept] for column in columns))
    return parts
