"""From the results of many slides to what a study says: muscles, subjects, comparisons, one page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from myograft import __version__
from myograft.errors import UsageError
from myograft.model.columns import TableName
from myograft.model.study import Comparison, DesignRow, Factor
from myograft.model.table import Table, concatenate
from myograft.read import read_design_sheet
from myograft.report import StudyReport, render_study
from myograft.study import (
    MeasuredSection,
    Series,
    apart,
    compare_levels,
    donor_doubts,
    doubts,
    muscles_table,
    subjects_table,
    titles,
)
from myograft.workflow.study_results import StudyResult, check_fit, open_results, sections_of, unestimated
from myograft.write import output_errors, software_versions, write_table, write_text


@dataclass(frozen=True)
class CombineRequest:
    """What ``myograft combine`` is asked for.

    Parameters
    ----------
    results
        Results of slides, or folders that hold them.
    design
        Whose each section is.
    out
        Folder to write.
    comparisons
        Levels to compare.
    only
        Levels that sections must have; others are left aside.
    seed
        Of draws, where not all rearrangements can be looked at.
    is_paired
        Whether subjects with one level of two are left out where others have both.
    series
        Height of nuclei and thickness of sections, for sections of a series.
    """

    results: tuple[Path, ...]
    design: Path
    out: Path
    comparisons: tuple[Comparison, ...] = ()
    only: tuple[tuple[Factor, str], ...] = ()
    seed: int = 0
    is_paired: bool = False
    series: Series = field(default_factory=Series)


@dataclass(frozen=True)
class Study:
    """What a study says.

    Parameters
    ----------
    muscles, subjects, comparisons
        Its tables.
    notes
        What the reader must know.
    """

    muscles: Table
    subjects: Table
    comparisons: Table
    notes: tuple[str, ...]


def combine(request: CombineRequest, on_note: Callable[[str], None]) -> Study:
    """Combine sections by design and write tables and page.

    Raises
    ------
    UsageError
        Where levels cannot be compared so.
    InputError
        Where design and results do not fit each other.
    """
    design = read_design_sheet(request.design)
    opened, failed = open_results(request.results)
    check_fit(design, opened, failed, request.design)
    sections, near = apart(_sections(design, opened, request), request.series)
    _check_comparisons(sections, request)
    muscles = muscles_table(sections)
    subjects = subjects_table(muscles)
    places = [part.place for part in sections]
    compared = [
        compare_levels(subjects, comparison, comparison.members(places), request.seed)
        for comparison in request.comparisons
    ]
    records = {result.record.slide_id: result.record for result in opened}
    notes = [
        *(f"slide {name} failed and is not in the study: {reason}" for name, reason in failed.items()),
        *near,
        *unestimated(opened),
        *donor_doubts(sections),
        *(note for comparison in request.comparisons for note in _others(sections, comparison)),
        *doubts(sections, records, request.comparisons),
    ]
    for note in notes:
        on_note(note)
    study = Study(muscles, subjects, concatenate(TableName.COMPARISONS, compared), tuple(notes))
    _write(study, request, opened)
    return study


def _sections(
    design: Sequence[DesignRow], opened: Sequence[StudyResult], request: CombineRequest
) -> list[MeasuredSection]:
    found = [
        part
        for result in opened
        for part in sections_of(result, design)
        if all(part.place.level(factor) == level for factor, level in request.only)
    ]
    if not found:
        raise UsageError(
            "no section is left",
            where="--only " + " ".join(f"{factor}={level}" for factor, level in request.only),
            remedy=f"Use levels that {request.design} names",
        )
    return found


def _check_comparisons(sections: Sequence[MeasuredSection], request: CombineRequest) -> None:
    for comparison in request.comparisons:
        factor, where = comparison.factor, f"--compare {comparison.factor}"
        levels = sorted({level for part in sections if (level := part.place.level(factor)) is not None})
        for end in (comparison.first, comparison.second):
            if end not in levels:
                raise UsageError(
                    f"no section has {factor} {end!r}",
                    where=where,
                    remedy=f"The design names {', '.join(levels) or 'none'}",
                )
        if comparison.first == comparison.second:
            raise UsageError("a level is not compared with itself", where=where, remedy="Name two levels")
        other = Factor.TIME_POINT if factor is Factor.ARM else Factor.ARM
        for end in (comparison.first, comparison.second):
            mixed = sorted(
                {part.place.level(other) or "" for part in sections if part.place.level(factor) == end}
            )
            if len(mixed) > 1:
                told = ", ".join(level or "none given" for level in mixed)
                raise UsageError(
                    f"sections of {factor} {end!r} are of several levels of {other} ({told}), which a comparison would "
                    "mix",
                    where=where,
                    remedy=f"Choose one, for example --only {other}={mixed[-1]}",
                )
        _pairing(sections, comparison, is_paired=request.is_paired)


def _pairing(sections: Sequence[MeasuredSection], comparison: Comparison, *, is_paired: bool) -> None:
    """Refuse a comparison in which some subjects have both levels and others one, unless that is meant."""
    first, second = comparison.members(part.place for part in sections)
    both, one = sorted(first & second), sorted(first ^ second)
    where = f"--compare {comparison.factor}={comparison.first},{comparison.second}"
    if is_paired and not both:
        raise UsageError(
            "no subject has both levels",
            where=where,
            remedy="Leave --paired out to compare different subjects",
        )
    if both and one and not is_paired:
        raise UsageError(
            f"subject{'s' * (len(both) != 1)} {', '.join(both)} {'has' if len(both) == 1 else 'have'} both levels, but "
            f"{', '.join(one)} only one",
            where=where,
            remedy="Correct the design; or say --paired to compare within subjects, without those that have one level",
        )


def _others(sections: Sequence[MeasuredSection], comparison: Comparison) -> list[str]:
    """Return what a comparison does not look at, by name: other levels, and places without any."""
    ends = (comparison.first, comparison.second)
    left: dict[str, set[str]] = {}
    for part in sections:
        level = part.place.level(comparison.factor)
        if level not in ends:
            left.setdefault(
                f"{comparison.factor} {level}" if level else f"no {comparison.factor}", set()
            ).add(part.place.subject)
    return [
        f"not in the comparison of {ends[0]} and {ends[1]}: {what} ({', '.join(sorted(names))})"
        for what, names in sorted(left.items())
    ]


def _write(study: Study, request: CombineRequest, opened: Sequence[StudyResult]) -> None:
    record = request.out / "study.json"
    with output_errors(request.out):
        request.out.mkdir(parents=True, exist_ok=True)
        # The record comes last: a study that has one is whole.
        record.unlink(missing_ok=True)
        for table in (study.muscles, study.subjects, study.comparisons):
            write_table(table, request.out)
        facts = {
            "design_sha256": hashlib.sha256(request.design.read_bytes()).hexdigest(),
            "comparisons": [f"{part.factor}={part.first},{part.second}" for part in request.comparisons],
            "only": [f"{factor}={level}" for factor, level in request.only],
            "seed": request.seed,
            "is_paired": request.is_paired,
            "series": asdict(request.series),
            "slides": {
                result.record.slide_id: {
                    "identity": result.record.identity,
                    "run_json_sha256": result.record_sha256,
                    "sections_sha256": result.sections_sha256,
                    "is_reviewed": result.is_reviewed,
                    "audit_estimates_sha256": result.audit_sha256,
                }
                for result in opened
            },
            "versions": software_versions(),
            "notes": list(study.notes),
        }
        page = render_study(
            StudyReport(study.muscles, study.subjects, study.comparisons, titles(), study.notes, __version__)
        )
        write_text(request.out / "study.html", page)
        write_text(record, json.dumps(facts, indent=2) + "\n")
