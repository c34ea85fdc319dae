"""How well readers agree on slides: ``myograft agree``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from myograft import __version__
from myograft.errors import InputError, UsageError
from myograft.model.provenance import Provenance
from myograft.model.result_layout import ResultLayout
from myograft.report import AgreementReport, render_agreement
from myograft.study import MACHINE, SECTION_VALUES, Agreement, SlideReadings, agreement_of
from myograft.workflow.readings import load_machine, load_reading, readers_of
from myograft.workflow.study_results import find_results
from myograft.write import output_errors, read_provenance, software_versions, write_table, write_text


@dataclass(frozen=True)
class AgreeRequest:
    """What ``myograft agree`` is asked for.

    Parameters
    ----------
    results
        Results of slides, or folders that hold them; readers may have read copies of one result.
    readers
        Names of readers, at least two; differences are first minus second.
    out
        Folder to write.
    with_machine
        Whether the machine is compared with them as well.
    """

    results: tuple[Path, ...]
    readers: tuple[str, ...]
    out: Path
    with_machine: bool = False


@dataclass(frozen=True)
class _Copies:
    """A slide's result and where each reader's reading of it lies."""

    record: Provenance
    folder: Path
    folder_of: dict[str, Path]


def agree(request: AgreeRequest, on_note: Callable[[str], None]) -> Agreement:
    """Compare readings of the same slides and write tables and page.

    Raises
    ------
    UsageError
        Where fewer than two readers are named.
    InputError
        Where a reader did not read one of the slides, or results do not belong together.
    """
    _check_readers(request.readers)
    folders, failed = find_results(request.results)
    slides = _slides(folders, request.readers)
    readings = [
        SlideReadings(
            load_machine(slide.folder),
            tuple(load_reading(slide.folder_of[reader], reader) for reader in request.readers),
        )
        for slide in slides
    ]
    found = agreement_of(readings, with_machine=request.with_machine)
    notes = (
        *(f"slide {name} failed and is not compared: {reason}" for name, reason in failed.items()),
        *found.notes,
    )
    agreement = Agreement(found.agreement, found.reader_values, found.disagreements, notes)
    for note in notes:
        on_note(note)
    _write(agreement, request, slides, readings)
    return agreement


def _check_readers(readers: Sequence[str]) -> None:
    where = f"--readers {' '.join(readers)}"
    if MACHINE in readers:
        raise UsageError(
            "the machine is no reader like others", where=where, remedy="Name people, and say --with-machine"
        )
    if any("," in reader for reader in readers):
        raise UsageError(
            "a reader's name has no comma", where=where, remedy="Name readers with spaces between them"
        )
    twice = sorted({reader for reader in readers if readers.count(reader) > 1})
    if twice:
        raise UsageError(f"{twice[0]} is named twice", where=where, remedy="Name different readers")
    if len(readers) < 2:
        raise UsageError(
            "agreement is of at least two readers",
            where=where,
            remedy="Name two, for example --readers anna ben",
        )


def _slides(folders: Sequence[Path], readers: Sequence[str]) -> list[_Copies]:
    """Return each slide once, with the folder of each reader's reading."""
    copies: dict[str, list[tuple[Provenance, Path]]] = {}
    for folder in folders:
        record = read_provenance(ResultLayout(folder).provenance)
        copies.setdefault(record.slide_id, []).append((record, folder))
    return [_with_readings(*copies[slide_id], readers=readers) for slide_id in sorted(copies)]


def _with_readings(*copies: tuple[Provenance, Path], readers: Sequence[str]) -> _Copies:
    record, first = copies[0]
    for other, folder in copies[1:]:
        if other.identity != record.identity:
            raise InputError(
                f"the results of slide {record.slide_id} here and in {first} are not of one run: input, settings or "
                "versions differ, and so do the numbers of objects",
                where=str(folder),
                remedy="Give readings of one result, or copies of it",
            )
    there = {folder: readers_of(folder) for _, folder in copies}
    folder_of: dict[str, Path] = {}
    for reader in readers:
        found = [folder for folder, names in there.items() if reader in names]
        if not found:
            known = sorted({name for names in there.values() for name in names})
            raise InputError(
                f"{reader} has not read slide {record.slide_id}",
                where=str(first),
                remedy="Give results that all of these readers have read on their own; "
                + (f"this one was read by {', '.join(known)}" if known else "nobody has read this one so"),
            )
        if len(found) > 1:
            raise InputError(
                f"there are two readings of slide {record.slide_id} by {reader}: here and in {found[0]}",
                where=str(found[1]),
                remedy="Give one of these results",
            )
        folder_of[reader] = found[0]
    return _Copies(record, first, folder_of)


def _write(
    found: Agreement, request: AgreeRequest, slides: Sequence[_Copies], readings: Sequence[SlideReadings]
) -> None:
    record = request.out / "agreement.json"
    with output_errors(request.out):
        request.out.mkdir(parents=True, exist_ok=True)
        # The record comes last: agreement that has one is whole.
        record.unlink(missing_ok=True)
        for table in (found.agreement, found.reader_values, found.disagreements):
            write_table(table, request.out)
        facts = {
            "readers": list(request.readers),
            "with_machine": request.with_machine,
            "slides": {
                slide.record.slide_id: {
                    "identity": slide.record.identity,
                    "readings": {
                        reading.reader: {"last_hash": reading.last_hash, "is_blinded": reading.is_blinded}
                        for reading in read.readings
                    },
                }
                for slide, read in zip(slides, readings, strict=True)
            },
            "versions": software_versions(),
            "notes": list(found.notes),
        }
        page = render_agreement(
            AgreementReport(
                found.agreement,
                found.reader_values,
                found.disagreements,
                SECTION_VALUES,
                found.notes,
                __version__,
            )
        )
        write_text(request.out / "agreement.html", page)
        write_text(record, json.dumps(facts, indent=2) + "\n")
