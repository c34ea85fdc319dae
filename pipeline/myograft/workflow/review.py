"""One reader at work on one result: what can be edited, and what each edit asks for before it is committed."""

from __future__ import annotations

from collections.abc import Sequence

from myograft.correct import EditedLabels, bridge_between, corrections_of, hull_of, split_by_line
from myograft.errors import CorrectionError, OutputError
from myograft.model.arrays import Labels
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.correction import (
    Accept,
    Add,
    Delete,
    ExcludeRegion,
    IncludeRegion,
    Merge,
    NewObject,
    Pixels,
    Redo,
    Reject,
    Reshape,
    SetLocation,
    SetOrigin,
    SetPosition,
    Settle,
    SignOff,
    Split,
    Target,
    Undo,
)
from myograft.model.geometry import Region
from myograft.model.open_question import OpenQuestion
from myograft.workflow.review_commit import Change, CommittingReview

__all__ = ["Change", "Review"]

#: Widest gap between two fibers that merging closes, in um: a sarcolemma with its interstitium.
_BRIDGE_UM = 6.0


class Review(CommittingReview):
    """A result under review: `open_review` opens one.

    What an edit refuses (`CorrectionError`) or cannot write (`OutputError`) leaves everything as it was. An edit that
    is on the disk stands; where it cannot be measured, `commit` says so, and the review goes on when opened again.
    """

    def add(self, target: Target, pixels: Pixels, *, why: str = "") -> Change:
        """Draw an object; its pixels are taken from whatever was there."""
        made = NewObject(new_id=self._edited(target).next_id, pixels=pixels)
        return self.commit(Add(target=target, made=made), why=why)

    def delete(self, target: Target, object_id: int, *, why: str = "") -> Change:
        """Remove an object."""
        return self.commit(Delete(target=target, object_id=object_id), why=why)

    def merge(self, target: Target, object_ids: Sequence[int], *, why: str = "") -> Change:
        """Make one object of several; a narrow gap between them is closed."""
        edited = self._edited(target)
        most_px = max(1, round(_BRIDGE_UM / self.finished.slide.stack.calibration.pixel_size_um))
        numbers = tuple(dict.fromkeys(object_ids))
        if len(numbers) < 2:
            raise CorrectionError("one object cannot be merged with itself", remedy="Choose a second one")
        parts = [edited.pixels_of(number) for number in numbers]
        edit = Merge(
            target=target,
            object_ids=numbers,
            new_id=edited.next_id,
            bridge=_bridge(edited, parts, most_px),
        )
        return self.commit(edit, why=why)

    def split(
        self, target: Target, object_id: int, line: Sequence[tuple[float, float]], *, why: str = ""
    ) -> Change:
        """Cut an object along a drawn line."""
        edited = self._edited(target)
        pieces = split_by_line(edited.pixels_of(object_id), line)
        parts = tuple(
            NewObject(new_id=edited.next_id + place, pixels=piece) for place, piece in enumerate(pieces)
        )
        return self.commit(Split(target=target, object_id=object_id, parts=parts), why=why)

    def reshape(self, target: Target, object_id: int, pixels: Pixels, *, why: str = "") -> Change:
        """Give an object other pixels; its number stays."""
        return self.commit(Reshape(target=target, object_id=object_id, pixels=pixels), why=why)

    def paint(self, target: Target, region: Region, after: Labels, *, why: str = "") -> tuple[Change, ...]:
        """Take over a painted part of the labels: an edit per object that appeared, vanished or changed."""
        edited = self._edited(target)
        edits = corrections_of(edited.read(region), after, region, target, edited)
        return tuple(self.commit(edit, why=why) for edit in edits)

    def set_origin(
        self, nucleus_id: int, origin: Origin | None, *, why: str = "", is_audit: bool = False
    ) -> Change:
        """Call a nucleus donor or host, or (None) leave its origin open."""
        before = self.row(Target.NUCLEUS, nucleus_id)["origin"]
        edit = SetOrigin(
            nucleus_id=nucleus_id, before=None if before is None else Origin(before), after=origin
        )
        return self.commit(edit, why=why, is_audit=is_audit)

    def set_location(
        self, nucleus_id: int, location: Location, fiber_id: int | None, *, why: str = ""
    ) -> Change:
        """Say where a nucleus lies, and in which fiber."""
        row = self.row(Target.NUCLEUS, nucleus_id)
        if location is Location.IN_FIBER and fiber_id is None:
            raise CorrectionError(
                "a nucleus in a fiber needs the fiber", remedy="Choose the fiber that it lies in"
            )
        edit = SetLocation(
            nucleus_id=nucleus_id,
            before=None if row["location"] is None else Location(row["location"]),
            after=location,
            fiber_before=row["fiber_id"],
            fiber_after=fiber_id,
        )
        return self.commit(edit, why=why)

    def set_position(self, nucleus_id: int, position: Position, *, why: str = "") -> Change:
        """Say where inside its fiber a nucleus lies."""
        row = self.row(Target.NUCLEUS, nucleus_id)
        if row["location"] != str(Location.IN_FIBER):
            raise CorrectionError(
                f"nucleus {nucleus_id} does not lie in a fiber", remedy="Say first in which fiber it lies"
            )
        before = None if row["position"] is None else Position(row["position"])
        return self.commit(SetPosition(nucleus_id=nucleus_id, before=before, after=position), why=why)

    def accept(self, target: Target, object_id: int, *, why: str = "", is_audit: bool = False) -> Change:
        """Confirm an object and all that is said about it; in a blinded reading nobody can confirm a hidden call."""
        if target is Target.NUCLEUS and self.setup is not None and self.setup.is_blinded:
            raise CorrectionError(
                "in a blinded reading there is no call to accept", remedy="Say donor, host or undecided"
            )
        return self.commit(Accept(target=target, object_id=object_id), why=why, is_audit=is_audit)

    def reject(self, target: Target, object_id: int, reason: ExclusionReason, *, why: str = "") -> Change:
        """Keep an object but leave it out: a fiber out of sizes, a nucleus out of all counts."""
        return self.commit(Reject(target=target, object_id=object_id, reason=reason), why=why)

    def exclude(
        self, outline: Sequence[tuple[float, float]], reason: ExclusionReason, *, why: str = ""
    ) -> Change:
        """Leave everything whose centroid lies in an area out of all measures."""
        return self.commit(ExcludeRegion(outline=_corners(outline), reason=reason), why=why)

    def include(self, outline: Sequence[tuple[float, float]], *, why: str = "") -> Change:
        """Take an area back in."""
        return self.commit(IncludeRegion(outline=_corners(outline)), why=why)

    def settle(self, question: OpenQuestion, *, why: str = "") -> Change:
        """State that what others left open is settled; edits that it took are made before."""
        return self.commit(Settle(sentence=question.sentence, region=question.region), why=why)

    def undo(self) -> Change:
        """Take the last edit in force out of force, also one of an earlier session."""
        last = self._state.replay.next_undo
        if last is None:
            raise CorrectionError("there is nothing to undo", remedy="Go on with the review")
        return self.commit(Undo(number=last.number))

    def redo(self) -> Change:
        """Put the edit undone last back in force."""
        last = self._state.replay.next_redo
        if last is None:
            raise CorrectionError("there is nothing to redo", remedy="Go on with the review")
        return self.commit(Redo(number=last.number))

    def sign_off(self, meaning: str) -> Change:
        """State what the reader's signature means, for everything up to here; the reviewed tables are written.

        Raises
        ------
        OutputError
            Where they cannot be written; the signature stands all the same.
        """
        if not meaning.strip():
            raise CorrectionError(
                "a signature needs a meaning", remedy="Write what you sign, for example 'reviewed'"
            )
        change = self.commit(SignOff(meaning=meaning))
        if self.setup is None:
            try:
                self.save()
            except OutputError as problem:
                raise OutputError(
                    f"the signature stands in the journal, but reviewed tables were not written ({problem.what})",
                    where=problem.where,
                    remedy="They are written when the review is closed, or with: myograft remeasure RESULT",
                ) from problem
        return change


def _bridge(edited: EditedLabels, parts: Sequence[Pixels], most_px: int) -> Pixels | None:
    """Return the gap between parts, where no other object lies."""
    box = hull_of(part.box for part in parts)
    return None if box is None else bridge_between(parts, most_px, free=edited.read(box) == 0)


def _corners(outline: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the corners of an area.

    Raises
    ------
    CorrectionError
        Where there are too few.
    """
    if len(outline) < 3:
        raise CorrectionError("an area needs at least three corners", remedy="Draw around it")
    return tuple((float(y), float(x)) for y, x in outline)
