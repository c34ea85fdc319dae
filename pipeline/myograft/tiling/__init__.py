"""Tiles that read with a halo and own without one."""

from myograft.tiling.grid import WorkingGrid
from myograft.tiling.settings import CHUNK_PX, TilingSettings
from myograft.tiling.tiles import Tile, tile_plane

__all__ = ["CHUNK_PX", "Tile", "TilingSettings", "WorkingGrid", "tile_plane"]
