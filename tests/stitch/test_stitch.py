"""Cut a known plane into haloed tiles, stitch: the old plane returns; order never matters."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from myograft.numerics.labels import canonical_renumber, objects_of
from myograft.stitch import (
    StitchSettings,
    TileObjects,
    compare_seam,
    join_objects,
    leave_out,
    neighbor_pairs,
    relabel,
    stitch,
    tile_objects,
)
from myograft.tiling import tile_plane


def packed(shape, objects_n, seed):
    """Voronoi cells that touch everywhere, as packed fibers do, with a few left out."""
    random = np.random.default_rng(seed)
    points = random.uniform((0, 0), shape, (objects_n, 2))
    grid = np.stack(np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij"), axis=-1)
    nearest = cKDTree(points).query(grid.reshape(-1, 2))[1].reshape(shape)
    numbers = np.where(random.random(objects_n) < 0.9, np.arange(1, objects_n + 1), 0)
    return canonical_renumber(numbers[nearest].astype(np.uint32))


def cut_and_stitch(plane, tile_px, halo_px, seed=0, min_area_px=0.0, max_area_px=np.inf):
    """Renumber every tile at random, stitch, and put the owned areas together again."""
    random = np.random.default_rng(seed)
    tiles = tile_plane(plane.shape, tile_px, halo_px)
    seen = {}
    for tile in tiles:
        labels = plane[tile.reads.slices]
        numbers = np.zeros(int(plane.max()) + 1, np.uint32)
        numbers[1:] = random.permutation(len(numbers) - 1) + 1
        seen[tile] = numbers[labels]
    objects = [tile_objects(seen[tile], tile) for tile in tiles]
    seams = [compare_seam(a, seen[a], b, seen[b]) for a, b in neighbor_pairs(tiles)]
    random.shuffle(objects)
    random.shuffle(seams)
    stitching = stitch(objects, seams, StitchSettings(), min_area_px, max_area_px)
    whole = np.zeros_like(plane)
    for tile in tiles:
        owned = seen[tile][tile.owns.inside(tile.reads)]
        whole[tile.owns.slices] = relabel(owned, stitching.lookup[tile.row, tile.column])
    return whole, stitching


@settings(max_examples=60)
@given(
    height=st.integers(5, 90),
    width=st.integers(5, 90),
    objects_n=st.integers(1, 60),
    tile_px=st.integers(10, 60),
    halo_px=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_the_old_plane_returns(height, width, objects_n, tile_px, halo_px, seed):
    plane = packed((height, width), objects_n, seed)
    whole, stitching = cut_and_stitch(plane, tile_px, halo_px, seed)
    np.testing.assert_array_equal(whole, plane)
    expected = objects_of(plane)
    for field in ("label", "box", "anchor", "area_px"):
        np.testing.assert_array_equal(getattr(stitching.directory, field), getattr(expected, field))


def test_objects_larger_than_a_tile_return():
    plane = np.zeros((100, 100), np.uint32)
    plane[5:95, 5:45], plane[5:95, 45:95] = 1, 2
    whole, _ = cut_and_stitch(plane, tile_px=16, halo_px=4)
    np.testing.assert_array_equal(whole, plane)


def test_different_fibers_that_touch_on_a_seam_stay_apart():
    plane = np.zeros((20, 40), np.uint32)
    plane[2:18, 4:20], plane[2:18, 20:36] = 1, 2
    whole, _ = cut_and_stitch(plane, tile_px=20, halo_px=6)
    np.testing.assert_array_equal(whole, plane)


def test_one_against_two_gives_the_better_half_the_number():
    """Left tile sees one fiber across the seam, right tile sees it split: the larger overlap is joined."""
    left, right = tile_plane((20, 40), 20, 10)
    one = np.zeros(left.reads.shape, np.uint32)
    one[2:18, 10:30] = 1
    two = np.zeros(right.reads.shape, np.uint32)
    two[2:14, 0:20] = 1
    two[14:18, 0:20] = 2
    seam = compare_seam(left, one, right, two)
    assert seam.first_label.tolist() == [1]
    assert seam.second_label.tolist() == [1]
    stitching = stitch([tile_objects(one, left), tile_objects(two, right)], [seam], StitchSettings())
    assert len(stitching.directory) == 2
    assert stitching.lookup[0, 0][1] == stitching.lookup[0, 1][1]


def test_a_chain_around_a_corner_never_joins_two_objects_of_one_tile():
    tiles = tile_plane((20, 20), 10, 5)
    seen = {tile: np.zeros(tile.reads.shape, np.uint32) for tile in tiles}
    top_left, top_right, bottom_left, bottom_right = tiles
    # Three tiles see one object around the corner; the first sees two.
    for tile in (top_right, bottom_left, bottom_right):
        seen[tile][:] = 1
    seen[top_left][:8] = 1
    seen[top_left][8:] = 2
    objects = [tile_objects(seen[tile], tile) for tile in tiles]
    seams = [compare_seam(a, seen[a], b, seen[b]) for a, b in neighbor_pairs(tiles)]
    stitching = stitch(objects, seams, StitchSettings(min_agreement=0.01))
    assert stitching.lookup[0, 0][1] != stitching.lookup[0, 0][2]


def test_slivers_are_dropped_after_joining():
    plane = np.zeros((20, 40), np.uint32)
    plane[2:18, 4:36] = 1
    plane[19, 0:3] = 2
    whole, stitching = cut_and_stitch(plane, 20, 10, min_area_px=5)
    assert len(stitching.directory) == 1
    assert whole.max() == 1
    assert whole[19].max() == 0


@settings(max_examples=30)
@given(st.integers(0, 100), st.integers(0, 2**31))
def test_objects_that_are_left_out_leave_the_others_in_order(seed, chosen):
    plane = packed((60, 70), 25, seed)
    tiles = tile_plane(plane.shape, 25, 10)
    parts = [tile_objects(plane[tile.reads.slices], tile) for tile in tiles]
    seams = [
        compare_seam(one, plane[one.reads.slices], other, plane[other.reads.slices])
        for one, other in neighbor_pairs(tiles)
    ]
    stitched = stitch(parts, seams, StitchSettings())
    goes = np.random.default_rng(chosen).random(len(stitched.directory)) < 0.3
    left = leave_out(stitched, goes)
    shown = np.zeros(plane.shape, np.uint32)
    for tile in tiles:
        shown[tile.owns.slices] = relabel(plane[tile.owns.slices], left.lookup[tile.row, tile.column])
    is_gone = np.concatenate([[False], goes])[plane]
    np.testing.assert_array_equal(shown, canonical_renumber(np.where(is_gone, 0, plane).astype(np.uint32)))
    again = objects_of(shown)
    for field in ("label", "box", "anchor", "area_px"):
        np.testing.assert_array_equal(getattr(left.directory, field), getattr(again, field))


def test_what_is_too_large_once_joined_is_dropped():
    """A gap between two pieces of tissue: every tile sees a part of it that could be a fiber."""
    plane = np.zeros((20, 400), np.uint32)
    plane[2:18, 1:399] = 1
    plane[19, 0:30] = 2
    whole, stitching = cut_and_stitch(plane, 20, 10, max_area_px=1000)
    assert stitching.directory.area_px.tolist() == [30]
    assert whole[:19].max() == 0


def test_more_objects_than_16_bits_hold():
    plane = np.arange(1, 280 * 280 + 1, dtype=np.uint32).reshape(280, 280)
    whole, stitching = cut_and_stitch(plane, tile_px=100, halo_px=3)
    assert len(stitching.directory) == 78_400
    np.testing.assert_array_equal(whole, plane)


@given(seed=st.integers(0, 100), tile_px=st.integers(5, 40))
def test_given_labels_keep_their_numbers(seed, tile_px):
    plane = packed((40, 50), 30, seed) * 3
    parts = [tile_objects(plane[tile.reads.slices], tile) for tile in tile_plane(plane.shape, tile_px, 0)]
    joined, expected = join_objects(parts), objects_of(plane)
    for field in ("label", "box", "anchor", "area_px"):
        np.testing.assert_array_equal(getattr(joined, field), getattr(expected, field))


def test_nothing_to_stitch():
    tiles = tile_plane((8, 8), 4, 2)
    empty = [TileObjects(tile, objects_of(np.zeros(tile.owns.shape, np.uint32))) for tile in tiles]
    stitching = stitch(empty, [], StitchSettings())
    assert len(stitching.directory) == 0
    assert relabel(np.array([[0, 5]], np.uint32), stitching.lookup[0, 0]).tolist() == [[0, 0]]
