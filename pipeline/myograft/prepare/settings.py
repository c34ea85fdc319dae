"""Knobs of preparation: what is normal brightness, where is tissue, what is no image."""

from __future__ import annotations

from typing import Self

from myograft.model.channels import Role
from myograft.model.settings import Settings, knob


class PrepareSettings(Settings):
    """Normalization of the whole plane, and where tissue is."""

    background_percentile: float = knob(
        5.0,
        "Percentile of the pixels in tissue that is called 0 (dark fiber interior, no stain).",
        unit="%",
        ge=0.0,
        le=50.0,
    )
    nuclei_background_percentile: float | None = knob(
        None,
        "The same for the nuclei's channel alone; null takes background_percentile. In a photograph fibers take up "
        "some of the counterstain, and most of the tissue is no nucleus.",
        unit="%",
        ge=0.0,
        le=90.0,
    )
    stain_percentile: float = knob(
        99.5,
        "Percentile of the pixels in tissue that is called 1 (bright stain).",
        unit="%",
        gt=50.0,
        le=100.0,
    )
    least_contrast: float = knob(
        8.0,
        "Least range between dark and bright stain, in standard deviations of the noise; with less the scale is "
        "widened, so that noise is not taken for stain.",
        unit="noise SD",
        ge=0.0,
        le=100.0,
    )
    least_density: float = knob(
        0.4,
        "Least range of absorbed light between pale and dark in a photograph of stained tissue; with less the scale is "
        "widened, so that haze on bare glass is not taken for stain. Eosin and hematoxylin reach about 0.7.",
        unit="decades",
        ge=0.0,
        le=2.0,
    )
    tissue_smoothing_um: float = knob(
        40.0,
        "Width over which stain is averaged to tell tissue from glass.",
        unit="um",
        gt=0.0,
        le=500.0,
    )
    tissue_level: float = knob(
        0.25,
        "Smoothed stain, as a part of its 90th percentile, from which a place is tissue.",
        unit="1",
        gt=0.0,
        lt=1.0,
    )
    tissue_hole_um2: float = knob(
        25_000.0,
        "Largest dark place in tissue that is tissue all the same (the inside of a large fiber).",
        unit="um^2",
        ge=0.0,
    )
    saturated_fraction_max: float = knob(
        0.5,
        "Largest part of saturated pixels a channel may have; with more it is refused.",
        unit="1",
        gt=0.0,
        le=1.0,
    )
    saturated_fraction_warning: float = knob(
        0.02, "Part of saturated pixels from which the user is warned.", unit="1", gt=0.0, le=1.0
    )

    def of(self, role: Role) -> Self:
        """Return the settings as they hold for the channel of a role."""
        if role is not Role.NUCLEI or self.nuclei_background_percentile is None:
            return self
        return self.model_copy(update={"background_percentile": self.nuclei_background_percentile})
