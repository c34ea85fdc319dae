"""Networks: engines that agree, weights that are refused with a sentence, fields that become objects."""

from __future__ import annotations

import builtins
import os
import pickle
import subprocess
import sys
import threading
import types

import numpy as np
import pytest

from myograft.errors import InputError, UsageError
from myograft.segment import (
    OUTSIDE_PROPERTY,
    EngineName,
    FiberNetworkSettings,
    FlowNetwork,
    NucleusNetworkSettings,
    load_network,
)

FIBERS = FlowNetwork(FiberNetworkSettings())


def test_engines_agree(small_weights):
    image = np.random.default_rng(0).normal(size=(1, 1, 128, 192)).astype(np.float32)
    content = small_weights.read_bytes()
    answers = [
        load_network(content, engine, "w")(image) for engine in (EngineName.OPENVINO, EngineName.ONNXRUNTIME)
    ]
    assert answers[0].shape == (1, 3, 128, 192)
    assert np.allclose(*answers, atol=1e-4)


def test_nobody_is_told_of_the_use(small_weights, tmp_path):
    """OpenVINO's import reports to a server, unless it runs in CI or was told not to."""
    program = (
        "import pathlib, sys\n"
        "from myograft.segment import EngineName, load_network\n"
        "load_network(pathlib.Path(sys.argv[1]).read_bytes(), EngineName.OPENVINO, 'w')\n"
        "assert 'openvino' in sys.modules\n"
        "assert not [name for name in sys.modules if name.startswith('openvino_telemetry')]\n"
    )
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | home
    subprocess.run([sys.executable, "-c", program, small_weights], check=True, env=environment)
    assert not (tmp_path / "intel").exists()


def test_equal_input_gives_equal_output(small_weights):
    image = np.random.default_rng(1).normal(size=(1, 1, 128, 128)).astype(np.float32)
    one, other = (load_network(small_weights.read_bytes(), EngineName.OPENVINO, "w")(image) for _ in range(2))
    assert np.array_equal(one, other)


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="this system does not tie threads to processors"
)
@pytest.mark.parametrize("engine", [EngineName.OPENVINO, EngineName.ONNXRUNTIME])
def test_workers_are_not_tied_to_the_same_processor(small_weights, engine):
    """OpenVINO by itself ties the thread of every process to the first one while it computes."""
    network = load_network(small_weights.read_bytes(), engine, "w")
    image, seen, ended = np.zeros((1, 1, 512, 512), np.float32), [], threading.Event()
    allowed, computes = os.sched_getaffinity(0), threading.get_native_id()

    def watch():
        while not ended.is_set():
            seen.append(os.sched_getaffinity(computes))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(5):
        network(image)
    ended.set()
    watcher.join()
    assert seen
    assert all(processors == allowed for processors in seen)


def test_rounding_to_16_bits_is_near_or_refused(small_weights):
    import openvino

    image = np.random.default_rng(2).normal(size=(1, 1, 96, 96)).astype(np.float32)
    weights = small_weights.read_bytes()
    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        with pytest.raises(UsageError, match=r"does not compute with 16 bits .* Choose the engine openvino"):
            load_network(weights, EngineName.OPENVINO_BF16, "w")
        return
    exact, rounded = (
        load_network(weights, engine, "w")(image)
        for engine in (EngineName.OPENVINO, EngineName.OPENVINO_BF16)
    )
    assert np.abs(exact - rounded).max() < 0.05 * np.abs(exact).max()


@pytest.mark.parametrize("engine", [EngineName.OPENVINO, EngineName.ONNXRUNTIME])
@pytest.mark.parametrize("content", [b"", b"no network at all", None])
def test_damaged_weights_are_refused_with_a_sentence(small_weights, engine, content):
    half = small_weights.read_bytes()[:4000] if content is None else content
    with pytest.raises(
        InputError, match=r"fibers\.onnx: the weights cannot be used .* made by 'myograft train'"
    ):
        load_network(half, engine, "fibers.onnx")


def test_a_network_of_another_kind_is_refused(other_network):
    with pytest.raises(InputError, match="answers an image of 64 x 64 px with an array of"):
        load_network(other_network.read_bytes(), EngineName.OPENVINO, "other.onnx")


@pytest.mark.parametrize("engine", list(EngineName))
def test_an_engine_that_is_not_installed_is_named(small_weights, engine, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **options):
        if name in {"openvino", "onnxruntime"}:
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"is not installed\. Install it with: pip install"):
        load_network(small_weights.read_bytes(), engine, "w")


def test_a_missing_graphics_card_is_named(small_weights):
    with pytest.raises(UsageError, match="onnxruntime cannot compute on a graphics card here"):
        load_network(small_weights.read_bytes(), EngineName.CUDA, "w")


class CardRuntime:
    """An onnxruntime that was built for a graphics card; whether the card works is another question."""

    class SessionOptions:
        pass

    def __init__(self, *used):
        self.used, self.asked = used, None

    def get_available_providers(self):
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def InferenceSession(self, weights, options, providers):  # noqa: N802 - onnxruntime's name
        self.asked = providers
        import onnxruntime

        session = onnxruntime.InferenceSession(weights, providers=["CPUExecutionProvider"])
        return types.SimpleNamespace(
            get_providers=lambda: list(self.used),
            get_inputs=session.get_inputs,
            get_modelmeta=session.get_modelmeta,
            run=session.run,
        )


