"""What every segmentation method is to the rest of the house: an image goes in, labels come out."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from myograft.model.arrays import Array, Image, Labels, Mask
from myograft.segment.inference import Network


class ReachKnobs(Protocol):
    """What the tiling must know of a method: its resolution, its reach, its least object."""

    @property
    def working_um_per_px(self) -> float:
        """Resolution the method wants its image at, in um per px; the nearest multiple of the pixel is used."""

    @property
    def halo_um(self) -> float:
        """Margin a tile must read beyond what it owns, in um: the largest object that is still found whole."""

    @property
    def min_area_um2(self) -> float:
        """Area below which an object is noise, in um^2; applied once tiles are stitched."""

    @property
    def max_area_um2(self) -> float:
        """Area above which it is none either, in um^2; applied once tiles are stitched."""


class SegmentationMethod(ReachKnobs, Protocol):
    """A method with its settings; small, and picklable, because it travels to every worker."""

    def segment(self, image: Image, um_per_px: float, tissue: Mask) -> Labels:
        """Return the objects in an image.

        Parameters
        ----------
        image
            Normalized stain (0 is background, 1 is bright), shape (H, W).
        um_per_px
            Its resolution in um per px, near `working_um_per_px`.
        tissue
            Where tissue is, shape (H, W).

        Returns
        -------
        Labels
            Shape (H, W), 0 is background; numbers mean nothing outside of this image.
        """


class FieldMethod(ReachKnobs, Protocol):
    """A method that asks a network first, patch by patch on one grid for the whole plane, and then looks at tiles.

    What is said of a pixel depends on its patch alone, so that it is the same for any tile and worker.
    """

    @property
    def patch_px(self) -> int:
        """Edge of a patch at working resolution."""

    @property
    def margin_px(self) -> int:
        """Margin the network sees around a patch."""

    def fields(self, network: Network, image: Image) -> Array:
        """Return what the network says of an image.

        Parameters
        ----------
        network
            Loaded network.
        image
            Normalized stain, shape (H, W).

        Returns
        -------
        Array
            Flow down, flow right, logit, shape (3, H, W), int16.
        """

    def adjust(self, labels: Labels, pixel_size_um: float) -> Labels:
        """Return outlines at stored resolution, moved by the declared offset."""

    def height(self, fields: Array) -> Array:
        """Return what rises from outside to inside of objects and is 0 on their outlines, shape (H, W), int64."""

    def empty_fields(self, shape: tuple[int, int]) -> Array:
        """Return the fields of a place where nothing is, as `fields`."""

    def segment(
        self, fields: Array, um_per_px: float, tissue: Mask, origin: tuple[int, int] = (0, 0)
    ) -> Labels:
        """Return the objects in fields that begin at `origin` of the plane; else as `SegmentationMethod.segment`."""


KnobsT = TypeVar("KnobsT", bound=ReachKnobs)


class TunedMethod(Generic[KnobsT]):
    """What methods have in common whose resolution, halo and least size are knobs of their settings.

    Parameters
    ----------
    settings
        Knobs of the method.
    """

    def __init__(self, settings: KnobsT) -> None:
        self.settings = settings

    @property
    def working_um_per_px(self) -> float:
        """See `ReachKnobs`."""
        return self.settings.working_um_per_px

    @property
    def halo_um(self) -> float:
        """See `ReachKnobs`."""
        return self.settings.halo_um

    @property
    def min_area_um2(self) -> float:
        """See `ReachKnobs`."""
        return self.settings.min_area_um2

    @property
    def max_area_um2(self) -> float:
        """See `ReachKnobs`."""
        return self.settings.max_area_um2
