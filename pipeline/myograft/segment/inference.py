"""A network at work: weights that are already in memory, and an engine that computes what they say.

The engines compute with one thread per worker and 32-bit numbers, so that equal input gives equal output on one
machine; left alone, OpenVINO would round to 16 bits on processors that do so faster.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np

from myograft.errors import InputError, UsageError
from myograft.model.arrays import Array, Image

#: What the network answers per pixel: flow down, flow right, logit of being in an object.
FIELDS_N = 3

#: Property of a weights file: the value that stands beyond an image's border.
OUTSIDE_PROPERTY = "outside"

#: Property of a weights file: what it outlines, ``"fibers"`` or ``"nuclei"``.
KIND_PROPERTY = "kind"

#: How onnxruntime computes on a graphics card: with all 32 bits, and by one algorithm instead of whichever was fastest
#: when it tried; else two runs, or two cards, differ by more than roundings.
CUDA_OPTIONS = {"use_tf32": "0", "cudnn_conv_algo_search": "DEFAULT"}


@dataclass(frozen=True)
class Network:
    """A network that is ready to compute.

    Parameters
    ----------
    answer
        Images, shape (N, 1, H, W), float32, to fields, shape (N, 3, H, W), float32.
    outside
        Value beyond the border of a plane that the network knows as such; None where it is shown the plane's
        mirror image there.
    kind
        What it outlines; None where its file does not say.
    """

    answer: Callable[[Array], Array]
    outside: float | None = None
    kind: str | None = None

    def __call__(self, images: Array) -> Array:
        """Return the fields of images."""
        return self.answer(images)

    def surround(self, image: Image, around: Sequence[tuple[int, int]]) -> Image:
        """Return an image with what the network is shown beyond the plane.

        Parameters
        ----------
        image
            Shape (H, W).
        around
            Pixels before and after, per axis.
        """
        if self.outside is None:
            return np.pad(image, around, mode="symmetric")
        return np.pad(image, around, constant_values=np.float32(self.outside))


class EngineName(StrEnum):
    """Library that computes a network; ``openvino_bf16`` rounds to 16 bits, where the processor does so fast."""

    OPENVINO = "openvino"
    OPENVINO_BF16 = "openvino_bf16"
    ONNXRUNTIME = "onnxruntime"
    CUDA = "cuda"


def load_network(weights: bytes, engine: EngineName, where: str, kind: str | None = None) -> Network:
    """Return a network that is ready to compute.

    Parameters
    ----------
    weights
        Content of an ONNX file.
    engine
        What computes it.
    where
        Name of the weights, for messages.
    kind
        What the network is to outline; None for whatever it does.

    Raises
    ------
    InputError
        Where the weights are no network of the kind that is used here, or outline something else.
    UsageError
        Where the engine is not installed, or finds no graphics card.
    """
    network = _compiled(weights, engine, where)
    if kind is not None and network.kind not in {None, kind}:
        raise InputError(
            f"this network outlines {network.kind}, {kind} are asked for",
            where=where,
            remedy=f"Give weights for {kind}, or leave the setting out to use what ships",
        )
    _try_out(network, where)
    return network


def _compiled(weights: bytes, engine: EngineName, where: str) -> Network:
    match engine:
        case EngineName.OPENVINO | EngineName.OPENVINO_BF16:
            return _openvino(weights, engine, where)
        case EngineName.ONNXRUNTIME | EngineName.CUDA:
            return _onnxruntime(weights, engine, where)


#: A worker computes in one thread, which the system may place anywhere. OpenVINO would tie it to the first processor,
#: each worker's to the same one: all workers of a machine would then share a single processor.
_SHARES_THE_MACHINE: Final = {"INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": False}


def _openvino(weights: bytes, engine: EngineName, where: str) -> Network:
    try:
        openvino = _import_openvino()
    except ImportError as problem:
        raise _not_installed(engine, "openvino") from problem
    core = openvino.Core()
    precision = "bf16" if engine == EngineName.OPENVINO_BF16 else "f32"
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise UsageError(
            "this processor does not compute with 16 bits (bfloat16)",
            where=f"engine: {engine}",
            remedy="Choose the engine openvino",
        )
    try:
        model = core.read_model(model=weights, weights=b"")
        compiled = core.compile_model(
            model, "CPU", {"INFERENCE_PRECISION_HINT": precision, **_SHARES_THE_MACHINE}
        )
    except RuntimeError as problem:
        raise _unusable(where, problem) from problem
    told = {str(key): str(value) for key, value in _framework_of(model).items()}
    outside = _outside_of(told, where)
    return Network(lambda images: np.asarray(compiled(images)[0]), outside, told.get(KIND_PROPERTY))


def _import_openvino() -> Any:
    """Return OpenVINO, loaded by the processes that compute and not by every command, and without its telemetry.

    Unless a person has opted out, its import tells a server elsewhere of the use and starts a process for that. What
    runs in a hospital tells nobody anything. Without the package that does so OpenVINO takes a stub of its own.
    """
    telemetry = "openvino_telemetry"
    is_ours = telemetry not in sys.modules
    if is_ours:
        sys.modules[telemetry] = None  # type: ignore[assignment]  # which makes its import fail
    try:
        import openvino  # noqa: PLC0415
    finally:
        if is_ours:
            del sys.modules[telemetry]
    return openvino


def _framework_of(model: Any) -> Mapping[str, Any]:
    """Return the properties that an ONNX file gives itself."""
    return model.get_rt_info("framework").value if model.has_rt_info("framework") else {}


def _outside_of(properties: Mapping[str, str], where: str) -> float | None:
    if OUTSIDE_PROPERTY not in properties:
        return None
    try:
        return float(properties[OUTSIDE_PROPERTY])
    except ValueError as problem:
        raise _unusable(where, problem) from problem


def _onnxruntime(weights: bytes, engine: EngineName, where: str) -> Network:
    is_cuda = engine == EngineName.CUDA
    try:
        import onnxruntime  # noqa: PLC0415 - an extra
    except ImportError as problem:
        raise _not_installed(engine, "onnxruntime-gpu" if is_cuda else "onnxruntime") from problem
    if hasattr(onnxruntime, "disable_telemetry_events"):
        onnxruntime.disable_telemetry_events()  # builds for Windows report their use
    provider = "CUDAExecutionProvider" if is_cuda else "CPUExecutionProvider"
    if provider not in onnxruntime.get_available_providers():
        raise _no_card("this onnxruntime is built without CUDA")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            weights, options, providers=[(provider, CUDA_OPTIONS if is_cuda else {})]
        )
    except Exception as problem:
        raise _unusable(where, problem) from problem
    if provider not in session.get_providers():
        # Without a card, driver or CUDA library onnxruntime only warns, and computes on the processor.
        raise _no_card("it fell back to the processor: no card, driver, or CUDA and cuDNN library that fits")
    name = session.get_inputs()[0].name
    told = session.get_modelmeta().custom_metadata_map
    return Network(
        lambda images: np.asarray(session.run(None, {name: images})[0]),
        _outside_of(told, where),
        told.get(KIND_PROPERTY),
    )


def _no_card(reason: str) -> UsageError:
    return UsageError(
        f"onnxruntime cannot compute on a graphics card here ({reason})",
        where="engine: cuda",
        remedy="Install it in place of onnxruntime, by: pip uninstall onnxruntime; pip install 'myograft[cuda]'; or "
        "choose the engine openvino",
    )


def _try_out(network: Network, where: str) -> None:
    """Let a network answer a small image, so that a wrong one is found before the work begins."""
    edge = 64
    try:
        fields: Any = network(np.zeros((1, 1, edge, edge), np.float32))
    except Exception as problem:
        raise _unusable(where, problem) from problem
    if fields.shape != (1, FIELDS_N, edge, edge) or not np.isfinite(fields).all():
        raise InputError(
            f"the network answers an image of {edge} x {edge} px with an array of {fields.shape}"
            + ("" if np.isfinite(fields).all() else " that holds NaN or infinite values"),
            where=where,
            remedy="Give weights made by 'myograft train', which answer with two flows and a logit",
        )


def _not_installed(engine: EngineName, package: str) -> UsageError:
    return UsageError(
        f"the engine {engine} is not installed",
        where=f"engine: {engine}",
        remedy=f"Install it with: pip install {package}; or choose another engine",
    )


def _unusable(where: str, problem: Exception) -> InputError:
    reason = (str(problem).strip().splitlines() or ["no reason given"])[-1].strip()
    return InputError(
        f"the weights cannot be used ({reason[:200]})",
        where=where,
        remedy="Give a whole ONNX file made by 'myograft train', or leave the setting out to use what ships",
    )
