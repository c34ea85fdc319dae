"""Two independent readings become a result's record: what they agree on is taken, what they differ in is asked."""

from __future__ import annotations

import json
from pathlib import Path

from myograft.correct import reattach as move_corrections
from myograft.errors import InputError, OutputError, UsageError
from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import Correction, Target
from myograft.model.geometry import Region
from myograft.model.journal import in_force
from myograft.model.open_question import Adjudication, OpenQuestion
from myograft.model.table import Table
from myograft.study import ReadingTables, SlideReadings, agreement_of
from myograft.workflow.finished import KEY, Finished, open_finished
from myograft.workflow.open_review import open_review
from myograft.workflow.readings import load_machine, load_reading, readers_of
from myograft.workflow.reattach import machine_result
from myograft.workflow.review import Review
from myograft.write import read_journal, write_text

_SHAPES = ("add", "delete", "merge", "split", "reshape")


def adjudicate(
    result: Path, readers: tuple[str, str], adjudicator: str, outlines_of: str | None
) -> Adjudication:
    """Merge two independent readings into the record of a result; what they differ in is queued for the adjudicator.

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
    first, second = (load_reading(result, reader) for reader in readers)
    found = agreement_of([SlideReadings(load_machine(result), (first, second))], with_machine=False)
    questions = _questions(found.disagreements)
    open_ids = {(question.target, question.object_id) for question in questions}
    why = f"{readers[0]} and {readers[1]} agree"
    agreed_n = 0
    with open_review(result, adjudicator) as review:
        if outlines_of is not None:
            for correction in _outlines(finished, outlines_of):
                review.commit(correction, why=f"as {outlines_of} drew it")
        for target in Target:
            for number in _read_by_both(first, second, target):
                if (target, number) not in open_ids and _take(review, first, target, number, why):
                    agreed_n += 1
    adjudication = Adjudication(
        readers=readers,
        hashes=(first.last_hash, second.last_hash),
        outlines_of=outlines_of,
        agreed_n=agreed_n,
        questions=questions,
    )
    content = json.dumps(adjudication.model_dump(mode="json"), indent=1, ensure_ascii=False)
    write_text(finished.layout.adjudication, content + "\n")
    return adjudication


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


def _questions(disagreements: Table) -> tuple[OpenQuestion, ...]:
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
    return tuple(questions)


def _outlines(finished: Finished, reader: str) -> list[Correction]:
    """Return one reader's changes of outlines, in terms of a record without any."""
    entries = read_journal(finished.layout.reading(reader), finished.record.identity)
    shapes = [entry for entry in in_force(entries) if entry.correction.kind in _SHAPES]
    moved = move_corrections(shapes, machine_result(finished), machine_result(finished))
    return [reissued.correction for reissued in moved.corrections]


def _read_by_both(first: ReadingTables, second: ReadingTables, target: Target) -> list[int]:
    """Return the machine's objects that both looked at."""
    read = []
    for reading in (first, second):
        objects = reading.objects(target)
        if objects is None:
            return []
        read.append(set(objects.ids[objects.is_read & ~objects.flag("is_drawn")].tolist()))
    return sorted(read[0] & read[1])


def _take(review: Review, reading: ReadingTables, target: Target, number: int, why: str) -> bool:
    """Let the record say what both readers say of an object; whether the record has it."""
    table = review.fibers if target is Target.FIBER else review.nuclei
    if table is None or number not in table[KEY[target]].filled():
        return False
    objects = reading.objects(target)
    if objects is None:
        return False
    row = objects.table.select([objects.row_of[number]]).rows()[0]
    now = review.row(target, number)
    if (
        row["is_excluded"]
        and not row["in_excluded_region"]
        and row["exclusion_reason"] != now["exclusion_reason"]
    ):
        review.reject(target, number, ExclusionReason(row["exclusion_reason"]), why=why)
    elif target is Target.NUCLEUS and row["origin"] != now["origin"]:
        said = None if row["origin"] is None else Origin(row["origin"])
        review.set_origin(number, said, why=why)
    else:
        review.accept(target, number, why=why)
    return True
