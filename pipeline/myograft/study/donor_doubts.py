"""Sections whose donor nuclei cannot count as they are: read without the random audit, or without controls."""

from __future__ import annotations

from collections.abc import Sequence

from myograft.study.donor_reading import ALL
from myograft.study.groups import grouped
from myograft.study.measured_section import MeasuredSection
from myograft.study.variables import DONOR_FRACTION


def donor_doubts(sections: Sequence[MeasuredSection]) -> list[str]:
    """Return sentences on sections that do not count for donor nuclei, or not for the estimated fraction.

    Parameters
    ----------
    sections
        Sections of the study.
    """
    ordered = sorted(sections, key=lambda part: part.name)
    told = [sentence for part in ordered if (sentence := _read_in_part(part)) is not None]
    for place, members in grouped(ordered, lambda part: part.place):
        counted = [part for part in members if part.sums(DONOR_FRACTION) is not None]
        without = [part.name for part in counted if part.reading is None and part.calibration is None]
        if without and len(without) < len(counted):
            told.append(
                f"subject {place.subject}, muscle {place.muscle}: the estimated donor fraction is of "
                f"{len(counted) - len(without)} of {len(counted)} sections; nobody read, and no "
                f"controls fit: {', '.join(without)}"
            )
    return told


def _read_in_part(part: MeasuredSection) -> str | None:
    domain = part.reading.get(ALL) if part.reading else None
    if domain is None or domain.estimate is not None:
        return None
    return (
        f"{part.name}: calls were read, but nothing of the random audit, so that nobody knows what was missed: between "
        f"{domain.least_n:,} and {domain.most_n:,} of {domain.nuclei_n:,} nuclei are donor, and the section is left "
        "out of all donor nuclei; read the audit, which the review's queue holds"
    )
