"""From the results of many slides to what a study says: muscles, subjects, comparisons, one page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myograft import __version__
from myograft.errors import InputError, UsageError
from myograft.model.columns import TableName
from myograft.model.donor_calibration import DonorCalibration
from myograft.model.provenance import Provenance, settings_digest
from myograft.model.result_layout import ResultLayout
from myograft.model.study import Comparison, DesignRow, Factor, place_of
from myograft.model.table import Table, concatenate
from myograft.read import read_design_sheet
from myograft.report import StudyReport, render_study
from myograft.study import MeasuredSection, compare_levels, muscles_table, subjects_table, titles
from myograft.write import output_errors, read_provenance, read_table, write_table, write_text

#: Fewer sized fibers make a section's sizes unsure (Lexell 1985).
_FEW = "has_few_fibers"


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
    """

    results: tuple[Path, ...]
    design: Path
    out: Path
    comparisons: tuple[Comparison, ...] = ()
    only: tuple[tuple[Factor, str], ...] = ()
    seed: int = 0


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
    opened = [_open(folder) for folder in _folders(request.results)]
    _check_fit(design, opened, request.design)
    sections = _sections(design, opened, request)
    _check_comparisons(sections, request.comparisons)
    muscles = muscles_table(sections)
    subjects = subjects_table(muscles)
    compared = [compare_levels(subjects, comparison, request.seed) for comparison in request.comparisons]
    comparisons = concatenate(TableName.COMPARISONS, compared)
    used = {part.row["slide_id"] for part in sections}
    notes = tuple(_notes(sections, [record for record, _ in opened if record.slide_id in used]))
    for note in notes:
        on_note(note)
    study = Study(muscles, subjects, comparisons, notes)
    _write(study, request, [record for record, _ in opened])
    return study


def _folders(results: Sequence[Path]) -> list[Path]:
    """Return the slides' folders: those given, and those in folders that were given."""
    found: list[Path] = []
    for path in results:
        inside = sorted(part.parent for part in path.glob("*/run.json")) if path.is_dir() else []
        if ResultLayout(path).provenance.is_file():
            found.append(path)
        elif inside:
            found += inside
        else:
            raise InputError(
                "there is no result of a slide here",
                where=str(path),
                remedy="Give folders that 'myograft run' wrote: OUT, or OUT/<slide>",
            )
    return list({path.resolve(): path for path in found}.values())


def _open(folder: Path) -> tuple[Provenance, Table]:
    layout = ResultLayout(folder)
    return read_provenance(layout.provenance), read_table(layout.table(TableName.SECTIONS))


def _check_fit(design: Sequence[DesignRow], opened: Sequence[tuple[Provenance, Table]], path: Path) -> None:
    ids = [record.slide_id for record, _ in opened]
    doubled = sorted({name for name in ids if ids.count(name) > 1})
    if doubled:
        raise InputError(
            f"two results are of a slide {doubled[0]}",
            where=str(path),
            remedy="Give one of them, or run one of the slides under another name",
        )
    unknown = [row for row in design if row.slide_id not in ids]
    if unknown:
        raise InputError(
            f"the design names slide {unknown[0].slide_id}, of which there is no result",
            where=f"{path}, line {unknown[0].line}",
            remedy=f"Give its result too, or take the line out; results are of {', '.join(sorted(ids))}",
        )
    for row in design:
        sections = next(table for record, table in opened if record.slide_id == row.slide_id)
        if row.section_id is not None and row.section_id not in sections["section_id"].tolist():
            raise InputError(
                f"slide {row.slide_id} has no section {row.section_id}",
                where=f"{path}, line {row.line}",
                remedy=f"Its sections are {', '.join(map(str, sections['section_id'].tolist()))}",
            )
    missing = sorted(set(ids) - {row.slide_id for row in design})
    if missing:
        raise InputError(
            f"the design does not name slide {missing[0]}",
            where=str(path),
            remedy="Add a line for it, or do not give its result",
        )


