"""Small label planes, random journals over them, and what they leave, computed in the simplest way."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy import ndimage

from myograft.correct.edited_labels import EditedLabels
from myograft.correct.reattach import reattach
from myograft.correct.replay import Replay
from myograft.model import correction as edits
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.correction import Pixels, Target
from myograft.model.geometry import Region
from myograft.model.journal import JournalEntry

SHAPES = ("add", "delete", "merge", "split", "reshape")
CALLS = ("origin", "location", "position", "accept", "reject", "exclude", "include")
MOVES = ("undo", "undo", "redo", "sign_off")


class ArraySource:
    """Labels in memory, with the pyramid of every second pixel; counts what is read."""

    def __init__(self, labels):
        self.levels = [np.asarray(labels, np.uint32)]
        while max(self.levels[-1].shape) > 1:
            self.levels.append(self.levels[-1][::2, ::2])
        self.shape = self.levels[0].shape
        self.reads = []

    def read(self, region, level=0):
        self.reads.append((region, level))
        return self.levels[level][region.slices]


def boxes_of(labels):
    """Box of every object, found by looking for its pixels."""
    found = ndimage.find_objects(np.asarray(labels, np.int64))
    return {
        n: Region(box[0].start, box[1].start, box[0].stop, box[1].stop)
        for n, box in enumerate(found, start=1)
        if box
    }


def edited(labels, chunk_px=8):
    """The labels as a plane to edit."""
    labels = np.asarray(labels, np.uint32)
    return EditedLabels(ArraySource(labels), boxes_of(labels), int(labels.max(initial=0)), chunk_px)


def whole(plane):
    """The whole plane as it is now."""
    return plane.read(Region(0, 0, *plane.shape))


def paint(labels, pixels, number):
    for y, start, stop in pixels.runs:
        labels[y, start:stop] = number


def redraw(labels, edit):
    """Make an edit of pixels in a whole plane."""
    match edit:
        case edits.Add():
            paint(labels, edit.made.pixels, edit.made.new_id)
        case edits.Delete():
            labels[labels == edit.object_id] = 0
        case edits.Merge():
            labels[np.isin(labels, edit.object_ids)] = edit.new_id
            if edit.bridge:
                paint(labels, edit.bridge, edit.new_id)
        case edits.Split():
            labels[labels == edit.object_id] = 0
            for part in edit.parts:
                paint(labels, part.pixels, part.new_id)
        case edits.Reshape():
            labels[labels == edit.object_id] = 0
            paint(labels, edit.pixels, edit.object_id)


def standing(corrections):
    """Corrections in force, with the positions of their entries."""
    stays, gone = [], []
    for number, correction in enumerate(corrections, start=1):
        match correction:
            case edits.Undo():
                gone.append(stays.pop())
            case edits.Redo():
                stays.append(gone.pop())
            case edits.SignOff():
                pass
            case _:
                stays.append((number, correction))
                gone = []
    return stays, gone


def replayed(labels, corrections, target):
    """The plane of a target after all corrections."""
    labels = np.array(labels, np.uint32)
    for _, correction in standing(corrections)[0]:
        if getattr(correction, "target", None) is target:
            redraw(labels, correction)
    return labels


def said(corrections):
    """What the corrections in force say, in the order of :class:`Calls`."""
    origin, location, position, areas = {}, {}, {}, []
    accepted, rejected = {target: set() for target in Target}, {target: {} for target in Target}
    for _, call in standing(corrections)[0]:
        match call:
            case edits.SetOrigin():
                origin[call.nucleus_id] = call.after
            case edits.SetLocation():
                location[call.nucleus_id] = (call.after, call.fiber_after)
            case edits.SetPosition():
                position[call.nucleus_id] = call.after
            case edits.Accept():
                accepted[call.target].add(call.object_id)
                rejected[call.target].pop(call.object_id, None)
            case edits.Reject():
                accepted[call.target].discard(call.object_id)
                rejected[call.target][call.object_id] = call.reason
            case edits.ExcludeRegion() | edits.IncludeRegion():
                areas.append(call)
    return origin, location, position, accepted, rejected, areas


class Journalist:
    """Turns random wishes into edits that can be made, one after another."""

    def __init__(self, fibers, nuclei):
        self.start = {Target.FIBER: np.array(fibers), Target.NUCLEUS: np.array(nuclei)}
        self.highest = {target: int(labels.max(initial=0)) for target, labels in self.start.items()}
        self.corrections = []

    def wish(self, kind, seed):
        self.random = np.random.default_rng(seed)
        self.target = list(Target)[self.random.integers(2)]
        self.labels = {t: replayed(self.start[t], self.corrections, t) for t in Target}
        needed = {"delete": 1, "reshape": 1, "split": 1, "accept": 1, "reject": 1, "merge": 2}.get(kind, 0)
        enough = len(self._ids(self.target)) >= needed
        if kind in {"origin", "location", "position"}:
            enough = all(self._ids(target) for target in Target)
        correction = getattr(self, f"_{kind}")() if enough else None
        if correction is not None:
            self.corrections.append(correction)

    def _ids(self, target):
        return [int(number) for number in np.unique(self.labels[target]) if number]

    def _one(self, target=None):
        return int(self.random.choice(self._ids(target or self.target)))

    def _any(self, choices):
        return list(choices)[self.random.integers(len(list(choices)))]

    def _new_id(self):
        self.highest[self.target] += 1
        return self.highest[self.target]

    def _pixels(self):
        return any_pixels(self.random, self.labels[self.target].shape)

    def _add(self):
        made = edits.NewObject(new_id=self._new_id(), pixels=self._pixels())
        return edits.Add(target=self.target, made=made)

    def _delete(self):
        return edits.Delete(target=self.target, object_id=self._one())

    def _reshape(self):
        return edits.Reshape(target=self.target, object_id=self._one(), pixels=self._pixels())

    def _merge(self):
        there = self._ids(self.target)
        several = self.random.choice(there, min(len(there), self._any([2, 3])), replace=False)
        return edits.Merge(
            target=self.target,
            object_ids=tuple(several.tolist()),
            new_id=self._new_id(),
            bridge=self._any([None, self._pixels()]),
        )

    def _split(self):
        one, labels = self._one(), self.labels[self.target]
        part_of = np.where(labels == one, self.random.integers(0, 4, labels.shape), 0)
        parts = [Pixels.from_mask(part_of == n) for n in (1, 2, 3) if (part_of == n).any()]
        if len(parts) < 2:
            return None
        made = tuple(edits.NewObject(new_id=self._new_id(), pixels=part) for part in parts)
        return edits.Split(target=self.target, object_id=one, parts=made)

    def _accept(self):
        return edits.Accept(target=self.target, object_id=self._one())

    def _reject(self):
        return edits.Reject(target=self.target, object_id=self._one(), reason=self._any(ExclusionReason))

    def _include(self):
        return edits.IncludeRegion(outline=tuple(map(tuple, self.random.uniform(0, 40, (3, 2)).tolist())))

    def _exclude(self):
        return edits.ExcludeRegion(outline=self._include().outline, reason=self._any(ExclusionReason))

    def _origin(self):
        nucleus, after = self._one(Target.NUCLEUS), self._any([None, *Origin])
        return edits.SetOrigin(nucleus_id=nucleus, before=None, after=after)

    def _location(self):
        nucleus, fiber, after = self._one(Target.NUCLEUS), self._one(Target.FIBER), self._any(Location)
        inside = fiber if after is Location.IN_FIBER else None
        return edits.SetLocation(
            nucleus_id=nucleus, before=None, after=after, fiber_before=None, fiber_after=inside
        )

    def _position(self):
        nucleus = self._one(Target.NUCLEUS)
        place = said(self.corrections)[1].get(nucleus)
        if place and place[1] is None:
            return None
        return edits.SetPosition(nucleus_id=nucleus, before=Position.CENTRAL, after=self._any(Position))

    def _undo(self):
        stays, _ = standing(self.corrections)
        return edits.Undo(number=stays[-1][0]) if stays else None

    def _redo(self):
        _, gone = standing(self.corrections)
        return edits.Redo(number=gone[-1][0]) if gone else None

    def _sign_off(self):
        return edits.SignOff(meaning="I have read it")


def any_pixels(random, shape):
    """Some pixels of a plane: a box with gaps."""
    y0, x0 = int(random.integers(shape[0])), int(random.integers(shape[1]))
    height, width = int(random.integers(1, shape[0] - y0 + 1)), int(random.integers(1, shape[1] - x0 + 1))
    mask = random.random((height, width)) < random.choice([0.3, 0.9, 1.1])
    mask.flat[0] = True
    return Pixels.from_mask(mask, y0=y0, x0=x0)


def any_labels(random, shape):
    """A plane of boxes and diamonds that lie over each other, so that some objects have several parts."""
    labels, (rows, columns) = np.zeros(shape, np.uint32), np.indices(shape)
    for number in range(1, int(random.integers(1, 8))):
        far = np.abs(rows - random.integers(shape[0])), np.abs(columns - random.integers(shape[1]))
        labels[random.choice([np.add, np.maximum])(*far) < random.integers(1, 8)] = number
    return labels


@st.composite
def planes(draw):
    """Fibers and nuclei of one plane."""
    shape = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    return any_labels(random, shape), any_labels(random, shape)


@st.composite
def reviews(draw, kinds=(*SHAPES, *CALLS, *MOVES), most=12):
    """Fibers, nuclei and a journal of edits that can be made."""
    fibers, nuclei = draw(planes())
    journalist = Journalist(fibers, nuclei)
    for kind, seed in draw(st.lists(st.tuples(st.sampled_from(kinds), st.integers(0, 2**32)), max_size=most)):
        journalist.wish(kind, seed)
    return fibers, nuclei, tuple(journalist.corrections)


def moved(standing, old, new):
    """Entries moved from one run's result to another's, and the other's labels and calls with them."""
    reattached = reattach(standing, old, new)
    replay = Replay(new.fibers.unedited(), new.nuclei.unedited())
    for entry in entries([reissued.correction for reissued in reattached.corrections]):
        replay.apply(entry)
    return reattached, replay


def entries(corrections):
    """The corrections as journal entries; their seals are no matter here."""
    made = JournalEntry.model_construct
    return [made(number=n, author="Ada", correction=c) for n, c in enumerate(corrections, start=1)]


@pytest.fixture(scope="session")
def bench():
    """Planes to edit, random reviews, and what these leave, computed without chunks."""
    things = [ArraySource, any_labels, any_pixels, boxes_of, edited, entries, moved, replayed, said]
    named = {thing.__name__: thing for thing in [*things, standing, whole]}
    return SimpleNamespace(**named, planes=planes, reviews=reviews, shapes=SHAPES)
