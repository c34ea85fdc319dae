"""What makes agreement say less than it seems to: readings that were not blinded, not random, or not whole."""

from __future__ import annotations

from collections.abc import Sequence

from myograft.model.correction import Target
from myograft.study.call_tables import both_count
from myograft.study.pairing import Pairs
from myograft.study.reading_tables import ReadingTables, jointly_audited

#: Part of a section's objects from which it counts as read.
_WHOLE = 0.995


def reading_doubts(
    readings: Sequence[ReadingTables], nuclei: Sequence[Pairs], fibers: Sequence[Pairs]
) -> list[str]:
    """Return sentences on what readers of a study must know; the number of objects that both read among them.

    Parameters
    ----------
    readings
        All readings by people.
    nuclei, fibers
        Of each slide and pair of people.
    """
    told = [*_not_blinded(readings), *_numbers(nuclei), *_numbers(fibers)]
    told += [*_enriched(nuclei), *_in_part(readings)]
    sections = {(row["slide_id"], row["section_id"]) for part in readings for row in part.sections.rows()}
    if len(sections) < 2:
        told.append(
            "one section: how readers agree on values of sections, or on other sections, cannot be said"
        )
    return told


def _by_reader(readings: Sequence[ReadingTables]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for reading in readings:
        found.setdefault(reading.reader, []).append(reading.slide_id)
    return found


def _not_blinded(readings: Sequence[ReadingTables]) -> list[str]:
    return [
        f"{reader} was not blinded (slide{'s' * (len(slides) > 1)} {_listed(slides)}): readers who see the machine's "
        "calls agree with each other through it, and better than independent readers do"
        for reader, slides in _by_reader([part for part in readings if not part.is_blinded]).items()
    ]


def _numbers(pairs: Sequence[Pairs]) -> list[str]:
    """Return how many objects both read, and how many were left open."""
    told = []
    for (first, second), parts in _by_pair(pairs).items():
        kind = "fibers" if parts[0].first.target is Target.FIBER else "nuclei"
        read = [
            sum(int(objects.is_read.sum()) for objects in side)
            for side in zip(*((part.first, part.second) for part in parts), strict=True)
        ]
        both_n = sum(int(part.both_read.sum()) for part in parts)
        told.append(
            f"{kind}: {first} read {read[0]:,}, {second} {read[1]:,}; {both_n:,} were read by both, and only these "
            "count"
        )
        open_n = sum(_open_n(part) for part in parts) if kind == "nuclei" else 0
        if open_n:
            told.append(
                f"the origin of {open_n:,} of them was left open by {first} or {second}: not in the tables of origin, "
                "but among the disagreements where the other one was sure"
            )
    return told


def _open_n(pairs: Pairs) -> int:
    a, b = pairs.rows.T
    origins = [pairs.first.said("origin"), pairs.second.said("origin")]
    if not all((values != "").any() for values in origins):
        return 0
    return int((both_count(pairs) & ((origins[0][a] == "") | (origins[1][b] == ""))).sum())


def _enriched(nuclei: Sequence[Pairs]) -> list[str]:
    told = []
    for readers, parts in _by_pair(nuclei).items():
        ordered = [
            p for p in parts if not (p.first.reading.is_random_order and p.second.reading.is_random_order)
        ]
        if not ordered:
            continue
        is_audited = all(jointly_audited(part.first.reading, part.second.reading) for part in ordered)
        remedy = (
            "look at the sample 'audit', which stands for all nuclei"
            if is_audited
            else "have both read the random audit, or blinded in random order"
        )
        slides = [part.first.reading.slide_id for part in ordered]
        told.append(
            f"{' and '.join(readers)} did not both read nuclei in random order (slide{'s' * (len(slides) > 1)} "
            f"{_listed(slides)}): a queue that puts doubtful nuclei first holds other nuclei than the slide, and kappa "
            f"and agreement of the sample 'read' are biased; {remedy}"
        )
    return told


def _in_part(readings: Sequence[ReadingTables]) -> list[str]:
    parts: dict[str, list[float]] = {}
    for reading in readings:
        for row in reading.sections.rows():
            if (row["reviewed_fraction"] or 0.0) < _WHOLE:
                parts.setdefault(reading.reader, []).append(float(row["reviewed_fraction"] or 0.0))
    return [
        f"{reader} read {100.0 * min(found):.0f}{_to(found)} % of the fibers and nuclei (sections: {len(found)}): the "
        "rest is the machine's for every reader, so that section values agree too well, and an outline that only the "
        "other reader has may lie where this one did not look"
        for reader, found in parts.items()
    ]


def _to(found: Sequence[float]) -> str:
    return f" to {100.0 * max(found):.0f}" if round(100.0 * max(found)) > round(100.0 * min(found)) else ""


def _by_pair(pairs: Sequence[Pairs]) -> dict[tuple[str, str], list[Pairs]]:
    found: dict[tuple[str, str], list[Pairs]] = {}
    for part in pairs:
        found.setdefault((part.first.reading.reader, part.second.reading.reader), []).append(part)
    return found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
