"""What two readers say alike of areas and objects, as corrections of the record; and what they say otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, TypeAlias

from myograft.correct import Calls
from myograft.model.biology import Location, Origin, Position
from myograft.model.correction import (
    Accept,
    Correction,
    ExcludeRegion,
    IncludeRegion,
    Reject,
    SetLocation,
    SetOrigin,
    SetPosition,
    Target,
)
from myograft.model.geometry import Region
from myograft.model.open_question import OpenQuestion
from myograft.model.table import Table
from myograft.workflow.finished import KEY
from myograft.workflow.origin_readings import origin_readings
from myograft.workflow.readings import ReplayedReading
from myograft.workflow.tell_journal import in_words

Area: TypeAlias = ExcludeRegion | IncludeRegion
Pair: TypeAlias = tuple[ReplayedReading, ReplayedReading]


def common_areas(pair: Pair) -> tuple[list[Area], list[OpenQuestion]]:
    """Return the areas that both drew alike, in order, and a question about each other one.

    Of areas the later decides: where both have the same ones in another order, none of them is taken.
    """
    drawn = [list(reading.state.replay.calls.areas) for reading in pair]
    first, second = ([area for area in mine if area in theirs] for mine, theirs in (drawn, drawn[::-1]))
    common = first if first == second else []
    questions = []
    for who, (mine, other) in enumerate((pair, pair[::-1])):
        for area in drawn[who]:
            if area not in common:
                said = f"{mine.tables.reader} {in_words(area)}, {other.tables.reader} drew no such area"
                questions.append(OpenQuestion(sentence=f"area: {said}", region=_box_of(area)))
    return common, questions


def _box_of(area: Area) -> Region:
    rows, columns = zip(*area.outline, strict=True)
    corner = max(0, floor(min(rows))), max(0, floor(min(columns)))
    return Region(*corner, max(corner[0], ceil(max(rows))), max(corner[1], ceil(max(columns))))


@dataclass(frozen=True)
class Agreed:
    """What two readers said of one object that both looked at.

    Parameters
    ----------
    edits
        What both say alike and the record does not yet, or that both accept it; empty where there is nothing to take.
    is_audit
        Whether both read it as a part of the random audit.
    turn
        Its place among others: what both chose before their audits comes first, what they chose since comes last.
    questions
        What they say otherwise, beyond the questions that are asked already.
    """

    edits: tuple[Correction, ...]
    is_audit: bool
    turn: int
    questions: tuple[OpenQuestion, ...]


class Agreement:
    """Goes through the objects of the machine's that two readers looked at.

    Parameters
    ----------
    pair
        The two readings.
    tables
        The record's, which corrections are made on.
    target
        Fibers or nuclei.
    """

    def __init__(self, pair: Pair, tables: Mapping[Target, Table], target: Target) -> None:
        record = tables[target]
        self._pair, self._target, self._record = pair, target, record
        objects = [reading.tables.objects(target) for reading in pair]
        self._objects = [part for part in objects if part is not None]
        self._calls: list[Calls] = [reading.state.replay.calls for reading in pair]
        self._row_of = {int(number): row for row, number in enumerate(record[KEY[target]].filled())}
        machine = pair[0].state.finished.tables
        self._fibers, self._left = (
            set(part[Target.FIBER]["fiber_id"].filled().tolist()) if Target.FIBER in part else set()
            for part in (machine, tables)
        )
        self._said = []
        for reading in pair:
            nuclei = reading.tables.nuclei
            self._said += [] if nuclei is None else [origin_readings(reading.state.replay.standing, nuclei)]

    def numbers(self) -> list[int]:
        """Return the objects that both looked at and the record still has."""
        if len(self._objects) < len(self._pair):
            return []
        read = [set(part.ids[part.is_read & ~part.flag("is_drawn")].tolist()) for part in self._objects]
        return sorted(read[0] & read[1] & self._row_of.keys())

    def about(self, number: int) -> Agreed:
        """Return what both say of an object."""
        edits: list[Correction] = []
        apart: list[tuple[str, tuple[Any, Any]]] = []
        for what, said, edit in self._statements(number):
            if said[0] != said[1]:
                apart.append((what, said))
            elif edit is not None:
                edits.append(edit)
        if any(what == "location" for what, _ in apart):
            edits = [edit for edit in edits if not isinstance(edit, SetPosition)]
        is_left_out = any(part.flag("in_excluded_region")[part.row_of[number]] for part in self._objects)
        is_rejected = any(number in calls.rejected[self._target] for calls in self._calls)
        tells_origin = any(isinstance(edit, SetOrigin) for edit in edits)
        if self._both_confirm(number) and not (is_left_out or is_rejected or apart or tells_origin):
            edits.append(Accept(target=self._target, object_id=number))
        is_audit = self._is_nucleus and all(number in said.audited for said in self._said)
        is_early = not self._is_nucleus or all(number not in said.since for said in self._said)
        turn = 1 if is_audit else 0 if is_early else 2
        questions = tuple(self._question(number, what, said) for what, said in apart)
        return Agreed(tuple(edits), is_audit, turn, questions)

    @property
    def _is_nucleus(self) -> bool:
        return self._target is Target.NUCLEUS

    def _both_confirm(self, number: int) -> bool:
        """Whether both said that an object is what it is called; who only placed a nucleus did not."""
        if not self._is_nucleus:
            return True
        return all(number in said.before or number in said.since for said in self._said)

    def _statements(self, number: int) -> Iterator[tuple[str, tuple[Any, Any], Correction | None]]:
        """Yield what was said of an object: of what, by each, and the correction where both say the same."""
        reasons = [calls.rejected[self._target].get(number) for calls in self._calls]
        if any(reasons):
            reason = reasons[0]
            reject = None if reason is None else Reject(target=self._target, object_id=number, reason=reason)
            yield (
                "exclusion",
                _two(["kept" if why is None else f"left out: {why}" for why in reasons]),
                reject,
            )
        if not self._is_nucleus:
            return
        rows = [part.table.select([part.row_of[number]]).rows()[0] for part in self._objects]
        now = self._record.select([self._row_of[number]]).rows()[0]
        if self._both_confirm(number):
            origin = rows[0]["origin"]
            call = SetOrigin(nucleus_id=number, before=_as(Origin, now["origin"]), after=_as(Origin, origin))
            yield (
                "origin",
                _two([row["origin"] or "unclear" for row in rows]),
                call if origin != now["origin"] else None,
            )
        if any(number in calls.location for calls in self._calls):
            yield self._place(number, rows, now)
        if any(number in calls.position for calls in self._calls):
            position = rows[0]["position"]
            central = None
            if position is not None and position != now["position"]:
                before, after = _as(Position, now["position"]), Position(position)
                central = SetPosition(nucleus_id=number, before=before, after=after)
            yield "position", _two([row["position"] or "unknown" for row in rows]), central

    def _place(
        self, number: int, rows: Sequence[dict[str, Any]], now: dict[str, Any]
    ) -> tuple[str, tuple[Any, Any], Correction | None]:
        """Return where both place a nucleus; fibers that they drew have numbers of their own, which do not compare."""
        places = [(row["location"], row["fiber_id"]) for row in rows]
        words = [self._in_words(who, *place) for who, place in enumerate(places)]
        where, fiber = places[0]
        if places[0] == (now["location"], now["fiber_id"]) or where is None:
            return "location", _two(words), None
        edit = SetLocation(
            nucleus_id=number,
            before=_as(Location, now["location"]),
            after=Location(where),
            fiber_before=now["fiber_id"],
            fiber_after=fiber,
        )
        return "location", _two(words), edit

    def _in_words(self, who: int, where: str | None, fiber: int | None) -> str:
        if fiber is None:
            return where or "unknown"
        if fiber not in self._fibers:
            return f"{where} of a fiber that {self._pair[who].tables.reader} drew"
        # With the outlines of one of them a fiber may be gone that both named: then it is asked.
        is_gone = fiber not in self._left and who == 1
        return f"{where} of fiber {fiber}{', which is gone' if is_gone else ''}"

    def _question(self, number: int, what: str, said: tuple[Any, Any]) -> OpenQuestion:
        readers = [reading.tables.reader for reading in self._pair]
        sentence = f"{what} of a {self._target}: {readers[0]} says {said[0]}, {readers[1]} says {said[1]}"
        part = self._objects[0]
        return OpenQuestion(
            sentence=sentence, region=part.region(part.row_of[number]), target=self._target, object_id=number
        )


def _two(values: Sequence[Any]) -> tuple[Any, Any]:
    first, second = values
    return first, second


def _as(kind: Any, value: Any) -> Any:
    return None if value is None else kind(value)
