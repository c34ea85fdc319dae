"""Fixtures that every test may use."""

from __future__ import annotations

import warnings
from pathlib import Path

import hypothesis
import pytest

# How long an example takes depends on what else the machine does: speed is for the benchmarks.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real images beside the project; not part of the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real images are not at ../shared/data beside this checkout")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """Top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def cellpose_dynamics():
    """Cellpose's own flows and masks, to compare with."""
    import torch

    from myograft.segment.cellpose import complete_torchvision

    complete_torchvision(torch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cellpose import dynamics
    return dynamics


@pytest.fixture(scope="session")
def small_weights(tmp_path_factory):
    """A network of a few kilobytes with random weights."""
    import torch

    from myograft.train.export import export_network
    from myograft.train.network import FlowNet
    from myograft.train.settings import NetworkShape

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "small.onnx"
    export_network(FlowNet(NetworkShape(widths=(4, 8), units_n=1)).eval(), path, {"kind": "fibers"})
    return path


@pytest.fixture(scope="session")
def other_network(tmp_path_factory):
    """A network that answers with one image instead of fields."""
    import onnx
    from onnx import TensorProto, helper

    shape = ["n", 1, "height", "width"]
    graph = helper.make_graph(
        [helper.make_node("Relu", ["image"], ["answer"])],
        "other",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, shape)],
    )
    path = tmp_path_factory.mktemp("other") / "other.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path
