"""A label plane with edits over it: what was segmented is only read, edited chunks alone are held, undo is exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from myograft.correct.boxes import EditedBoxes, StoredBoxes, extend_boxes, hull_of, reaches_a_side
from myograft.correct.chunks import TOGETHER_N, BaseChunks, Key, LabelSource, PackedChunk
from myograft.correct.strokes import Stroke
from myograft.errors import CorrectionError
from myograft.model.arrays import Labels
from myograft.model.correction import Pixels
from myograft.model.geometry import Region

#: Edge of a chunk; that of the stored labels, so that an edit decodes no more of them than it must.
CHUNK_PX = 512


@dataclass(frozen=True)
class Changed:
    """What a stroke, or taking one back, did to a plane.

    Parameters
    ----------
    region
        Box of the pixels that changed; None where none did.
    ids
        Objects that gained or lost pixels.
    made, removed
        Those of them that were not there before, and those that have no pixel left.
    """

    region: Region | None = None
    ids: frozenset[int] = frozenset()
    made: frozenset[int] = frozenset()
    removed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Placed:
    """A stroke where it was made: boxes of the objects it renumbered at that time, and what it changed."""

    stroke: Stroke
    areas: tuple[Region, ...]
    chunks: tuple[Key, ...] = ()
    boxes_before: Mapping[int, Region | None] = field(default_factory=dict)
    region: Region | None = None

    def make(self, labels: Labels, home: Region) -> None:
        """Make the stroke in labels that lie at `home`."""
        for (old, new), area in zip(self.stroke.renumbered, self.areas, strict=True):
            view = labels[area.intersect(home).inside(home)]
            view[view == old] = new
        for pixels, number in self.stroke.painted:
            part = pixels.box.intersect(home)
            labels[part.inside(home)][pixels.to_mask(part)] = number


class EditedLabels:
    """Labels of one plane as strokes leave them.

    Every edited chunk is a function of the segmented one and the strokes that stand, in order: taking one back builds
    its chunks anew and touches nothing else. Several threads may read while one edits; what they read then may hold a
    part of the edit.

    Parameters
    ----------
    base
        The labels as segmented; never changed.
    boxes
        Box of every object of the base, exact.
    highest_id
        Highest number the base ever gave.
    chunk_px
        Edge of a chunk, a multiple of 8.
    """

    def __init__(
        self, base: LabelSource, boxes: Mapping[int, Region], highest_id: int, chunk_px: int = CHUNK_PX
    ) -> None:
        self._base = BaseChunks(base, chunk_px)
        self._base_boxes = boxes if isinstance(boxes, StoredBoxes) else StoredBoxes.of(boxes)
        self._base_highest_id = highest_id
        self._boxes = EditedBoxes(self._base_boxes)
        self._highest_id = highest_id
        self._edited: dict[Key, PackedChunk] = {}
        self._strokes: list[_Placed] = []
        self._strokes_on: defaultdict[Key, list[_Placed]] = defaultdict(list)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the plane in px."""
        return self._base.source.shape

    @property
    def boxes(self) -> EditedBoxes:
        """Box of every object there is, by number, exact."""
        return self._boxes

    @property
    def next_id(self) -> int:
        """Number of the next new object: the highest ever used, by strokes taken back too, plus one."""
        return self._highest_id + 1

    def unedited(self) -> EditedLabels:
        """Return the same plane without any stroke."""
        return EditedLabels(self._base.source, self._base_boxes, self._base_highest_id, self._base.chunk_px)

    def read(self, region: Region, level: int = 0) -> Labels:
        """Return a block as the strokes leave it.

        Parameters
        ----------
        region
            In px of the level.
        level
            0 for full resolution; level k is every 2**k-th pixel of every such row, as pyramids are written.

        Returns
        -------
        Labels
            Shape of `region`; the caller's own.

        Raises
        ------
        ValueError
            When the region leaves the plane.
        """
        bounds = self._base.bounds(level)
        if not (bounds.y0 <= region.y0 and bounds.x0 <= region.x0) or bounds.union(region) != bounds:
            raise ValueError(f"{region} leaves the plane, {bounds}")
        block = np.zeros(region.shape, np.uint32)
        parts = list(self._base.parts([region], level))
        for first in range(0, len(parts), TOGETHER_N):
            some = parts[first : first + TOGETHER_N]
            edited = {} if level else {key: chunk for key, _ in some if (chunk := self._edited.get(key))}
            segmented = self._base.several([key for key, _ in some if key not in edited], level)
            for key, part in some:
                labels = edited[key].labels if key in edited else segmented[key]
                block[part.inside(region)] = labels[part.inside(self._base.home(key, level))]
        if level:
            self._overlay(block, region, 2**level)
        return block

    def _overlay(self, block: Labels, region: Region, step_px: int) -> None:
        """Put the edited chunks over a block of a coarser level."""
        for key, chunk in tuple(self._edited.items()):
            home = self._base.home(key)
            # The level's first pixel in the chunk is the first multiple of the step at or after its edge.
            picked = Region(*(-(-edge // step_px) for edge in (home.y0, home.x0, home.y1, home.x1)))
            part = picked.intersect(region)
            if not part.is_empty:
                rows = range(part.y0 * step_px - home.y0, part.y1 * step_px - home.y0, step_px)
                columns = range(part.x0 * step_px - home.x0, part.x1 * step_px - home.x0, step_px)
                block[part.inside(region)] = chunk.every(step_px, rows, columns)

    def edited_chunks(self) -> Iterator[tuple[Region, Labels]]:
        """Yield where the plane may differ from the base, and its labels there (read-only), in raster order."""
        for key in sorted(self._edited):
            yield self._base.home(key), self._edited[key].labels

    def pixels_of(self, object_id: int) -> Pixels:
        """Return the exact pixels of an object.

        Raises
        ------
        CorrectionError
            When there is no such object.
        """
        box = self._boxes.get(object_id)
        if box is None:
            raise CorrectionError(f"there is no object {object_id}", remedy="Choose one that is shown")
        return Pixels.from_mask(self.read(box) == object_id, y0=box.y0, x0=box.x0)

    def apply(self, stroke: Stroke) -> Changed:
        """Make a stroke: objects get their new numbers, then pixels are painted.

        Raises
        ------
        KeyError
            When an object that would be renumbered is not there.
        """
        making = _Placed(stroke, tuple(self._boxes[old] for old, _ in stroke.renumbered))
        lost: dict[int, Region] = {}
        gained: dict[int, Region] = {}
        chunks = []
        parts = list(self._base.parts([*making.areas, *(pixels.box for pixels, _ in stroke.painted)]))
        if len(parts) <= TOGETHER_N:
            self._base.several([key for key, _ in parts if key not in self._edited])
        for key, part in parts:
            home = self._base.home(key)
            before = self.read(home)
            after = before.copy()
            making.make(after, home)
            before_part, after_part = before[part.inside(home)], after[part.inside(home)]
            differs = before_part != after_part
            if differs.any():
                extend_boxes(lost, before_part, differs, part)
                extend_boxes(gained, after_part, differs, part)
                self._edited[key] = PackedChunk.of(after)
                chunks.append(key)
        before_boxes = {number: self._boxes.get(number) for number in lost.keys() | gained.keys()}
        region = hull_of([*lost.values(), *gained.values()])
        placed = _Placed(stroke, making.areas, tuple(chunks), before_boxes, region)
        self._strokes.append(placed)
        for key in chunks:
            self._strokes_on[key].append(placed)
        self._highest_id = max(self._highest_id, stroke.highest_id)
        self._boxes.put({number: self._box_after(number, lost, gained) for number in before_boxes})
        return self._changed(region, before_boxes)

    def take_back(self) -> Changed:
        """Take the last stroke back: pixels and boxes are as if it had never been made.

        Raises
        ------
        IndexError
            When there is none.
        """
        placed = self._strokes.pop()
        for key in placed.chunks:
            standing = self._strokes_on[key]
            standing.pop()  # strokes are taken back in order, so it is the last one of each of its chunks
            if not standing:
                del self._strokes_on[key], self._edited[key]
                continue
            labels, home = self._base.labels(key).copy(), self._base.home(key)
            for earlier in standing:
                earlier.make(labels, home)
            self._edited[key] = PackedChunk.of(labels)
        before_boxes = {number: self._boxes.get(number) for number in placed.boxes_before}
        self._boxes.put(placed.boxes_before)
        return self._changed(placed.region, before_boxes)

    def _changed(self, region: Region | None, before: Mapping[int, Region | None]) -> Changed:
        return Changed(
            region,
            frozenset(before),
            frozenset(number for number, box in before.items() if box is None and number in self._boxes),
            frozenset(number for number, box in before.items() if box and number not in self._boxes),
        )

    def _box_after(
        self, number: int, lost: Mapping[int, Region], gained: Mapping[int, Region]
    ) -> Region | None:
        box = self._boxes.get(number)
        if box and number in lost and reaches_a_side(lost[number], box):
            box = self._extent(number, box)
        if number in gained:
            box = box.union(gained[number]) if box else gained[number]
        return box

    def _extent(self, number: int, within: Region) -> Region | None:
        """Return the box of an object's pixels in a region, read chunk by chunk; None where it has none."""
        found: dict[int, Region] = {}
        for _, part in self._base.parts([within]):
            labels = self.read(part)
            extend_boxes(found, labels, labels == number, part)
        return found.get(number)
