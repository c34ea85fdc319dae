"""Where readers differ, as a queue to settle: what changes the donor count comes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from myograft.model.agreement import DisagreementKind
from myograft.model.biology import Location, Origin
from myograft.model.columns import TableName
from myograft.model.correction import Target
from myograft.model.table import Table, from_rows
from myograft.study.call_tables import both_count
from myograft.study.pairing import LEAST_IOU, Pairs, joint_region
from myograft.study.reading_tables import Objects, ReadingTables

#: What matters, from most to least: a donor nucleus more or less, then fibers, which sizes hang on, then the rest.
_DONOR, _DONOR_PLACE, _FIBER, _PLACE, _HOST = range(5)

_UNCLEAR = "unclear"


def disagreements_table(
    nuclei: Sequence[Pairs], fibers: Sequence[Pairs], machines: Mapping[str, ReadingTables]
) -> Table:
    """Return what two readers say otherwise of one object, or only one of them has; both looked at it.

    Parameters
    ----------
    nuclei, fibers
        Of each slide and pair of readers.
    machines
        The machine's tables by slide.
    """
    partners = {_key(part): part for part in fibers}
    said = {
        (slide_id, target): machine.objects(target)
        for slide_id, machine in machines.items()
        for target in Target
    }
    found: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    for part in nuclei:
        found += [_placed(part, said, *one) for one in _of_nuclei(part, partners.get(_key(part)))]
    for part in fibers:
        found += [_placed(part, said, *one) for one in _of_fibers(part)]
    found.sort(key=lambda item: item[0])
    return from_rows(
        TableName.DISAGREEMENTS, [{**row, "number": number} for number, (_, row) in enumerate(found, start=1)]
    )


def _key(pairs: Pairs) -> tuple[str, str, str]:
    return pairs.first.reading.slide_id, pairs.first.reading.reader, pairs.second.reading.reader


#: What matters, kind, rows in both tables (None where a reader has none), and what each says.
_Found = tuple[int, DisagreementKind, int | None, int | None, str, str]


def _of_nuclei(pairs: Pairs, fibers: Pairs | None) -> Iterator[_Found]:
    ends = (pairs.first, pairs.second)
    excluded, origins, locations, positions = (
        [values[pairs.rows[:, end]] for end, values in enumerate(columns)]
        for columns in (
            [objects.flag("is_excluded") for objects in ends],
            *([objects.said(name) for objects in ends] for name in ("origin", "location", "position")),
        )
    )
    is_donor = (origins[0] == Origin.DONOR) | (origins[1] == Origin.DONOR)
    compared = both_count(pairs)
    apart = _other_fibers(pairs, fibers)
    for at in np.flatnonzero(pairs.both_read):
        a, b = (int(row) for row in pairs.rows[at])
        matters = _DONOR if is_donor[at] else _HOST
        if excluded[0][at] != excluded[1][at]:
            yield matters, DisagreementKind.EXCLUSION, a, b, _kept(pairs.first, a), _kept(pairs.second, b)
        if not compared[at]:
            continue
        if origins[0][at] != origins[1][at]:
            said = [str(origins[end][at]) or _UNCLEAR for end in (0, 1)]
            yield matters, DisagreementKind.ORIGIN, a, b, said[0], said[1]
        matters = _DONOR_PLACE if is_donor[at] else _PLACE
        if locations[0][at] != locations[1][at]:
            said = [str(locations[end][at]) or "unknown" for end in (0, 1)]
            yield matters, DisagreementKind.LOCATION, a, b, said[0], said[1]
        elif apart[at] and locations[0][at] == Location.IN_FIBER:
            yield matters, DisagreementKind.FIBER, a, b, _fiber(pairs.first, a), _fiber(pairs.second, b)
        elif positions[0][at] != positions[1][at]:
            yield matters, DisagreementKind.POSITION, a, b, str(positions[0][at]), str(positions[1][at])
    for end, rows in enumerate((pairs.only_first, pairs.only_second)):
        for row in rows[ends[end].is_read[rows]]:
            origin = str(ends[end].said("origin")[row])
            yield _missing(_DONOR if origin == Origin.DONOR else _HOST, end, int(row), origin or "a nucleus")


def _of_fibers(pairs: Pairs) -> Iterator[_Found]:
    excluded = [
        objects.flag("is_excluded")[pairs.rows[:, end]]
        for end, objects in enumerate((pairs.first, pairs.second))
    ]
    for at in np.flatnonzero(pairs.both_read):
        a, b = (int(row) for row in pairs.rows[at])
        if excluded[0][at] != excluded[1][at]:
            yield _FIBER, DisagreementKind.EXCLUSION, a, b, _kept(pairs.first, a), _kept(pairs.second, b)
        if pairs.iou[at] < LEAST_IOU:
            areas = (
                f"{objects.sizes_um2[row]:.0f} um^2" for objects, row in ((pairs.first, a), (pairs.second, b))
            )
            yield _FIBER, DisagreementKind.OUTLINE, a, b, next(areas), next(areas)
    for end, (objects, rows) in enumerate(
        ((pairs.first, pairs.only_first), (pairs.second, pairs.only_second))
    ):
        for row in rows[objects.is_read[rows]]:
            yield _missing(_FIBER, end, int(row), "a fiber")


def _missing(matters: int, end: int, row: int, what: str) -> _Found:
    if end == 0:
        return matters, DisagreementKind.MISSING, row, None, what, "none"
    return matters, DisagreementKind.MISSING, None, row, "none", what


def _kept(objects: Objects, row: int) -> str:
    if not objects.flag("is_excluded")[row]:
        return "kept"
    return f"left out: {objects.said('exclusion_reason')[row] or 'no reason given'}"


def _fiber(objects: Objects, row: int) -> str:
    return f"fiber {objects.table['fiber_id'][row]}"


def _other_fibers(pairs: Pairs, fibers: Pairs | None) -> Any:
    """Return whether both put a nucleus into fibers that are not one and the same, shape (n,)."""
    held = [
        objects.table["fiber_id"].filled(0)[pairs.rows[:, end]]
        for end, objects in enumerate((pairs.first, pairs.second))
    ]
    if fibers is None:
        return np.zeros(len(pairs.rows), np.bool_)
    partner = dict(
        zip(
            fibers.first.ids[fibers.rows[:, 0]].tolist(),
            fibers.second.ids[fibers.rows[:, 1]].tolist(),
            strict=True,
        )
    )
    return np.array(
        [partner.get(one) != other for one, other in zip(*(part.tolist() for part in held), strict=True)]
    )


def _placed(
    pairs: Pairs,
    machines: Mapping[tuple[str, Target], Objects | None],
    matters: int,
    kind: DisagreementKind,
    a: int | None,
    b: int | None,
    first_says: str,
    second_says: str,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what a disagreement is sorted by, and its row."""
    known = [(pairs.first, a), (pairs.second, b)]
    objects, row = next((part, at) for part, at in known if at is not None)
    slide_id = pairs.first.reading.slide_id
    section_id = str(objects.said("section_id")[row])
    region = joint_region(pairs, a, b)
    ids = [None if at is None else int(part.ids[at]) for part, at in known]
    readers = (pairs.first.reading.reader, pairs.second.reading.reader)
    by_kind = (matters, list(DisagreementKind).index(kind), slide_id, section_id)
    # Of equals the larger object comes first.
    return (*by_kind, -float(objects.sizes_um2[row]), ids[0] or 0, ids[1] or 0, *readers), {
        "kind": str(kind),
        "slide_id": slide_id,
        "section_id": section_id,
        "target": str(objects.target),
        "first_reader": readers[0],
        "second_reader": readers[1],
        "first_object_id": ids[0],
        "second_object_id": ids[1],
        "first_says": first_says,
        "second_says": second_says,
        "machine_says": _machine_says(machines[slide_id, objects.target], kind, ids),
        "centroid_y_um": float(objects.table["centroid_y_um"][row]),
        "centroid_x_um": float(objects.table["centroid_x_um"][row]),
        "box_y0_px": region.y0,
        "box_x0_px": region.x0,
        "box_y1_px": region.y1,
        "box_x1_px": region.x1,
    }


def _machine_says(machine: Objects | None, kind: DisagreementKind, ids: Sequence[int | None]) -> str | None:
    """Return the machine's call of an object that it has; numbers that people made are higher than all of its own."""
    if machine is None:
        return None
    known = [machine.row_of[number] for number in ids if number in machine.row_of]
    if not known:
        return None
    row = known[0]
    match kind:
        case DisagreementKind.ORIGIN | DisagreementKind.LOCATION | DisagreementKind.POSITION:
            return str(machine.said(kind)[row]) or None
        case DisagreementKind.FIBER:
            return _fiber(machine, row)
        case DisagreementKind.EXCLUSION:
            return _kept(machine, row)
        case DisagreementKind.MISSING | DisagreementKind.OUTLINE:
            return f"a {machine.target}"
