"""How ``run.json`` is written and read; it comes last, so its presence says that a result is whole."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from myograft.errors import CalibrationError, ResultError
from myograft.model.provenance import FORMAT_VERSION, Provenance
from myograft.write.atomic import write_text

_PACKAGES = (
    "myograft", "numpy", "scipy", "scikit-image", "opencv-python-headless", "zarr", "dask", "distributed",
    "pyarrow", "tifffile", "imagecodecs", "pydantic", "numba", "openvino", "onnxruntime", "cellpose", "torch",
)  # fmt: skip
_REMEDY = "Run the slide again"


def software_versions() -> dict[str, str]:
    """Return the versions of myograft and of what it computes with, of Python, and the platform."""
    versions = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # another OpenCV build, for example: nothing to state
            continue
    return versions


def write_provenance(provenance: Provenance, path: Path) -> None:
    """Write the record as JSON, whole or not at all.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    text = json.dumps(provenance.to_json(), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read_provenance(path: Path) -> Provenance:
    """Read the record of a finished result.

    Raises
    ------
    ResultError
        When it is missing, broken, changed by hand or of a newer format.
    """
    try:
        values: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ResultError(
            "the result is not finished: its record is missing", where=str(path), remedy=_REMEDY
        ) from error
    except (OSError, ValueError) as error:
        raise ResultError(f"the record cannot be read: {error}", where=str(path), remedy=_REMEDY) from error
    if not isinstance(values, dict):
        raise ResultError("not a record of myograft", where=str(path), remedy=_REMEDY)
    found = values.get("format_version")
    if isinstance(found, int) and found > FORMAT_VERSION:
        raise ResultError(
            f"the result has format {found}, this version reads up to {FORMAT_VERSION}",
            where=str(path),
            remedy="Update myograft",
        )
    try:
        return Provenance.from_json(values)
    except (ValueError, CalibrationError) as error:
        reason = str(error).replace("\n", " ")
        raise ResultError(f"the record is broken: {reason}", where=str(path), remedy=_REMEDY) from error
