"""What every tile task of a slide knows; small, and the same for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from myograft.config import RunSettings
from myograft.model.channels import ChannelRoles, Role
from myograft.model.donor_calibration import DonorCalibration
from myograft.model.fiber_calibration import FiberCalibration
from myograft.model.result_layout import ResultLayout
from myograft.model.stack import Stack
from myograft.tiling import Tile, tile_plane


@dataclass(frozen=True)
class Slide:
    """One input, opened and understood.

    Parameters
    ----------
    slide_id
        Name of the result.
    stack
        Description of the pixels; workers open them by its path.
    roles
        Channel of every role that is there.
    settings
        Checked settings.
    draft
        Where the result grows.
    scratch
        Folder beside the draft for what is thrown away at the end.
    donor_calibration
        Donor threshold learned from controls; None where another rule is asked for.
    fiber_calibrations
        Thresholds of stained fibers learned from controls; those that were asked for.
    """

    slide_id: str
    stack: Stack
    roles: ChannelRoles
    settings: RunSettings
    draft: ResultLayout
    scratch: Path
    donor_calibration: DonorCalibration | None = None
    fiber_calibrations: Mapping[Role, FiberCalibration] = field(default_factory=dict)

    def tiles(self, halo_um: float = 0.0) -> tuple[Tile, ...]:
        """Return the plane's tiles, reading with a halo given in um."""
        halo_px = -(-halo_um // self.stack.calibration.pixel_size_um) if halo_um else 0
        return tile_plane(self.stack.shape, self.settings.tiling.tile_px, int(halo_px))
