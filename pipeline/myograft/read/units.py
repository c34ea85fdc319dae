"""Lengths in any unit a microscope's file uses, as micrometers; an unknown unit is never guessed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pint

#: Spellings that pint does not know, or knows as something else.
_SPELLINGS = {
    "micron": "micrometer",
    "microns": "micrometer",
    "um": "micrometer",
    "µm": "micrometer",
    "μm": "micrometer",
    "\\u00b5m": "micrometer",
    "pixel": "",
    "pixels": "",
    "reference frame": "",
    "": "",
}


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[float]:
    import pint  # noqa: PLC0415

    return pint.UnitRegistry(cache_folder=None)


def micrometers(value: float, unit: str) -> float | None:
    """Return a length in um; None where the unit is no length (pixels, an empty string, a typing error).

    Examples
    --------
    >>> round(micrometers(0.000325, "mm"), 6), micrometers(1.0, "pixel")
    (0.325, None)
    """
    name = _SPELLINGS.get(unit.strip().lower(), unit.strip())
    if not name:
        return None
    try:
        return float(value) if name == "micrometer" else _converted(float(value), name)
    except (AttributeError, TypeError, ValueError):
        return None


def _converted(value: float, name: str) -> float | None:
    import pint  # noqa: PLC0415 - takes long to load, and almost every file says micrometers

    try:
        return float(_registry().Quantity(value, name).to("micrometer").magnitude)
    except pint.errors.PintError:
        return None
