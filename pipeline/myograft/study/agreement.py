"""Readings of slides become what readers agree on: one table, each reader's values, and what to settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from myograft.errors import InputError
from myograft.model.columns import TableName
from myograft.model.correction import Target
from myograft.model.table import Table, from_rows
from myograft.study.disagreements import disagreements_table
from myograft.study.object_agreement import call_rows, outline_rows, said_calls
from myograft.study.pairing import Pairs, pair_objects
from myograft.study.reading_doubts import reading_doubts
from myograft.study.reading_tables import MACHINE, ReadingTables
from myograft.study.section_agreement import reader_values_table, value_rows


@dataclass(frozen=True)
class SlideReadings:
    """One slide, read by several.

    Parameters
    ----------
    machine
        What nobody corrected.
    readings
        One per reader, in the order of their names in the command.
    """

    machine: ReadingTables
    readings: tuple[ReadingTables, ...]


@dataclass(frozen=True)
class Agreement:
    """What readers agree on.

    Parameters
    ----------
    agreement, reader_values, disagreements
        Its tables.
    notes
        What one must know to read them.
    """

    agreement: Table
    reader_values: Table
    disagreements: Table
    notes: tuple[str, ...]


def agreement_of(slides: Sequence[SlideReadings], *, with_machine: bool) -> Agreement:
    """Return how well the readers of these slides agree.

    Parameters
    ----------
    slides
        At least one; the same readers, at least two, of each.
    with_machine
        Whether the machine is compared with them as well; what it says otherwise is nothing to settle between people.

    Raises
    ------
    InputError
        Where no object was read by two of them.
    """
    people = tuple(reading.reader for reading in slides[0].readings)
    readers = (*people, MACHINE) if with_machine else people
    machines = {slide.machine.slide_id: slide.machine for slide in slides}
    pairs = {target: _pairs(slides, readers, target) for target in Target}
    by_people = {
        target: [part for pair in combinations(people, 2) for part in found[pair]]
        for target, found in pairs.items()
    }
    _check_any_read(by_people, people)
    everyone = [reading for slide in slides for reading in (*slide.readings, slide.machine)]
    values = reader_values_table([reading for reading in everyone if reading.reader in readers])
    couples = list(combinations(readers, 2))
    # Of two readers the pair is the whole group.
    groups = couples if len(people) == 2 else [people, *couples]
    rows: list[dict[str, Any]] = value_rows(values, readers, groups)
    calls = said_calls(everyone)
    for couple in couples:
        name = ", ".join(couple)
        rows += call_rows(name, pairs[Target.NUCLEUS][couple], machines, calls)
        for target in Target:
            if pairs[target][couple]:
                rows += outline_rows(name, pairs[target][couple], target)
    return Agreement(
        from_rows(TableName.AGREEMENT, rows),
        values,
        disagreements_table(by_people[Target.NUCLEUS], by_people[Target.FIBER], machines),
        tuple(
            reading_doubts(
                [reading for slide in slides for reading in slide.readings],
                by_people[Target.NUCLEUS],
                by_people[Target.FIBER],
            )
        ),
    )


def _pairs(
    slides: Sequence[SlideReadings], readers: Sequence[str], target: Target
) -> dict[tuple[str, str], list[Pairs]]:
    """Return the objects of each two readers, slide by slide; slides without such objects have none."""
    found: dict[tuple[str, str], list[Pairs]] = {pair: [] for pair in combinations(readers, 2)}
    for slide in slides:
        objects = {
            reading.reader: reading.objects(target)
            for reading in (*slide.readings, slide.machine)
            if reading.reader in readers
        }
        for pair, parts in found.items():
            first, second = objects[pair[0]], objects[pair[1]]
            if first is not None and second is not None:
                parts.append(pair_objects(first, second))
    return found


def _check_any_read(by_people: Mapping[Target, Sequence[Pairs]], people: Sequence[str]) -> None:
    if any(part.both_read.any() for parts in by_people.values() for part in parts):
        return
    raise InputError(
        "no fiber and no nucleus was read by two of them",
        where=f"--readers {' '.join(people)}",
        remedy="Have both accept or call the same objects first, such as those of the random audit",
    )
