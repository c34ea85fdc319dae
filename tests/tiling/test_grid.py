"""One working grid for the whole plane, coarser or finer than the stored one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from myograft.model.geometry import Region
from myograft.tiling import WorkingGrid

grids = st.one_of(
    st.integers(1, 6).map(WorkingGrid),
    st.integers(2, 4).map(lambda up: WorkingGrid(1, up)),
    st.sampled_from([WorkingGrid(3, 2), WorkingGrid(2, 3), WorkingGrid(4, 3), WorkingGrid(3, 4)]),
)
regions = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 50), st.integers(1, 50)).map(
    lambda box: Region(box[0], box[1], box[0] + box[2], box[1] + box[3])
)
BOUNDS = (101, 103)


@given(st.floats(0.1, 4.0), st.floats(0.25, 2.0))
def test_the_nearest_grid_is_near(pixel_size_um, wanted):
    grid = WorkingGrid.nearest(pixel_size_um, wanted)
    assert 1 / 1.32 <= grid.um_per_px(pixel_size_um) / wanted <= 1.15


@given(st.floats(0.1, 4.0), st.floats(0.25, 2.0))
def test_a_method_that_may_not_refine_sees_stored_pixels_at_most(pixel_size_um, wanted):
    grid = WorkingGrid.nearest(pixel_size_um, wanted, may_refine=False)
    assert grid.up == 1
    assert grid.down >= 1


@given(grids, regions)
def test_a_snapped_region_goes_there_and_back(grid, region):
    snapped = grid.snap(region, BOUNDS)
    assert snapped.intersect(region) == region
    assert grid.stored(grid.working(snapped), BOUNDS) == snapped


@given(grids, regions)
def test_stored_pixels_of_a_working_region_cover_it(grid, region):
    stored = grid.stored(region, (10_000, 10_000))
    assert grid.working(stored).intersect(region) == region
