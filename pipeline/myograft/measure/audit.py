"""Donor nuclei of a section after reading: what people read, and a random audit of what they did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from myograft.model.arrays import Array
from myograft.model.audit import AuditDesign, CallStratum, DrawnStratum, Reading
from myograft.model.biology import Location, Origin
from myograft.model.columns import TableName
from myograft.model.table import Table, from_rows
from myograft.numerics.two_phase import Stratum, estimated_total, total_interval

#: Most of a sample that donor calls take, and calls near the threshold; the rest goes to clear host calls, among which
#: few donor nuclei hide, but from which nearly all of the uncertainty comes.
_SHARE = {CallStratum.DONOR: 0.3, CallStratum.NEAR: 0.2}


def draw_audit(
    nuclei: Table, read_before: Mapping[int, Reading], sample_n: int, seed: int
) -> tuple[DrawnStratum, ...]:
    """Draw nuclei at random for a person to read, section by section.

    Parameters
    ----------
    nuclei
        Nuclei of a result.
    read_before
        Nuclei that were read already, by number: they are not drawn.
    sample_n
        Nuclei to draw of each section, at most.
    seed
        Equal seeds, equal samples.

    Returns
    -------
    tuple of DrawnStratum
        Three per section: donor calls, host calls near the threshold (`is_undecided`), other host calls.

    Notes
    -----
    Drawing is independent of reading: nuclei chosen by a person, or by what they look like, may be read as well, but
    before the draw (`read_before`) and not as a part of the sample.
    """
    random = np.random.default_rng(seed)
    ids = nuclei["nucleus_id"].filled()
    call = call_strata(nuclei)
    is_open = (call != "") & ~np.isin(ids, list(read_before))
    drawn = []
    for section_id in np.unique(nuclei["section_id"].filled()[call != ""]):
        here = is_open & (nuclei["section_id"].filled() == section_id)
        members = {stratum: ids[here & (call == stratum)] for stratum in CallStratum}
        sizes = _sizes({stratum: len(found) for stratum, found in members.items()}, sample_n)
        drawn += [
            DrawnStratum(
                section_id=str(section_id),
                call=stratum,
                all_n=len(found),
                nucleus_ids=tuple(random.choice(found, sizes[stratum], replace=False).tolist()),
            )
            for stratum, found in members.items()
        ]
    return tuple(drawn)


def reading_order(design: AuditDesign) -> list[int]:
    """Return the nuclei of a sample in the random order in which they are read: strata are mixed.

    Whoever reads the first ones only has still read a random part.
    """
    drawn = [nucleus for stratum in design.strata for nucleus in stratum.nucleus_ids]
    order: list[int] = np.random.default_rng([design.seed, 1]).permutation(np.array(drawn, np.int64)).tolist()
    return order


def call_strata(nuclei: Table) -> Array:
    """Return the stratum of each nucleus; empty where it has no origin."""
    origin = nuclei["origin"].filled("")
    near = nuclei["is_undecided"].filled(fill_value=False)
    return np.where(near & (origin == Origin.HOST), str(CallStratum.NEAR), origin.astype(str))


def _sizes(all_n: Mapping[CallStratum, int], sample_n: int) -> dict[CallStratum, int]:
    sizes = {stratum: min(all_n[stratum], int(share * sample_n)) for stratum, share in _SHARE.items()}
    sizes[CallStratum.HOST] = min(all_n[CallStratum.HOST], sample_n - sum(sizes.values()))
    # What one stratum cannot use another takes.
    for stratum in CallStratum:
        spare = sample_n - sum(sizes.values())
        sizes[stratum] += min(spare, all_n[stratum] - sizes[stratum])
    return sizes


def estimate_audit(
    nuclei: Table,
    design: AuditDesign,
    readings: Mapping[int, Reading | None],
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
    ids = nuclei["nucleus_id"].filled()
    origin = nuclei["origin"].filled("")
    is_called, is_donor = origin != "", origin == Origin.DONOR
    location = nuclei["location"].filled("")
    domains = {"all": np.ones(len(ids), bool)}
    if by_location and not nuclei["location"].mask.all():
        domains |= {str(place): location == place for place in Location}
    rows = []
    read = np.fromiter({*design.read_before, *readings}, np.int64)
    for section_id in dict.fromkeys(stratum.section_id for stratum in design.strata):
        here = is_called & (nuclei["section_id"].filled() == section_id)
        strata = [stratum for stratum in design.strata if stratum.section_id == section_id]
        numbers = set(read[np.isin(read, ids[here])].tolist())
        before = {nucleus: said for nucleus, said in design.read_before.items() if nucleus in numbers}
        for domain, is_inside in domains.items():
            inside = ids[here & is_inside]
            rows.append(
                {
                    "slide_id": design.slide_id,
                    "section_id": section_id,
                    "domain": domain,
                    "nuclei_called_n": len(inside),
                    "machine_donor_nuclei_n": int((here & is_inside & is_donor).sum()),
                    **_estimate(
                        strata, before, readings, frozenset(read[np.isin(read, inside)].tolist()), len(inside)
                    ),
                }
            )
    return from_rows(TableName.AUDIT_ESTIMATES, rows)


def _estimate(
    strata: Sequence[DrawnStratum],
    before: Mapping[int, Reading],
    readings: Mapping[int, Reading | None],
    inside: frozenset[int],
    all_n: int,
) -> dict[str, Any]:
    """Return the columns of one domain: `all_n` nuclei, of which those that were read are `inside`."""
    read = [{k: readings[k] for k in stratum.nucleus_ids if k in readings} for stratum in strata]
    known_n = sum(said is Reading.DONOR and k in inside for k, said in before.items())
    open_n = sum(said is Reading.UNCLEAR and k in inside for k, said in before.items())
    doubtful = (Reading.UNCLEAR, None)
    clear = [{k: said for k, said in found.items() if said not in doubtful} for found in read]

    def counted(parts: Sequence[Mapping[int, Reading | None]], *donor: Reading | None) -> list[Stratum]:
        return [
            Stratum(whole.all_n, len(part), sum(said in donor and k in inside for k, said in part.items()))
            for whole, part in zip(strata, parts, strict=True)
        ]

    likely = counted(clear, Reading.DONOR)
    # What is unclear may be host at one end and donor at the other.
    low, _ = total_interval(counted(read, Reading.DONOR))
    _, high = total_interval(counted(read, Reading.DONOR, *doubtful))
    total = estimated_total(likely)
    low, high = low + known_n, min(high + known_n + open_n, all_n)
    estimated = None if total is None else total + known_n
    return {
        "reviewed_n": sum(k in inside for k in before),
        "reviewed_donor_n": known_n,
        "audited_n": sum(k in inside for found in clear for k in found),
        "audited_donor_n": sum(stratum.donor_n for stratum in likely),
        "unclear_n": open_n
        + sum(k in inside for found in read for k, said in found.items() if said in doubtful),
        "donor_nuclei_estimated_n": estimated,
        "donor_nuclei_estimated_low_n": low,
        "donor_nuclei_estimated_high_n": high,
        "donor_nuclei_fraction_estimated": None if estimated is None or not all_n else estimated / all_n,
        "donor_nuclei_fraction_estimated_low": low / all_n if all_n else None,
        "donor_nuclei_fraction_estimated_high": high / all_n if all_n else None,
    }
