"""What makes slides of a study compare less well: measured otherwise, in part, or read by people in part."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from myograft.model.provenance import Provenance, settings_digest
from myograft.model.study import Comparison
from myograft.study.measured_section import MeasuredSection

#: Settings that numbers depend on: not where files lie, nor how work is cut.
_COUNTED = ("prepare", "segment", "assign", "measure")

#: What slides may differ in, and how it is told from a slide's record and from a section.
_KINDS: tuple[tuple[str, Callable[[Provenance, MeasuredSection], object]], ...] = (
    ("settings", lambda record, _: settings_digest(_counted(record.settings))),
    ("pixel sizes", lambda record, _: round(record.calibration.pixel_size_um, 4)),
    ("stains", lambda record, _: {str(role): record.channels[at] for role, at in record.roles.items()}),
    ("meanings of 'in fiber'", lambda _, part: part.row["in_fiber_meaning"]),
    ("donor threshold methods", lambda _, part: part.row["donor_threshold_method"]),
    ("donor calibrations", lambda record, _: record.donor_calibration),
    ("networks", lambda record, _: {name: part.sha256 for name, part in record.networks.items()}),
    ("versions of myograft", lambda record, _: record.versions.get("myograft")),
    ("states of review (by the machine alone, and corrected by people)", lambda _, part: part.is_reviewed),
)


def doubts(
    sections: Sequence[MeasuredSection],
    records: Mapping[str, Provenance],
    comparisons: Sequence[Comparison] = (),
) -> list[str]:
    """Return sentences on what makes these sections compare less well; empty where nothing does.

    Parameters
    ----------
    sections
        Sections of the study.
    records
        Record of each of their slides, by name.
    comparisons
        What is compared: worst is what differs just as the levels do.
    """
    ordered = sorted(sections, key=lambda part: (str(part.row["slide_id"]), str(part.row["section_id"])))
    return [
        *_few_fibers(ordered),
        *_without_donor_calls(ordered),
        *_in_part(ordered, records),
        *_mixed(ordered, records, comparisons),
    ]


def _without_donor_calls(sections: Sequence[MeasuredSection]) -> list[str]:
    """Return which sections bring no donors for want of a threshold, not of donors: sums would hide it."""
    rows = [part.row for part in sections if part.row["donor_threshold_method"] is not None]
    uncalled = [str(row["slide_id"]) for row in rows if row["donor_nuclei_n"] is None]
    bare = [row for row in rows if row["donor_threshold"] is None and row["donor_nuclei_n"] is not None]
    told = []
    if uncalled:
        told.append(
            f"in {len(uncalled)} of {len(rows)} sections no nucleus could be called donor or host; they are not in the "
            f"donor counts, which does not mean none: {_listed(uncalled)}"
        )
    if bare:
        stand_out_n = sum(row.get("donor_candidates_n") or 0 for row in bare)
        told.append(
            f"in {len(bare)} of {len(rows)} sections no donor threshold could be set, so that their donors count as "
            f"none although {stand_out_n:,} nuclei stand out: {_listed([str(row['slide_id']) for row in bare])}"
        )
    return told


def _few_fibers(sections: Sequence[MeasuredSection]) -> list[str]:
    few = [str(part.row["slide_id"]) for part in sections if part.row["has_few_fibers"]]
    if not few:
        return []
    return [f"{len(few)} of {len(sections)} sections have fewer than 150 fibers with a size: {_listed(few)}"]


def _in_part(sections: Sequence[MeasuredSection], records: Mapping[str, Provenance]) -> list[str]:
    told = []
    for slide_id in dict.fromkeys(str(part.row["slide_id"]) for part in sections):
        record = records[slide_id]
        if record.region is not None:
            told.append(f"of slide {slide_id} a region was measured, not the whole")
        told += [f"slide {slide_id}, left out: {what}" for what in record.left_out]
    return told


def _mixed(
    sections: Sequence[MeasuredSection],
    records: Mapping[str, Provenance],
    comparisons: Sequence[Comparison],
) -> list[str]:
    told = []
    for name, of in _KINDS:
        values = [
            json.dumps(of(records[str(part.row["slide_id"])], part), sort_keys=True) for part in sections
        ]
        different = len(set(values))
        if different == 1:
            continue
        told.append(
            f"slides were measured with {different} different {name}: differences between subjects may be "
            "differences of measuring"
        )
        for comparison in comparisons:
            first, second = (
                {
                    value
                    for value, part in zip(values, sections, strict=True)
                    if part.place.level(comparison.factor) == end
                }
                for end in (comparison.first, comparison.second)
            )
            if first and second and not first & second:
                told.append(
                    f"{comparison.first} and {comparison.second} have no {name} in common: what is compared cannot "
                    "be told from how it was measured"
                )
    return told


def _counted(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in settings.items() if name in _COUNTED}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
