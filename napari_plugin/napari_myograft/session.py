"""A reader at work: which object is looked at, what the reader says of it, and which one comes next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from myograft.api import Change, Review
from myograft.errors import MyograftError
from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import Redo, Target, Undo
from napari_myograft.blinding import without_names
from napari_myograft.edit_subject import subject_of
from napari_myograft.proposal import Proposal
from napari_myograft.review_queue import Item, ReviewQueue
from napari_myograft.together import Together

Edit: TypeAlias = Callable[[], Change | tuple[Change, ...]]
#: Runs an edit and shows what it changed; whether it was done. An error it takes for itself.
Act: TypeAlias = Callable[[Edit], bool]
Thing: TypeAlias = tuple[Target, int]


class ReviewSession:
    """The current object, and what is done about it; errors become sentences, and then nothing has changed.

    Parameters
    ----------
    review
        The review.
    queue
        Its queue.
    act
        Runs edits, and has `follow` called for each; without it the session does both.
    """

    def __init__(self, review: Review, queue: ReviewQueue, act: Act | None = None) -> None:
        self.review, self.queue = review, queue
        self.current: Thing | None = None
        self.goes_on = True
        self.comment = ""
        self._act = self._act_here if act is None else act
        self._entries_n = len(review.entries)
        self._anchor: int | None = None
        self._seen: set[int] = set()
        self._trail: list[Thing] = []
        self.proposal: Proposal | None = None
        self._together = Together(review)
        self._on_move: list[Callable[[], None]] = []
        self._on_edit: list[Callable[[], None]] = []
        self._on_say: list[Callable[[str], None]] = []

    def listen(
        self,
        *,
        on_move: Callable[[], None] | None = None,
        on_edit: Callable[[], None] | None = None,
        on_say: Callable[[str], None] | None = None,
    ) -> None:
        """Tell somebody when another object is looked at, when an edit was made, and what the reader should know."""
        self._on_move += filter(None, [on_move])
        self._on_edit += filter(None, [on_edit])
        self._on_say += filter(None, [on_say])

    @property
    def item(self) -> Item | None:
        """The current object as the queue knows it; None where there is none, or it is no part of the reading."""
        row = None if self.current is None else self.queue.row_of(*self.current)
        return None if row is None else self.queue.item(row)

    @property
    def partner(self) -> Thing | None:
        """What is proposed to go with the current object, while that is not confirmed."""
        return None if self.proposal is None else self.proposal.shown

    @property
    def is_walking(self) -> bool:
        """Whether the current object is where the queue is, and not one beside it."""
        return self.current is not None and self.queue.row_of(*self.current) == self._anchor

    @property
    def is_audit(self) -> bool:
        """Whether what is said of the current object now is said of the random sample."""
        row = None if self.current is None else self.queue.row_of(*self.current)
        return row is not None and self.queue.is_audit_turn(row, self._seen)

    def say(self, sentence: str) -> None:
        """Tell the reader something."""
        sentence = without_names(self.review, sentence)
        for listener in self._on_say:
            listener(sentence)

    def next(self) -> None:
        """Go to the next object to read; while neighbors are proposed, to the next of them."""
        if self.proposal is not None:
            self.propose(self.proposal.turned(1))
            return
        row = self.queue.next_open(self._anchor)
        if row is None:
            self.say("Everything in this queue is read; widen the filters, or sign off")
        else:
            self.walk_to(row)

    def previous(self) -> None:
        """Go back to what was looked at before, or one up in the queue; of proposed neighbors to the one before."""
        if self.proposal is not None:
            self.propose(self.proposal.turned(-1))
            return
        while self._trail:
            thing = self._trail.pop()
            if thing != self.current and self.is_there(thing):
                self._anchor = self.queue.row_of(*thing) if self._anchor is not None else None
                self._move(thing)
                return
        row = self.queue.before(self._anchor)
        if row is None:
            self.say("This is where the queue begins")
        else:
            self._anchor = row
            item = self.queue.item(row)
            self._move((item.target, item.object_id))

    def walk_to(self, row: int) -> None:
        """Go to a row of the queue; the next one is the one after it."""
        item = self.queue.item(row)
        self._anchor = row
        if item.target is Target.NUCLEUS:
            self._seen.add(item.object_id)
        self._leave_for((item.target, item.object_id))

    def go_to(self, target: Target, object_id: int) -> None:
        """Go to any object; while neighbors are proposed, take it. The queue goes on where it was left."""
        thing = (target, object_id)
        if self.proposal is not None and thing != self.current:
            self.proposal.take(*thing)
        elif thing != self.current:
            if self.is_there(thing):
                self._leave_for(thing)
            else:
                self.say(f"There is no {target} {object_id}. Choose one that is shown.")

    def accept(self) -> bool:
        """Confirm the current object and all that is said about it, or what is proposed; whether that was done."""
        if self.proposal is not None:
            return self.proposal.take(*self.proposal.shown)
        if self.queue.is_blinded:
            self.say("In a blinded reading there is no call to accept: say donor, host or undecided.")
            return False
        if (current := self.chosen("accept")) is None:
            return False
        is_audit = self.is_audit
        return self.edit(lambda why: self.review.accept(*current, why=why, is_audit=is_audit), goes_on=True)

    def call_donor(self) -> bool:
        """Say that the current nucleus is a donor's; whether that was done."""
        return self._call(Origin.DONOR)

    def call_host(self) -> bool:
        """Say that the current nucleus is the host's; whether that was done."""
        return self._call(Origin.HOST)

    def call_undecided(self) -> bool:
        """Say that nobody can tell whose the current nucleus is; whether that was done."""
        return self._call(None)

    def delete_current(self) -> None:
        """Remove the current object."""
        if (current := self.chosen("delete")) is not None:
            self.edit(lambda why: self.review.delete(*current, why=why), goes_on=True)

    def reject(self, reason: ExclusionReason) -> None:
        """Keep the current object, but leave it out."""
        if (current := self.chosen("leave out")) is not None:
            self.edit(lambda why: self.review.reject(*current, reason, why=why), goes_on=True)

    def propose(self, proposal: Proposal) -> None:
        """Show a neighbor to go with the current object, until one is taken or all are left."""
        self.proposal = proposal
        self._tell(self._on_move)

    def cancel(self) -> bool:
        """Take nothing that is proposed; whether there was something."""
        was_asking = self.proposal is not None
        self.proposal = None
        if was_asking:
            self._tell(self._on_move)
        return was_asking

    def split_current(self, line: Sequence[tuple[float, float]]) -> None:
        """Cut the current object along a line, (y, x) in px."""
        if (current := self.chosen("split")) is not None:
            self.edit(lambda why: self.review.split(*current, line, why=why))

    def exclude(self, outline: Sequence[tuple[float, float]], reason: ExclusionReason) -> None:
        """Leave an area out of all measures; corners (y, x) in px."""
        self.edit(lambda why: self.review.exclude(outline, reason, why=why))

    def undo(self) -> None:
        """Take the last edit back, also one of an earlier session, and show what it was about."""
        self.proposal = None
        self.edit(lambda _why: self._together.undo())

    def redo(self) -> None:
        """Put what was taken back last in force again."""
        self.proposal = None
        self.edit(lambda _why: self._together.redo())

    def take_together(self, changes: Sequence[Change]) -> None:
        """Take back by one undo what one press has made, and say so."""
        self._together.remember(changes)

    def sign_off(self, meaning: str) -> bool:
        """State what the reader's signature means; whether it was given."""
        return self.edit(lambda _why: self.review.sign_off(meaning))

    def follow(self, change: Change) -> None:
        """Take in an edit that was made, wherever it came from."""
        self._entries_n = len(self.review.entries)
        self.queue.refresh()
        self.proposal = None
        is_new = not isinstance(change.entry.correction, (Undo, Redo))
        if is_new:
            self.comment = ""
        subject = subject_of(change.entry, self.review.entries)
        if subject is not None and self.is_there(subject):
            if not is_new:
                self._anchor = self.queue.row_of(*subject)  # what is open again is not passed over
            if subject != self.current or change.touched.fiber_region or change.touched.nucleus_region:
                self._leave_for(subject)
        elif self.current is not None and not self.is_there(self.current):
            self.current = None
            self._tell(self._on_move)
        self._tell(self._on_edit)

    def catch_up(self) -> None:
        """Take in edits that nobody told of: the first ones of several of which a later one was refused."""
        if len(self.review.entries) != self._entries_n:
            self._entries_n = len(self.review.entries)
            self.queue.refresh()
            if self.current is not None and not self.is_there(self.current):
                self.current = None
                self._tell(self._on_move)
            self._tell(self._on_edit)

    def _call(self, origin: Origin | None) -> bool:
        current = self.chosen("call")
        if current is None:
            return False
        if current[0] is not Target.NUCLEUS:
            self.say("Only a nucleus is donor or host: click one, or go on to the next")
            return False
        is_audit = self.is_audit
        return self.edit(
            lambda why: self.review.set_origin(current[1], origin, why=why, is_audit=is_audit), goes_on=True
        )

    def chosen(self, what: str) -> Thing | None:
        """Return the current object, or say that there is none to do something with."""
        if self.current is None:
            self.say(f"There is nothing to {what}: click an object, or go to the next one")
        return self.current

    def edit(self, edit: Callable[[str], Change | tuple[Change, ...]], *, goes_on: bool = False) -> bool:
        """Make an edit with the comment that is written; whether it was done, and if so the next object if asked."""
        because = self.review.read_only_because
        if because is not None:
            self.say(because)
            return False
        why = self.comment.strip()

        def tried() -> Change | tuple[Change, ...]:
            try:
                return edit(why)
            except MyograftError as problem:
                self.say(problem.sentence)
                raise

        if not self._act(tried):
            return False
        if goes_on and self.goes_on:
            self.next()
        return True

    def _act_here(self, edit: Edit) -> bool:
        try:
            done = edit()
        except MyograftError:
            return False  # `edit` has said why
        for change in done if isinstance(done, tuple) else (done,):
            self.follow(change)
        return True

    def _leave_for(self, thing: Thing) -> None:
        if self.current is not None and self.current != thing:
            self._trail.append(self.current)
        self._move(thing)

    def _move(self, thing: Thing) -> None:
        self.proposal = None
        self.current = thing
        self._tell(self._on_move)

    def is_there(self, thing: Thing) -> bool:
        """Whether there is such an object just now."""
        return self.review.has(*thing)

    @staticmethod
    def _tell(listeners: Sequence[Callable[[], None]]) -> None:
        for listener in listeners:
            listener()
