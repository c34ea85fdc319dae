"""Knobs of measuring."""

from __future__ import annotations

from myograft.model.settings import Settings, knob


class MeasureSettings(Settings):
    """Size and shape of fibers."""

    few_fibers: int = knob(
        150,
        "Sized fibers below which a section is flagged as too small a sample (Lexell 1985).",
        unit="1",
        ge=0,
    )
