"""How numbers are written for people: three digits, no exponent where nobody would write one."""

from __future__ import annotations

import numpy as np

NOT_MEASURED = "not measured"

#: Values between these are written without an exponent.
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e7


def plain(value: float) -> str:
    """Return a value with three significant digits, without an exponent where a person would write none."""
    if value == 0.0 or not _LEAST_PLAIN <= abs(value) < _MOST_PLAIN:
        return f"{value:.3g}"
    decimals = max(0, 2 - int(np.floor(np.log10(abs(value)))))
    return f"{value:,.{decimals}f}"


def signed(value: float) -> str:
    """Return a difference with its sign."""
    sign = "+" if value > 0.0 else "−" if value < 0.0 else ""
    return sign + plain(abs(value))


def unit_suffix(unit: str) -> str:
    """Return what stands behind a number of this unit; nothing behind counts and ratios."""
    # No line may break before it.
    known = {"1": "", "um": "\u00a0µm", "um^2": "\u00a0µm²", "1/mm^2": "\u00a0per\u00a0mm²"}
    return known.get(unit, f"\u00a0{unit}")


def percent(fraction: float | None) -> str:
    """Return a percentage with two decimals, or with two digits that count where it is rarer.

    Examples
    --------
    >>> percent(0.5), percent(0.0123), percent(0.00004), percent(0.0), percent(None)
    ('50.00 %', '1.23 %', '0.0040 %', '0 %', 'not measured')
    """
    if fraction is None:
        return NOT_MEASURED
    value = 100.0 * fraction
    if value == 0.0:
        return "0 %"
    decimals = max(2, 1 - int(np.floor(np.log10(value))))
    return f"{value:.{decimals}f} %"
