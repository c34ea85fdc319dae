"""What every segmentation method is to the rest of the house: an image goes in, labels come out."""

from __future__ import annotations

from typing import Protocol

from myograft.model.arrays import Image, Labels, Mask


class SegmentationMethod(Protocol):
    """A method with its settings; small, and picklable, because it travels to every worker."""

    @property
    def working_um_per_px(self) -> float:
        """Resolution the method wants its image at, in um per px; the nearest multiple of the pixel is used."""

    @property
    def halo_um(self) -> float:
        """Margin a tile must read beyond what it owns, in um: the largest object that is still found whole."""

    @property
    def min_area_um2(self) -> float:
        """Area below which an object is noise, in um^2; applied once tiles are stitched."""

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
