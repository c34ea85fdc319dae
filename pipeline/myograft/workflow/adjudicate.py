"""Two independent readings become a result's record: what they agree on is taken, what they differ in is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from myograft.correct import reattach as move_corrections
from myograft.errors import InputError, OutputError, UsageError
from myograft.model.correction import Accept, Correction, SetOrigin, Target
from myograft.model.geometry import Region
from myograft.model.journal import in_force
from myograft.model.open_question import Adjudication, OpenQuestion
from myograft.model.table import Table
from myograft.study import SlideReadings, agreement_of
from myograft.workflow.agreed import Agreed, Agreement, common_areas
from myograft.workflow.finished import Finished, open_finished
from myograft.workflow.first_record import FirstRecord, first_record
from myograft.workflow.readings import ReplayedReading, load_machine, readers_of, replay_reading
from myograft.workflow.reattach import machine_result
from myograft.write import read_journal

_SHAPES = ("add", "delete", "merge", "split", "reshape")


def adjudicate(
    result: Path, readers: tuple[str, str], adjudicator: str, outlines_of: str | None
) -> Adjudication:
    """Merge two independent readings into the record of a result; what they differ in is queued for the adjudicator.

    Areas, exclusions, origins, locations and positions that both state alike are taken, others are asked. What lies in
    an area that either left out is never accepted. All of it appears at once, or nothing does.

    Parameters
    ----------
    result
        The result of one slide.
    readers
        Whose readings.
    adjudicator
        Who does it; each entry says in its comment who agreed.
    outlines_of
        One of the readers, whose outlines are taken as they are; None to take neither's.

    Returns
    -------
    Adjudication
        Also written beside the result, for the review queue.

    Raises
    ------
    UsageError
        Where the two readers are one, or outlines of somebody else are asked for.
    InputError
        Where one of them has not read the slide.
    OutputError
        Where the record holds corrections already, or cannot be written.
    """
    finished = open_finished(result)
    _check(finished, result, readers, outlines_of)
    pair = (replay_reading(result, readers[0]), replay_reading(result, readers[1]))
    first, second = (reading.tables for reading in pair)
    found = agreement_of([SlideReadings(load_machine(result), (first, second))], with_machine=False)
    areas, asked = common_areas(pair)
    questions = [*_questions(found.disagreements), *asked]
    why = f"{readers[0]} and {readers[1]} agree"
    with first_record(finished, adjudicator) as record:
        if outlines_of is not None:
            for correction in _outlines(finished, outlines_of):
                record.take(correction, why=f"as {outlines_of} drew it")
        for area in areas:
            record.take(area, why=why)
        agreed_n, more = _take_agreed(record, pair, questions, why)
        adjudication = Adjudication(
            readers=readers,
            hashes=(first.last_hash, second.last_hash),
            outlines_of=outlines_of,
            agreed_n=agreed_n,
            questions=(*questions, *more),
        )
        return record.publish(adjudication, finished.layout.adjudication)


def _take_agreed(
    record: FirstRecord,
    pair: tuple[ReplayedReading, ReplayedReading],
    asked: Sequence[OpenQuestion],
    why: str,
) -> tuple[int, list[OpenQuestion]]:
    """Let the record say what both say of objects; return of how many, and what else is to be asked."""
    is_asked = {(question.target, question.object_id) for question in asked}
    found: list[Agreed] = []
    more: list[OpenQuestion] = []
    tables = record.measure().tables
    for target in tables:
        agreement = Agreement(pair, tables, target)
        for number in agreement.numbers():
            if (target, number) not in is_asked:
                agreed = agreement.about(number)
                more += agreed.questions
                found += [agreed] if agreed.edits else []
    found.sort(key=lambda agreed: agreed.turn)  # stable: within a turn in the order of their numbers
    for agreed in found:
        for edit in agreed.edits:
            record.take(edit, why=why, is_audit=agreed.is_audit and isinstance(edit, SetOrigin | Accept))
    return len(found), more


def _check(finished: Finished, result: Path, readers: tuple[str, str], outlines_of: str | None) -> None:
    if readers[0] == readers[1]:
        raise UsageError(
            f"{readers[0]} is named twice", where="--readers", remedy="Name two readers, for example anna ben"
        )
    if outlines_of is not None and outlines_of not in readers:
        raise UsageError(
            f"{outlines_of} is none of the two readers", where="--outlines", remedy="Name one of them"
        )
    known = readers_of(result)
    for reader in readers:
        if reader not in known:
            raise InputError(
                f"{reader} has not read this slide on their own",
                where=str(result),
                remedy=f"Those who have: {', '.join(known) or 'nobody'}",
            )
    if read_journal(finished.layout.journal, finished.record.identity):
        raise OutputError(
            "the record of this result holds corrections already",
            where=str(finished.layout.journal),
            remedy="Merge independent readings before anybody corrects the record",
        )


def _questions(disagreements: Table) -> list[OpenQuestion]:
    """Return what two readers differ in, in the order in which it matters."""
    questions = []
    for row in disagreements.rows():
        numbers = {row["first_object_id"], row["second_object_id"]} - {None}
        said = f"{row['first_reader']} says {row['first_says']}, {row['second_reader']} says {row['second_says']}"
        questions.append(
            OpenQuestion(
                sentence=f"{row['kind']} of a {row['target']}: {said}",
                region=Region(*(row[name] for name in ("box_y0_px", "box_x0_px", "box_y1_px", "box_x1_px"))),
                target=Target(row["target"]),
                object_id=numbers.pop() if len(numbers) == 1 else None,
            )
        )
    return questions


def _outlines(finished: Finished, reader: str) -> list[Correction]:
    """Return one reader's changes of outlines, in terms of a record without any."""
    entries = read_journal(finished.layout.reading(reader), finished.record.identity)
    shapes = [entry for entry in in_force(entries) if entry.correction.kind in _SHAPES]
    moved = move_corrections(shapes, machine_result(finished), machine_result(finished))
    return [reissued.correction for reissued in moved.corrections]
