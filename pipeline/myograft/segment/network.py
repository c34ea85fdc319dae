"""Objects by a network: it says for every pixel how likely it is in an object and where the object's middle lies."""

from __future__ import annotations

import numpy as np

from myograft.model.arrays import Array, Image, Labels, Mask
from myograft.numerics.distance import within_two_of_outlines
from myograft.numerics.evidence import evidence_of
from myograft.numerics.flows import flow_errors
from myograft.numerics.offset import moved_outlines
from myograft.numerics.pieces import largest_pieces, without_holes
from myograft.numerics.sinks import FLOW_UNIT, objects_of_flows
from myograft.segment.inference import Network
from myograft.segment.method import TunedMethod
from myograft.segment.network_settings import AnyNetworkSettings

#: Units of a stored logit in 1.
LOGIT_UNIT = 1024

#: Sides of an image are whole numbers of the coarsest pixels that a network of up to seven levels has.
_COARSEST_PX = 64

#: Length of a flow in the network's answer, as in Cellpose.
_FLOW_SCALE = 5.0

#: Logits beyond this are as sure as can be.
_MOST_LOGIT = 30.0


class FlowNetwork(TunedMethod[AnyNetworkSettings]):
    """Fibers or nuclei by a network; see `FieldMethod`."""

    @property
    def margin_px(self) -> int:
        """Margin around a patch, at working resolution."""
        return self.settings.margin_px

    @property
    def patch_px(self) -> int:
        """Edge of a patch, at working resolution."""
        return self.settings.patch_px

    def fields(self, network: Network, image: Image) -> Array:
        """Return what the network says of an image, as whole numbers: see `FieldMethod`."""
        answer = network(np.ascontiguousarray(image[None, None], np.float32))[0]
        flows = np.clip(answer[:2] * np.float32(FLOW_UNIT / _FLOW_SCALE), -32767, 32767)
        logit = np.clip(answer[2:], -_MOST_LOGIT, _MOST_LOGIT) * np.float32(LOGIT_UNIT)
        stored: Array = np.rint(np.concatenate([flows, logit])).astype(np.int16)
        return stored

    def fields_of(self, network: Network, image: Image) -> Array:
        """Return the fields of an image of any size that is all of its plane, shape (3, H, W)."""
        margin = self.settings.margin_px
        around = [(margin, margin + -(length + 2 * margin) % _COARSEST_PX) for length in image.shape]
        fields = self.fields(network, network.surround(image, around))
        return fields[:, margin : margin + image.shape[0], margin : margin + image.shape[1]]

    def outline(self, network: Network, image: Image, um_per_px: float) -> Labels:
        """Return the objects of an image that fits into memory as one patch, without those that are too small.

        Parameters
        ----------
        network
            Loaded network.
        image
            Normalized stain near the working resolution, shape (H, W).
        um_per_px
            Its resolution.
        """
        labels = self.segment(self.fields_of(network, image), um_per_px, np.ones(image.shape, bool))
        labels = self.adjust(labels, um_per_px)
        area_um2 = np.bincount(labels.ravel()) * um_per_px**2
        return _kept(labels, (area_um2 >= self.min_area_um2) & (area_um2 <= self.max_area_um2))

    def adjust(self, labels: Labels, pixel_size_um: float) -> Labels:
        """Return outlines at stored resolution, moved by the declared offset.

        Parameters
        ----------
        labels
            Shape (H, W).
        pixel_size_um
            Edge of a stored pixel.
        """
        if not self.settings.boundary_offset_um:
            return labels
        return moved_outlines(labels, self.settings.boundary_offset_um / pixel_size_um)

    def height(self, fields: Array) -> Array:
        """Return what rises from outside to inside of objects and is 0 on their outlines; see `FieldMethod`."""
        height: Array = fields[2].astype(np.int64) - round(_stored_logit(self.settings.edge_probability))
        return height

    def evidence(self, fields: Array, labels: Labels, cut: Array, depth: Image | None = None) -> Array:
        """Return what the network's fields say of each object, those that the plane's edge cuts named by `cut`.

        See `evidence_of`.
        """
        logit = fields[2].astype(np.float32) / np.float32(LOGIT_UNIT)
        return evidence_of(labels, logit, fields[:2].astype(np.float32) / np.float32(FLOW_UNIT), cut, depth)

    def without_unlikely(self, labels: Labels, probability: Array) -> Labels:
        """Return labels without the objects that are hardly right.

        Parameters
        ----------
        labels
            Shape (H, W).
        probability
            How likely each is right, by number.
        """
        return _kept(labels, probability >= self.settings.least_outline_probability)

    def empty_fields(self, shape: tuple[int, int]) -> Array:
        """Return the fields of a place where nothing is."""
        fields = np.zeros((3, *shape), np.int16)
        fields[2] = -int(_MOST_LOGIT * LOGIT_UNIT)
        return fields

    def segment(
        self, fields: Array, um_per_px: float, tissue: Mask, origin: tuple[int, int] = (0, 0)
    ) -> Labels:
        """Return objects; see `FieldMethod`."""
        del um_per_px
        knobs = self.settings
        found = objects_of_flows(
            fields[:2], fields[2] > _stored_logit(knobs.least_probability), knobs.steps_n, origin
        )
        labels = without_holes(largest_pieces(found))
        is_beyond = within_two_of_outlines(labels) & (fields[2] < _stored_logit(knobs.edge_probability))
        labels[is_beyond] = 0
        if knobs.most_flow_error is not None:
            errors = flow_errors(labels, fields[:2].astype(np.float32) / np.float32(FLOW_UNIT))
            labels = _kept(labels, errors <= knobs.most_flow_error)
        return _within(labels, tissue, knobs.min_tissue_fraction)


def _stored_logit(probability: float) -> float:
    """Return the logit of a probability in the units of stored fields."""
    return float(np.log(probability / (1.0 - probability))) * LOGIT_UNIT


def _within(labels: Labels, tissue: Mask, least: float) -> Labels:
    """Return labels without objects that lie too little in tissue."""
    if tissue.all():
        return labels
    area = np.bincount(labels.ravel())
    in_tissue = np.bincount(labels.ravel(), tissue.ravel(), minlength=len(area))
    return _kept(labels, in_tissue >= least * area)


def _kept(labels: Labels, is_kept: Array) -> Labels:
    """Return the labels whose number is kept."""
    if is_kept[1:].all():
        return labels
    return np.where(is_kept[labels], labels, 0).astype(np.uint32, copy=False)
