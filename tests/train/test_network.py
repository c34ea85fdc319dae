"""Training lowers the loss, goes on where it stopped, and what it exports answers as the trained network does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from myograft.errors import InputError
from myograft.segment import EngineName, load_network
from myograft.train.examples import Example, example_of
from myograft.train.export import export_network, import_network
from myograft.train.loop import train_network
from myograft.train.network import FlowNet, flow_loss
from myograft.train.settings import NetworkShape, TrainSettings

SETTINGS = TrainSettings(
    network=NetworkShape(widths=(4, 8), units_n=1),
    steps_n=60,
    batch_n=2,
    crop_px=64,
    learning_rate=0.02,
    average=0.8,
    report_every_n=20,
    is_half=False,
)


def disks(seed) -> Example:
    random = np.random.default_rng(seed)
    labels = np.zeros((96, 96), np.uint32)
    y, x = np.mgrid[:96, :96]
    for number in range(1, 9):
        cy, cx = random.uniform(10, 86, 2)
        labels[np.hypot(y - cy, x - cx) < 9] = number
    return example_of([(labels > 0).astype(np.float32)], labels)


EXAMPLES = [disks(seed) for seed in range(4)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    points = []
    return train_network(SETTINGS, EXAMPLES, EXAMPLES[:1], folder, points.append), points, folder


def test_training_lowers_the_loss(trained):
    _, points, folder = trained
    assert [point.step for point in points] == [20, 40, 60]
    assert points[-1].held_out_loss < 0.75 * points[0].held_out_loss
    assert len((folder / "learning_curve.csv").read_text(encoding="utf-8").splitlines()) == 4


def test_an_interrupted_training_ends_with_the_same_weights(trained, tmp_path):
    class StoppedError(Exception):
        pass

    def stop(point):
        if point.step == 40:
            raise StoppedError

    with pytest.raises(StoppedError):
        train_network(SETTINGS, EXAMPLES, EXAMPLES[:1], tmp_path, stop)
    points = []
    resumed = train_network(SETTINGS, EXAMPLES, EXAMPLES[:1], tmp_path, points.append)
    assert [point.step for point in points] == [60]
    for name, value in trained[0].state_dict().items():
        assert torch.allclose(value.float(), resumed.state_dict()[name].float(), atol=1e-6), name


def test_the_exported_network_answers_alike(trained, tmp_path):
    path = tmp_path / "w.onnx"
    export_network(trained[0], path, {"kind": "fibers"})
    image = np.random.default_rng(0).normal(size=(1, 1, 64, 128)).astype(np.float32)
    with torch.no_grad():
        expected = trained[0](torch.from_numpy(image)).numpy()
    assert np.allclose(load_network(path.read_bytes(), EngineName.OPENVINO, "w")(image), expected, atol=1e-3)
    back = import_network(path.read_bytes(), "w")
    with torch.no_grad():
        assert np.allclose(back(torch.from_numpy(image)).numpy(), expected, atol=1e-3)


def test_what_cannot_be_trained_further_is_told(other_network):
    for content in (b"nothing", other_network.read_bytes()):
        with pytest.raises(InputError, match="cannot be trained further"):
            import_network(content, "other.onnx")


def test_an_answer_depends_on_its_surroundings_alone():
    """Without a global style the middle of a large image is what it is in a smaller one."""
    network = FlowNet(SETTINGS.network).eval()
    image = torch.randn(1, 1, 128, 128)
    with torch.no_grad():
        whole, part = network(image), network(image[..., 32:96, 32:96])
    assert torch.allclose(whole[..., 56:72, 56:72], part[..., 24:40, 24:40], atol=1e-5)


def test_unknown_flows_teach_nothing():
    answer = torch.randn(1, 3, 8, 8)
    flows, is_object = torch.zeros(1, 2, 8, 8), torch.ones(1, 8, 8)
    is_known = torch.zeros(1, 8, 8)
    is_known[0, :4] = 1.0
    other = answer.clone()
    other[:, :2, 4:] += 3.0
    assert torch.equal(
        flow_loss(answer, flows, is_object, is_known), flow_loss(other, flows, is_object, is_known)
    )
