"""Every pixel, and so every object by its anchor, has exactly one owner, for any shape, tile and halo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from myograft.tiling import TilingSettings, tile_plane


@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    tile_px=st.integers(1, 70),
    halo_px=st.integers(0, 30),
)
def test_owned_areas_cover_the_plane_once(height, width, tile_px, halo_px):
    owners = np.zeros((height, width), int)
    for tile in tile_plane((height, width), tile_px, halo_px):
        owners[tile.owns.slices] += 1
        assert tile.reads == tile.owns.grow(halo_px, (height, width))
        assert tile.owns.intersect(tile.reads) == tile.owns
    assert np.all(owners == 1)


@pytest.mark.parametrize(("tile_px", "halo_px"), [(0, 1), (4, -1)])
def test_impossible_tiles_are_refused(tile_px, halo_px):
    with pytest.raises(ValueError, match="a tile needs"):
        tile_plane((4, 4), tile_px, halo_px)


def test_a_tile_is_whole_chunks():
    with pytest.raises(ValidationError, match="multiple of 512, such as 1024"):
        TilingSettings(tile_px=1500)
