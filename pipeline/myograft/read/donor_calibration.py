"""Thresholds learned from controls, as ``myograft calibrate`` wrote them: of donor nuclei, of stained fibers."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from myograft.errors import ConfigError
from myograft.model.donor_calibration import DonorCalibration
from myograft.model.fiber_calibration import FiberCalibration
from myograft.model.learned_threshold import LearnedThreshold

_REMEDY = "Give a file written by 'myograft calibrate', or make it again from its controls"


Kind = TypeVar("Kind", bound=LearnedThreshold)


def read_donor_calibration(path: Path) -> DonorCalibration:
    """Return the calibration of donor nuclei in a file.

    Raises
    ------
    ConfigError
        Where there is none, or one that was damaged or written by another version.
    """
    return _read(path, DonorCalibration, "donor calibration")


def read_fiber_calibration(path: Path) -> FiberCalibration:
    """Return the calibration of stained fibers in a file.

    Raises
    ------
    ConfigError
        Where there is none, or one that was damaged or written by another version.
    """
    return _read(path, FiberCalibration, "calibration of fibers")


def _read(path: Path, kind: type[Kind], name: str) -> Kind:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        return kind.model_validate(values)
    except FileNotFoundError:
        raise ConfigError("there is no such calibration", where=str(path), remedy=_REMEDY) from None
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigError(
            f"this is no {name} of this version ({key}: {first['msg']})",
            where=str(path),
            remedy=_REMEDY,
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        reason = str(problem).splitlines()[0]
        raise ConfigError(
            f"the calibration cannot be read ({reason})", where=str(path), remedy=_REMEDY
        ) from None
