"""What two readers say of the same nuclei, counted: by section, and weighted where nuclei were drawn at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from myograft.measure.audit import call_strata
from myograft.model.agreement import Sample
from myograft.model.arrays import Array
from myograft.model.biology import Location, Origin, Position
from myograft.study.pairing import Pairs
from myograft.study.reading_tables import ReadingTables, jointly_audited

#: Calls that are compared, by column of the nuclei table.
CALLS: Mapping[str, tuple[str, ...]] = {
    "origin": tuple(str(origin) for origin in Origin),
    "location": tuple(str(location) for location in Location),
    "position": tuple(str(position) for position in Position),
}


@dataclass(frozen=True)
class CallTables:
    """Tables of two readers' calls.

    Parameters
    ----------
    categories
        What can be said, q calls.
    sections
        One table per section with objects, shape (n, q, q), the first reader's calls by row; weighted in the audit.
    strata
        Objects that were read, counted, by stratum of the draw, shape (h, q, q).
    weights
        How many objects each one of a stratum stands for, shape (h,).
    unclear_n
        Objects that both read and at least one left open.
    missing
        Why these objects say nothing of all nuclei, although they were drawn at random; None where they do.
    """

    categories: tuple[str, ...]
    sections: Array
    strata: Array
    weights: Array
    unclear_n: int
    missing: str | None

    @property
    def whole(self) -> Array:
        """Sum over all sections, shape (q, q)."""
        return np.asarray(self.sections.sum(axis=0))

    @property
    def read_n(self) -> int:
        """Objects that count, unweighted."""
        return int(self.strata.sum())


@dataclass(frozen=True)
class _Stratum:
    """Nuclei of a section that stand for `all_n`, counted; the weight is None where none of them was read."""

    section: tuple[str, str]
    table: Array
    weight: float | None
    all_n: int = 0


def call_tables(
    pairs: Sequence[Pairs], machines: Mapping[str, ReadingTables], variable: str, sample: Sample
) -> CallTables | None:
    """Return two readers' calls of nuclei; None where no slide has such calls, or none was audited by both.

    Parameters
    ----------
    pairs
        Nuclei of each slide.
    machines
        The machine's tables by slide: they tell how many nuclei each audited one stands for.
    variable
        One of `CALLS`.
    sample
        Which nuclei.
    """
    known = [part for part in pairs if _is_called(part, variable)]
    found = [
        stratum
        for part in known
        for stratum in (
            _read(part, variable)
            if sample is Sample.READ
            else _audited(part, variable, machines[part.first.reading.slide_id])
        )
    ]
    if not found:
        return None
    missing = next(
        (
            f"of {part.all_n} nuclei of slide {part.section[0]} that the machine called alike none was read by both in "
            "the audit"
            for part in found
            if part.weight is None
        ),
        None,
    )
    weighted = [(part.section, part.table, part.weight) for part in found if part.weight is not None]
    sections: dict[tuple[str, str], Array] = {}
    for section, table, weight in weighted:
        sections[section] = sections.get(section, 0.0) + weight * table
    q = len(CALLS[variable])
    return CallTables(
        CALLS[variable],
        np.array([table for table in sections.values() if table.any()]).reshape(-1, q, q),
        np.array([table for _, table, _ in weighted]).reshape(-1, q, q),
        np.array([weight for *_, weight in weighted]),
        sum(_unclear_n(part, variable) for part in known) if sample is Sample.READ else 0,
        missing,
    )


def _is_called(pairs: Pairs, variable: str) -> bool:
    return all((objects.said(variable) != "").any() for objects in (pairs.first, pairs.second))


def both_count(pairs: Pairs) -> Array:
    """Return whether both read an object and neither left it out, shape (n,)."""
    a, b = pairs.rows.T
    left_out = pairs.first.flag("is_excluded")[a] | pairs.second.flag("is_excluded")[b]
    return np.asarray(pairs.both_read & ~left_out)


def _codes(pairs: Pairs, variable: str) -> Array:
    """Return the numbers of both readers' calls, shape (n, 2); -1 without one."""
    codes = np.full((len(pairs.rows), 2), -1)
    for end, objects in enumerate((pairs.first, pairs.second)):
        said = objects.said(variable)[pairs.rows[:, end]]
        for number, category in enumerate(CALLS[variable]):
            codes[said == category, end] = number
    return codes


def _unclear_n(pairs: Pairs, variable: str) -> int:
    """Return the nuclei whose origin somebody left open; where a nucleus lies, nobody can leave open."""
    if variable != "origin":
        return 0
    return int((both_count(pairs) & (_codes(pairs, variable) < 0).any(axis=1)).sum())


def _counts(pairs: Pairs, variable: str, is_inside: Array) -> Array:
    codes = _codes(pairs, variable)
    clear = is_inside & both_count(pairs) & (codes >= 0).all(axis=1)
    q = len(CALLS[variable])
    table = np.zeros((q, q))
    np.add.at(table, tuple(codes[clear].T), 1.0)
    return table


def _read(pairs: Pairs, variable: str) -> list[_Stratum]:
    """Return each section as one stratum of which all was drawn."""
    slide_id = pairs.first.reading.slide_id
    sections = pairs.first.said("section_id")[pairs.rows[:, 0]]
    return [
        _Stratum((slide_id, str(name)), _counts(pairs, variable, sections == name), 1.0)
        for name in np.unique(sections)
    ]


def _audited(pairs: Pairs, variable: str, machine: ReadingTables) -> list[_Stratum]:
    """Return the strata of the random audit: what the machine called alike in a section, nuclei called by it only."""
    audited = jointly_audited(pairs.first.reading, pairs.second.reading)
    if not audited or machine.nuclei is None:
        return []
    ids = np.asarray(machine.nuclei["nucleus_id"].filled())
    sections, strata = machine.nuclei["section_id"].filled(""), call_strata(machine.nuclei)
    is_audited = np.isin(ids, list(audited))
    found = []
    for section, stratum in sorted(set(zip(sections.tolist(), strata.tolist(), strict=True))):
        if not stratum:
            continue
        members = (sections == section) & (strata == stratum)
        read = ids[members & is_audited]
        inside = np.isin(pairs.first.ids[pairs.rows[:, 0]], read)
        table = _counts(pairs, variable, inside)
        weight = int(members.sum()) / len(read) if len(read) else None
        found.append(_Stratum((machine.slide_id, section), table, weight, int(members.sum())))
    return found
