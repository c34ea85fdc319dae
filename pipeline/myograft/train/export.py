"""Trained weights as ONNX: normalizations folded into convolutions, any size of image, no code inside."""

from __future__ import annotations

import warnings
from copy import deepcopy
from pathlib import Path

import onnx
import onnx.numpy_helper
import torch
from google.protobuf.message import DecodeError
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from myograft.errors import InputError
from myograft.segment import KIND_PROPERTY, OUTSIDE_PROPERTY
from myograft.train.network import FlowNet
from myograft.train.settings import NetworkShape


def export_network(network: FlowNet, path: Path, properties: dict[str, str]) -> None:
    """Write a network as ONNX.

    Parameters
    ----------
    network
        The network.
    path
        Target; written whole or not at all.
    properties
        What the file says of itself, such as kind, license and version.
    """
    plain = _fused(deepcopy(network).float().cpu().eval())
    plain.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    draft = path.with_suffix(".draft")
    sides = {0: "n", 2: "height", 3: "width"}
    with warnings.catch_warnings():
        # The exporter by tracing is called old, but keeps names and needs nothing else.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            plain,
            (torch.zeros(1, 1, 64, 64),),
            str(draft),
            input_names=["image"],
            output_names=["fields"],
            dynamic_axes={"image": sides, "fields": sides},
            opset_version=17,
            dynamo=False,
        )
    model = onnx.load(draft)
    onnx.helper.set_model_props(model, properties)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, draft)
    draft.replace(path)


def import_network(content: bytes, where: str, kind: str | None = None) -> FlowNet:
    """Return an exported network, ready to be trained further; its shape is read from its weights.

    Parameters
    ----------
    content
        What `export_network` wrote.
    where
        Name of the file, for messages.
    kind
        What it is to outline; None for whatever it does.

    Raises
    ------
    InputError
        Where it is another kind of network, or outlines something else.
    """
    try:
        model = onnx.load_model_from_string(content)
        weights = {
            part.name: torch.from_numpy(onnx.numpy_helper.to_array(part).copy())
            for part in model.graph.initializer
        }
        levels_n = 1 + sum(name.startswith("narrow.") and name.endswith(".weight") for name in weights)
        widths = tuple(len(weights[f"down.{level}.layers.0.weight"]) for level in range(levels_n))
        units_n = sum(name.startswith("down.0.layers.") and name.endswith(".weight") for name in weights)
        network = FlowNet(NetworkShape(widths=widths, units_n=units_n), is_folded=True)
        network.load_state_dict({name: weights[name] for name in network.state_dict()})
    except (DecodeError, KeyError, RuntimeError, ValueError) as problem:
        raise InputError(
            f"these weights cannot be trained further ({problem})",
            where=where,
            remedy="Start from weights that 'myograft train' made, or from 'shipped'",
        ) from problem
    if kind is not None and (stored := properties_of(model).get(KIND_PROPERTY, kind)) != kind:
        raise InputError(
            f"this network outlines {stored}, one for {kind} is to be trained",
            where=where,
            remedy=f"Start from weights for {kind}, or from 'shipped'",
        )
    return network


def properties_of(model: onnx.ModelProto) -> dict[str, str]:
    """Return what an ONNX file says of itself."""
    return {entry.key: entry.value for entry in model.metadata_props}


def outside_of(content: bytes) -> float | None:
    """Return what an exported network is shown beyond a plane; None where that is the plane's mirror image."""
    value = properties_of(onnx.load_model_from_string(content)).get(OUTSIDE_PROPERTY)
    return None if value is None else float(value)


def _fused(module: nn.Module) -> nn.Module:
    """Fold every normalization into the convolution before it."""
    for name, child in module.named_children():
        if isinstance(child, nn.Sequential) and len(child) == 2 and isinstance(child[1], nn.BatchNorm2d):
            convolution = child[0]
            assert isinstance(convolution, nn.Conv2d)  # noqa: S101
            setattr(module, name, fuse_conv_bn_eval(convolution, child[1]))
        else:
            _fused(child)
    return module
