"""What readers said of the origin of nuclei: by choice, or because the nucleus was drawn for the random audit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from myograft.measure import Readings
from myograft.model.audit import Reading
from myograft.model.correction import Accept, Correction, Delete, Reject, SetOrigin, Target
from myograft.model.journal import JournalEntry
from myograft.model.table import Table


def nucleus_read(edit: Correction) -> int | None:
    """Return the nucleus whose origin an edit tells, None where it tells none."""
    match edit:
        case SetOrigin(nucleus_id=number) | Accept(target=Target.NUCLEUS, object_id=number):
            return number
        case _:
            return None


def audited_nuclei(standing: Iterable[JournalEntry]) -> frozenset[int]:
    """Return the nuclei that were read as a part of the random audit; read once more, they still are."""
    read = (nucleus_read(entry.correction) for entry in standing if entry.is_audit)
    return frozenset(number for number in read if number is not None)


def origin_readings(standing: Sequence[JournalEntry], nuclei: Table) -> Readings:
    """Return what was said of origins: an accepted nucleus is what it is called.

    The machine's call of a nucleus that a reader drew is no reading: it is open until somebody calls or accepts it.

    Parameters
    ----------
    standing
        Entries in force.
    nuclei
        The nuclei as readers left them, in the order of their numbers.
    """
    ids = nuclei["nucleus_id"].filled()
    drawn = frozenset(ids[nuclei["is_drawn"].filled(fill_value=False)].tolist())
    first, gone = _times(standing)
    numbers = np.fromiter(first, np.int64)
    numbers = numbers[np.isin(numbers, ids)]
    origin = nuclei["origin"].filled("")[np.searchsorted(ids, numbers)].tolist()
    said = {
        number: Reading(called) if called else Reading.UNCLEAR
        for number, called in zip(numbers.tolist(), origin, strict=True)
    }
    audited = audited_nuclei(standing)
    began = next(
        (entry.number for entry in standing if entry.is_audit and nucleus_read(entry.correction)), None
    )

    def is_early(moment: int) -> bool:
        return began is None or moment < began

    early = frozenset(number for number, moment in first.items() if number in drawn or is_early(moment))
    return Readings(
        before={number: reading for number, reading in said.items() if number in early},
        since={number: reading for number, reading in said.items() if number not in early},
        audited=audited,
        gone=frozenset(number for number, moment in gone.items() if not is_early(moment)) - early,
        uncalled=drawn - said.keys(),
    )


def _times(standing: Iterable[JournalEntry]) -> tuple[dict[int, int], dict[int, int]]:
    """Return the entry that read each nucleus for the first time, and the one that rejected or deleted it."""
    first: dict[int, int] = {}
    gone: dict[int, int] = {}
    for entry in standing:
        read = nucleus_read(entry.correction)
        if read is not None:
            first.setdefault(read, entry.number)
        if isinstance(entry.correction, Reject | Delete) and entry.correction.target is Target.NUCLEUS:
            gone[entry.correction.object_id] = entry.number
    return first, gone
