"""What controls say of a fraction, in rows: detected or not, corrected, and how sure."""

from __future__ import annotations

from typing import Any

NOT_MEASURED = "not measured"


def control_rows(
    row: dict[str, Any], kind: str, what: str, called_n: int, found_n: int
) -> list[tuple[str, str, str]]:
    """Return (what, value, how) on a fraction that was corrected by controls; nothing without controls that fit.

    Parameters
    ----------
    row
        Row of the sections table.
    kind
        How its columns begin, for example the name of a stain of fibers.
    what
        What was counted.
    called_n, found_n
        Objects that were called, and those of them that stand out.
    """
    is_detected = row[f"{kind}_is_detected"]
    if is_detected is None:
        return []
    limit = row[f"{kind}_detection_limit_fraction"]
    below = "" if limit is None else f", below {_percent(limit)}"
    detected = "detected" if is_detected else f"not detected{below}"
    against = (
        f"{found_n:,} of {called_n:,} called; from {row[f'{kind}_critical_n']:,} they are detected; a fraction of "
        f"{_percent(limit)} would be with 95 % probability (Currie 1968)"
    )
    # Too few to be told from false calls are never called "0 %".
    value = _percent(row[f"{kind}_fraction_corrected"]) if is_detected else detected
    return [
        (f"{what} against controls", detected, against),
        (f"{what}, corrected fraction", value, _known(row, kind)),
    ]


def _known(row: dict[str, Any], kind: str) -> str:
    """Return the interval of a corrected fraction, and the error rates that it rests on."""
    sensitivity, rate = row[f"{kind}_sensitivity"], row[f"{kind}_false_positive_rate_bound"]
    low, high = row[f"{kind}_fraction_corrected_low"], row[f"{kind}_fraction_corrected_high"]
    known = f"false-positive rate of the controls at most {rate:.2g}; of this section"
    if high is not None:
        return (
            f"95 % interval {_percent(low)} to {_percent(high)}; sensitivity {_percent(sensitivity)}; {known}"
        )
    known = f"sensitivity not known: a lower bound; {known}"
    return known if low is None else f"at least {_percent(low)} (95 % interval); {known}"


def _percent(fraction: float | None) -> str:
    """Return a percentage with two digits that count, however rare."""
    return NOT_MEASURED if fraction is None else f"{100 * fraction:.2g} %"
