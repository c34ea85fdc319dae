"""A label plane chunk by chunk: segmented ones are kept decoded for a while, edited ones packed for good."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol, Self, TypeAlias

import imagecodecs
import numpy as np

from myograft.correct.boxes import hull_of
from myograft.model.arrays import Array, Labels
from myograft.model.geometry import Region

#: Segmented chunks that are kept decoded: 64 MiB.
KEPT_CHUNKS_N = 64

#: Most chunks that are read at once: an object and what is around it, not a plane.
TOGETHER_N = 16

#: A packed chunk's coarse view holds every such pixel of every such row; edges of chunks are multiples of it.
COARSE_STEP_PX = 8

Key: TypeAlias = tuple[int, int]
"""Row and column of a chunk in the grid of chunks."""


class LabelSource(Protocol):
    """Whoever reads segmented labels block by block."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the plane in px."""

    def read(self, region: Region, level: int = 0) -> Labels:
        """Return a block of a level of the pyramid; `region` in px of the level."""


class BaseChunks:
    """The grid of chunks over a plane and its pyramid, and the segmented labels in them.

    Parameters
    ----------
    source
        Reads the labels; each chunk at most once while it is kept. Coarser levels are every second pixel of every
        second row of the level below.
    chunk_px
        Edge of a chunk on every level, a multiple of 8.
    """

    def __init__(self, source: LabelSource, chunk_px: int) -> None:
        if chunk_px < COARSE_STEP_PX or chunk_px % COARSE_STEP_PX:
            raise ValueError(f"the edge of a chunk must be a multiple of {COARSE_STEP_PX} px, not {chunk_px}")
        self.source = source
        self.chunk_px = chunk_px
        self._kept: OrderedDict[tuple[Key, int], Labels] = OrderedDict()
        self._at_kept = Lock()

    def bounds(self, level: int = 0) -> Region:
        """Return the whole plane in px of a level."""
        height, width = self.source.shape
        return Region(0, 0, -(-height // 2**level), -(-width // 2**level))

    def home(self, key: Key, level: int = 0) -> Region:
        """Return where a chunk lies, in px of its level."""
        y0, x0 = key[0] * self.chunk_px, key[1] * self.chunk_px
        return Region(y0, x0, y0 + self.chunk_px, x0 + self.chunk_px).intersect(self.bounds(level))

    def parts(self, areas: Iterable[Region], level: int = 0) -> Iterator[tuple[Key, Region]]:
        """Yield each chunk that the areas touch, once and in raster order, and the box of what they touch of it."""
        step = self.chunk_px
        touched: defaultdict[Key, list[Region]] = defaultdict(list)
        for area in areas:
            for row in range(area.y0 // step, -(-area.y1 // step)):
                for column in range(area.x0 // step, -(-area.x1 // step)):
                    touched[row, column].append(area.intersect(self.home((row, column), level)))
        for key in sorted(touched):
            part = hull_of(touched[key])
            if part is not None:
                yield key, part

    def labels(self, key: Key, level: int = 0) -> Labels:
        """Return the segmented labels of a chunk, read-only."""
        return self.several([key], level)[key]

    def several(self, keys: Sequence[Key], level: int = 0) -> dict[Key, Labels]:
        """Return the segmented labels of some chunks, read-only; neighbors are read at once, which costs one's time."""
        found = {key: self._found(key, level) for key in keys}
        missing = [key for key, labels in found.items() if labels is None]
        read: dict[Key, Labels] = {}
        for together in [missing] if _fill_their_box(missing) else [[key] for key in missing]:
            read |= self._read(together, level)
        return {key: read[key] if labels is None else labels for key, labels in found.items()}

    def _found(self, key: Key, level: int) -> Labels | None:
        with self._at_kept:
            labels = self._kept.get((key, level))
            if labels is not None:
                self._kept.move_to_end((key, level))
        return labels

    def _read(self, keys: Sequence[Key], level: int) -> dict[Key, Labels]:
        """Read the box of some chunks."""
        homes = {key: self.home(key, level) for key in keys}
        box = hull_of(homes.values())
        if box is None:
            return {}
        block = self.source.read(box, level)
        read = {key: np.array(block[home.inside(box)], dtype=np.uint32) for key, home in homes.items()}
        with self._at_kept:
            for key, labels in read.items():
                labels.flags.writeable = False
                self._kept[key, level] = labels
            while len(self._kept) > KEPT_CHUNKS_N:
                self._kept.popitem(last=False)
        return read


def _fill_their_box(keys: Sequence[Key]) -> bool:
    """Whether some chunks, a few, are all that their box holds."""
    if not 1 < len(keys) <= TOGETHER_N:
        return False
    rows, columns = ({key[axis] for key in keys} for axis in (0, 1))
    return (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1) == len(keys)


@dataclass(frozen=True)
class PackedChunk:
    """One edited chunk; numbers of objects repeat, so that 1 MiB packs to some 15 KB in 0.2 ms.

    Parameters
    ----------
    packed
        The labels, compressed.
    shape
        Height and width in px.
    coarse
        Every eighth pixel of every eighth row: a view of the whole plane unpacks nothing.
    """

    packed: bytes
    shape: tuple[int, int]
    coarse: Labels

    @classmethod
    def of(cls, labels: Labels) -> Self:
        """Pack a chunk, shape (H, W)."""
        height, width = labels.shape
        coarse = labels[::COARSE_STEP_PX, ::COARSE_STEP_PX].copy()
        return cls(bytes(imagecodecs.zstd_encode(labels.tobytes(), 1)), (height, width), coarse)

    @property
    def labels(self) -> Labels:
        """The labels again, read-only, shape (H, W)."""
        raw = bytes(imagecodecs.zstd_decode(self.packed))
        return np.frombuffer(raw, dtype=np.uint32).reshape(self.shape)

    def every(self, step_px: int, rows: range, columns: range) -> Array:
        """Return single pixels of the chunk.

        Parameters
        ----------
        step_px
            A power of two.
        rows, columns
            Which pixels, in px of the chunk, `step_px` apart; where that is a multiple of :data:`COARSE_STEP_PX`, they
            begin at one.
        """
        factor = COARSE_STEP_PX if step_px % COARSE_STEP_PX == 0 else 1
        source = self.coarse if factor > 1 else self.labels
        return source[_scaled(rows, factor), _scaled(columns, factor)]


def _scaled(pixels: range, factor: int) -> slice:
    return slice(pixels.start // factor, pixels[-1] // factor + 1, pixels.step // factor)
