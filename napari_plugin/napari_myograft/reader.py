"""Opens a result folder that is dropped on napari."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from myograft.api import is_result, open_result
from napari_myograft.layers import LayerData, result_layers

Reader: TypeAlias = Callable[[str | Sequence[str]], list[LayerData]]


def get_reader(path: str | Sequence[str]) -> Reader | None:
    """Return a reader for a result folder (or its run.json); None for anything else.

    Parameters
    ----------
    path
        What was dropped; several paths are no result.
    """
    if not isinstance(path, (str, Path)):
        return None
    return _read if is_result(_folder(Path(path))) else None


def _folder(path: Path) -> Path:
    return path.parent if path.name == "run.json" else path


def _read(path: str | Sequence[str]) -> list[LayerData]:
    return result_layers(open_result(_folder(Path(str(path)))))
