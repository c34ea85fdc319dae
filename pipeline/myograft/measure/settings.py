"""Knobs of measuring."""

from __future__ import annotations

from pydantic import Field

from myograft.model.settings import Settings, knob


class SpaceSettings(Settings):
    """Where donor nuclei lie, against their labels drawn anew among the nuclei that are there."""

    relabelings_n: int = knob(
        999,
        "Draws of the donor labels that clustering, hot spots and fiber sizes are compared with; the smallest p value "
        "is 1 / (n + 1).",
        unit="1",
        ge=99,
        le=99_999,
    )
    seed: int = knob(0, "Seed of the draws; the same seed gives the same p values.", ge=0)
    least_nuclei: int = knob(
        5,
        "Donor nuclei, and host nuclei, with fewer of which nothing is said about where donor nuclei lie.",
        unit="1",
        ge=2,
    )
    most_donors: int = knob(
        2000,
        "Donor nuclei above which clustering and hot spots are tested in a random part of the nuclei with about so "
        "many, which keeps the test exact and its cost low.",
        unit="1",
        ge=100,
    )
    hot_spot_radius_um: float = knob(
        250.0, "Radius of the disks that hot spots are looked for with.", unit="um", gt=0.0, le=10_000.0
    )
    dense_radius_um: float = knob(
        100.0,
        "Radius of the disks that crowds of interstitial nuclei are looked for with.",
        unit="um",
        gt=0.0,
        le=10_000.0,
    )
    placements_n: int = knob(
        199,
        "Random placements that crowds of interstitial nuclei are compared with; the smallest p value is 1 / (n + 1).",
        unit="1",
        ge=99,
        le=99_999,
    )
    dense_least_ratio: float = knob(
        2.0,
        "Interstitial nuclei over their number by chance from which a disk is a crowd, where chance does not show such "
        "a disk anywhere.",
        unit="1",
        ge=1.0,
        le=100.0,
    )


class MeasureSettings(Settings):
    """Size and shape of fibers, and where donor nuclei lie."""

    few_fibers: int = knob(
        150,
        "Sized fibers below which a section is flagged as too small a sample (Lexell 1985).",
        unit="1",
        ge=0,
    )
    section_thickness_um: float | None = knob(
        None,
        "Thickness M of the section as mounted, for counts corrected after Abercrombie (1946); null: not corrected.",
        unit="um",
        gt=0.0,
        le=1000.0,
    )
    donor_nucleus_height_um: float | None = knob(
        None,
        "Mean height L of the donor nuclei along the normal of the section (not the optical depth); null: not given.",
        unit="um",
        gt=0.0,
        le=1000.0,
    )
    host_nucleus_height_um: float | None = knob(
        None,
        "Mean height L of the host nuclei along the normal of the section (not the optical depth); null: not given.",
        unit="um",
        gt=0.0,
        le=1000.0,
    )
    space: SpaceSettings = Field(default_factory=SpaceSettings, description="Where donor nuclei lie.")
