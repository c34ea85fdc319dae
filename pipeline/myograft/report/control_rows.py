"""What controls say of a fraction, in rows: detected or not, corrected, and how sure; none is never 0 %."""

from __future__ import annotations

from typing import Any

from myograft.report.numbers import percent

#: What a count of calls that may all be false is called.
NOT_DETECTED = "not detected"


def control_rows(
    row: dict[str, Any], kind: str, what: str, called_n: int, found_n: int
) -> list[tuple[str, str, str]]:
    """Return (what, value, how) on a fraction that was corrected by controls; nothing without controls that fit.

    Parameters
    ----------
    row
        Row of the sections table.
    kind
        How its columns begin, for example ``in_fiber_donor`` or the name of a stain of fibers.
    what
        What was counted.
    called_n, found_n
        Objects that were called, and those of them that stand out.
    """
    is_detected = row[f"{kind}_is_detected"]
    if is_detected is None:
        return []
    limit = row[f"{kind}_detection_limit_fraction"]
    below = "" if limit is None else f", below {percent(limit)}"
    detected = "detected" if is_detected else f"{NOT_DETECTED}{below}"
    against = (
        f"{found_n:,} of {called_n:,} called; from {row[f'{kind}_critical_n']:,} they are detected; a fraction of "
        f"{percent(limit)} would be with 95 % probability (Currie 1968)"
    )
    # Too few to be told from false calls are never called "0 %".
    value = percent(row[f"{kind}_fraction_corrected"]) if is_detected else detected
    return [
        (f"{what} against controls", detected, against),
        (f"{what}, corrected fraction", value, _known(row, kind)),
    ]


def rate_rows(row: dict[str, Any], kind: str, of: str) -> list[tuple[str, str, str]]:
    """Return what controls know of false and missed calls; nothing without controls that fit.

    Parameters
    ----------
    row, kind
        As for `control_rows`.
    of
        What was called in the positive controls, in the plural.
    """
    if row[f"{kind}_is_detected"] is None:
        return []
    sensitivity, by_section = row[f"{kind}_sensitivity"], row[f"{kind}_false_positive_rate_bound_by_section"]
    sections = "one control section: how sections differ is not known"
    if by_section is not None:
        sections = f"at most {by_section:.2g} with control sections, not {of}, taken as independent"
    found = "not known: fractions are lower bounds" if sensitivity is None else percent(sensitivity)
    return [
        (
            "False-positive rate of the controls",
            f"at most {row[f'{kind}_false_positive_rate_bound']:.2g}",
            f"95 % confidence; {sections}",
        ),
        ("Sensitivity of the positive controls", found, f"part of their {of} that is called so"),
    ]


def _known(row: dict[str, Any], kind: str) -> str:
    """Return the interval of a corrected fraction, and what it rests on."""
    low, high = row[f"{kind}_fraction_corrected_low"], row[f"{kind}_fraction_corrected_high"]
    known = "of this section, before review"
    # It covers what sections like this one hold, and so the sampling of its objects as well as the error rates.
    held = "95 % interval, of false and missed calls and of what was counted as a binomial sample"
    if high is not None:
        ends = f"{percent(low)} to {percent(high)}" if low else f"at most {percent(high)}"
        return f"{ends} ({held}); {known}"
    unknown = "sensitivity not known: no upper end"
    if low is None:
        return known
    return f"at least {percent(low)} ({held}; {unknown}); {known}" if low else f"{unknown}; {known}"
