"""Weights of Cellpose models: a file, or a name in Cellpose's own folder; nothing is ever downloaded."""

from __future__ import annotations

import difflib
import os
import zipfile
from pathlib import Path

from myograft.errors import InputError
from myograft.model.provenance import NetworkRecord
from myograft.read.checksum import checksum

#: Names of the published models; what they were trained on decides who may use their results, and for what.
_PUBLISHED = frozenset({"cpsam", "cpsam_v2", "cpdino", "cpdino-vitb"})
_PUBLISHED_LICENSE = "published Cellpose weights, trained on data some of which is CC-BY-NC"


def cellpose_folder() -> Path:
    """Return the folder where Cellpose keeps models."""
    told = os.environ.get("CELLPOSE_LOCAL_MODELS_PATH")
    return Path(told) if told else Path.home() / ".cellpose" / "models"


def cellpose_weights_path(choice: str) -> Path:
    """Return the file of Cellpose weights.

    Parameters
    ----------
    choice
        A path, or the name of a model in Cellpose's folder.

    Raises
    ------
    InputError
        Where there is no such file (Cellpose itself would begin a download), or one that is no Cellpose 4 model.
    """
    path = Path(choice).expanduser()
    if not path.is_file() and path.name == choice:
        path = cellpose_folder() / choice
    if not path.is_file():
        raise InputError(
            "there are no such Cellpose weights, and nothing is ever downloaded in silence",
            where=str(path),
            remedy=_remedy(path),
        )
    if not zipfile.is_zipfile(path):
        raise InputError(
            "this is no file that PyTorch wrote, or a damaged one",
            where=str(path),
            remedy="Give the weights of a Cellpose 4 model as Cellpose saved them",
        )
    return path


def _remedy(path: Path) -> str:
    """Return what to do about a file that is not there: a name that was mistyped, a model to fetch, or a path."""
    folder = path.parent
    if path.parent == cellpose_folder() and path.name in _PUBLISHED:
        # Only Cellpose's own models can be fetched; for any other name it would fail, or fetch another one.
        return (
            "Let Cellpose fetch this published model once, by python -c "
            f"\"from cellpose.models import cache_model_path; cache_model_path('{path.name}')\""
        )
    there = [entry.name for entry in folder.iterdir() if entry.is_file()] if folder.is_dir() else []
    known = [*there, *sorted(_PUBLISHED)] if folder == cellpose_folder() else there
    near = difflib.get_close_matches(path.name, known, n=1)
    if near:
        return f"Did you mean {near[0] if folder == cellpose_folder() else folder / near[0]}?"
    if not folder.is_dir():
        return f"Check the path: there is no folder {folder}"
    return f"Check the path, or give the name of a published model: {', '.join(sorted(_PUBLISHED))}"


def cellpose_record(path: Path) -> NetworkRecord:
    """Return what a run writes down of Cellpose weights."""
    is_published = path.parent == cellpose_folder() and path.name in _PUBLISHED
    license_name = _PUBLISHED_LICENSE if is_published else "unknown"
    return NetworkRecord(name=path.name, sha256=checksum(path), license=license_name)
