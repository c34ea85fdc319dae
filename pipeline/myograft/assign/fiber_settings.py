"""Knobs of what a stain says of a fiber: donor protein, regeneration, fiber type."""

from __future__ import annotations

from enum import StrEnum
from math import ceil
from typing import Self

from pydantic import Field, model_validator

from myograft.model.biology import FiberPattern
from myograft.model.settings import Settings, knob


class FiberThresholdMethod(StrEnum):
    """How positive and negative fibers are told apart."""

    EMPIRICAL_NULL = "empirical_null"
    CALIBRATED = "calibrated"
    FIXED = "fixed"


class RareSide(StrEnum):
    """Which fibers are the event: those with much of the stain, or those with little."""

    HIGH = "high"
    LOW = "low"


class FiberCallSettings(Settings):
    """Positive or negative."""

    method: FiberThresholdMethod = knob(
        FiberThresholdMethod.EMPIRICAL_NULL,
        "empirical_null: from the bulk of this section's fibers; calibrated: from controls, see calibration; fixed: "
        "the threshold below.",
    )
    calibration: str | None = knob(
        None,
        "File that 'myograft calibrate --role' made from controls of this stain, for method calibrated; null for none.",
    )
    accepts_mismatch: bool = knob(
        default=False,
        description="Whether a calibration is used although the slide was stained, imaged or measured otherwise "
        "than its controls; estimates are then left out.",
    )
    fixed_threshold: float = knob(
        10.0, "Score at and above which a fiber is positive, for method fixed.", unit="bulk SD"
    )
    least_score: float = knob(
        5.0,
        "Lowest threshold that the empirical null may set; scores of negative fibers have a tail.",
        unit="bulk SD",
        ge=2.0,
        le=100.0,
    )
    max_false_discovery: float = knob(
        0.2, "Local false discovery rate at the threshold.", unit="1", gt=0.0, lt=1.0
    )
    min_beyond: int = knob(
        5, "Fibers beyond the threshold without which there is no second population.", unit="1", ge=1
    )
    min_fibers: int = knob(
        50, "Fibers below which the bulk cannot be found; no fiber is called then.", unit="1", ge=10
    )
    undecided_width: float = knob(
        1.5, "Distance from the threshold within which a person should look.", unit="bulk SD", ge=0.0, le=50.0
    )

    @model_validator(mode="after")
    def _calibration_where_asked(self) -> Self:
        if self.method is FiberThresholdMethod.CALIBRATED and not self.calibration:
            raise ValueError(
                "method calibrated needs the calibration: the file that 'myograft calibrate --role' made"
            )
        return self


class CytoplasmSettings(Settings):
    """How a stain of the cytoplasm is measured in one fiber."""

    core_depth_um: float = knob(
        3.0,
        "Depth below the outline from which a fiber's cytoplasm is measured; a fiber too thin for it is measured in "
        "its deeper half.",
        unit="um",
        ge=0.0,
        le=20.0,
    )
    autofluorescence_share: float = knob(
        1.0,
        "Counts of the stain's channel that go with one count of the autofluorescence channel; used where there is "
        "one.",
        unit="1",
        ge=0.0,
        le=100.0,
    )
    call: FiberCallSettings = Field(default_factory=FiberCallSettings, description="Positive or negative.")


class FiberTypeSettings(CytoplasmSettings):
    """How a stain of the fiber type is measured."""

    rare_side: RareSide = knob(
        RareSide.HIGH,
        "Which fibers stand out from the bulk: high, those with much of the stain (a myosin isoform of the minority); "
        "low, those with little (COX- or SDH-negative fibers).",
    )


class DonorFiberSettings(CytoplasmSettings):
    """How donor protein is measured."""

    pattern: FiberPattern | None = knob(
        None,
        "Where the protein lies: rim (spectrin, dystrophin) or cytoplasm (GFP); null: cytoplasm where the channel's "
        "name says GFP or another reporter, else rim.",
    )
    rim_inside_um: float = knob(
        1.0, "Width of the rim's band inside the fiber outline.", unit="um", gt=0.0, le=10.0
    )
    rim_outside_um: float = knob(
        2.5,
        "Width of the rim's band outside the fiber outline: as far as outlines may lie inside of the stain.",
        unit="um",
        ge=0.0,
        le=10.0,
    )
    least_covered_fraction: float = knob(
        0.5,
        "Part of the outline that is stained from which a fiber is positive (rim).",
        unit="1",
        gt=0.0,
        le=1.0,
    )
    undecided_covered_width: float = knob(
        0.1,
        "Distance from least_covered_fraction within which a person should look (rim).",
        unit="1",
        ge=0.0,
        le=0.5,
    )
    facing_um: float = knob(
        5.0,
        "Distance up to which a side of a fiber faces its neighbor: a stained rim there may be the neighbor's (rim).",
        unit="um",
        gt=0.0,
        le=50.0,
    )
    least_open_fraction: float = knob(
        0.1,
        "Part of the outline that must not face positive fibers; with less, a positive fiber is called by its whole "
        "outline and marked undecided (rim).",
        unit="1",
        ge=0.0,
        lt=1.0,
    )

    @model_validator(mode="after")
    def _some_band(self) -> Self:
        if self.facing_um < self.rim_outside_um:
            raise ValueError(
                "facing_um must not be below rim_outside_um: the band there is a neighbor's, too"
            )
        return self

    def reach_px(self, pixel_size_um: float) -> int:
        """Return how far beyond a fiber its rim and its neighbors are looked at, in px."""
        return ceil(max(self.rim_outside_um, self.facing_um) / pixel_size_um) + 2


class HyalinizedSettings(Settings):
    """Which fibers of a photograph of hematoxylin and eosin look hyalinized."""

    core_depth_um: float = knob(
        3.0, "Depth below the outline from which a fiber's eosin is measured.", unit="um", ge=0.0, le=20.0
    )
    least_score: float = knob(
        3.0,
        "Density of eosin over the bulk of fibers from which a fiber may be hyalinized.",
        unit="bulk SD",
        ge=1.0,
        le=100.0,
    )
    most_texture: float = knob(
        1.0,
        "Variation of eosin within a fiber, over that of the section's middle fiber, up to which it is homogeneous.",
        unit="1",
        gt=0.0,
        le=10.0,
    )
    least_circularity: float = knob(0.8, "Circularity from which a fiber is round.", unit="1", ge=0.0, le=1.0)
    min_fibers: int = knob(
        50, "Fibers below which the bulk cannot be found; nothing is said then.", unit="1", ge=10
    )
