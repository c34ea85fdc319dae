"""How far objects lie from the seams between tiles, and which look cut there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.measure import Seams, compare_at_seams, measure_seams
from myograft.model.columns import TableName
from myograft.model.table import from_rows

sizes = st.integers(1, 60)


@given(height=sizes, width=sizes, tile=st.integers(3, 30), y=st.floats(0, 1), x=st.floats(0, 1))
def test_the_distance_is_that_to_the_nearest_inner_line(height, width, tile, y, x):
    point = np.array([[y * height, x * width]])
    lines = [abs(point[0, 0] - line) for line in range(tile, height, tile)]
    lines += [abs(point[0, 1] - line) for line in range(tile, width, tile)]
    found = Seams((height, width), tile, 1.0).distance_px(point)
    assert found[0] == pytest.approx(min(lines, default=np.inf))


@given(shape=st.tuples(sizes, sizes), tile=st.integers(3, 30), box=st.tuples(*[st.floats(0, 1)] * 4))
def test_a_box_crosses_a_seam_where_its_pixels_have_two_owners(shape, tile, box):
    (y0, y1), (x0, x1) = (
        sorted((int(first * length), int(second * length)))
        for first, second, length in zip(box[:2], box[2:], shape, strict=True)
    )
    edges = np.array([[y0, x0, y1 + 1, x1 + 1]])
    owners = {(row // tile, column // tile) for row in range(y0, y1 + 1) for column in range(x0, x1 + 1)}
    assert Seams(shape, tile, 1.0).crossed(edges)[0] == (len(owners) > 1)


def fiber(number, box, csa=100.0):
    y0, x0, y1, x1 = box
    return {
        "slide_id": "s", "section_id": "1", "fiber_id": number, "centroid_y_um": (y0 + y1) / 4,
        "centroid_x_um": (x0 + x1) / 4, "csa_um2": csa, "min_feret_um": 10.0, "is_excluded": False,
        "box_y0_px": y0, "box_x0_px": x0, "box_y1_px": y1, "box_x1_px": x1,
    }  # fmt: skip


FIBERS = from_rows(
    TableName.FIBERS,
    [
        fiber(1, (10, 10, 40, 40)),
        fiber(2, (80, 10, 100, 40), csa=40.0),  # ends at the seam
        fiber(3, (90, 60, 120, 90)),  # crosses it
        fiber(4, (170, 10, 200, 40)),  # ends with the plane
    ],
)
SEAMS = Seams((200, 100), 100, 0.5)


def test_a_cut_object_ends_at_the_seam():
    table = measure_seams((FIBERS, None), SEAMS)
    assert table["object_id"].tolist() == [1, 2, 3, 4]
    assert table["crosses_seam"].tolist() == [False, False, True, False]
    assert table["ends_at_seam"].tolist() == [False, True, False, False]
    np.testing.assert_allclose(table["seam_distance_um"], [37.5, 5.0, 2.5, 42.5])


def test_a_plane_of_one_tile_has_no_seam():
    table = measure_seams((FIBERS, None), Seams((200, 100), 512, 0.5))
    assert table["seam_distance_um"].mask.all()
    assert not table["ends_at_seam"].any()
    tissue = np.ones((20, 10), bool)
    assert compare_at_seams(FIBERS, table, Seams((200, 100), 512, 0.5), tissue, 10) is None


def test_fibers_at_seams_are_compared_with_others():
    table = measure_seams((FIBERS, None), SEAMS)
    told = compare_at_seams(FIBERS, table, SEAMS, np.ones((20, 10), bool), 10)
    # 2 fibers in 40 of 200 rows (20 of 100 um by 50 um), 2 in the other 160 rows.
    assert told == (
        "within 10 um of a seam 2,000 fibers per mm2, median 70 um2 (2 fibers); "
        "elsewhere 500 per mm2, median 100 um2"
    )
