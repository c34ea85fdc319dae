"""Knobs of assignment: whose nucleus, where it lies, donor or host."""

from __future__ import annotations

from enum import StrEnum
from math import ceil
from typing import Self

from pydantic import Field, model_validator

from myograft.assign.fiber_settings import (
    CytoplasmSettings,
    DonorFiberSettings,
    FiberTypeSettings,
    HyalinizedSettings,
)
from myograft.model.biology import MarkerPattern, OutlineStain
from myograft.model.settings import Settings, knob


class PositionRule(StrEnum):
    """How central and peripheral are told apart."""

    RAY = "ray"
    DISTANCE = "distance"


class PositionSettings(Settings):
    """Central or peripheral within the fiber."""

    rule: PositionRule = knob(
        PositionRule.RAY,
        "ray: distance to the fiber's center over the center-to-outline distance along the same ray; "
        "distance: distance from the outline.",
    )
    ray_cut: float = knob(
        0.75, "Part of the ray below which a nucleus is central (MyoQuant's cut).", unit="1", gt=0.0, lt=1.0
    )
    distance_cut_um: float = knob(
        6.0, "Distance from the outline above which a nucleus is central.", unit="um", gt=0.0, le=100.0
    )


class BleedThrough(StrEnum):
    """How it is known what of the nuclear stain shows in the marker's channel."""

    NONE = "none"
    GIVEN = "given"
    ESTIMATED = "estimated"


class MarkerSettings(Settings):
    """How the donor marker of one nucleus is measured."""

    pattern: MarkerPattern = knob(
        MarkerPattern.FILLED,
        "Where the marker lies: ring (lamin A/C), filled (human nuclear antigen, nuclear GFP) or spots (Y-FISH: the "
        "highest spot decides, and spots are counted).",
    )
    ring_inside_um: float = knob(
        1.0, "Width of the ring inside the nuclear outline.", unit="um", gt=0.0, le=5.0
    )
    ring_outside_um: float = knob(
        0.5, "Width of the ring outside the nuclear outline.", unit="um", ge=0.0, le=5.0
    )
    gap_um: float = knob(
        1.5, "Gap between a nucleus and where its background is measured.", unit="um", ge=0.0, le=10.0
    )
    background_um: float = knob(
        5.0, "Width of the annulus that the background is measured in.", unit="um", gt=0.0, le=50.0
    )
    spot_um: float = knob(
        0.5,
        "Width of a spot at half its height, for pattern spots; pixels must be smaller than this.",
        unit="um",
        gt=0.0,
        le=3.0,
    )
    bleed_through: BleedThrough = knob(
        BleedThrough.NONE,
        "What of the nuclear stain shows in the marker's channel: none; given: bleed_through_share; estimated: from "
        "the host nuclei of the section. Not for pattern spots, which does not see what is even over a nucleus.",
    )
    bleed_through_share: float = knob(
        0.0,
        "Counts of the marker channel that go with one count of the nuclear stain, for bleed_through: given.",
        unit="1",
        ge=0.0,
        le=100.0,
    )
    autofluorescence_share: float = knob(
        1.0,
        "Counts of the marker channel that go with one count of the autofluorescence channel; used where there is one.",
        unit="1",
        ge=0.0,
        le=100.0,
    )

    @model_validator(mode="after")
    def _bleed_through_that_shows(self) -> Self:
        if self.pattern is MarkerPattern.SPOTS and self.bleed_through is not BleedThrough.NONE:
            raise ValueError("pattern spots does not see bleed-through: say bleed_through: none")
        return self

    def reach_px(self, pixel_size_um: float) -> int:
        """Return how far beyond a nucleus its marker and background are looked at, in px."""
        if self.pattern is MarkerPattern.SPOTS:
            # A blur three spots wide ends four standard deviations away, and spots are compared within their width.
            return ceil((12.0 / 2.35 + 1.0) * self.spot_um / pixel_size_um) + 2
        return ceil((self.gap_um + self.background_um + self.ring_outside_um) / pixel_size_um) + 2


class ThresholdMethod(StrEnum):
    """How the donor threshold is set."""

    EMPIRICAL_NULL = "empirical_null"
    CALIBRATED = "calibrated"
    FIXED = "fixed"


class ScoresFrom(StrEnum):
    """Whose host nuclei scores are standardized by."""

    SECTION = "section"
    CONTROLS = "controls"


