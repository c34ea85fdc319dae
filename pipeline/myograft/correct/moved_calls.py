"""What readers said, about another run's objects: their word wins; where the runs differ too much they are asked."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from myograft.correct.calls import CallEdit, Calls, ObjectCall
from myograft.correct.checks import check_call
from myograft.correct.edited_labels import CHUNK_PX
from myograft.correct.machine import MachineResult, Place
from myograft.correct.overlap import Finder
from myograft.errors import CorrectionError
from myograft.model.biology import Location
from myograft.model.correction import (
    Accept,
    ExcludeRegion,
    IncludeRegion,
    Reject,
    SetLocation,
    SetOrigin,
    SetPosition,
    Target,
)
from myograft.model.geometry import Region


@dataclass(frozen=True)
class MovedCall:
    """What becomes of one call.

    Parameters
    ----------
    calls
        What it is in terms of the other run's objects; nothing where its object was removed later.
    doubts
        Why somebody should look; none where the call simply stands.
    """

    calls: tuple[CallEdit, ...] = ()
    doubts: tuple[str, ...] = ()


class CallMover:
    """Moves calls, in the order in which they were made.

    Parameters
    ----------
    old, new
        What either run found and said.
    left, drawn_over
        Objects as the readers left them, and the other run's objects with the readers' shapes among them.
    new_ids
        By target, the number there of every object that readers drew or reshaped.
    """

    def __init__(
        self,
        old: MachineResult,
        left: dict[Target, Finder | None],
        new: MachineResult,
        drawn_over: dict[Target, Finder | None],
        new_ids: dict[Target, dict[int, int]],
    ) -> None:
        self._old, self._new = old, new
        self._left, self._drawn_over = left, drawn_over
        self._ids: dict[Target, dict[int, int | None]] = {t: dict(new_ids[t]) for t in Target}
        self._old_said, self._new_said = Calls(), Calls()

    def look_ahead(self, calls: Iterable[CallEdit]) -> None:
        """Find the objects of all calls row of chunks by row of chunks, so that few chunks are read twice."""
        wanted = {object_of(call) for call in calls if not isinstance(call, ExcludeRegion | IncludeRegion)}
        for target, left in self._left.items():
            boxes: Mapping[int, Region] = left.objects.boxes if left else {}
            numbers = [number for about, number in wanted if about is target and number in boxes]
            for number in sorted(numbers, key=lambda n: (boxes[n].y0 // CHUNK_PX, boxes[n].x0, n)):
                self._new_id(target, number)

    def move(self, call: CallEdit) -> MovedCall:
        """Return what becomes of the next call."""
        moved = self._moved(call)
        self._old_said.say(call)
        for new_call in moved.calls:
            self._new_said.say(new_call)
        return moved

    def _moved(self, call: CallEdit) -> MovedCall:
        if isinstance(call, ExcludeRegion | IncludeRegion):
            return MovedCall((call,))
        target, number = object_of(call)
        if number not in _numbers(self._left[target]):
            return MovedCall()  # its object was removed later, so that it has no say
        new_id = self._new_id(target, number)
        if new_id is None:
            return MovedCall(doubts=(self._instead(target, number),))
        return self._about(call, new_id)

    def _about(self, call: ObjectCall, new_id: int) -> MovedCall:
        match call:
            case SetOrigin():
                return self._origin(call, new_id)
            case SetLocation():
                return self._location(call, new_id)
            case SetPosition():
                return self._position(call, new_id)
            case Accept(target=Target.NUCLEUS):
                return self._accept(call, new_id)
            case Accept() | Reject():
                return MovedCall((call.model_copy(update={"object_id": new_id}),))

    def _origin(self, call: SetOrigin, new_id: int) -> MovedCall:
        before = self._new.origin_with(self._new_said, new_id)
        moved = SetOrigin(nucleus_id=new_id, before=before, after=call.after)
        says = self._new.origin.get(new_id)
        is_news = says not in {call.after, self._old.origin.get(call.nucleus_id)}
        return MovedCall((moved,), _differs("whose it is", call.after, says) if is_news else ())

    def _location(self, call: SetLocation, new_id: int) -> MovedCall:
        said = (call.after, call.fiber_after)
        if call.fiber_after is not None and call.fiber_after not in _numbers(self._left[Target.FIBER]):
            return MovedCall()  # its fiber was removed later
        place = self._place_here(said)
        if place is None:
            return MovedCall(doubts=(self._instead(Target.FIBER, call.fiber_after or 0),))
        moved = self._placed(new_id, place)
        says = self._new.place_with(Calls(), new_id, _numbers(self._drawn_over[Target.FIBER]))
        seen = self._place_here(self._old.location.get(call.nucleus_id))
        is_news = says is not None and says not in {place, seen}
        return MovedCall((moved,), _differs("where it lies", place, says) if is_news else ())

    def _position(self, call: SetPosition, new_id: int) -> MovedCall:
        before = self._new.position_with(self._new_said, new_id)
        moved = SetPosition(nucleus_id=new_id, before=before, after=call.after)
        here, nuclei = self._drawn_over[Target.FIBER], self._drawn_over[Target.NUCLEUS]
        try:
            check_call(
                moved, here.objects if here else None, nuclei.objects if nuclei else None, self._new_said
            )
        except CorrectionError as error:
            return MovedCall(doubts=(error.what,))
        says = self._new.position.get(new_id)
        is_news = says not in {call.after, self._old.position.get(call.nucleus_id), None}
        return MovedCall((moved,), _differs("its position", call.after, says) if is_news else ())

    def _accept(self, call: Accept, new_id: int) -> MovedCall:
        """Keep what was confirmed, where the other run says something else."""
        calls: list[CallEdit] = []
        doubts: list[str] = []
        old, new, number = self._old, self._new, call.object_id
        origin, says = old.origin_with(self._old_said, number), new.origin_with(self._new_said, new_id)
        if origin is not says:
            calls.append(SetOrigin(nucleus_id=new_id, before=says, after=origin))
            doubts += _differs("whose it is", origin, says)
        place = old.place_with(self._old_said, number, _numbers(self._left[Target.FIBER]))
        there = new.place_with(self._new_said, new_id, _numbers(self._drawn_over[Target.FIBER]))
        here = self._place_here(place)
        if place is not None and there is not None and here != there:
            if here is not None:
                calls.append(self._placed(new_id, here))
            doubts += _differs("where it lies", here or place, there)
        was, position = old.position_with(self._old_said, number), new.position_with(self._new_said, new_id)
        is_inside = here is not None and here[0] is Location.IN_FIBER  # elsewhere a position says nothing
        if is_inside and was is not None and position is not None and was is not position:
            calls.append(SetPosition(nucleus_id=new_id, before=position, after=was))
            doubts += _differs("its position", was, position)
        accepted = call.model_copy(update={"object_id": new_id})
        return MovedCall((*calls, accepted), tuple(doubts))

    def _placed(self, new_id: int, place: Place) -> SetLocation:
        fibers = _numbers(self._drawn_over[Target.FIBER])
        before = self._new.place_with(self._new_said, new_id, fibers) or (None, None)
        return SetLocation(
            nucleus_id=new_id, before=before[0], after=place[0], fiber_before=before[1], fiber_after=place[1]
        )

    def _place_here(self, place: Place | None) -> Place | None:
        """Return a place with the number its fiber has here; None where the fiber is not here."""
        if place is None or place[1] is None:
            return place
        fiber = self._new_id(Target.FIBER, place[1])
        return None if fiber is None else (place[0], fiber)

    def _new_id(self, target: Target, number: int) -> int | None:
        ids, left, here = self._ids[target], self._left[target], self._drawn_over[target]
        if number not in ids:
            is_comparable = left is not None and here is not None and number in left.objects.boxes
            ids[number] = here.same_as(left.place_of(number)) if is_comparable and here and left else None
        return ids[number]

    def _instead(self, target: Target, number: int) -> str:
        """Say what lies where an object was that is not here."""
        left, here = self._left[target], self._drawn_over[target]
        if here is None or left is None:
            return f"the new result has no {target} labels"
        others = [str(overlap.number) for overlap in here.under(left.place_of(number)) if overlap.is_related]
        instead = f", but {' and '.join(others)} lie there" if others else ", and nothing lies there"
        return f"the new outlines have no {target} like {number}{instead}"


def object_of(call: ObjectCall) -> tuple[Target, int]:
    """Return the object that a call is about."""
    if isinstance(call, Accept | Reject):
        return call.target, call.object_id
    return Target.NUCLEUS, call.nucleus_id


def _numbers(finder: Finder | None) -> Container[int]:
    return finder.objects.boxes if finder else ()


def _differs(what: str, reader: object, machine: object) -> tuple[str]:
    return (f"the new run says of {what} {_spelled(machine)}, where {_spelled(reader)} was confirmed",)


def _spelled(said: object) -> str:
    if isinstance(said, tuple):
        place, fiber = said
        return f"{place}" if fiber is None else f"{place} {fiber}"
    return "nothing" if said is None else f"{said}"
