"""What readers said of the origin of nuclei: by choice, or because the nucleus was drawn for the random audit."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from myograft.measure import Readings
from myograft.model.audit import Reading
from myograft.model.correction import Accept, SetOrigin, Target
from myograft.model.journal import JournalEntry
from myograft.model.table import Table


def nuclei_read(standing: Iterable[JournalEntry]) -> dict[int, bool]:
    """Return the nuclei that were called or accepted, and whether the last time was a part of the random audit."""
    read: dict[int, bool] = {}
    for entry in standing:
        match entry.correction:
            case SetOrigin(nucleus_id=number) | Accept(target=Target.NUCLEUS, object_id=number):
                read[number] = entry.is_audit
            case _:
                continue
    return read


def origin_readings(standing: Iterable[JournalEntry], nuclei: Table) -> Readings:
    """Return what was said of origins: an accepted nucleus is what it is called, a drawn one was seen.

    Parameters
    ----------
    standing
        Entries in force.
    nuclei
        The nuclei as readers left them, in the order of their numbers.
    """
    ids = nuclei["nucleus_id"].filled()
    drawn = ids[nuclei["is_drawn"].filled(fill_value=False)].tolist()
    read = dict.fromkeys(drawn, False) | nuclei_read(standing)
    numbers = np.fromiter(read, np.int64)
    numbers = numbers[np.isin(numbers, ids)]
    origin = nuclei["origin"].filled("")[np.searchsorted(ids, numbers)].tolist()
    said = {
        number: Reading(called) if called else Reading.UNCLEAR
        for number, called in zip(numbers.tolist(), origin, strict=True)
    }
    return Readings(
        {number: reading for number, reading in said.items() if not read[number]},
        {number: reading for number, reading in said.items() if read[number]},
    )
