"""The grid a method works on: whole pixels in one working pixel, or whole working pixels in one pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from myograft.model.geometry import Region


@dataclass(frozen=True, slots=True)
class WorkingGrid:
    """A grid that is a multiple of the stored one, or a part of it: it is the same for every tile.

    Parameters
    ----------
    down
        Stored pixels along the edge of a working pixel; 1 where `up` is more.
    up
        Working pixels along the edge of a stored pixel; 1 where `down` is more.
    """

    down: int
    up: int = 1

    @classmethod
    def nearest(cls, pixel_size_um: float, working_um_per_px: float, *, may_refine: bool = True) -> Self:
        """Return the grid whose resolution is nearest to what a method wants.

        Parameters
        ----------
        pixel_size_um
            Edge of a stored pixel.
        working_um_per_px
            What the method wants.
        may_refine
            Whether a stored pixel may be cut into several.

        Examples
        --------
        >>> WorkingGrid.nearest(0.25, 1.0), WorkingGrid.nearest(0.9224, 1.0), WorkingGrid.nearest(2.0, 1.0)
        (WorkingGrid(down=4, up=1), WorkingGrid(down=1, up=1), WorkingGrid(down=1, up=2))
        """
        if pixel_size_um <= working_um_per_px or not may_refine:
            return cls(max(1, round(working_um_per_px / pixel_size_um)))
        return cls(1, round(pixel_size_um / working_um_per_px))

    def um_per_px(self, pixel_size_um: float) -> float:
        """Return the edge of a working pixel in um."""
        return pixel_size_um * self.down / self.up

    def snap(self, region: Region, bounds: tuple[int, int]) -> Region:
        """Return a region of the stored plane grown outward to whole working pixels."""
        return region.snap(self.down, bounds)

    def working(self, region: Region) -> Region:
        """Return a snapped region of the stored plane in working pixels."""
        return Region(
            region.y0 // self.down * self.up,
            region.x0 // self.down * self.up,
            -(-region.y1 // self.down) * self.up,
            -(-region.x1 // self.down) * self.up,
        )

    def stored(self, region: Region, bounds: tuple[int, int]) -> Region:
        """Return the stored pixels that hold a region of working pixels, clipped to a plane of shape `bounds`."""
        return Region(
            min(bounds[0], region.y0 // self.up * self.down),
            min(bounds[1], region.x0 // self.up * self.down),
            min(bounds[0], -(-region.y1 // self.up) * self.down),
            min(bounds[1], -(-region.x1 // self.up) * self.down),
        )
