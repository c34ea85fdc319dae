"""How donor and host of a reviewed section were told apart, and when the controls' error rates stop to hold."""

from __future__ import annotations

from collections.abc import Iterable

from myograft.measure import DonorRule
from myograft.model.correction import (
    Accept,
    Add,
    Correction,
    Delete,
    ExcludeRegion,
    IncludeRegion,
    Merge,
    Reject,
    Reshape,
    SetOrigin,
    Split,
    Target,
)
from myograft.model.journal import JournalEntry
from myograft.workflow.finished import Finished


def reviewed_rule(finished: Finished, standing: Iterable[JournalEntry]) -> DonorRule:
    """Return the machine's rule; without the controls' rates once people changed which nuclei are called donor.

    Parameters
    ----------
    finished
        The result.
    standing
        Entries in force.

    Notes
    -----
    False calls that people took out, in whatever way, would be subtracted a second time (SCIENCE, section 5).
    """
    section = finished.section
    is_calibrated = section["donor_false_positive_rate_bound"] is not None
    is_changed = any(changes_calls(entry.correction) for entry in standing)
    return DonorRule(
        section["donor_threshold_method"],
        section["donor_threshold"],
        section["donor_host_location"],
        section["donor_host_scale"],
        finished.slide.donor_calibration if is_calibrated and not is_changed else None,
        section["donor_bleed_through_share"],
        finished.slide.settings.assign.origin.least_score,
    )


def changes_calls(edit: Correction) -> bool:
    """Whether an edit reads a donor call, or changes which nuclei there are to be called.

    An area that is left out takes its false calls along: it may have been chosen for them.

    Examples
    --------
    >>> changes_calls(Delete(target="nucleus", object_id=1)), changes_calls(Delete(target="fiber", object_id=1))
    (True, False)
    """
    match edit:
        case SetOrigin() | ExcludeRegion() | IncludeRegion():
            return True
        case Accept() | Reject() | Add() | Delete() | Merge() | Split() | Reshape():
            return edit.target is Target.NUCLEUS
        case _:
            return False
