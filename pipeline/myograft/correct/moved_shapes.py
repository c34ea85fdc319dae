"""What readers drew, over another run's outlines: their pixels win, and what replaces what is found by overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from myograft.correct.edited_labels import EditedLabels
from myograft.correct.overlap import SAME_FRACTION, Finder, Overlap
from myograft.correct.strokes import ShapeEdit, drawn_by, stroke_of
from myograft.model.correction import Add, Delete, NewObject, Pixels, Reshape, Target
from myograft.model.geometry import Region


@dataclass
class MovedShapes:
    """Edits that put the shapes readers left into another run's labels.

    Parameters
    ----------
    edits
        In the order in which to make them, with the number of the old entry each one stands for.
    new_ids
        Number in the other run of every object that readers drew or reshaped and that is still there.
    surprises
        By old entry, what it meets that its reader cannot have seen.
    """

    edits: list[tuple[int, ShapeEdit]] = field(default_factory=list)
    new_ids: dict[int, int] = field(default_factory=dict)
    surprises: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


class ShapeHistory:
    """What became of a plane's objects, edit by edit.

    Parameters
    ----------
    machine
        The labels, without edits.
    edits
        Numbers and edits of the entries in force about them that change pixels, in order.

    Attributes
    ----------
    left
        The labels as readers left them.
    shaped_by, replaced_by
        By object, the last entry that drew or reshaped it; by object of the machine, the last one that redrew or
        removed it.
    places
        By entry, where it changed pixels.
    """

    def __init__(self, machine: EditedLabels, edits: Sequence[tuple[int, ShapeEdit]]) -> None:
        self.machine, self.left = machine, machine.unedited()
        self.shaped_by: dict[int, int] = {}
        self.replaced_by: dict[int, int] = {}
        self.places: dict[int, Region] = {}
        for number, edit in edits:
            self._follow(number, edit)

    def _follow(self, number: int, edit: ShapeEdit) -> None:
        changed = self.left.apply(stroke_of(edit))
        drawn = drawn_by(edit)
        self.shaped_by.update(dict.fromkeys(drawn, number))
        # Objects go, too, because a shape was drawn over all of them.
        redrawn = (drawn | changed.removed) & self.machine.boxes.keys()
        self.replaced_by.update(dict.fromkeys(redrawn, number))
        self.places[number] = changed.region or self.left.boxes[min(drawn)]


class ShapeMover:
    """Compares the shapes that readers left with another run's outlines.

    The end counts, not the way there: of a fiber that was merged, split and reshaped in turn, its last shapes.

    Parameters
    ----------
    target
        What the labels are.
    history
        What became of the old run's objects.
    new
        The other run's labels, without edits.
    """

    def __init__(self, target: Target, history: ShapeHistory, new: EditedLabels) -> None:
        self._target = target
        self._old, self._new = Finder(history.machine), Finder(new)
        self._next_id = new.next_id
        self._shaped_by, self._replaced_by = history.shaped_by, history.replaced_by
        self._drawn = {
            object_id: history.left.pixels_of(object_id)
            for object_id in sorted(history.shaped_by)
            if object_id in history.left.boxes
        }

    def move(self) -> MovedShapes:
        """Return the edits that leave the readers' shapes in the other run's labels."""
        moved = MovedShapes()
        under = {object_id: self._new.under(pixels) for object_id, pixels in self._drawn.items()}
        redrawn = {object_id: self._old.place_of(object_id) for object_id in sorted(self._replaced_by)}
        partners = self._partners(under, redrawn)
        replaced = self._replaced(under, redrawn)
        for number in sorted(replaced.keys() - partners.values()):
            moved.edits.append((replaced[number], Delete(target=self._target, object_id=number)))
        for object_id, pixels in self._drawn.items():
            self._draw(object_id, pixels, partners.get(object_id), moved)
        settled = replaced.keys() | set(partners.values())
        for object_id, overlaps in under.items():
            self._note(self._shaped_by[object_id], overlaps, settled, moved)
        for object_id, place in redrawn.items():
            self._note(self._replaced_by[object_id], self._new.under(place), settled, moved)
        return moved

    def _partners(
        self, under: dict[int, list[Overlap]], redrawn: dict[int, Pixels | Region]
    ) -> dict[int, int]:
        """Return for drawn objects the one of the other run that takes their shape, each at most once."""
        partners = {
            object_id: overlap.number
            for object_id, overlaps in under.items()
            for overlap in overlaps
            if overlap.is_same
        }
        for object_id in sorted(under.keys() & redrawn.keys() - partners.keys()):
            # Reshaped so much that it matches nothing now, but what the reader reshaped is still there under it.
            same = self._new.same_as(redrawn[object_id])
            if same in {overlap.number for overlap in under[object_id]} - set(partners.values()):
                partners[object_id] = same
        return partners

    def _replaced(
        self, under: dict[int, list[Overlap]], redrawn: dict[int, Pixels | Region]
    ) -> dict[int, int]:
        """Return the other run's objects that give way to what readers left, each with the entry it gives way to."""
        covered: defaultdict[int, list[tuple[Overlap, int]]] = defaultdict(list)
        for object_id, overlaps in under.items():
            for overlap in overlaps:
                covered[overlap.number].append((overlap, self._shaped_by[object_id]))
        replaced = {
            number: max(shares, key=lambda share: (share[0].shared_px, share[1]))[1]
            for number, shares in covered.items()
            if sum(share.shared_px for share, _ in shares) > SAME_FRACTION * shares[0][0].object_px
        }
        for object_id, place in redrawn.items():
            same = self._new.same_as(place)
            if same is not None:
                replaced[same] = self._replaced_by[object_id]
        return replaced

    def _draw(self, object_id: int, pixels: Pixels, partner: int | None, moved: MovedShapes) -> None:
        entry = self._shaped_by[object_id]
        if partner is None:
            partner, self._next_id = self._next_id, self._next_id + 1
            made = NewObject(new_id=partner, pixels=pixels)
            moved.edits.append((entry, Add(target=self._target, made=made)))
        else:  # also where the pixels are the same: the next run's may differ, and what was drawn stays drawn
            moved.edits.append((entry, Reshape(target=self._target, object_id=partner, pixels=pixels)))
        moved.new_ids[object_id] = partner

    def _note(self, entry: int, overlaps: list[Overlap], settled: set[int], moved: MovedShapes) -> None:
        """Note the objects that stay, reach far into what an entry settled, and were not there in the old run."""
        for overlap in overlaps:
            number = overlap.number
            if overlap.is_related and number not in settled and not self._was_seen(number):
                sentence = f"the new outlines have {self._target} {number} there, which the old ones had not"
                if sentence not in moved.surprises[entry]:
                    moved.surprises[entry].append(sentence)

    def _was_seen(self, number: int) -> bool:
        return self._old.same_as(self._new.place_of(number)) is not None
