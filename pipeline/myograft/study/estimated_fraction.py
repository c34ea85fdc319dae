"""The donor fraction of a muscle with false and missed calls accounted for: by reading, else by controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any

import numpy as np

from myograft.measure.engraftment import estimates
from myograft.model.donor_calibration import DonorCalibration
from myograft.numerics.group_tests import ratio_interval
from myograft.numerics.intervals import clopper_pearson
from myograft.numerics.square_and_add import Estimate, total_of
from myograft.study.donor_reading import ReadDomain, total_read
from myograft.study.measured_section import MeasuredSection
from myograft.study.variables import DONOR_FRACTION, ESTIMATED_FRACTION


@dataclass(frozen=True)
class _Rates:
    """What controls say of calls: rates, and how far each may lie off.

    Parameters
    ----------
    false, found
        Part of host nuclei, and of donor nuclei, that is called donor. Without a positive control `found` is 1, with
        which fractions are lower bounds.
    false_ends, found_ends
        Ends of their 95 % intervals; `found_ends` None without a positive control.
    """

    false: float
    found: float
    false_ends: tuple[float, float]
    found_ends: tuple[float, float] | None

    @classmethod
    def of(cls, known: DonorCalibration) -> _Rates:
        """Return the rates of a calibration."""
        found = known.sensitivity
        return cls(
            known.false_positive_n / known.negative_n,
            1.0 if found is None else found,
            clopper_pearson(known.false_positive_n, known.negative_n),
            None
            if known.found_n is None or known.positive_n is None
            else clopper_pearson(known.found_n, known.positive_n),
        )

    def corrected(self, fraction: float, false: float | None = None, found: float | None = None) -> float:
        """Return a fraction corrected for these rates, or for others; not cut off at 0 and 1 (Rogan & Gladen 1978)."""
        false, found = (self.false if false is None else false), (self.found if found is None else found)
        return (fraction - false) / (found - false) if found > false else float(np.sign(fraction - false))

    def off(self, fraction: float) -> tuple[float, float | None]:
        """Return how far the corrected fraction may lie below and above what it is, by the rates alone."""
        middle = self.corrected(fraction)
        low = [self.corrected(fraction, false=self.false_ends[1])]
        if self.found_ends is None:
            return max(0.0, middle - low[0]), None
        low.append(self.corrected(fraction, found=self.found_ends[1]))
        high = (
            self.corrected(fraction, false=self.false_ends[0]),
            self.corrected(fraction, found=self.found_ends[0]),
        )
        return hypot(*(max(0.0, middle - end) for end in low)), hypot(
            *(max(0.0, end - middle) for end in high)
        )


@dataclass(frozen=True)
class _Called:
    """Sections whose calls nobody read, under one calibration.

    Parameters
    ----------
    known
        What the controls say.
    counts
        Donor calls and all calls of each section.
    """

    known: DonorCalibration
    counts: tuple[tuple[float, float], ...]

    @property
    def donor_n(self) -> int:
        return round(sum(top for top, _ in self.counts))

    @property
    def called_n(self) -> int:
        return round(sum(bottom for _, bottom in self.counts))


def estimated_fraction(members: Sequence[MeasuredSection]) -> dict[str, Any] | None:
    """Return the row of a muscle's donor fraction; None where no section has an estimate.

    Parameters
    ----------
    members
        Its sections. Those that people read enter with their two-phase estimate, which is never corrected; the others
        with their calls, corrected for what the controls say. A section with neither does not count.

    Notes
    -----
    Corrected fractions of sections are not averaged: each is cut off at zero, and their mean would be too high. Counts
    under one calibration are summed, then corrected.

    *These sections*: errors of calls and of the audit, added as `total_read` and `square_and_add` have it. *This
    muscle*: the sections are a sample of it, so the variance of the ratio is taken between them (Cochran 1977, sections
    6.4 and 11.4: what is uncertain within sections shows between them), with what the controls leave open, which all
    sections share, added to it; never narrower than the interval of the sections themselves, since rare events may vary
    little by chance.
    """
    read = [domain for part in members if (domain := part.read(DONOR_FRACTION)) is not None]
    called = _by_calibration(members)
    if not read and not called:
        return None
    told = [estimates(group.donor_n, group.called_n, group.known) for group in called]
    all_n = sum(domain.nuclei_n for domain in read) + sum(group.called_n for group in called)
    if not all_n:
        return None
    these = total_of(
        [
            *([total_read(read)] if read else []),
            *(_called_part(*pair) for pair in zip(called, told, strict=True)),
        ]
    )
    these = these.times(1.0 / all_n)
    value = _within(these.value)
    row: dict[str, Any] = {
        "variable": ESTIMATED_FRACTION,
        "unit": "1",
        "sections_n": len(read) + sum(len(group.counts) for group in called),
        "value": value,
        "donor_basis": " and ".join(["read"] * bool(read) + ["corrected"] * bool(called)),
        "value_not_cut_off": _not_cut_off(read, called, all_n),
        "these_sections_low": _within(these.low),
        "these_sections_high": None if these.high is None else _within(these.high),
        **_detected(read, called, told),
    }
    if not called and not row["donor_is_detected"]:
        row["none_found_high"] = row["these_sections_high"]
    return row | _this_muscle(read, called, all_n, value, row)


def _by_calibration(members: Sequence[MeasuredSection]) -> list[_Called]:
    """Return sections with controls and without reading, grouped by what the controls say."""
    groups: dict[str, list[tuple[float, float]]] = {}
    known: dict[str, DonorCalibration] = {}
    for part in members:
        sums = part.sums(DONOR_FRACTION)
        if part.reading is not None or part.calibration is None or sums is None:
            continue
        rates = _Rates.of(part.calibration)
        if rates.found > rates.false:
            key = part.calibration.model_dump_json()
            known[key] = part.calibration
            groups.setdefault(key, []).append(sums)
    return [_Called(known[key], tuple(counts)) for key, counts in sorted(groups.items())]


def _read_parts(read: Sequence[ReadDomain]) -> list[Estimate]:
    return [domain.estimate for domain in read if domain.estimate is not None]


def _called_part(group: _Called, told: dict[str, Any]) -> Estimate:
    fraction, low, high = (told[f"donor_fraction_corrected{end}"] for end in ("", "_low", "_high"))
    return Estimate(fraction, low, high).times(group.called_n)


def _not_cut_off(read: Sequence[ReadDomain], called: Sequence[_Called], all_n: int) -> float:
    """Return the value as it is before it is cut off at 0: negative where there are fewer calls than false ones."""
    donor_n = sum(part.value for part in _read_parts(read))
    for group in called:
        donor_n += group.called_n * _Rates.of(group.known).corrected(group.donor_n / group.called_n)
    return donor_n / all_n


def _detected(
    read: Sequence[ReadDomain], called: Sequence[_Called], told: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return whether there are donor nuclei at all: somebody saw one, or more were called than false calls explain."""
    seen = any(domain.seen_n for domain in read)
    row: dict[str, Any] = {"donor_is_detected": seen or any(part["donor_is_detected"] for part in told)}
    if len(called) == 1 and not read:
        for name in ("donor_critical_n", "donor_detection_limit_fraction"):
            row[name] = told[0][name]
    return row


