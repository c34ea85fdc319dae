"""Objects by a network: it says for every pixel how likely it is in an object and where the object's middle lies."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from myograft.model.arrays import Array, Image, Labels, Mask
from myograft.model.settings import Settings, knob
from myograft.numerics.distance import depth_within
from myograft.numerics.evidence import evidence_of
from myograft.numerics.flows import flow_errors
from myograft.numerics.offset import moved_outlines
from myograft.numerics.pieces import largest_pieces, without_holes
from myograft.numerics.sinks import FLOW_UNIT, objects_of_flows
from myograft.segment.inference import EngineName, Network
from myograft.segment.method import TunedMethod

#: Name of the weights that come with myograft.
SHIPPED = "shipped"

#: Units of a stored logit in 1.
LOGIT_UNIT = 1024

#: Sides of an image are whole numbers of the coarsest pixels that a network of up to seven levels has.
_COARSEST_PX = 64

#: Length of a flow in the network's answer, as in Cellpose.
_FLOW_SCALE = 5.0

#: Pixels whose middle is no deeper than this lie along the outline.
_EDGE_PX = 1.5

#: Logits beyond this are as sure as can be.
_MOST_LOGIT = 30.0


class FieldKnobs(Settings):
    """What all networks have in common, for fibers or nuclei, our own or Cellpose's."""

    patch_px: int = knob(
        640,
        "Edge of the patches the plane is cut into for the network, at working resolution; numbers depend on it.",
        unit="px",
        ge=64,
        le=4096,
        multiple_of=64,
    )
    margin_px: int = knob(
        64,
        "Margin the network sees around a patch, at working resolution; numbers depend on it.",
        unit="px",
        ge=0,
        le=512,
        multiple_of=32,
    )
    least_probability: float = knob(
        0.5, "Probability from which a pixel belongs to an object.", unit="1", gt=0.0, lt=1.0
    )
    edge_probability: float = knob(
        0.5,
        "Probability that pixels along an outline must have to stay within it; higher draws it further inside.",
        unit="1",
        gt=0.0,
        lt=1.0,
    )
    least_outline_probability: float = knob(
        0.1,
        "Least calibrated probability of an outline (column outline_probability) for the object to be kept; 0 keeps "
        "all. Without effect where the weights' card holds no calibration.",
        unit="1",
        ge=0.0,
        lt=1.0,
    )
    steps_n: int = knob(
        200, "Steps a pixel follows the flow at most; at least the widest object's radius in px.", ge=10
    )
    most_flow_error: float | None = knob(
        None,
        "Flow check: drop objects whose flows differ more from what their shape would have (mean square; Cellpose's "
        "own check uses 0.4); null for none.",
        unit="1",
        gt=0.0,
    )


class _FiberKnobs(FieldKnobs):
    """What fibers ask of any network."""

    working_um_per_px: float = knob(1.0, "Resolution the network sees.", unit="um/px", gt=0.1, le=4.0)
    edge_probability: float = knob(
        0.7,
        "Probability that pixels along an outline must have to stay within it; higher draws it further inside. On "
        "simulated blurred stain this value leaves areas without bias.",
        unit="1",
        gt=0.0,
        lt=1.0,
    )
    halo_um: float = knob(
        150.0,
        "Margin a tile reads beyond what it owns; at least the largest fiber's diameter.",
        unit="um",
        ge=10.0,
        le=1000.0,
    )
    min_area_um2: float = knob(50.0, "Smallest fiber.", unit="um^2", ge=1.0)
    max_area_um2: float = knob(25_000.0, "Largest fiber.", unit="um^2", gt=1.0)
    min_tissue_fraction: float = knob(
        0.5, "Least part of a fiber within the tissue mask.", unit="1", ge=0.0, le=1.0
    )
    boundary_offset_um: float = knob(
        0.0,
        "How far the outline lies outside (negative: inside) of the inner edge of the stain, which the network "
        "draws. Declare it when sizes are compared with another tool's.",
        unit="um",
        ge=-10.0,
        le=10.0,
    )


