"""What one reader says of a slide: his own reading replayed over the result; nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from myograft.correct import EditedLabels, Objects
from myograft.model.arrays import Labels
from myograft.model.columns import TableName
from myograft.model.correction import Target
from myograft.model.geometry import Region
from myograft.model.result_layout import ResultLayout
from myograft.model.table import from_rows
from myograft.study import MACHINE, OutlineReader, ReadingTables
from myograft.workflow.finished import LABELS, Finished, open_finished
from myograft.workflow.open_journal import read_setup
from myograft.workflow.open_review import replayed
from myograft.workflow.origin_readings import audited_nuclei
from myograft.workflow.review_state import ReviewState, objects_of
from myograft.write import read_journal, read_labels_block


def readers_of(result: Path) -> tuple[str, ...]:
    """Return who has read a result on their own, by name; the result's own record is nobody's independent reading.

    Parameters
    ----------
    result
        Result of one slide.
    """
    # A reading that lost its setup is one still: who loads it is told so.
    return ResultLayout(result).readers()


@dataclass(frozen=True)
class ReplayedReading:
    """One reader's independent reading of a slide.

    Parameters
    ----------
    tables
        What the reader says.
    state
        The same, replayed.
    """

    tables: ReadingTables
    state: ReviewState


def load_reading(result: Path, reader: str) -> ReadingTables:
    """Return the independent reading of a slide by one reader; parameters and errors as in `replay_reading`."""
    return replay_reading(result, reader).tables


def replay_reading(result: Path, reader: str) -> ReplayedReading:
    """Return the independent reading of a slide by one reader.

    Parameters
    ----------
    result
        Result of the slide.
    reader
        One of `readers_of` it.

    Raises
    ------
    ResultError
        Where the result is not whole, or how the reading was set up is not known any more.
    JournalError
        Where the reading is broken, or does not belong to this result.
    """
    finished = open_finished(result)
    setup = read_setup(finished.layout.reading_setup(reader))
    entries = read_journal(finished.layout.reading(reader), finished.record.identity)
    state = replayed(finished, entries, is_writable=False)
    tables = ReadingTables(
        reader=reader,
        slide_id=finished.record.slide_id,
        is_blinded=setup.is_blinded,
        # Who is blinded is shown nuclei in random order; who is not is led to the doubtful ones.
        is_random_order=setup.is_blinded,
        sections=from_rows(TableName.SECTIONS, [state.section]),
        fibers=state.tables.get(Target.FIBER),
        nuclei=state.tables.get(Target.NUCLEUS),
        outlines=_outlines(finished, state.objects),
        audited_ids=audited_nuclei(state.replay.standing),
        last_hash=entries[-1].hash if entries else None,
    )
    return ReplayedReading(tables, state)


def load_machine(result: Path) -> ReadingTables:
    """Return what the machine says of a slide.

    Parameters
    ----------
    result
        Result of the slide.

    Raises
    ------
    ResultError
        Where the result is not whole.
    """
    finished = open_finished(result)
    return ReadingTables(
        reader=MACHINE,
        slide_id=finished.record.slide_id,
        is_blinded=True,
        is_random_order=True,
        sections=from_rows(TableName.SECTIONS, [finished.section]),
        fibers=finished.tables.get(Target.FIBER),
        nuclei=finished.tables.get(Target.NUCLEUS),
        outlines=_outlines(finished, lambda target: objects_of(finished, target)),
    )


def _outlines(finished: Finished, objects: Callable[[Target], Objects]) -> OutlineReader:
    def read(target: Target, region: Region) -> Labels:
        found = objects(target)
        if isinstance(found, EditedLabels):
            return found.read(region)
        # Nuclei that were linked through planes have labels in each of them.
        planes: Labels = read_labels_block(finished.layout.labels(LABELS[target]), region)
        return planes.max(axis=0) if planes.ndim == 3 else planes

    return read
