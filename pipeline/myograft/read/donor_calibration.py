"""Donor thresholds learned from controls, as ``myograft calibrate`` wrote them."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from myograft.errors import ConfigError
from myograft.model.donor_calibration import DonorCalibration

_REMEDY = "Give a file written by 'myograft calibrate', or make it again from its controls"


def read_donor_calibration(path: Path) -> DonorCalibration:
    """Return the calibration in a file.

    Raises
    ------
    ConfigError
        Where there is none, or one that was damaged or written by another version.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        return DonorCalibration.model_validate(values)
    except FileNotFoundError:
        raise ConfigError("there is no such calibration", where=str(path), remedy=_REMEDY) from None
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigError(
            f"this is no donor calibration of this version ({key}: {first['msg']})",
            where=str(path),
            remedy=_REMEDY,
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        reason = str(problem).splitlines()[0]
        raise ConfigError(
            f"the calibration cannot be read ({reason})", where=str(path), remedy=_REMEDY
        ) from None
