"""The whole of a run's settings; every knob is described beside the machine it turns."""

from __future__ import annotations

from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from myograft.assign import AssignSettings
from myograft.measure import MeasureSettings
from myograft.model.settings import Settings
from myograft.prepare import PrepareSettings
from myograft.read import ChannelSettings, ReadSettings
from myograft.segment import FiberSegmentation, NucleusSegmentation, default_fibers, default_nuclei
from myograft.stitch import StitchSettings
from myograft.tiling import TilingSettings


class SegmentSettings(Settings):
    """Methods that outline fibers and nuclei."""

    fibers: FiberSegmentation = Field(default_factory=default_fibers, description="How fibers are outlined.")
    nuclei: NucleusSegmentation = Field(
        default_factory=default_nuclei, description="How nuclei are outlined."
    )

    @field_validator("fibers", "nuclei", mode="before")
    @classmethod
    def _default_method(cls, value: Any, info: ValidationInfo) -> Any:
        """Return knobs without a method as knobs of the default method."""
        if not isinstance(value, dict) or "method" in value:
            return value
        default = default_fibers() if info.field_name == "fibers" else default_nuclei()
        return {"method": default.method, **value}


class RunSettings(Settings):
    """Settings of ``myograft run``, one group per step."""

    channels: ChannelSettings = Field(
        default_factory=ChannelSettings, description="Which channel plays which role."
    )
    read: ReadSettings = Field(default_factory=ReadSettings, description="How files are understood.")
    tiling: TilingSettings = Field(
        default_factory=TilingSettings, description="How a plane is cut into work."
    )
    prepare: PrepareSettings = Field(
        default_factory=PrepareSettings, description="Normalization of the whole plane, and where tissue is."
    )
    segment: SegmentSettings = Field(default_factory=SegmentSettings, description="Outlines.")
    stitch: StitchSettings = Field(
        default_factory=StitchSettings, description="How tiles agree on an object."
    )
    assign: AssignSettings = Field(
        default_factory=AssignSettings, description="Whose nucleus, where it lies, donor or host."
    )
    measure: MeasureSettings = Field(
        default_factory=MeasureSettings, description="Size and shape of fibers, and where donor nuclei lie."
    )
