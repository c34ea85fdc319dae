"""Where things are: rectangles of a plane and its calibration."""

from __future__ import annotations

from dataclasses import dataclass

from myograft.errors import CalibrationError


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A half-open rectangle of a plane, in pixels of full resolution.

    Examples
    --------
    >>> Region(0, 0, 4, 6).intersect(Region(2, 3, 9, 9))
    Region(y0=2, x0=3, y1=4, x1=6)
    """

    y0: int
    x0: int
    y1: int
    x1: int

    def __post_init__(self) -> None:
        if self.y1 < self.y0 or self.x1 < self.x0:
            raise ValueError(f"a region cannot end before it begins: {self}")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.y1 - self.y0, self.x1 - self.x0

    @property
    def is_empty(self) -> bool:
        """Whether the region holds no pixel."""
        return self.y1 == self.y0 or self.x1 == self.x0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of this region in an array of the whole plane."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def intersect(self, other: Region) -> Region:
        """Return the common rectangle (empty, at this region's corner, if there is none)."""
        y0, x0 = max(self.y0, other.y0), max(self.x0, other.x0)
        y1, x1 = min(self.y1, other.y1), min(self.x1, other.x1)
        if y1 <= y0 or x1 <= x0:
            return Region(self.y0, self.x0, self.y0, self.x0)
        return Region(y0, x0, y1, x1)

    def union(self, other: Region) -> Region:
        """Return the smallest rectangle that holds both."""
        return Region(
            min(self.y0, other.y0), min(self.x0, other.x0), max(self.y1, other.y1), max(self.x1, other.x1)
        )

    def grow(self, margin_px: int, bounds: tuple[int, int]) -> Region:
        """Return the region with a margin on every side, clipped to a plane of shape `bounds`."""
        return Region(
            max(0, self.y0 - margin_px),
            max(0, self.x0 - margin_px),
            min(bounds[0], self.y1 + margin_px),
            min(bounds[1], self.x1 + margin_px),
        )

    def snap(self, step_px: int, bounds: tuple[int, int]) -> Region:
        """Return the region grown outward to multiples of `step_px`, clipped to a plane of shape `bounds`."""
        return Region(
            self.y0 // step_px * step_px,
            self.x0 // step_px * step_px,
            min(bounds[0], -(-self.y1 // step_px) * step_px),
            min(bounds[1], -(-self.x1 // step_px) * step_px),
        )

    def shift(self, dy: int, dx: int) -> Region:
        """Return the region moved by `(dy, dx)` pixels."""
        return Region(self.y0 + dy, self.x0 + dx, self.y1 + dy, self.x1 + dx)

    def inside(self, outer: Region) -> tuple[slice, slice]:
        """Return the index of this region in an array that holds `outer`."""
        return (
            slice(self.y0 - outer.y0, self.y1 - outer.y0),
            slice(self.x0 - outer.x0, self.x1 - outer.x0),
        )

    def holds(self, y: float, x: float) -> bool:
        """Whether the point lies in the half-open rectangle."""
        return self.y0 <= y < self.y1 and self.x0 <= x < self.x1


@dataclass(frozen=True, slots=True)
class Calibration:
    """Size of a pixel in micrometers and where that knowledge comes from.

    Parameters
    ----------
    pixel_size_um
        Edge of a square pixel in um.
    z_step_um
        Distance between optical planes in um; None where unknown or a single plane.
    source
        Where the value was read, for provenance (for example ``"OME-XML"`` or ``"--pixel-size-um"``).
    """

    pixel_size_um: float
    z_step_um: float | None
    source: str

    def __post_init__(self) -> None:
        if not 0.01 <= self.pixel_size_um <= 100.0:
            raise CalibrationError(
                f"a pixel size of {self.pixel_size_um:g} um (from {self.source}) is no microscope's",
                remedy="Give the size of a pixel in micrometers with --pixel-size-um",
            )
        if self.z_step_um is not None and not 0.0 < self.z_step_um <= 1000.0:
            raise CalibrationError(
                f"a z step of {self.z_step_um:g} um (from {self.source}) is no microscope's",
                remedy="Give the distance between planes in micrometers with --set read.z_step_um=VALUE",
            )
