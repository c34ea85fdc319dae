"""Donor nuclei of a section after reading: what people read, and a random audit of what they did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from myograft.measure.audit import call_strata
from myograft.model.arrays import Array
from myograft.model.audit import AuditDesign, CallStratum, DrawnStratum, Reading
from myograft.model.biology import Location, Origin
from myograft.model.columns import TableName
from myograft.model.table import Table, from_rows
from myograft.numerics.two_phase import Stratum, estimated_total, sampled_part, total_interval

_DOUBTFUL = (Reading.UNCLEAR, None)


@dataclass(frozen=True)
class Beside:
    """What is known of nuclei beside a sample; nothing, where nobody read any.

    Parameters
    ----------
    chosen
        What was said of nuclei of a stratum that are no part of its sample, by section and machine's call.
    call
        What the machine said of the nuclei that were read before the sample, by number.
    uncalled
        Nuclei that were drawn by hand and not called yet, by number, with what the machine says of them.
    """

    chosen: Mapping[tuple[str, CallStratum], Mapping[int, Reading]] = field(default_factory=dict)
    call: Mapping[int, CallStratum] = field(default_factory=dict)
    uncalled: Mapping[int, CallStratum] = field(default_factory=dict)


def estimate_audit(
    nuclei: Table,
    design: AuditDesign,
    readings: Mapping[int, Reading | None],
    beside: Beside | None = None,
    *,
    by_location: bool = True,
) -> Table:
    """Return how many nuclei are donor, with what people read and a random audit of the rest.

    Parameters
    ----------
    nuclei
        Nuclei of the result that the sample was drawn from.
    design
        How the sample was drawn.
    readings
        What a person said of nuclei of the sample, by number. None for a nucleus that was passed over: like an
        unclear one it may be either. Nuclei that are missing were not reached.
    beside
        What else is known.
    by_location
        Whether there is a row for each location as well.

    Returns
    -------
    Table
        The audit_estimates table: a row per section for all nuclei with an origin, and one per location.

    Notes
    -----
    The two-phase estimate of SCIENCE, section 5.4; see `numerics.two_phase`. False calls are gone from what was read,
    so that nothing is corrected for error rates (that would subtract them twice).
    """
    beside = beside or Beside()
    ids, call = nuclei["nucleus_id"].filled(), call_strata(nuclei)
    is_called, is_donor = call != "", call == Origin.DONOR
    location = nuclei["location"].filled("")
    domains = {"all": np.ones(len(ids), bool)}
    if by_location and not nuclei["location"].mask.all():
        domains |= {str(place): location == place for place in Location}
    chosen = [number for part in beside.chosen.values() for number in part]
    told = np.fromiter({*design.read_before, *readings, *chosen, *beside.uncalled}, np.int64)
    rows = []
    for section_id in dict.fromkeys(stratum.section_id for stratum in design.strata):
        here = is_called & (nuclei["section_id"].filled() == section_id)
        strata = [stratum for stratum in design.strata if stratum.section_id == section_id]
        read = _Read.of(strata, design.read_before, readings, beside, ids[here])
        for domain, is_inside in domains.items():
            inside = ids[here & is_inside]
            rows.append(
                {
                    "slide_id": design.slide_id,
                    "section_id": section_id,
                    "domain": domain,
                    "nuclei_called_n": len(inside),
                    "machine_donor_nuclei_n": int((here & is_inside & is_donor).sum()),
                    **read.estimate(frozenset(told[np.isin(told, inside)].tolist()), len(inside)),
                }
            )
    return from_rows(TableName.AUDIT_ESTIMATES, rows)


@dataclass(frozen=True)
class _Read:
    """What was read of one section, stratum by stratum."""

    strata: Sequence[DrawnStratum]
    before: Mapping[int, Reading]
    sample: Sequence[Mapping[int, Reading | None]]
    chosen: Sequence[Mapping[int, Reading]]
    beside: Beside

    @classmethod
    def of(
        cls,
        strata: Sequence[DrawnStratum],
        before: Mapping[int, Reading],
        readings: Mapping[int, Reading | None],
        beside: Beside,
        here: Array,
    ) -> _Read:
        numbers = np.fromiter(before, np.int64, len(before))
        return cls(
            strata,
            {number: before[number] for number in numbers[np.isin(numbers, here)].tolist()},
            [{k: readings[k] for k in stratum.nucleus_ids if k in readings} for stratum in strata],
            [beside.chosen.get((stratum.section_id, stratum.call), {}) for stratum in strata],
            beside,
        )

    def estimate(self, inside: AbstractSet[int], all_n: int) -> dict[str, Any]:
        """Return the columns of one domain: `all_n` nuclei, of which those that were read, or drawn, are `inside`."""
        known_n = sum(said is Reading.DONOR and k in inside for k, said in self.before.items())
        likely = self._counted(inside, is_clear=True)
        # What is unclear or not called yet may be host at one end and donor at the other.
        open_n = sum(said is Reading.UNCLEAR and k in inside for k, said in self.before.items())
        uncalled = [call for number, call in self.beside.uncalled.items() if number in inside]
        low, _ = total_interval(self._counted(inside))
        _, high = total_interval(self._counted(inside, *_DOUBTFUL))
        low, high = low + known_n, min(high + known_n + open_n + len(uncalled), all_n)
        estimated, sampled = self._expected(likely, known_n, uncalled), sampled_part(likely)
        clear_n, doubtful_n = (
            sum(
                k in inside and (said in _DOUBTFUL) is is_doubtful
                for part in self.sample
                for k, said in part.items()
            )
            for is_doubtful in (False, True)
        )
        chosen = [(k, said) for part in self.chosen for k, said in part.items() if k in inside]
        return {
            "reviewed_n": sum(k in inside for k in self.before) + len(chosen),
            "reviewed_donor_n": known_n + sum(said is Reading.DONOR for _, said in chosen),
            "audited_n": clear_n,
            "audited_donor_n": sum(stratum.donor_n for stratum in likely),
            "unclear_n": open_n
            + doubtful_n
            + len(uncalled)
            + sum(said is Reading.UNCLEAR for _, said in chosen),
            "donor_nuclei_estimated_n": estimated,
            "donor_nuclei_estimated_low_n": low,
            "donor_nuclei_estimated_high_n": high,
            "donor_nuclei_sampled_n": None if estimated is None else sampled.total,
            "donor_nuclei_sampled_variance": None if estimated is None else sampled.variance,
            "audit_largest_weight": None if estimated is None else sampled.largest_weight,
            "donor_nuclei_fraction_estimated": None if estimated is None or not all_n else estimated / all_n,
            "donor_nuclei_fraction_estimated_low": low / all_n if all_n else None,
            "donor_nuclei_fraction_estimated_high": high / all_n if all_n else None,
        }

    def _counted(
        self, inside: AbstractSet[int], *doubtful: Reading | None, is_clear: bool = False
    ) -> list[Stratum]:
        """Return the strata in numbers; readings given as `doubtful` count as donor, or (`is_clear`) are left out."""
        donor = (Reading.DONOR, *doubtful)
        strata = []
        for stratum, sample, chosen in zip(self.strata, self.sample, self.chosen, strict=True):
            part = {k: said for k, said in sample.items() if not is_clear or said not in _DOUBTFUL}
            sure = {k: said for k, said in chosen.items() if said is not Reading.UNCLEAR}
            beside_donor_n = sum(said is Reading.DONOR and k in inside for k, said in sure.items())
            donor_n = sum(said in donor and k in inside for k, said in part.items())
            strata.append(
                Stratum(stratum.all_n, len(part), donor_n, beside_donor_n, len(sure) - beside_donor_n)
            )
        return strata

    def _expected(
        self, likely: Sequence[Stratum], known_n: int, uncalled: Sequence[CallStratum]
    ) -> float | None:
        """Return the estimate; a nucleus without a call counts by the part of its like that is donor."""
        total = estimated_total(likely)
        shares = [self._donor_share(call) for call in uncalled]
        known = [share for share in shares if share is not None]
        return None if total is None or len(known) < len(shares) else total + known_n + sum(known)

    def _donor_share(self, call: CallStratum) -> float | None:
        """Return which part of the nuclei that the machine calls alike is donor, by what was read; None if none was."""
        like = [said for number, said in self.before.items() if self.beside.call.get(number) is call]
        all_n = sum(said is not Reading.UNCLEAR for said in like)
        donor_n = float(sum(said is Reading.DONOR for said in like))
        everywhere = frozenset(number for part in (*self.sample, *self.chosen) for number in part)
        for whole, stratum in zip(self.strata, self._counted(everywhere, is_clear=True), strict=True):
            expected = stratum.expected_n
            if whole.call is call and expected is not None:
                all_n, donor_n = all_n + stratum.all_n, donor_n + expected
        return donor_n / all_n if all_n else None
