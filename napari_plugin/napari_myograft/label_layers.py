"""Fibers and nuclei of a review as class-colored layers: read-only pyramids that follow every edit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from napari.utils.colormaps import CyclicLabelColormap
from napari.utils.colormaps.standardize_color import transform_color

from myograft.api import Result, Review
from myograft.model.correction import Target
from myograft.model.geometry import Region
from myograft.model.table import Table
from napari_myograft.object_classes import (
    COLOR_OF,
    LOOKED_AT,
    NAME_OF,
    Codes,
    Coloring,
    ObjectClass,
    class_codes,
    classes_of,
    codes_by_id,
    colorings,
    columns_of,
)
from napari_myograft.reviewed_levels import FINER_LEVELS_N, ClassCoded, LabelTiles

#: From this many changed objects on, classing all of them anew is the quicker way.
_MANY = 500

_ID = {Target.FIBER: "fiber_id", Target.NUCLEUS: "nucleus_id"}
_NAME = {Target.FIBER: "fibers", Target.NUCLEUS: "nuclei"}
_FILLED_OPACITY = 0.45


class LabelLayer:
    """The objects of one kind: their pyramid, their classes and the napari layer that shows both.

    Parameters
    ----------
    review
        Where labels and tables come from.
    result
        The machine's.
    target
        Fibers or nuclei.
    is_machine
        Whether the machine's labels and calls are shown, as they were before anybody read.
    """

    def __init__(self, review: Review, result: Result, target: Target, *, is_machine: bool = False) -> None:
        self._review, self._result = review, result
        self.target = target
        self._is_machine = is_machine
        self.is_blinded = review.setup is not None and review.setup.is_blinded
        self.coloring = colorings(target, is_blinded=self.is_blinded)[0]
        self.tiles = _machine_tiles(result, target) if is_machine else _tiles(review, result, target)
        self.coded = ClassCoded(self.tiles, self._codes())
        self.layer: Any = None
        self._is_held = self._is_stale = False

    def arguments(self, scale_um: float) -> dict[str, Any]:
        """Return what napari's ``add_labels`` takes."""
        finest_um = scale_um / 2**FINER_LEVELS_N
        # The corner of the first pixel lies half a pixel of the slide before 0, whatever the level.
        corner_um = (finest_um - scale_um) / 2
        return {
            "data": self.coded.levels,
            "multiscale": True,
            "name": f"{_NAME[self.target]} (machine)" if self._is_machine else _NAME[self.target],
            "scale": (finest_um, finest_um),
            "translate": (corner_um, corner_um),
            "units": ("micrometer", "micrometer"),
            "colormap": colormap(),
            "features": {"index": [int(kind) for kind in NAME_OF], "class": list(NAME_OF.values())},
            "opacity": 1.0,
            "visible": not self._is_machine,
        }

    def show_in(self, layer: Any) -> None:
        """Be shown by a layer that was made with `arguments`."""
        self.layer = layer
        layer.events.set_data.connect(self._was_read)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Read anew at the end of the block, unless the view has moved in it: then that was read already."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            if self._is_stale:
                self._draw()

    def set_outlined(self, *, is_outlined: bool) -> None:
        """Show rims, or objects filled."""
        self.coded.is_outlined = is_outlined
        self.layer.opacity = 1.0 if is_outlined else _FILLED_OPACITY
        self._draw()

    def set_coloring(self, coloring: Coloring) -> None:
        """Tell objects apart by something else."""
        self.coloring = coloring
        self.coded.set_codes(self._codes())
        self._draw()

    @property
    def legend(self) -> tuple[ObjectClass, ...]:
        """The classes that are told apart now."""
        return classes_of(self.target, self.coloring, is_blinded=self.is_blinded)

    def follow(self, region: Region | None, ids: frozenset[int]) -> None:
        """Show an edit: pixels of a region that changed, objects whose class may have."""
        if region is not None:
            self.tiles.forget(region)
        if len(ids) >= _MANY:
            self.coded.set_codes(self._codes())
        else:
            self.coded.set_code(self._classes(ids))
        if region is not None or ids:
            self._draw()

    def read_again(self) -> None:
        """Read all labels and classes again."""
        self.tiles.forget(Region(0, 0, *self.tiles.shapes[0]))
        self.coded.set_codes(self._codes())
        self._draw()

    def leave_out(self, region: Region | None) -> None:
        """Show nothing in a region of full resolution, where an edit window lies; None to show all."""
        self.coded.left_out = region
        self._draw()

    @property
    def highest_id(self) -> int:
        """Highest number of an object."""
        table = self._table()
        return 0 if table is None else int(np.ma.getdata(table[_ID[self.target]]).max(initial=0))

    def object_at(self, y_px: float, x_px: float) -> int:
        """Return the object at a point in px of full resolution, 0 where there is none."""
        y, x = int(np.floor(y_px)), int(np.floor(x_px))
        height, width = self.tiles.shapes[0]
        if not (0 <= y < height and 0 <= x < width):
            return 0
        return int(self.tiles.read(Region(y, x, y + 1, x + 1), 0)[0, 0])

    def _table(self) -> Table | None:
        if self._is_machine:
            return self._result.tables.get(_NAME[self.target])
        return self._review.fibers if self.target is Target.FIBER else self._review.nuclei

    def _codes(self) -> Codes:
        table = self._table()
        if table is None:
            return np.zeros(1, dtype=np.uint8)
        codes = class_codes(self.target, self.coloring, table.columns, is_blinded=self.is_blinded)
        return codes_by_id(table[_ID[self.target]], codes)

    def _classes(self, ids: frozenset[int]) -> Mapping[int, int]:
        table = self._table()
        if table is None:
            return {}
        known = np.ma.getdata(table[_ID[self.target]])
        there = sorted(ids.intersection(known[np.isin(known, list(ids))].tolist()))
        rows = [self._review.row(self.target, number) for number in there]
        codes = class_codes(
            self.target, self.coloring, columns_of(rows, LOOKED_AT[self.target]), is_blinded=self.is_blinded
        )
        return dict(zip(there, codes.tolist(), strict=True))

    def _draw(self) -> None:
        self._is_stale = self._is_held
        if self.layer is not None and not self._is_held:
            self.layer.refresh(extent=False, thumbnail=False)

    def _was_read(self, _event: Any) -> None:
        self._is_stale = False


def colormap() -> CyclicLabelColormap:
    """Return the color of every class as napari takes it; 0 is not seen.

    A dictionary of colors would have napari compile code when the first layer is made, for a second.
    """
    colors = ["#00000000"] * (max(COLOR_OF) + 1)
    for kind, color in COLOR_OF.items():
        colors[kind] = color
    return CyclicLabelColormap(colors=transform_color(colors), background_value=0)


def has_labels(result: Result, target: Target) -> bool:
    """Whether there are objects of a kind to show."""
    return bool(result.label_levels(_NAME[target]))


def _tiles(review: Review, result: Result, target: Target) -> LabelTiles:
    shapes = review.levels_shape(target)
    if not shapes:  # linked through planes: their pixels are not edited, and are seen as from above
        return _machine_tiles(result, target)
    return LabelTiles(lambda region, level: review.labels(target, region, level), shapes)


def _machine_tiles(result: Result, target: Target) -> LabelTiles:
    levels = result.label_levels(_NAME[target])
    shapes = tuple((int(level.shape[-2]), int(level.shape[-1])) for level in levels)

    def read(region: Region, level: int) -> Any:
        labels = np.asarray(levels[level][(..., *region.slices)])
        return labels if labels.ndim == 2 else labels.max(axis=0)

    return LabelTiles(read, shapes)
