"""Coarser levels of an image or label pyramid, each built from the one below, block by block."""

from __future__ import annotations

from pathlib import Path

from myograft.execute import Engine
from myograft.model.geometry import Region
from myograft.write import build_coarser_level, coarser_regions, levels_n


def build_pyramid(engine: Engine, path: Path, stage: str) -> None:
    """Fill every level above the first; a block is whole storage chunks, so no two tasks write one chunk."""
    for level in range(1, levels_n(path)):
        engine.over(stage, _build, shared=(path, level), items=coarser_regions(path, level))


def _build(shared: tuple[Path, int], region: Region) -> None:
    path, level = shared
    build_coarser_level(path, level, region)
