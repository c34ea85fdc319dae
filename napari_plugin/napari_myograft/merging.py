"""Two objects made one: the nearest neighbor is proposed, any other may be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from myograft.model.correction import Target
from napari_myograft.keys import Action
from napari_myograft.neighbors import nearest_ids
from napari_myograft.proposal import Proposal

if TYPE_CHECKING:
    from napari_myograft.session import ReviewSession


class Merging:
    """Merges the current object with another one.

    Parameters
    ----------
    session
        The reader at work.
    """

    def __init__(self, session: ReviewSession) -> None:
        self._session, self._review = session, session.review

    def start(self) -> None:
        """Propose the nearest neighbor; a second time confirms."""
        session, proposal = self._session, self._session.proposal
        if proposal is not None and proposal.action is Action.MERGE:
            proposal.take(*proposal.shown)
            return
        if (current := session.chosen("merge")) is None:
            return
        table = self._review.fibers if current[0] is Target.FIBER else self._review.nuclei
        near = () if table is None else nearest_ids(table, *current, self._review.box_of(*current))
        if near:
            session.propose(Proposal(Action.MERGE, current[0], near, self.merge_with))
        else:
            session.say(f"There is no other {current[0]} to merge with")

    def merge_with(self, target: Target, object_id: int) -> bool:
        """Make one object of the current and another one; whether that was done."""
        session = self._session
        session.cancel()
        if (current := session.chosen("merge")) is None:
            return False
        if target is not current[0]:
            session.say(f"A {current[0]} cannot be merged with a {target}")
            return False
        ids = (current[1], object_id)
        return session.edit(lambda why: self._review.merge(target, ids, why=why))
