"""What objects are measured on: a slide's pixels, and labels that lie on the disk or are just being corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from myograft.model.arrays import Array, Labels
from myograft.model.channels import Role
from myograft.model.geometry import Region
from myograft.model.objects import ObjectDirectory
from myograft.model.stack import Projection
from myograft.read import read_plane
from myograft.workflow.shares import Share
from myograft.workflow.slide import Slide
from myograft.write import read_labels_block

#: Ending of the names of labels that readers corrected.
REVIEWED = "_reviewed"


class LabelReader(Protocol):
    """Whoever gives labels of fibers or nuclei."""

    def read(self, name: str, region: Region, plane: int | None = None) -> Labels:
        """Return ``fibers`` or ``nuclei`` in a part of the plane, or of one plane of several."""


@dataclass(frozen=True)
class StoredLabels:
    """Labels of a result on the disk; small, so that it travels to workers.

    Parameters
    ----------
    slide
        The slide whose result it is.
    corrected
        Of ``fibers`` and ``nuclei`` those that are read as readers corrected them.
    """

    slide: Slide
    corrected: frozenset[str] = frozenset()

    def read(self, name: str, region: Region, plane: int | None = None) -> Labels:
        """Return ``fibers`` or ``nuclei`` in a part of the plane, or of one plane of several."""
        stored = f"{name}{REVIEWED}" if name in self.corrected else name
        return read_labels_block(self.slide.draft.labels(stored), region, z=plane)


@dataclass(frozen=True)
class Ground:
    """Pixels and labels of a slide.

    Parameters
    ----------
    slide
        The slide.
    plane
        Number of the z-plane, or the projection, that is measured.
    source
        Who gives the labels.
    has_pixels
        Whether the slide's pixels can be read.
    """

    slide: Slide
    plane: int | Projection
    source: LabelReader
    has_pixels: bool = True

    def raw(self, role: Role, region: Region, plane: int | None = None) -> Array:
        """Return the counts of a role's channel in a region, shape ``(H, W)``; of another plane where one is given."""
        stack, channel = self.slide.stack, self.slide.roles.index_of[role]
        return read_plane(stack, channel, region, plane=self.plane if plane is None else plane)

    def search_px(self) -> int:
        """Return how far around a nucleus outlines are looked for."""
        size_um = self.slide.stack.calibration.pixel_size_um
        return int(np.ceil(self.slide.settings.assign.search_um / size_um)) + 1

    def marker_reach_px(self) -> int:
        """Return how far around a nucleus its donor marker is looked at."""
        size_um = self.slide.stack.calibration.pixel_size_um
        return self.slide.settings.assign.marker.reach_px(size_um)

    def fibers_near(self, fibers: ObjectDirectory | None, share: Share) -> ObjectDirectory | None:
        """Return every fiber whose box lies within the search radius of a share's nuclei."""
        if fibers is None:
            return None
        reach = share.hull.grow(self.search_px(), self.slide.stack.shape)
        near = (
            (fibers.box[:, 0] < reach.y1)
            & (fibers.box[:, 2] > reach.y0)
            & (fibers.box[:, 1] < reach.x1)
            & (fibers.box[:, 3] > reach.x0)
        )
        return fibers.select(near)
