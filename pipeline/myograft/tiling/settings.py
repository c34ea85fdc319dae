"""Knobs of the tiling."""

from __future__ import annotations

from pydantic import field_validator

from myograft.model.settings import Settings, knob

#: Edge of a storage chunk; tiles are whole numbers of chunks, so that no two tiles write one chunk.
CHUNK_PX = 512


class TilingSettings(Settings):
    """How a plane is cut into work."""

    tile_px: int = knob(
        2048,
        "Edge of the square that one tile owns; a multiple of 512, the storage chunk.",
        unit="px",
        ge=CHUNK_PX,
    )

    @field_validator("tile_px")
    @classmethod
    def _whole_chunks(cls, value: int) -> int:
        if value % CHUNK_PX:
            lower = max(CHUNK_PX, value // CHUNK_PX * CHUNK_PX)
            raise ValueError(f"must be a multiple of {CHUNK_PX}, such as {lower}")
        return value