def _sections(
    design: Sequence[DesignRow], opened: Sequence[tuple[Provenance, Table]], request: CombineRequest
) -> list[MeasuredSection]:
    found = []
    for record, table in opened:
        calibration = record.donor_calibration
        for row in table.rows():
            place = place_of(design, record.slide_id, row["section_id"])
            if place is None or any(place.level(factor) != level for factor, level in request.only):
                continue
            # Where controls did not fit the slide, its section has no corrected fraction.
            fits = calibration is not None and row["donor_fraction_corrected"] is not None
            learned = DonorCalibration.model_validate(calibration) if fits else None
            found.append(MeasuredSection(row, place, learned))
    if not found:
        raise UsageError(
            "no section is left",
            where="--only " + " ".join(f"{factor}={level}" for factor, level in request.only),
            remedy=f"Use levels that {request.design} names",
        )
    return found


def _check_comparisons(sections: Sequence[MeasuredSection], comparisons: Sequence[Comparison]) -> None:
    for comparison in comparisons:
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
                {
                    level
                    for part in sections
                    if part.place.level(factor) == end and (level := part.place.level(other)) is not None
                }
            )
            if len(mixed) > 1:
                raise UsageError(
                    f"sections of {factor} {end!r} are of several levels of {other} ({', '.join(mixed)}), which a "
                    "comparison would mix",
                    where=where,
                    remedy=f"Choose one, for example --only {other}={mixed[-1]}",
                )


def _notes(sections: Sequence[MeasuredSection], records: Sequence[Provenance]) -> list[str]:
    """Return what makes sections of this study compare less well."""
    notes = []
    few = [part.row["slide_id"] for part in sections if part.row[_FEW]]
    if few:
        notes.append(
            f"{len(few)} of {len(sections)} sections have fewer than 150 fibers with a size: {_listed(few)}"
        )
    kinds: list[tuple[str, Callable[[Provenance], object]]] = [
        ("settings", lambda record: settings_digest(_scored(record.settings))),
        ("pixel sizes", lambda record: round(record.calibration.pixel_size_um, 4)),
        ("donor calibrations", lambda record: json.dumps(record.donor_calibration, sort_keys=True)),
        ("networks", lambda record: sorted((name, net.sha256) for name, net in record.networks.items())),
        ("versions of myograft", lambda record: record.versions.get("myograft")),
    ]
    for name, told in kinds:
        different = {str(told(record)) for record in records}
        if len(different) > 1:
            notes.append(
                f"slides were measured with {len(different)} different {name}: differences between subjects may be "
                "differences of measuring"
            )
    return notes


def _scored(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that numbers depend on: not where files lie, nor how work is cut."""
    return {
        name: part for name, part in settings.items() if name in ("prepare", "segment", "assign", "measure")
    }


def _listed(names: Sequence[object]) -> str:
    shown = [str(name) for name in names[:8]]
    return ", ".join(shown) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _write(study: Study, request: CombineRequest, records: Sequence[Provenance]) -> None:
    with output_errors(request.out):
        request.out.mkdir(parents=True, exist_ok=True)
        for table in (study.muscles, study.subjects, study.comparisons):
            write_table(table, request.out)
        facts = {
            "design_sha256": hashlib.sha256(request.design.read_bytes()).hexdigest(),
            "comparisons": [f"{part.factor}={part.first},{part.second}" for part in request.comparisons],
            "only": [f"{factor}={level}" for factor, level in request.only],
            "seed": request.seed,
            "slides": {record.slide_id: record.identity for record in sorted(records, key=_slide_id)},
            "version": __version__,
            "notes": list(study.notes),
        }
        write_text(request.out / "study.json", json.dumps(facts, indent=2) + "\n")
        page = render_study(
            StudyReport(study.muscles, study.subjects, study.comparisons, titles(), study.notes, __version__)
        )
        write_text(request.out / "study.html", page)


def _slide_id(record: Provenance) -> str:
    return record.slide_id
