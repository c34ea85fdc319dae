"""Networks that cannot be used end in one sentence, with the right exit code, before anything is written."""

from __future__ import annotations

import builtins

import pytest
import torch

from myograft.phantom import PhantomSpec
from myograft.read import weights_path
from myograft.workflow.simulate import simulate


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    return simulate(PhantomSpec(200, 210, 1.0, seed=2), tmp_path_factory.mktemp("slide") / "s.ome.tif").image


def missing(folder):
    return folder / "absent.onnx"


def corrupt(folder):
    path = folder / "half.onnx"
    path.write_bytes(weights_path("shipped", "fibers").read_bytes()[:5000])
    return path


def pickled(folder):
    path = folder / "weights.pt"
    torch.save({"a": torch.zeros(2)}, path)
    return path


def changed(folder):
    """Weights of another digest than that in the card beside them."""
    shipped = weights_path("shipped", "fibers")
    path = folder / "fibers.onnx"
    path.write_bytes(shipped.read_bytes()[:-1] + b"x")
    card = shipped.with_suffix(".card.json")
    path.with_suffix(".card.json").write_bytes(card.read_bytes())
    return path


def of_the_other_kind(folder):
    return weights_path("shipped", "nuclei")


def of_the_other_kind_without_a_card(folder):
    path = folder / "bare.onnx"
    path.write_bytes(weights_path("shipped", "nuclei").read_bytes())
    return path


BAD = {
    missing: ["absent.onnx", "there are no such weights", "nothing is ever downloaded"],
    corrupt: ["half.onnx", "the weights cannot be used", "made by 'myograft train'"],
    pickled: ["weights.pt", "may run code when it is opened", "Export them as ONNX"],
    changed: ["fibers.onnx", "not those that the card beside them describes", "Copy both files again"],
    of_the_other_kind: ["nuclei.onnx", "these weights outline nuclei, fibers are asked for"],
    of_the_other_kind_without_a_card: ["bare.onnx", "this network outlines nuclei, fibers are asked for"],
}


@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_weights_that_cannot_be_used(make, slide, tmp_path, myograft):
    weights, out = make(tmp_path), tmp_path / "out"
    done = myograft("run", slide, "--out", out, "--workers", 1, "--set", f"segment.fibers.weights={weights}")
    assert done.code == 1
    told = " ".join(done.err.split())
    for part in BAD[make]:
        assert part in told
    assert not (out / "s" / "run.json").exists()


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime", "cuda"])
def test_an_engine_that_is_not_installed(engine, slide, tmp_path, myograft, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **options):
        if name in {"openvino", "onnxruntime"}:
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    out = tmp_path / "out"
    done = myograft(
        "run", slide, "--out", out, "--workers", 1, "--set", f"segment.fibers.engine={engine}", "--set",
        # No other run of this session has loaded this one.
        "segment.fibers.steps_n=123",
    )  # fmt: skip
    assert done.code == 1
    told = " ".join(done.err.split())
    assert f"engine: {engine}: the engine {engine} is not installed" in told
    assert "Install it with: pip install" in told
    assert not (out / "s" / "run.json").exists()


@pytest.mark.parametrize("settings", [["segment.fibers.method=cellpose"]])
def test_cellpose_weights_that_are_missing(settings, slide, tmp_path, myograft, monkeypatch):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    done = myograft("run", slide, "--out", tmp_path / "out", "--workers", 1, "--set", *settings)
    assert done.code == 1
    assert "nothing is ever downloaded in silence" in " ".join(done.err.split())
