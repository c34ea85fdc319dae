"""A plane cut into tiles: what a tile owns is disjoint and covers the plane; what it reads overlaps.

::

    reads  +-----------+      A tile may look further than it may speak: every pixel, and every
           |  owns     |      object by its anchor, has exactly one owner.
           |  +-----+  |
           |  |     |  |
           |  +-----+  |
           +-----------+
"""

from __future__ import annotations

from dataclasses import dataclass

from myograft.model.geometry import Region


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One unit of work.

    Parameters
    ----------
    row, column
        Position in the grid of tiles.
    owns
        Pixels only this tile decides.
    reads
        Pixels this tile looks at: `owns` and a halo, clipped to the plane.
    """

    row: int
    column: int
    owns: Region
    reads: Region

    @property
    def name(self) -> str:
        """Short name for files and messages."""
        return f"{self.row:04d}_{self.column:04d}"


def tile_plane(shape: tuple[int, int], tile_px: int, halo_px: int) -> tuple[Tile, ...]:
    """Cut a plane into tiles, row by row.

    Parameters
    ----------
    shape
        Height and width of the plane in pixels.
    tile_px
        Edge of the owned square in pixels; tiles at the far borders are smaller.
    halo_px
        Margin read around the owned square in pixels.

    Returns
    -------
    tuple of Tile
        In raster order; the owned regions are disjoint and cover the plane.

    Examples
    --------
    >>> [t.owns.x1 for t in tile_plane((4, 10), tile_px=4, halo_px=1)]
    [4, 8, 10]
    """
    if tile_px < 1 or halo_px < 0:
        raise ValueError(
            f"a tile needs an edge of at least 1 px and a halo of at least 0 px: {tile_px}, {halo_px}"
        )
    height, width = shape
    tiles = []
    for row, y0 in enumerate(range(0, height, tile_px)):
        for column, x0 in enumerate(range(0, width, tile_px)):
            owns = Region(y0, x0, min(height, y0 + tile_px), min(width, x0 + tile_px))
            tiles.append(Tile(row, column, owns, owns.grow(halo_px, shape)))
    return tuple(tiles)
