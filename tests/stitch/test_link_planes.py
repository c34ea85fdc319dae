"""Outlines of planes become nuclei: none lost, none twice, the same from below and for any blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.numerics.labels import canonical_renumber, objects_of
from myograft.stitch import PlaneSettings, add_shared, add_stain, count_shared, link_planes, sum_stain
from myograft.stitch.part_chains import part_chain
from myograft.tiling import tile_plane

#: Links alone: nothing is parted or left out.
PLAIN = PlaneSettings(valley=0.0, end_level=0.0, least_height=0.0)


def link(volume, knobs=PLAIN, stain=None, block_px=1000, z_step_um=None):
    """Return the volume in the numbers of its nuclei, and the linking."""
    tiles = tile_plane(volume.shape[1:], block_px, 0)
    planes = [objects_of(plane) for plane in volume]
    shared = {
        (z, z + apart): add_shared(
            [count_shared(volume[z][t.owns.slices], volume[z + apart][t.owns.slices]) for t in tiles[::-1]]
        )
        for apart in range(1, knobs.bridged_planes_n + 2)
        for z in range(len(volume) - apart)
    }
    summed = None
    if stain is not None:
        summed = [
            add_stain(own, [sum_stain(volume[z][t.owns.slices], stain[z][t.owns.slices]) for t in tiles])
            for z, own in enumerate(planes)
        ]
    linking = link_planes(planes, shared, knobs, stain=summed, z_step_um=z_step_um)
    return np.stack([table[plane] for table, plane in zip(linking.lookup, volume, strict=True)]), linking


def partition(volume, nuclei):
    """Return the outlines of each nucleus as (plane, number), nuclei in no order."""
    of: dict[int, set[tuple[int, int]]] = {}
    for z, (plane, linked) in enumerate(zip(volume, nuclei, strict=True)):
        for number in np.setdiff1d(plane, [0]).tolist():
            (nucleus,) = np.unique(linked[plane == number]).tolist()
            of.setdefault(nucleus, set()).add((z, number))
    return {frozenset(outlines) for outlines in of.values()}


def balls(seed, planes_n=14, edge=48, balls_n=14):
    """Balls at random places, their outlines numbered plane by plane; some lie above each other."""
    random = np.random.default_rng(seed)
    z, y, x = np.mgrid[:planes_n, :edge, :edge]
    volume, stain = np.zeros(z.shape, np.uint32), np.zeros(z.shape, np.float32)
    for number in range(1, balls_n + 1):
        middle = random.uniform((0, 0, 0), (planes_n, edge, edge))
        away = sum((axis - at) ** 2 for axis, at in zip((1.6 * z, y, x), middle * (1.6, 1, 1), strict=True))
        radius = random.uniform(3.0, 6.0)
        volume[(away < radius**2) & (volume == 0)] = number
        stain = np.maximum(stain, np.exp(-away / radius**2).astype(np.float32))
    return np.stack([canonical_renumber(plane) for plane in volume]), stain


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), bridged=st.integers(0, 2), overlap=st.floats(0.05, 1.0))
def test_each_outline_is_of_one_nucleus_and_none_has_two_of_a_plane(seed, bridged, overlap):
    volume, _ = balls(seed)
    nuclei, linking = link(
        volume, PLAIN.model_copy(update={"bridged_planes_n": bridged, "least_overlap": overlap})
    )
    np.testing.assert_array_equal(nuclei > 0, volume > 0)
    for outlines in partition(volume, nuclei):
        planes = sorted(z for z, _ in outlines)
        assert len(set(planes)) == len(planes)
        assert max(np.diff(planes), default=1) <= bridged + 1
    objects = linking.objects
    numbers, counts = np.unique(nuclei[nuclei > 0], return_counts=True)
    np.testing.assert_array_equal(objects.directory.label, numbers)
    np.testing.assert_array_equal(numbers, np.arange(1, len(numbers) + 1))
    np.testing.assert_array_equal(objects.volume_px, counts)
    assert objects.planes_n.sum() == sum(len(objects_of(plane)) for plane in volume)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_read_from_below_it_is_the_same(seed):
    volume, stain = balls(seed)
    for knobs in (PLAIN, PlaneSettings()):
        upward, _ = link(volume, knobs, stain)
        downward, _ = link(volume[::-1], knobs, stain[::-1])
        assert partition(volume, upward) == partition(volume, downward[::-1])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), block_px=st.integers(5, 50))
def test_blocks_do_not_matter(seed, block_px):
    volume, stain = balls(seed)
    whole, one = link(volume, PlaneSettings(), stain)
    cut, other = link(volume, PlaneSettings(), stain, block_px)
    np.testing.assert_array_equal(whole, cut)
    np.testing.assert_array_equal(one.objects.middle_plane, other.objects.middle_plane)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), again=st.integers(0, 13))
def test_a_plane_seen_twice_changes_no_count(seed, again):
    volume, _ = balls(seed)
    twice = np.insert(volume, again, volume[again], axis=0)
    # Bridging reaches less far in more planes, and chains are smoothed over a part of a nucleus' height before
    # they are parted (the next test parts them as they are); without either nothing depends on how many there are.
    knobs = PLAIN.model_copy(update={"bridged_planes_n": 0, "valley": 0.0})
    assert len(link(twice, knobs)[1].objects.directory) == len(link(volume, knobs)[1].objects.directory)


@given(
    profile=st.lists(st.integers(1, 40), min_size=1, max_size=12),
    again=st.integers(0, 11),
    valley=st.floats(0, 0.99),
)
def test_an_outline_seen_twice_parts_a_chain_alike(profile, again, valley):
    again %= len(profile)
    once = part_chain(np.array(profile), np.arange(len(profile)), valley)
    twice = part_chain(np.insert(profile, again, profile[again]), np.arange(len(profile) + 1), valley)
    assert twice.max() == once.max()


def column(*sizes):
    """Squares of given edges above each other, 0 for a plane without one."""
    volume = np.zeros((len(sizes), 20, 20), np.uint32)
    for z, edge in enumerate(sizes):
        volume[z, 10 - edge // 2 : 10 - edge // 2 + edge, 10 - edge // 2 : 10 - edge // 2 + edge] = 1
    return volume


@pytest.mark.parametrize(
    ("sizes", "knobs", "wanted"),
    [
        ((3, 6, 8, 6, 3), PLAIN, 1),
        ((3, 6, 0, 6, 3), PLAIN, 1),
        ((3, 6, 0, 0, 6, 3), PLAIN, 2),
        ((3, 6, 0, 6, 3), PLAIN.model_copy(update={"bridged_planes_n": 0}), 2),
        ((6, 9, 9, 3, 9, 9, 6), PLAIN, 1),
        ((6, 9, 9, 3, 9, 9, 6), PLAIN.model_copy(update={"valley": 0.5}), 2),
        ((6, 9, 9, 8, 9, 9, 6), PLAIN.model_copy(update={"valley": 0.5}), 1),
        ((9, 3, 9, 3, 9), PLAIN.model_copy(update={"valley": 0.5}), 3),
    ],
)
def test_drawn_columns(sizes, knobs, wanted):
    assert len(link(column(*sizes), knobs)[1].objects.directory) == wanted


def test_what_is_too_long_is_parted_where_it_is_narrowest():
    sizes = (6, 9, 9, 8, 9, 9, 6)
    assert len(link(column(*sizes), PLAIN, z_step_um=2.0)[1].objects.directory) == 1
    assert len(link(column(*sizes), PLAIN, z_step_um=10.0)[1].objects.directory) == 2
    # Without a narrow place nothing says where.
    assert len(link(column(5, 6, 7, 8, 7, 6, 5), PLAIN, z_step_um=10.0)[1].objects.directory) == 1


def test_blur_above_and_below_is_left_out():
    volume = column(6, 8, 8, 8, 6)
    stain = np.ones(volume.shape, np.float32) * np.array([0.3, 0.9, 1.0, 0.9, 0.4])[:, None, None]
    nuclei, linking = link(volume, PlaneSettings(), stain)
    assert [bool(plane.any()) for plane in nuclei] == [False, True, True, True, False]
    assert (linking.objects.first_plane[0], linking.objects.last_plane[0], linking.objects.planes_n[0]) == (
        1,
        3,
        3,
    )


def test_a_speck_of_one_plane_is_left_out_unless_the_stack_ends_there():
    volume = np.concatenate([column(0), column(6, 8, 9, 9, 8, 8, 6), column(0)])
    volume[4, :4, :4] = 2
    assert len(link(volume, PlaneSettings())[1].objects.directory) == 1
    volume[4, :4, :4] = 0
    volume[0, :4, :4] = 2
    assert len(link(volume, PlaneSettings())[1].objects.directory) == 2


def test_of_two_above_the_one_that_agrees_more_is_taken():
    volume = np.zeros((2, 10, 20), np.uint32)
    volume[0, 2:8, 2:12] = 1
    volume[1, 2:8, 2:5], volume[1, 2:8, 6:12] = 1, 2
    nuclei, _ = link(volume)
    assert nuclei[1, 4, 8] == nuclei[0, 4, 8]
    assert nuclei[1, 4, 3] not in {0, nuclei[0, 4, 3]}


def test_largest_outline_stands_for_the_nucleus():
    volume = column(0, 3, 6, 8, 4)
    objects = link(volume)[1].objects
    assert (objects.plane[0], objects.first_plane[0], objects.last_plane[0]) == (3, 1, 4)
    assert objects.directory.area_px[0] == 64
    assert objects.directory.box[0].tolist() == [6, 6, 14, 14]
    assert objects.volume_px[0] == 9 + 36 + 64 + 16
    assert objects.middle_plane[0] == pytest.approx((9 + 2 * 36 + 3 * 64 + 4 * 16) / 125)


def test_a_stack_without_an_object():
    nuclei, linking = link(np.zeros((3, 5, 5), np.uint32), PlaneSettings())
    assert not nuclei.any()
    assert len(linking.objects.directory) == 0


@given(st.lists(st.integers(1, 30), min_size=3, max_size=14), st.floats(0.0, 0.99))
def test_parts_of_a_profile_mirror(sizes, valley):
    profile, planes = np.array(sizes), np.arange(len(sizes))
    part = part_chain(profile, planes, valley)
    assert part[0] == 0
    assert set(np.diff(part).tolist()) <= {0, 1}
    assert part[-1] == part_chain(profile[::-1], planes, valley)[-1]
