"""Where a nucleus lies, said by the reader: in which fiber or between them, and where inside the fiber."""

from __future__ import annotations

from typing import TYPE_CHECKING

from myograft.model.biology import Location, Position
from myograft.model.correction import SetLocation, Target
from napari_myograft.blinding import is_blinded
from napari_myograft.keys import Action
from napari_myograft.neighbors import nearest_ids
from napari_myograft.proposal import Proposal
from napari_myograft.said import Said

if TYPE_CHECKING:
    from napari_myograft.session import ReviewSession


class Placing:
    """What a reader says of the current nucleus' place; the queue does not go on, for more is to be said of it.

    Parameters
    ----------
    session
        The reader at work.
    """

    def __init__(self, session: ReviewSession) -> None:
        self._session, self._review = session, session.review
        self._said = Said(session.review)

    def in_fiber(self, pointed_id: int | None = None) -> bool:
        """Say in which fiber it lies; whether that was done, and not only proposed.

        Parameters
        ----------
        pointed_id
            The fiber that the mouse is over, taken at once where it is near; a mouse that rests elsewhere is asked
            about. None proposes the nearest fibers, and a second time takes the one proposed.
        """
        session, proposal = self._session, self._session.proposal
        if pointed_id is None and proposal is not None and proposal.action is Action.IN_FIBER:
            return proposal.take(*proposal.shown)
        number = self._nucleus()
        if number is None:
            return False
        fibers, box = self._review.fibers, self._review.box_of(Target.NUCLEUS, number)
        near = () if fibers is None else nearest_ids(fibers, Target.FIBER, 0, box)
        if pointed_id in near:
            return self._take(Target.FIBER, pointed_id)
        asked = near if pointed_id is None else (pointed_id, *near)
        if asked:
            session.propose(Proposal(Action.IN_FIBER, Target.FIBER, asked, self._take))
        else:
            session.say("There is no fiber that it could lie in")
        return False

    def between_fibers(self) -> bool:
        """Say that it lies between fibers."""
        number = self._nucleus()
        return number is not None and self._locate(number, Location.INTERSTITIAL, None)

    def at(self, position: Position) -> bool:
        """Say where inside its fiber it lies."""
        number = self._nucleus()
        if number is None:
            return False
        if is_blinded(self._review) and not self._is_placed(number):
            # Whether the machine put it into a fiber is not to be learned from a refusal.
            self._session.say("Say first in which fiber it lies")
            return False
        return self._session.edit(lambda why: self._review.set_position(number, position, why=why))

    def _take(self, target: Target, object_id: int) -> bool:
        if target is not Target.FIBER:
            self._session.say("A nucleus lies in a fiber: click a fiber, beside its nuclei")
            return False
        number = self._nucleus()
        return number is not None and self._locate(number, Location.IN_FIBER, object_id)

    def _locate(self, number: int, location: Location, fiber_id: int | None) -> bool:
        self._session.cancel()
        return self._session.edit(lambda why: self._review.set_location(number, location, fiber_id, why=why))

    def _is_placed(self, number: int) -> bool:
        """Whether the reader's last word on its location was that it lies in a fiber."""
        edits = [entry.correction for entry in self._said.of(Target.NUCLEUS, number)]
        places = [edit.after for edit in edits if isinstance(edit, SetLocation)]
        return bool(places) and places[-1] is Location.IN_FIBER

    def _nucleus(self) -> int | None:
        current = self._session.current
        if current is None or current[0] is not Target.NUCLEUS:
            self._session.say("Only a nucleus has a place in or between fibers: click one, or go to the next")
            return None
        return current[1]
