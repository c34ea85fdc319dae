"""What decides the pixels of one phantom, checked at birth."""

from __future__ import annotations

from dataclasses import dataclass, replace

from myograft.errors import UsageError
from myograft.phantom.panel import PANELS, Panel


@dataclass(frozen=True)
class PhantomSpec:
    """Everything that decides the pixels of a phantom.

    Parameters
    ----------
    height_px, width_px
        Size of the plane.
    pixel_size_um
        Edge of a pixel.
    seed
        Equal seeds, equal pixels.
    panel
        Name of a panel.
    donor_fraction
        Part of the nuclei that is donor; None for the panel's.
    snr
        Bright stain over noise; None for the panel's.
    planes_n
        Optical planes.
    donor_fiber_fraction
        Part of the fibers with donor protein; None for the panel's.

    Raises
    ------
    UsageError
        When a value makes no phantom.
    """

    height_px: int
    width_px: int
    pixel_size_um: float = 0.5
    seed: int = 0
    panel: str = "laminin_dapi_lamin_ac"
    donor_fraction: float | None = None
    snr: float | None = None
    planes_n: int = 1
    donor_fiber_fraction: float | None = None

    def __post_init__(self) -> None:
        problem = None
        if self.panel not in PANELS:
            problem = ("--panel", f"there is no panel {self.panel!r}", f"Choose one of {', '.join(PANELS)}")
        elif min(self.height_px, self.width_px) < 16 or max(self.height_px, self.width_px) > 100_000:
            problem = ("--size-px", "a side lies between 16 and 100,000 px", "Choose another size")
        elif not 0.1 <= self.pixel_size_um <= 5.0:
            problem = ("--pixel-size-um", "a pixel lies between 0.1 and 5 um", "Choose another size")
        elif self.planes_n < 1 or self.planes_n > 100:
            problem = ("--planes", "there are 1 to 100 planes", "Choose another number")
        elif self.snr is not None and not 0.5 <= self.snr <= 1000.0:
            problem = ("--snr", "signal over noise lies between 0.5 and 1000", "Choose another value")
        elif self.donor_fraction is not None and not 0.0 <= self.donor_fraction <= 1.0:
            problem = ("--donor-fraction", "a fraction lies between 0 and 1", "Choose another value")
        elif self.seed < 0:
            problem = ("--seed", "a seed is at least 0", "Choose another value")
        elif self.donor_fraction and PANELS[self.panel].stain.marker is None:
            problem = ("--donor-fraction", f"panel {self.panel} has no donor marker", "Choose another panel")
        else:
            problem = self._fiber_problem()
        if problem is not None:
            where, what, remedy = problem
            raise UsageError(what, where=where, remedy=remedy)

    def _fiber_problem(self) -> tuple[str, str, str] | None:
        where, fraction = "--donor-fiber-fraction", self.donor_fiber_fraction
        if fraction is not None and not 0.0 <= fraction <= 1.0:
            return where, "a fraction lies between 0 and 1", "Choose another value"
        if fraction and PANELS[self.panel].stain.fiber_marker is None:
            return where, f"panel {self.panel} has no donor protein", "Choose another panel"
        return None

    @property
    def model(self) -> Panel:
        """The panel, with the spec's own donor fractions and noise."""
        panel = PANELS[self.panel]
        return replace(
            panel,
            donor_fraction=panel.donor_fraction if self.donor_fraction is None else self.donor_fraction,
            donor_fiber_fraction=panel.donor_fiber_fraction
            if self.donor_fiber_fraction is None
            else self.donor_fiber_fraction,
            snr=panel.snr if self.snr is None else self.snr,
        )
