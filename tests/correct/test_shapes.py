"""A line parts an object without a lost pixel; outlines are filled by pixel centers; bridges fill thin gaps only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from myograft.correct.shapes import SLIVER_PX, bridge_between, fill_outline, split_by_line
from myograft.errors import CorrectionError
from myograft.model.correction import Pixels
from myograft.model.geometry import Region

PLANE = Region(0, 0, 60, 60)
ROWS, COLUMNS = np.mgrid[0:60, 0:60]
DISK = (ROWS - 30) ** 2 + (COLUMNS - 30) ** 2 < 20**2
EVERY_SIDE = np.ones((3, 3))


def masks_of(parts):
    return [part.to_mask(PLANE) for part in parts]


def split(mask, line):
    return masks_of(split_by_line(Pixels.from_mask(mask), line))


def pieces_n(mask):
    return ndimage.label(mask, EVERY_SIDE)[1]


places = st.tuples(st.floats(-5, 65), st.floats(-5, 65))


@st.composite
def blobs(draw):
    """One piece: boxes of which each begins inside the one before."""
    mask = np.zeros((60, 60), bool)
    y, x = 20, 20
    for _ in range(draw(st.integers(1, 4))):
        height, width = draw(st.integers(3, 20)), draw(st.integers(3, 20))
        mask[y : y + height, x : x + width] = True
        y, x = y + draw(st.integers(0, height - 1)), x + draw(st.integers(0, width - 1))
    return mask


@given(mask=blobs(), line=st.lists(places, min_size=0, max_size=6))
def test_parts_are_the_object_and_each_hangs_together(mask, line):
    try:
        parts = split(mask, line)
    except CorrectionError:
        return
    assert len(parts) >= 2
    np.testing.assert_array_equal(np.sum(parts, axis=0), mask)
    assert all(pieces_n(part) == 1 and part.sum() >= SLIVER_PX for part in parts)


@given(angle=st.floats(0, np.pi), offset=st.floats(-12, 12), overlap=st.floats(-0.9, 0.5))
def test_a_straight_stroke_parts_a_disk_in_two_wherever_it_ends(angle, offset, overlap):
    along, across = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
    middle = np.array([30.5, 30.5]) + offset * across
    ends = [tuple(middle + side * (1 + overlap) * 20 * along) for side in (-1, 1)]
    parts = split(DISK, ends)
    assert len(parts) == 2
    signed = (ROWS + 0.5 - middle[0]) * across[0] + (COLUMNS + 0.5 - middle[1]) * across[1]
    for part in parts:
        # Every pixel lies on the part's side of the stroke, but for those under it.
        side = np.sign(np.median(signed[part]))
        assert (side * signed[part] > -2.0).all()


def test_a_stroke_across_one_arm_leaves_the_other():
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:20] = mask[10:50, 40:50] = mask[40:50, 10:50] = True
    parts = split(mask, [(20.5, 5.0), (20.5, 30.0)])
    assert len(parts) == 2
    assert parts[0][10:20, 10:20].all()
    assert parts[0].sum() in {100, 110}  # the row under the line goes to either


def test_a_trembling_end_does_not_turn_the_stroke():
    stroke = [(15.0, 30.0), (25.0, 30.0), (34.0, 30.0), (34.5, 30.6)]
    parts = split(DISK, stroke)
    assert len(parts) == 2
    assert abs(int(parts[0].sum()) - int(parts[1].sum())) < 120


def test_a_line_twice_across_gives_three_parts():
    parts = split(DISK, [(5.0, 22.0), (55.0, 22.0), (55.0, 38.0), (5.0, 38.0)])
    assert len(parts) == 3


def test_a_diagonal_line_lets_nothing_through():
    mask = np.zeros((60, 60), bool)
    mask[10:30, 10:30] = True
    parts = split(mask, [(9.5, 9.5), (30.5, 30.5)])
    assert len(parts) == 2
    np.testing.assert_array_equal(parts[0] | parts[1], mask)


def test_pieces_that_are_not_cut_stay_with_the_nearest_part():
    mask = DISK.copy()
    mask[0:5, 30:33] = True
    parts = split(mask, [(30.5, 0.0), (30.5, 60.0)])
    assert len(parts) == 2
    assert parts[0][0:30].sum() == mask[0:30].sum()


@pytest.mark.parametrize("column", [29.5, 27.5], ids=["through the gap", "along a rim"])
def test_a_line_between_pieces_separates_them(column):
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:28] = mask[10:20, 31:50] = mask[30:50, 31:50] = True
    parts = split(mask, [(15.0, column), (45.0, column)])
    assert [part[:, :29].any() for part in parts] == [True, False]
    assert parts[0][:, :28].sum() == parts[0].sum() == 40 * 18


@pytest.mark.parametrize(
    "line",
    [
        [],
        [(30.0, 30.0)],
        [(30.0, 30.0), (30.0, 30.0)],
        [(0.0, 0.0), (0.0, 60.0)],
        [(30.0, 9.0), (30.0, 9.5)],
        [(11.0, 28.0), (11.0, 32.0)],
    ],
    ids=["nothing", "a point", "the same point", "elsewhere", "outside", "along the rim"],
)
def test_a_line_that_divides_nothing_is_refused(line):
    with pytest.raises(CorrectionError, match=r"does not divide the object\. Draw it across"):
        split(DISK, line)


@given(angles=st.lists(st.floats(0, 2 * np.pi), min_size=3, max_size=12, unique=True))
def test_convex_outlines_hold_the_pixels_whose_centers_lie_inside(angles):
    corners = [(30.3 + 25 * np.sin(a), 30.4 + 25 * np.cos(a)) for a in sorted(angles)]
    y, x = ROWS + 0.5, COLUMNS + 0.5
    sides = [
        (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
        for (y0, x0), (y1, x1) in zip(corners, corners[1:] + corners[:1], strict=True)
    ]
    surely, perhaps = np.min(sides, axis=0) > 1e-6, np.min(sides, axis=0) > -1e-6
    if not perhaps.any():
        with pytest.raises(CorrectionError):
            fill_outline(corners, (60, 60))
    elif surely.any():
        filled = fill_outline(corners, (60, 60)).to_mask(PLANE)
        assert (filled >= surely).all()
        assert (filled <= perhaps).all()


def test_an_outline_that_crosses_itself_leaves_no_hole():
    ring = [(30 + 20 * np.sin(a), 30 + 20 * np.cos(a)) for a in np.linspace(0, 2 * np.pi + 0.6, 80)]
    inner = [(y, x - 2.0) for y, x in ring[-10:]]
    filled = fill_outline([*ring[:-10], *inner], (60, 60)).to_mask(PLANE)
    np.testing.assert_array_equal(filled, ndimage.binary_fill_holes(filled))
    assert filled[20:40, 20:40].all()


def test_an_outline_is_cut_at_the_image():
    assert fill_outline([(-5.0, -5.0), (-5.0, 3.0), (2.0, 3.0), (2.0, -5.0)], (60, 60)).runs == (
        (0, 0, 3),
        (1, 0, 3),
    )


@pytest.mark.parametrize("outline", [[], [(1.0, 1.0), (5.0, 5.0)], [(70.0, 0.0), (70.0, 9.0), (80.0, 4.0)]])
def test_an_outline_around_nothing_is_refused(outline):
    with pytest.raises(CorrectionError, match="no pixel of the image inside the outline"):
        fill_outline(outline, (60, 60))


def box(y0, x0, y1, x1):
    mask = np.zeros((60, 60), bool)
    mask[y0:y1, x0:x1] = True
    return Pixels.from_mask(mask)


@pytest.mark.parametrize("gap_px", range(1, 9))
@pytest.mark.parametrize("most_px", [1, 4, 5])
def test_a_bridge_fills_a_gap_up_to_its_width(gap_px, most_px):
    parts = [box(10, 10, 30, 20), box(10, 20 + gap_px, 30, 40)]
    bridge = bridge_between(parts, most_px)
    if gap_px > most_px:
        assert bridge is None
    else:
        filled = bridge.to_mask(PLANE)
        assert filled[14:26, 20 : 20 + gap_px].all()
        assert filled.sum() == filled[10:30, 20 : 20 + gap_px].sum()


@given(
    seed=st.integers(0, 2**32), most_px=st.integers(0, 6), is_limited=st.booleans(), parts_n=st.integers(2, 3)
)
def test_a_bridge_is_free_joins_parts_and_is_thin(bench, seed, most_px, is_limited, parts_n):
    random = np.random.default_rng(seed)
    labels = bench.any_labels(random, (40, 40))
    numbers = [int(n) for n in np.unique(labels) if n][:parts_n]
    if len(numbers) < 2:
        return
    parts = [Pixels.from_mask(labels == number) for number in numbers]
    hull = parts[0].box
    for part in parts[1:]:
        hull = hull.union(part.box)
    bridge = bridge_between(parts, most_px, labels[hull.slices] == 0 if is_limited else None)
    if bridge is None:
        return
    filled = bridge.to_mask(Region(0, 0, 40, 40))
    assert not (filled & np.isin(labels, numbers)).any()
    assert not (is_limited and (filled & (labels > 0)).any())
    distances = sorted(
        (ndimage.distance_transform_edt(labels != number) for number in numbers),
        key=lambda d: d[filled].sum(),
    )
    assert (np.sort(distances, axis=0)[:2].sum(axis=0)[filled] <= most_px + 1).all()
    grown = ndimage.binary_dilation(filled, EVERY_SIDE)
    assert len(set(labels[grown].tolist()) & set(numbers)) >= 2


def test_parts_that_touch_or_lie_alone_need_no_bridge():
    assert bridge_between([box(10, 10, 20, 20), box(10, 20, 20, 30)], 5) is None
    assert bridge_between([box(10, 10, 20, 20)], 5) is None
    assert bridge_between([], 5) is None
