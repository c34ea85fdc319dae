"""A random audit of donor calls: which nuclei are drawn, and in which order they are read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from myograft.model.arrays import Array
from myograft.model.audit import AuditDesign, CallStratum, DrawnStratum, Reading
from myograft.model.biology import Origin
from myograft.model.table import Table

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
    near = nuclei["is_undecided"].filled(fill_value=False)
    # One comparison per call, which is quicker than to make texts of one length of all.
    call = np.zeros(len(nuclei), f"<U{max(len(name) for name in (*Origin, *CallStratum))}")
    for name in Origin:
        call[nuclei.has("origin", name)] = str(name)
    call[near & (call == Origin.HOST)] = str(CallStratum.NEAR)
    return call


def _sizes(all_n: Mapping[CallStratum, int], sample_n: int) -> dict[CallStratum, int]:
    sizes = {stratum: min(all_n[stratum], int(share * sample_n)) for stratum, share in _SHARE.items()}
    sizes[CallStratum.HOST] = min(all_n[CallStratum.HOST], sample_n - sum(sizes.values()))
    # What one stratum cannot use another takes.
    for stratum in CallStratum:
        spare = sample_n - sum(sizes.values())
        sizes[stratum] += min(spare, all_n[stratum] - sizes[stratum])
    return sizes
