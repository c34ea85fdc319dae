"""Which outline of one optical plane is which of the next? Outlines per plane become nuclei, each counted once.

::

    plane 0    ( a )            a, b and c lie on each other: one nucleus. Between c and e the stain
    plane 1   (  b  )           falls (d): two nuclei above each other. What decides is summed up over
    plane 2    ( c )            whole planes, so that tiles do not matter, and it is the same read from
    plane 3     (d)             below.
    plane 4   (  e  )
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from myograft.model.arrays import Array
from myograft.model.objects import LinkedObjects, ObjectDirectory
from myograft.stitch.part_chains import part_chain
from myograft.stitch.plane_sums import SharedPixels
from myograft.stitch.settings import PlaneSettings

#: Blur of a chain's stain along z before it is parted, as a part of the typical height.
_SMOOTHING = 0.05


@dataclass(frozen=True)
class Linking:
    """Nuclei of a stack.

    Parameters
    ----------
    lookup
        Per plane: nucleus of each of the plane's own numbers, 0 where left out.
    objects
        Every nucleus, numbered 1..n by the first pixel of its largest outline, row by row.
    """

    lookup: tuple[Array, ...]
    objects: LinkedObjects


def link_planes(
    planes: Sequence[ObjectDirectory],
    shared: Mapping[tuple[int, int], SharedPixels],
    settings: PlaneSettings,
    *,
    stain: Sequence[Array] | None = None,
    z_step_um: float | None = None,
) -> Linking:
    """Link the objects of neighboring planes, best first, each to at most one above and one below.

    Parameters
    ----------
    planes
        Objects of each plane.
    shared
        Pixels in common by ``(plane, other plane)``, the lower first: of neighbors, and of planes up to
        `settings.bridged_planes_n` further apart.
    settings
        Cuts.
    stain
        Stain of each object, per plane; None takes the size for it.
    z_step_um
        Distance of planes; None where unknown, then no nucleus is too long.

    Notes
    -----
    A pair may link where the smaller outline is covered to `least_overlap`: towards its ends a nucleus narrows fast, so
    that intersection over union says little; among the pairs that may, those with the greatest come first. Equal pairs
    follow in the order of their first pixels, whichever of the two lies above: the stack read from below links alike.

    A microscope sees less sharply along z than across: nuclei above each other have no gap, and what is outlined above
    and below a nucleus is its blur. So chains are parted where the stain falls, and end where it falls below half.
    """
    slices = _Slices.of(planes, stain)
    chain = _chains(slices, shared, settings)
    chain = _parted(slices, chain, settings, z_step_um)
    chain = _without_blur(slices, chain, settings.end_level)
    chain = _without_short(slices, chain, len(planes), settings.least_height)
    return _numbered(slices, chain)


@dataclass(frozen=True)
class _Slices:
    """The objects of all planes in one list, plane after plane."""

    plane: Array
    label: Array
    box: Array
    anchor: Array
    area_px: Array
    stain: Array
    start: Array

    @staticmethod
    def of(planes: Sequence[ObjectDirectory], stain: Sequence[Array] | None) -> _Slices:
        start = np.cumsum([0, *(len(plane) for plane in planes)])
        return _Slices(
            plane=np.repeat(np.arange(len(planes)), np.diff(start)),
            label=np.concatenate([plane.label.astype(np.int64) for plane in planes]),
            box=np.concatenate([plane.box for plane in planes]),
            anchor=np.concatenate([plane.anchor for plane in planes]),
            area_px=np.concatenate([plane.area_px.astype(np.int64) for plane in planes]),
            stain=np.concatenate([plane.area_px for plane in planes] if stain is None else list(stain)),
            start=start,
        )

    def node(self, plane: int, label: Array) -> Array:
        """Return where objects of a plane stand in the list."""
        own = self.label[self.start[plane] : self.start[plane + 1]]
        return np.asarray(self.start[plane] + np.searchsorted(own, label))


def _chains(
    slices: _Slices, shared: Mapping[tuple[int, int], SharedPixels], settings: PlaneSettings
) -> Array:
    """Return the chain of each slice: its lowest slice."""
    above = np.full(len(slices.plane), -1)
    below = np.full(len(slices.plane), -1)
    for apart in range(1, settings.bridged_planes_n + 2):
        pairs = [
            _candidates(slices, plane, other, found, settings.least_overlap)
            for (plane, other), found in sorted(shared.items())
            if other - plane == apart
        ]
        for first, second in np.concatenate([np.zeros((0, 2), np.int64), *pairs]).tolist():
            if above[first] < 0 and below[second] < 0:
                above[first], below[second] = second, first
    chain = np.arange(len(slices.plane))
    for node in np.flatnonzero(below >= 0).tolist():  # slices below come first in the list
        chain[node] = chain[below[node]]
    return chain


def _candidates(slices: _Slices, plane: int, other: int, found: SharedPixels, least: float) -> Array:
    """Return pairs of slices that may be linked, best first, shape (n, 2)."""
    first, second = slices.node(plane, found.first), slices.node(other, found.second)
    one, two = slices.area_px[first], slices.area_px[second]
    iou = found.shared_px / (one + two - found.shared_px)
    # Pairs that compete share a slice, so that their first pixels, in order, tell them apart.
    at = np.stack([slices.anchor[first], slices.anchor[second]])
    is_lower = (at[0, :, 0] < at[1, :, 0]) | ((at[0, :, 0] == at[1, :, 0]) & (at[0, :, 1] <= at[1, :, 1]))
    low, high = np.where(is_lower[:, None], at[0], at[1]), np.where(is_lower[:, None], at[1], at[0])
    order = np.lexsort((high[:, 1], high[:, 0], low[:, 1], low[:, 0], -iou))
    may = found.shared_px >= least * np.minimum(one, two)
    return np.stack([first, second], axis=1)[order[may[order]]]


def _members(chain: Array) -> list[Array]:
    """Return the slices of each chain, lowest first."""
    order = np.argsort(chain, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(chain[order])) + 1) if len(chain) else []


def _parted(slices: _Slices, chain: Array, settings: PlaneSettings, z_step_um: float | None) -> Array:
    """Return chains parted where two nuclei lie above each other."""
    most_planes = np.inf if z_step_um is None else settings.longest_um / z_step_um
    parted, sigma = chain, 0.0
    # The finer the planes, the more outlines differ by chance; how fine they are, the first round shows.
    for _ in range(2):
        parted = chain.copy()
        for members in _members(chain):
            if len(members) > 2:
                profile = slices.stain[members].astype(np.float64)
                if sigma > 0.0:
                    profile = gaussian_filter1d(profile, sigma, mode="nearest", truncate=3.0)
                part = part_chain(profile, slices.plane[members], settings.valley, most_planes)
                parted[members] = members[np.unique(part, return_index=True)[1]][part]
        sigma = _SMOOTHING * _typical_height(slices, _members(parted))
    return parted


def _typical_height(slices: _Slices, members: list[Array]) -> int:
    """Return the planes that a nucleus shows in: the median by volume, for there may be more specks than nuclei."""
    if not members:
        return 0
    height = np.array([len(part) for part in members])
    volume = np.array([slices.area_px[part].sum() for part in members])
    order = np.argsort(height, kind="stable")
    reached = np.cumsum(volume[order])
    return int(height[order][np.searchsorted(reached, reached[-1] / 2.0)])


def _without_blur(slices: _Slices, chain: Array, level: float) -> Array:
    """Return the chains, -1 for slices at their ends that are fainter than a part of the brightest."""
    mean = slices.stain / np.maximum(slices.area_px, 1)
    kept = chain.copy()
    for members in _members(chain):
        bright = np.flatnonzero(mean[members] >= level * mean[members].max())
        kept[members[: bright[0]]] = kept[members[bright[-1] + 1 :]] = -1
    return kept


def _without_short(slices: _Slices, chain: Array, planes_n: int, least: float) -> Array:
    """Return the chains, -1 for slices of what shows in too few planes and is not cut by the stack."""
    members = [part for part in _members(chain) if chain[part[0]] >= 0]
    if not members or not least:
        return chain
    typical = _typical_height(slices, members)
    kept = chain.copy()
    for part in members:
        is_cut = slices.plane[part[0]] == 0 or slices.plane[part[-1]] == planes_n - 1
        if len(part) < least * typical and not is_cut:
            kept[part] = -1
    return kept


def _numbered(slices: _Slices, chain: Array) -> Linking:
    """Return nuclei in the order of the first pixel of their largest slice (of equals, the lowest)."""
    inside = np.flatnonzero(chain >= 0)
    by_size = inside[np.lexsort((slices.plane[inside], -slices.area_px[inside], chain[inside]))]
    largest = by_size[np.unique(chain[by_size], return_index=True)[1]]
    # A chain is named by its lowest slice, which may have been blur.
    order = np.lexsort((slices.plane[largest], slices.anchor[largest, 1], slices.anchor[largest, 0]))
    largest = largest[order]
    number_of_chain = np.zeros(len(chain) + 1, np.uint32)
    number_of_chain[chain[largest]] = np.arange(1, len(largest) + 1)
    number = np.where(chain >= 0, number_of_chain[chain], 0).astype(np.uint32)
    objects = linked_objects(
        number[inside],
        slices.plane[inside],
        ObjectDirectory(
            np.arange(1, len(inside) + 1, dtype=np.uint32),
            slices.box[inside],
            slices.anchor[inside],
            slices.area_px[inside],
        ),
    )
    lookup = []
    for start, stop in zip(slices.start, slices.start[1:], strict=False):
        table = np.zeros(int(slices.label[stop - 1]) + 1 if stop > start else 1, np.uint32)
        table[slices.label[start:stop]] = number[start:stop]
        lookup.append(table)
    return Linking(tuple(lookup), objects)


def linked_objects(number: Array, plane: Array, slices: ObjectDirectory) -> LinkedObjects:
    """Return nuclei from their slices.

    Parameters
    ----------
    number
        Nucleus of each slice, shape (n,).
    plane
        Plane of each slice, shape (n,).
    slices
        Box, first pixel and size of each slice, in the same order; its numbers mean nothing.
    """
    label, group = np.unique(number, return_inverse=True)
    by_size = np.lexsort((plane, -slices.area_px, group))
    largest = by_size[np.searchsorted(group[by_size], np.arange(len(label)))]
    first, last = np.full(len(label), np.iinfo(np.int64).max), np.full(len(label), -1)
    np.minimum.at(first, group, plane)
    np.maximum.at(last, group, plane)
    volume, moment = np.zeros(len(label), np.int64), np.zeros(len(label), np.int64)
    np.add.at(volume, group, slices.area_px)
    np.add.at(moment, group, slices.area_px * plane)
    return LinkedObjects(
        directory=ObjectDirectory(
            label.astype(np.uint32), slices.box[largest], slices.anchor[largest], slices.area_px[largest]
        ),
        plane=plane[largest],
        first_plane=first,
        last_plane=last,
        planes_n=np.bincount(group, minlength=len(label)),
        volume_px=volume,
        middle_plane=moment / np.maximum(volume, 1),
    )
