"""The results that a study is made of: found, opened, and each named by the design exactly once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from myograft.errors import InputError, ResultError
from myograft.model.columns import TableName
from myograft.model.donor_calibration import DonorCalibration
from myograft.model.provenance import Provenance
from myograft.model.result_layout import OutputLayout, ResultLayout
from myograft.model.study import DesignRow, line_of
from myograft.model.table import Table
from myograft.study import DonorReading, MeasuredSection, donor_readings
from myograft.workflow.reviewed_tables import holds_review
from myograft.write import read_provenance, read_table


@dataclass(frozen=True)
class StudyResult:
    """A finished result of a slide.

    Parameters
    ----------
    folder
        Where it lies.
    record
        What was run on what.
    sections
        Its sections: as people corrected them, where they did.
    is_reviewed
        Whether they did.
    readings
        What they read of donor nuclei, by section; None where reviewed tables do not say it.
    record_sha256, sections_sha256
        Digests of ``run.json`` and of the sections table.
    audit_sha256
        Digest of the audit_estimates table; None where there is none.
    """

    folder: Path
    record: Provenance
    sections: Table
    is_reviewed: bool
    readings: Mapping[str, DonorReading] | None
    record_sha256: str
    sections_sha256: str
    audit_sha256: str | None = None


def open_results(results: Sequence[Path]) -> tuple[list[StudyResult], dict[str, str]]:
    """Open results of slides, and those in folders of runs.

    Parameters
    ----------
    results
        ``OUT`` or ``OUT/<slide>``, in any order.

    Returns
    -------
    list of StudyResult
        In the order of their slides' names.
    dict
        Slides of these runs that failed, with the reason.

    Raises
    ------
    InputError
        Where there is no result, or two are of one slide or one image.
    ResultError
        Where a result is not whole, or its reviewed tables do not hold all that people corrected.
    JournalError
        Where a journal is broken.
    """
    folders, failed = find_results(results)
    opened = [_open(folder) for folder in folders]
    opened.sort(key=lambda result: result.record.slide_id)
    _check_once(opened)
    return opened, failed


def find_results(results: Sequence[Path]) -> tuple[list[Path], dict[str, str]]:
    """Return the folders of results, each once, and slides of these runs that failed, with the reason.

    Parameters
    ----------
    results
        ``OUT`` or ``OUT/<slide>``, in any order.

    Raises
    ------
    InputError
        Where there is no result.
    """
    folders: list[Path] = []
    failed: dict[str, str] = {}
    for path in results:
        if ResultLayout(path).provenance.is_file():
            folders.append(path)
            continue
        # A hidden folder is a draft, or what a newer result replaced.
        inside = [part.parent for part in path.glob("*/run.json") if not part.parent.name.startswith(".")]
        if not inside:
            raise InputError(
                "there is no result of a slide here",
                where=str(path),
                remedy="Give folders that 'myograft run' wrote: OUT, or OUT/<slide>",
            )
        folders += inside
        failed |= _failed(OutputLayout(path))
    once = list({path.resolve(): path for path in folders}.values())
    return once, {name: failed[name] for name in sorted(failed)}


def _failed(layout: OutputLayout) -> dict[str, str]:
    path = layout.slides()
    rows = read_table(path).rows() if path.is_file() else []
    return {
        row["slide_id"]: row["reason"] or "no reason is known" for row in rows if row["status"] == "failed"
    }


def _open(folder: Path) -> StudyResult:
    layout = ResultLayout(folder)
    record = read_provenance(layout.provenance)
    is_reviewed = holds_review(layout, record.identity)
    path = layout.table(TableName.SECTIONS, reviewed=is_reviewed)
    sections = read_table(path)
    audit = layout.table(TableName.AUDIT_ESTIMATES, reviewed=True)
    has_audit = is_reviewed and audit.is_file()
    return StudyResult(
        folder,
        record,
        sections,
        is_reviewed,
        donor_readings(read_table(audit).rows()) if has_audit else None,
        _sha256(layout.provenance),
        _sha256(path),
        _sha256(audit) if has_audit else None,
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _check_once(opened: Sequence[StudyResult]) -> None:
    """Refuse what would count twice."""
    names: dict[str, Path] = {}
    images: dict[tuple[str, str], Path] = {}
    for result in opened:
        record = result.record
        if record.slide_id in names:
            raise InputError(
                f"two results are of a slide {record.slide_id}: this one and {names[record.slide_id]}",
                where=str(result.folder),
                remedy="Give one of them, or run one of the slides under another name",
            )
        names[record.slide_id] = result.folder
        # Two regions of one image are two parts of it.
        image = (record.input_sha256, str(record.region))
        if image in images:
            raise InputError(
                f"this result is of the same image as {images[image]}",
                where=str(result.folder),
                remedy="Give one of them: a section that counts twice makes a study look surer than it is",
            )
        images[image] = result.folder


def check_fit(
    design: Sequence[DesignRow], opened: Sequence[StudyResult], failed: dict[str, str], path: Path
) -> None:
    """Refuse a design that names what is not there, or leaves out what is.

    Raises
    ------
    InputError
        Names the first line, slide or section that does not fit.
    """
    known = {result.record.slide_id: result.sections["section_id"].tolist() for result in opened}
    for row in design:
        where = f"{path}, line {row.line}"
        if row.slide_id not in known:
            why = f" (its run failed: {failed[row.slide_id]})" if row.slide_id in failed else ""
            raise InputError(
                f"the design names slide {row.slide_id}, of which there is no result{why}",
                where=where,
                remedy=f"Give its result too, or take the line out; results are of {', '.join(known)}",
            )
        if row.section_id is not None and row.section_id not in known[row.slide_id]:
            raise InputError(
                f"slide {row.slide_id} has no section {row.section_id}",
                where=where,
                remedy=f"Its sections are {', '.join(map(str, known[row.slide_id]))}",
            )
    named = {row.slide_id for row in design}
    for slide_id, section_ids in known.items():
        if slide_id not in named:
            raise InputError(
                f"the design does not name slide {slide_id}",
                where=str(path),
                remedy="Add a line for it, or do not give its result",
            )
        for section_id in section_ids:
            if line_of(design, slide_id, section_id) is None:
                raise InputError(
                    f"the design names other sections of slide {slide_id}, but not section {section_id}",
                    where=str(path),
                    remedy="Add a line for it, or one without section_id for the rest of the slide",
                )


def sections_of(result: StudyResult, design: Sequence[DesignRow]) -> list[MeasuredSection]:
    """Return the sections of a result with their places.

    Raises
    ------
    ResultError
        Where the record holds a donor calibration of another version.
    """
    calibration = _calibration(result)
    found = []
    for row in result.sections.rows():
        section_id = str(row["section_id"])
        line = line_of(design, str(row["slide_id"]), section_id)
        if line is not None:
            reading = (result.readings or {}).get(section_id)
            # Where controls did not fit the slide, its section has no corrected fraction.
            fits = row["donor_fraction_corrected"] is not None and reading is None
            learned = calibration if fits else None
            part = MeasuredSection(row, line.place, learned, result.is_reviewed, line.position_um, reading)
            found.append(part)
    return found


def unestimated(opened: Sequence[StudyResult]) -> list[str]:
    """Return sentences on reviewed slides whose tables do not say what reading means for their donor nuclei."""
    return [
        f"slide {result.record.slide_id} was reviewed, but has no table audit_estimates: its donor nuclei stand as "
        f"readers left them, without what nobody read; 'myograft remeasure {result.folder.name}' makes it"
        for result in opened
        if result.is_reviewed
        and result.readings is None
        and any(row["donor_nuclei_n"] is not None for row in result.sections.rows())
    ]


def _calibration(result: StudyResult) -> DonorCalibration | None:
    """Return what controls say of the calls; nothing after a review of which nobody knows what was read in it."""
    values: Any = result.record.donor_calibration
    if values is None or (result.is_reviewed and result.readings is None):
        return None
    try:
        return DonorCalibration.model_validate(values)
    except ValidationError:
        raise ResultError(
            "the donor calibration in this record is not one that this version reads",
            where=str(ResultLayout(result.folder).provenance),
            remedy="Run the slide again with this version of myograft",
        ) from None