def with_runtime(monkeypatch, runtime):
    """Put a runtime in place of the real one, which it may still ask for."""
    real = builtins.__import__

    def found(name, scope=None, *rest):
        is_ours = name == "onnxruntime" and (scope or {}).get("__name__", "").startswith("myograft")
        return runtime if is_ours else real(name, scope, *rest)

    monkeypatch.setattr(builtins, "__import__", found)


def test_a_graphics_card_that_fails_is_not_replaced_in_silence(small_weights, monkeypatch):
    with_runtime(monkeypatch, CardRuntime("CPUExecutionProvider"))
    with pytest.raises(UsageError, match=r"fell back to the processor.*pip install 'myograft\[cuda\]'"):
        load_network(small_weights.read_bytes(), EngineName.CUDA, "w")


def test_a_graphics_card_computes_with_all_bits_by_one_algorithm(small_weights, monkeypatch):
    runtime = CardRuntime("CUDAExecutionProvider", "CPUExecutionProvider")
    with_runtime(monkeypatch, runtime)
    network = load_network(small_weights.read_bytes(), EngineName.CUDA, "w")
    assert network(np.zeros((1, 1, 64, 64), np.float32)).shape == (1, 3, 64, 64)
    assert runtime.asked == [
        ("CUDAExecutionProvider", {"use_tf32": "0", "cudnn_conv_algo_search": "DEFAULT"})
    ]


@pytest.mark.parametrize("engine", [EngineName.OPENVINO, EngineName.ONNXRUNTIME])
def test_a_network_for_other_objects_is_refused(small_weights, engine):
    content = small_weights.read_bytes()
    assert load_network(content, engine, "w", "fibers").kind == "fibers"
    with pytest.raises(InputError, match="this network outlines fibers, nuclei are asked for"):
        load_network(content, engine, "w", "nuclei")


@pytest.mark.parametrize("engine", [EngineName.OPENVINO, EngineName.ONNXRUNTIME])
def test_a_network_is_shown_beyond_a_plane_what_its_file_says(small_weights, engine):
    image = np.arange(6, dtype=np.float32).reshape(2, 3)
    mirrors = load_network(small_weights.read_bytes(), engine, "w")
    assert mirrors.surround(image, [(1, 0), (0, 2)]).tolist() == [
        [0, 1, 2, 2, 1],
        [0, 1, 2, 2, 1],
        [3, 4, 5, 5, 4],
    ]
    marks = load_network(_saying(small_weights, "-1.0"), engine, "w")
    assert marks.surround(image, [(1, 0), (0, 2)]).tolist() == [
        [-1] * 5,
        [0, 1, 2, -1, -1],
        [3, 4, 5, -1, -1],
    ]
    with pytest.raises(InputError, match=r"the weights cannot be used .* 'far away'"):
        load_network(_saying(small_weights, "far away"), engine, "w")


def _saying(weights, outside):
    import onnx

    model = onnx.load(weights)
    onnx.helper.set_model_props(model, {OUTSIDE_PROPERTY: outside})
    return model.SerializeToString()


def test_fields_are_whole_numbers_of_one_scale():
    def network(images):
        fields = np.zeros((1, 3, *images.shape[2:]), np.float32)
        fields[0, 0], fields[0, 1], fields[0, 2] = 5.0, -100.0, 1000.0
        return fields

    fields = FIBERS.fields(network, np.zeros((64, 64), np.float32))
    assert fields.dtype == np.int16
    assert [int(part[0, 0]) for part in fields] == [4096, -32767, 30 * 1024]
    assert FIBERS.segment(FIBERS.empty_fields((20, 20)), 1.0, np.ones((20, 20), bool)).max() == 0


def disks(shape, *circles):
    """Fields of round objects: flows to their middles."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    fields = FIBERS.empty_fields(shape)
    for cy, cx, radius in circles:
        away = np.hypot(y - cy, x - cx)
        inside = away <= radius
        fields[0][inside] = (4096 * (cy - y) / np.maximum(away, 1.0))[inside].astype(np.int16)
        fields[1][inside] = (4096 * (cx - x) / np.maximum(away, 1.0))[inside].astype(np.int16)
        fields[2][inside] = 5000
    return fields


def test_touching_objects_are_told_apart_and_tissue_counts():
    fields = disks((60, 120), (30, 30, 14), (30, 59, 14), (30, 100, 10))
    tissue = np.zeros((60, 120), bool)
    tissue[:, :80] = True
    labels = FIBERS.segment(fields, 1.0, tissue)
    assert len(np.unique(labels)) == 3
    assert labels[30, 30] != labels[30, 59]
    assert labels[30, 100] == 0
    nuclei = FlowNetwork(NucleusNetworkSettings()).segment(fields, 1.0, tissue)
    assert nuclei[30, 100] > 0


def test_the_flow_check_drops_what_flows_do_not_lead_through():
    fields = disks((60, 60), (30, 30, 20))
    # A pixel's flow that leads sideways, all over the object: not what its shape would have.
    fields[0], fields[1] = -fields[1] // 2 + fields[0] // 2, fields[0] // 2 + fields[1] // 2
    everywhere = np.ones((60, 60), bool)
    assert FIBERS.segment(fields, 1.0, everywhere).max() > 0
    strict = FlowNetwork(FiberNetworkSettings(most_flow_error=0.1))
    assert strict.segment(fields, 1.0, everywhere).max() == 0


def test_the_method_travels_to_workers():
    again = pickle.loads(pickle.dumps(FIBERS))  # noqa: S301
    assert again.settings == FIBERS.settings