class _NucleusKnobs(FieldKnobs):
    """What nuclei ask of any network."""

    working_um_per_px: float = knob(0.5, "Resolution the network sees.", unit="um/px", gt=0.1, le=2.0)
    halo_um: float = knob(40.0, "Margin a tile reads beyond what it owns.", unit="um", ge=10.0, le=500.0)
    min_area_um2: float = knob(8.0, "Smallest nucleus.", unit="um^2", ge=0.5)
    max_area_um2: float = knob(2000.0, "Largest nucleus: what is larger is dirt.", unit="um^2", gt=1.0)
    min_tissue_fraction: float = knob(
        0.0, "Least part of a nucleus within the tissue mask; 0 loses none.", unit="1", ge=0.0, le=1.0
    )
    boundary_offset_um: float = knob(
        0.0, "How far the outline is moved outwards (negative: inwards).", unit="um", ge=-5.0, le=5.0
    )


class _OwnKnobs(Settings):
    """What a network of myograft's own needs."""

    method: Literal["network"] = knob("network", "Name of the method.")
    weights: str = knob(
        SHIPPED,
        "Weights: 'shipped' for those that come with myograft, or the path of an ONNX file made by myograft train.",
        min_length=1,
    )
    engine: EngineName = knob(
        EngineName.OPENVINO,
        "Library that computes the network: openvino or onnxruntime (processor), openvino_bf16 (rounded, faster on "
        "some processors, other numbers), cuda.",
    )


class _CellposeKnobs(Settings):
    """What a network of Cellpose's needs."""

    method: Literal["cellpose"] = knob("cellpose", "Name of the method.")
    weights: str = knob(
        "cpsam_v2",
        "Cellpose 4 weights: a path, or the name of a model in Cellpose's own folder; never downloaded.",
        min_length=1,
    )
    device: Literal["cpu", "cuda"] = knob("cpu", "Where Cellpose computes.")


class FiberNetworkSettings(_FiberKnobs, _OwnKnobs):
    """Fibers by a network on the sarcolemma stain."""


class NucleusNetworkSettings(_NucleusKnobs, _OwnKnobs):
    """Nuclei by a network on the nuclear stain."""


class FiberCellposeSettings(_FiberKnobs, _CellposeKnobs):
    """Fibers by a Cellpose model on the sarcolemma stain."""


class NucleusCellposeSettings(_NucleusKnobs, _CellposeKnobs):
    """Nuclei by a Cellpose model on the nuclear stain."""


AnyNetworkSettings: TypeAlias = (
    FiberNetworkSettings | NucleusNetworkSettings | FiberCellposeSettings | NucleusCellposeSettings
)


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
        """Return the fields of an image of any size, mirrored at its borders, shape (3, H, W)."""
        margin = self.settings.margin_px
        around = [(margin, margin + -(length + 2 * margin) % _COARSEST_PX) for length in image.shape]
        fields = self.fields(network, np.pad(image, around, mode="symmetric"))
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

    def evidence(self, fields: Array, labels: Labels, cut: Array) -> Array:
        """Return what the network's fields say of each object, those that the plane's edge cuts named by `cut`.

        See `evidence_of`.
        """
        logit = fields[2].astype(np.float32) / np.float32(LOGIT_UNIT)
        return evidence_of(labels, logit, fields[:2].astype(np.float32) / np.float32(FLOW_UNIT), cut)

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

    def segment(self, fields: Array, um_per_px: float, tissue: Mask) -> Labels:
        """Return objects; see `FieldMethod`."""
        del um_per_px
        knobs = self.settings
        found = objects_of_flows(
            fields[:2], fields[2] > _stored_logit(knobs.least_probability), knobs.steps_n
        )
        labels = without_holes(largest_pieces(found))
        is_beyond = (depth_within(labels) <= _EDGE_PX) & (fields[2] < _stored_logit(knobs.edge_probability))
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
    area = np.bincount(labels.ravel())
    in_tissue = np.bincount(labels.ravel(), tissue.ravel(), minlength=len(area))
    return _kept(labels, in_tissue >= least * area)


def _kept(labels: Labels, is_kept: Array) -> Labels:
    """Return the labels whose number is kept."""
    return np.where(is_kept[labels], labels, 0).astype(np.uint32)