def _this_muscle(
    read: Sequence[ReadDomain],
    called: Sequence[_Called],
    all_n: int,
    value: float,
    these: dict[str, Any],
) -> dict[str, Any]:
    donors = [part.value for part in _read_parts(read)]
    nuclei = [float(domain.nuclei_n) for domain in read]
    off = []
    for group in called:
        rates = _Rates.of(group.known)
        donors += [bottom * rates.corrected(top / bottom) for top, bottom in group.counts]
        nuclei += [bottom for _, bottom in group.counts]
        below, above = rates.off(group.donor_n / group.called_n)
        share = group.called_n / all_n
        off.append((below * share, None if above is None else above * share))
    between = ratio_interval(np.array(donors), np.array(nuclei))
    if between is None:
        return {}
    half = (between[1] - between[0]) / 2.0
    low = value - hypot(half, *(below for below, _ in off))
    aboves = [above for _, above in off]
    known = [above for above in aboves if above is not None]
    high = value + hypot(half, *known) if len(known) == len(aboves) else None
    these_high = these["these_sections_high"]
    return {
        "this_muscle_low": _within(min(low, these["these_sections_low"])),
        "this_muscle_high": None if high is None or these_high is None else _within(max(high, these_high)),
    }


def _within(fraction: float) -> float:
    return min(max(fraction, 0.0), 1.0)