class OriginSettings(Settings):
    """Donor or host."""

    method: ThresholdMethod = knob(
        ThresholdMethod.EMPIRICAL_NULL,
        "empirical_null: from the host bulk of this section; calibrated: from controls, see calibration; fixed: "
        "the threshold below.",
    )
    calibration: str | None = knob(
        None, "File that 'myograft calibrate' made from controls, for method calibrated; null for none."
    )
    scores_from: ScoresFrom = knob(
        ScoresFrom.SECTION,
        "Whose host nuclei are the unit of scores. section: those of the section itself, which must be most of its "
        "nuclei; controls: those of the calibration's controls, for sections that are mostly donor. The latter holds "
        "only where slides and controls were exposed alike, and gives crude counts.",
    )
    accepts_mismatch: bool = knob(
        default=False,
        description="Whether a calibration is used although the slide was stained, imaged or measured otherwise "
        "than its controls; estimates then promise nothing.",
    )
    fixed_threshold: float = knob(
        6.0, "Score at and above which a nucleus is donor, for method fixed.", unit="host SD"
    )
    least_score: float = knob(
        5.0,
        "Lowest threshold that the empirical null may set; host scores have a tail.",
        unit="host SD",
        ge=2.0,
        le=100.0,
    )
    max_false_discovery: float = knob(
        0.2, "Local false discovery rate at the threshold.", unit="1", gt=0.0, lt=1.0
    )
    min_donors: int = knob(
        5, "Nuclei above the threshold without which there is no second population.", unit="1", ge=1
    )
    min_nuclei: int = knob(
        50, "Nuclei below which the host bulk cannot be found; no nucleus is called then.", unit="1", ge=10
    )
    undecided_width: float = knob(
        1.5, "Distance from the threshold within which a person should look.", unit="host SD", ge=0.0, le=50.0
    )

    @model_validator(mode="after")
    def _calibration_where_asked(self) -> Self:
        if self.method is ThresholdMethod.CALIBRATED and not self.calibration:
            raise ValueError(
                "method calibrated needs the calibration: the file that 'myograft calibrate' made"
            )
        if self.scores_from is ScoresFrom.CONTROLS and self.method is not ThresholdMethod.CALIBRATED:
            raise ValueError("scores_from: controls needs method: calibrated, which knows the controls")
        return self


class AssignSettings(Settings):
    """Whose nucleus, where it lies, donor or host."""

    outline_stain: OutlineStain = knob(
        OutlineStain.BASAL_LAMINA,
        "What the sarcolemma stain marks: basal_lamina (laminin, WGA: in_fiber is sublaminal) or membrane "
        "(dystrophin, spectrin: in_fiber is a myonucleus).",
    )
    in_fiber_overlap: float = knob(
        0.75, "Part of a nucleus within one fiber from which it is in_fiber.", unit="1", ge=0.5, le=1.0
    )
    interstitial_overlap: float = knob(
        0.25, "Part of a nucleus within a fiber up to which it is interstitial.", unit="1", ge=0.0, lt=0.5
    )
    search_um: float = knob(50.0, "How far the nearest outline is looked for.", unit="um", ge=1.0, le=500.0)
    position: PositionSettings = Field(default_factory=PositionSettings, description="Central or peripheral.")
    marker: MarkerSettings = Field(
        default_factory=MarkerSettings, description="How the donor marker is measured."
    )
    origin: OriginSettings = Field(default_factory=OriginSettings, description="Donor or host.")
    donor_fiber: DonorFiberSettings = Field(
        default_factory=DonorFiberSettings, description="How donor protein of fibers is measured and called."
    )
    regeneration: CytoplasmSettings = Field(
        default_factory=CytoplasmSettings,
        description="How a stain of regenerating fibers (developmental myosin) is measured and called.",
    )
    fiber_type: FiberTypeSettings = Field(
        default_factory=FiberTypeSettings,
        description="How a stain of the fiber type (myosin isoform, SDH, COX) is measured and called.",
    )
    necrosis: CytoplasmSettings = Field(
        default_factory=CytoplasmSettings,
        description="How plasma in necrotic fibers (IgG, IgM, albumin, Evans blue) is measured and called.",
    )
    hyalinized: HyalinizedSettings = Field(
        default_factory=HyalinizedSettings,
        description="Which fibers look hyalinized in a photograph of hematoxylin and eosin.",
    )

    @model_validator(mode="after")
    def _cuts_in_order(self) -> Self:
        if self.interstitial_overlap >= self.in_fiber_overlap:
            raise ValueError("interstitial_overlap must be below in_fiber_overlap")
        return self
