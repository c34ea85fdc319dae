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
    thickness_um
        Thickness of a section that is thick enough for nuclei above each other: nuclei are ellipsoids at depths of
        their own, the planes divide it evenly, and true labels are those of every plane. None for a thin section, in
        which a nucleus shows in every plane.

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
    thickness_um: float | None = None

    def __post_init__(self) -> None:
        problem = self._size_problem() or self._stain_problem() or self._fiber_problem()
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

    def _size_problem(self) -> tuple[str, str, str] | None:
        """Return what is wrong with lengths: where, what, and the remedy."""
        if min(self.height_px, self.width_px) < 16 or max(self.height_px, self.width_px) > 100_000:
            return "--size-px", "a side lies between 16 and 100,000 px", "Choose another size"
        if not 0.1 <= self.pixel_size_um <= 5.0:
            return "--pixel-size-um", "a pixel lies between 0.1 and 5 um", "Choose another size"
        if self.planes_n < 1 or self.planes_n > 100:
            return "--planes", "there are 1 to 100 planes", "Choose another number"
        if self.thickness_um is not None and not (1.0 <= self.thickness_um <= 200.0 and self.planes_n > 1):
            told = "a thick section has 1 to 200 um and at least two planes"
            return "--thickness-um", told, "Choose another thickness, and give --planes"
        return None

    def _stain_problem(self) -> tuple[str, str, str] | None:
        """Return what is wrong with the rest."""
        if self.panel not in PANELS:
            return "--panel", f"there is no panel {self.panel!r}", f"Choose one of {', '.join(PANELS)}"
        if self.snr is not None and not 0.5 <= self.snr <= 1000.0:
            return "--snr", "signal over noise lies between 0.5 and 1000", "Choose another value"
        if self.donor_fraction is not None and not 0.0 <= self.donor_fraction <= 1.0:
            return "--donor-fraction", "a fraction lies between 0 and 1", "Choose another value"
        if self.seed < 0:
            return "--seed", "a seed is at least 0", "Choose another value"
        if self.donor_fraction and PANELS[self.panel].stain.marker is None:
            return "--donor-fraction", f"panel {self.panel} has no donor marker", "Choose another panel"
        return None

    @property
    def model(self) -> Panel:
        """The panel, with the spec's own donor fractions and noise."""
        panel = PANELS[self.panel]
        optics = panel.optics
        if self.thickness_um is not None:
            optics = replace(optics, z_step_um=self.thickness_um / self.planes_n)
        return replace(
            panel,
            optics=optics,
            donor_fraction=panel.donor_fraction if self.donor_fraction is None else self.donor_fraction,
            donor_fiber_fraction=panel.donor_fiber_fraction
            if self.donor_fiber_fraction is None
            else self.donor_fiber_fraction,
            snr=panel.snr if self.snr is None else self.snr,
        )
