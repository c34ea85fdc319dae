"""Which object of another result is the same: the one that shares more than half of what both cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from myograft.correct.edited_labels import EditedLabels
from myograft.correct.fixed_objects import FixedObjects
from myograft.model.arrays import Array
from myograft.model.correction import Pixels
from myograft.model.geometry import Region

#: Two objects are the same where they share more than this fraction of what both cover (intersection over union).
#: Objects do not overlap, so above one half no third can claim either.
SAME_FRACTION = 0.5

#: An object that shares less than this fraction of either with another has nothing to do with it: rims differ.
RELATED_FRACTION = 0.25


@dataclass(frozen=True)
class Overlap:
    """What an object shares with a given area.

    Parameters
    ----------
    number
        The object.
    shared_px, object_px, given_px
        Pixels that both cover, and that each covers.
    """

    number: int
    shared_px: int
    object_px: int
    given_px: int

    @property
    def is_same(self) -> bool:
        """Whether object and area are the same (:data:`SAME_FRACTION`)."""
        return self.shared_px > SAME_FRACTION * (self.object_px + self.given_px - self.shared_px)

    @property
    def is_related(self) -> bool:
        """Whether they share a good part of either (:data:`RELATED_FRACTION`)."""
        return self.shared_px > RELATED_FRACTION * min(self.object_px, self.given_px)


class Finder:
    """Finds the objects of a result that lie where another result's object lies.

    Parameters
    ----------
    objects
        Labels, or boxes where these are all that is known.
    """

    def __init__(self, objects: EditedLabels | FixedObjects) -> None:
        self.objects = objects
        self._areas_px: dict[int, int] = {}

    def under(self, place: Pixels | Region) -> list[Overlap]:
        """Return the objects that share pixels with a place, in the order of their numbers.

        Where either side has no pixels, boxes stand for them.
        """
        if isinstance(place, Region) or isinstance(self.objects, FixedObjects):
            return self._boxes_under(place if isinstance(place, Region) else place.box)
        labels = self.objects.read(place.box)[place.to_mask(place.box)]
        numbers, shared = np.unique(labels, return_counts=True)
        return [
            Overlap(number, shared_px, self._area_px(self.objects, number), len(labels))
            for number, shared_px in zip(numbers.tolist(), shared.tolist(), strict=True)
            if number
        ]

    def same_as(self, place: Pixels | Region) -> int | None:
        """Return the object that is the same as the one at a place, None where none or several are."""
        same = [overlap.number for overlap in self.under(place) if overlap.is_same]
        return same[0] if len(same) == 1 else None

    def place_of(self, number: int) -> Pixels | Region:
        """Return where an object lies, as exactly as is known."""
        if isinstance(self.objects, FixedObjects):
            return self.objects.boxes[number]
        return self.objects.pixels_of(number)

    def _area_px(self, labels: EditedLabels, number: int) -> int:
        if number not in self._areas_px:
            self._areas_px[number] = int((labels.read(labels.boxes[number]) == number).sum())
        return self._areas_px[number]

    @cached_property
    def _corners(self) -> tuple[Array, Array]:
        """Numbers and boxes ``(y0, x0, y1, x1)`` of all objects."""
        boxes = sorted(self.objects.boxes.items())
        corners = np.array([(b.y0, b.x0, b.y1, b.x1) for _, b in boxes], np.int64).reshape(-1, 4)
        return np.array([number for number, _ in boxes], np.int64), corners

    def _boxes_under(self, place: Region) -> list[Overlap]:
        numbers, corners = self._corners
        low = np.maximum(corners[:, :2], (place.y0, place.x0))
        high = np.minimum(corners[:, 2:], (place.y1, place.x1))
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        area = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
        given_px = place.shape[0] * place.shape[1]
        return [
            Overlap(int(numbers[row]), int(shared[row]), int(area[row]), given_px)
            for row in np.flatnonzero(shared).tolist()
        ]
