"""Everything that follows from a journal, made anew: reviewed labels, and every object measured again on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from myograft.execute import Engine
from myograft.model.correction import Target
from myograft.model.result_layout import JournalLayout
from myograft.model.table import Table
from myograft.workflow.events import Noted, OnEvent, StageProgress
from myograft.workflow.finished import open_finished
from myograft.workflow.ground import Ground, StoredLabels
from myograft.workflow.measure_again import Again, directory
from myograft.workflow.open_review import replayed
from myograft.workflow.review_state import ReviewState
from myograft.workflow.reviewed_tables import sealing
from myograft.workflow.save_review import drop_tables, save_labels, save_tables
from myograft.write import WriterLock, read_journal


def remeasure(path: Path | str, *, workers_n: int, on_event: OnEvent) -> dict[str, Any] | None:
    """Rebuild what follows from the journal of a result; the machine's files stay as they are.

    Parameters
    ----------
    path
        The result of one slide.
    workers_n
        Processes that measure.
    on_event
        Told what the user should know, and how far the work is.

    Returns
    -------
    dict or None
        Row of the reviewed sections table; None where no correction stands, and so nothing is reviewed.

    Raises
    ------
    LockedError
        Where somebody corrects the result just now.
    MyograftError
        Where the result or its journal cannot be used, or the answer cannot be written.
    """
    finished = open_finished(path)
    for note in finished.notes:
        on_event(Noted(finished.record.slide_id, note))
    with WriterLock.take(JournalLayout(finished.layout.journal), "myograft remeasure"):
        entries = read_journal(finished.layout.journal, finished.record.identity)
        state = replayed(finished, entries, is_writable=True)
        with sealing(finished.layout, state.head):
            return _make_anew(state, workers_n, on_event)


def _make_anew(state: ReviewState, workers_n: int, on_event: OnEvent) -> dict[str, Any] | None:
    """Write labels and tables; return the row of the section, None where no correction stands."""
    finished = state.finished
    corrected = save_labels(state)
    if not state.replay.standing:
        drop_tables(finished.layout)
        return None

    def on_progress(stage: str, done_n: int, total_n: int) -> None:
        on_event(StageProgress(finished.record.slide_id, stage, done_n, total_n))

    with Engine(workers_n, on_progress) as engine:
        measured = measure_all(engine, state, StoredLabels(finished.slide, corrected))
    return save_tables(state, state.called(measured))


def measure_all(engine: Engine, state: ReviewState, source: StoredLabels) -> dict[Target, Table]:
    """Return the rows of all objects, each measured on the labels on the disk."""
    finished = state.finished
    again = Again(finished, Ground(finished.slide, finished.plane, source, finished.has_pixels))
    fibers, nuclei = state.objects(Target.FIBER), state.objects(Target.NUCLEUS)
    tables = {}
    if fibers is not None:
        tables[Target.FIBER] = again.fibers(fibers.boxes, engine)
    if nuclei is not None:
        tables[Target.NUCLEUS] = again.nuclei(
            nuclei.boxes, None if fibers is None else directory(fibers.boxes), engine
        )
    return tables
