"""Where the presets and the sample data lie: in the wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
_IN_WHEEL = {"configs": "presets", "sample_data": "sample_data"}


def shipped_folder(name: str) -> Path:
    """Return the folder of files that travel with the package.

    Parameters
    ----------
    name
        ``"configs"`` or ``"sample_data"``, as at the top of a checkout.
    """
    in_wheel = _PACKAGE / _IN_WHEEL[name]
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent.parent / name
