"""Knobs of the stitching."""

from __future__ import annotations

from myograft.model.settings import Settings, knob


class StitchSettings(Settings):
    """How tiles agree on an object."""

    min_agreement: float = knob(
        0.5,
        "Least overlap (intersection over union, in the strip that two tiles both read) at which they see one object.",
        unit="1",
        gt=0.0,
        le=1.0,
    )
