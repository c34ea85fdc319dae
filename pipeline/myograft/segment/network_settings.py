"""Knobs of networks, for fibers and for nuclei, our own or Cellpose's."""

from __future__ import annotations

from typing import Literal, TypeAlias

from myograft.model.settings import Settings, knob
from myograft.segment.inference import EngineName

#: Name of the weights that come with myograft.
SHIPPED = "shipped"


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
        0.6,
        "Probability that pixels along an outline must have to stay within it; higher draws it further inside. On "
        "simulated blurred stain this value leaves areas without bias.",
        unit="1",
        gt=0.0,
        lt=1.0,
    )
    least_outline_probability: float = knob(
        0.2,
        "Least calibrated probability of an outline (column outline_probability) for the object to be kept; 0 keeps "
        "all. F1 is highest where outlines less likely than half of it go (Lipton 2014); this is lower, for images "
        "unlike those it was calibrated on. Without effect where the weights' card holds no calibration.",
        unit="1",
        ge=0.0,
        lt=1.0,
    )
    halo_um: float = knob(
        150.0,
        "Margin a tile reads beyond what it owns; at least the largest fiber's diameter.",
        unit="um",
        ge=10.0,
        le=1000.0,
    )
    min_area_um2: float = knob(25.0, "Smallest fiber.", unit="um^2", ge=1.0)
    max_area_um2: float = knob(25_000.0, "Largest fiber.", unit="um^2", gt=1.0)
    min_tissue_fraction: float = knob(
        0.5, "Least part of a fiber within the tissue mask.", unit="1", ge=0.0, le=1.0
    )
    empty_level: float = knob(
        0.4,
        "Level of the stain's channel inside an outline (0: bare glass, 1: the median of the section's fibers) below "
        "which outlines that a gap sets apart from all others are left out: fibers that fell out of the section. 0 "
        "keeps them. Without effect where the plane shows no bare glass.",
        unit="1",
        ge=0.0,
        le=0.8,
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
