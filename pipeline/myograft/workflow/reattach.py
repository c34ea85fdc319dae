"""Corrections of a result moved to another run of the same slide; what is in doubt is queued, nothing dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from myograft.correct import MachineResult
from myograft.correct import reattach as move_corrections
from myograft.errors import InputError, OutputError
from myograft.model.biology import Location, Origin, Position
from myograft.model.correction import Target
from myograft.model.journal import in_force
from myograft.model.reattached import OpenConflict, ReattachRecord
from myograft.workflow.finished import Finished, open_finished
from myograft.workflow.first_record import first_record
from myograft.workflow.review_state import objects_of
from myograft.workflow.tell_journal import in_words
from myograft.write import read_journal


def reattach(old: Path, new: Path, reader: str) -> ReattachRecord:
    """Move the corrections of an old result to a new one of the same slide: all appear there at once, or none does.

    Parameters
    ----------
    old, new
        Results of one slide each; the old one stays as it is.
    reader
        Who does it; every moved correction names its author in its comment.

    Returns
    -------
    ReattachRecord
        Also written beside the new result, for the review queue.

    Raises
    ------
    InputError
        Where the two are not of one slide, or there is nothing to move.
    OutputError
        Where the new result has corrections already, or cannot be written.
    CorrectionError
        Where the results do not lie over each other.
    """
    before, after = open_finished(old), open_finished(new)
    if before.record.input_sha256 != after.record.input_sha256 or before.record.region != after.record.region:
        raise InputError(
            "the two results are not of the same slide and region",
            where=f"{old} and {new}",
            remedy="Give the result that was corrected, then the one of the same input",
        )
    entries = read_journal(before.layout.journal, before.record.identity)
    standing = in_force(entries)
    if not standing:
        raise InputError(
            "no correction stands in the old result",
            where=str(before.layout.journal),
            remedy="There is nothing to move",
        )
    if read_journal(after.layout.journal, after.record.identity):
        raise OutputError(
            "the new result has corrections already",
            where=str(after.layout.journal),
            remedy="Move corrections before anybody reviews the new result",
        )
    moved = move_corrections(standing, machine_result(before), machine_result(after))
    conflicts = tuple(
        OpenConflict(
            number=conflict.entry.number,
            author=conflict.entry.author,
            correction=in_words(conflict.entry.correction),
            why=conflict.entry.why,
            reason=conflict.reason,
            region=conflict.region,
        )
        for conflict in moved.conflicts
    )
    record = ReattachRecord(
        old_identity=before.record.identity,
        old_hash=entries[-1].hash,
        applied_n=len(moved.applied),
        conflicts=conflicts,
    )
    with first_record(after, reader) as moving:
        for reissued in moved.corrections:
            # What was drawn for the old result is, for the new one's draw, a reading by choice.
            moving.take(reissued.correction, why=reissued.why)
        return moving.publish(record, after.layout.reattached)


def machine_result(finished: Finished) -> MachineResult:
    """Return what the machine found and said."""
    nuclei = finished.tables.get(Target.NUCLEUS)
    objects = {target: objects_of(finished, target) for target in Target}
    if nuclei is None:
        return MachineResult(objects[Target.FIBER], objects[Target.NUCLEUS])
    said: dict[str, list[Any]] = {
        name: np.ma.getdata(nuclei[name]).tolist() for name in ("origin", "location", "position")
    }
    ids, fiber = nuclei["nucleus_id"].filled().tolist(), nuclei["fiber_id"].filled(0).tolist()
    rows = list(zip(ids, said["origin"], said["location"], said["position"], fiber, strict=True))
    return MachineResult(
        objects[Target.FIBER],
        objects[Target.NUCLEUS],
        origin={number: Origin(origin) for number, origin, *_ in rows if origin},
        location={number: (Location(place), owner or None) for number, _, place, _, owner in rows if place},
        position={number: Position(position) for number, _, _, position, _ in rows if position},
    )
