"""Weights are there, whole and harmless, or a sentence says what is wrong."""

from __future__ import annotations

import pytest
import torch

from myograft.errors import InputError
from myograft.model.network_card import NetworkCard
from myograft.read import card_path, cellpose_record, cellpose_weights_path, read_weights, weights_path


@pytest.mark.parametrize("kind", ["fibers", "nuclei"])
def test_shipped_weights_are_those_of_their_card(kind):
    weights = read_weights(weights_path("shipped", kind))
    assert weights.card is not None
    assert weights.card.kind == kind
    assert weights.card.sha256 == weights.sha256
    assert weights.record.license == "BSD-3-Clause"


def test_all_shipped_weights_together_are_small():
    total = sum(weights_path("shipped", kind).stat().st_size for kind in ("fibers", "nuclei"))
    assert total <= 12_000_000


def test_missing_weights_are_an_error_not_a_download(tmp_path):
    with pytest.raises(InputError, match=r"there are no such weights.*nothing is ever downloaded"):
        weights_path(str(tmp_path / "none.onnx"), "fibers")


def test_weights_that_may_hold_code_are_refused(tmp_path):
    path = tmp_path / "weights.pt"
    torch.save({"a": torch.zeros(2)}, path)
    with pytest.raises(InputError, match="may run code when it is opened"):
        weights_path(str(path), "fibers")


def test_weights_without_a_card_have_no_license_that_is_known(small_weights):
    record = read_weights(small_weights).record
    assert record.name == small_weights.name
    assert record.license == "unknown"


def test_a_card_of_other_weights_is_told(small_weights, tmp_path):
    path = tmp_path / "w.onnx"
    path.write_bytes(small_weights.read_bytes())
    card = NetworkCard(
        name="w",
        kind="fibers",
        sha256="0" * 64,
        license="BSD-3-Clause",
        data=(),
        command="",
        settings={},
        seconds=0,
        versions={},
        parameters_n=1,
    )
    card_path(path).write_text(card.model_dump_json(), encoding="utf-8")
    with pytest.raises(InputError, match="not those that the card beside them describes"):
        read_weights(path)
    card_path(path).write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="this is no model card"):
        read_weights(path)


def test_cellpose_weights_are_found_by_path_and_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    torch.save({"a": torch.zeros(2)}, tmp_path / "cpsam")
    assert cellpose_weights_path("cpsam") == tmp_path / "cpsam"
    assert cellpose_weights_path(str(tmp_path / "cpsam")) == tmp_path / "cpsam"
    assert "CC-BY-NC" in cellpose_record(tmp_path / "cpsam").license
    torch.save({"a": torch.zeros(2)}, tmp_path / "mine")
    assert cellpose_record(tmp_path / "mine").license == "unknown"


@pytest.mark.parametrize("choice", ["cpsam_v2", "no/such/file"])
def test_missing_cellpose_weights_are_an_error_not_a_download(choice, tmp_path, monkeypatch):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    with pytest.raises(InputError, match="nothing is ever downloaded in silence"):
        cellpose_weights_path(choice)
    assert list(tmp_path.iterdir()) == []


def test_missing_cellpose_weights_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    # Only what Cellpose publishes can be fetched.
    with pytest.raises(InputError, match=r"cache_model_path\('cpsam_v2'\)"):
        cellpose_weights_path("cpsam_v2")
    with pytest.raises(InputError, match=r"Did you mean cpsam_v2\?"):
        cellpose_weights_path("cpsam_v3")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "muscle_2026").write_bytes(b"")
    for choice, told in (
        (mine / "muscel_2026", r"Did you mean .*mine/muscle_2026\?"),
        (tmp_path / "absent" / "muscle_2026", r"there is no folder .*absent"),
        (mine / "x", "Check the path, or give the name of a published model: cpdino"),
    ):
        with pytest.raises(InputError, match=told) as caught:
            cellpose_weights_path(str(choice))
        assert "cache_model_path" not in str(caught.value)


@pytest.mark.parametrize(("kind", "other"), [("fibers", "nuclei"), ("nuclei", "fibers")])
def test_weights_of_the_other_kind_are_refused(kind, other):
    path = weights_path("shipped", other)
    with pytest.raises(InputError, match=f"these weights outline {other}, {kind} are asked for"):
        read_weights(path, kind)
    assert read_weights(path, other).card.kind == other


def test_a_file_that_is_no_model_is_told(tmp_path):
    (tmp_path / "model").write_bytes(b"\x80\x04 pickled")
    with pytest.raises(InputError, match="no file that PyTorch wrote"):
        cellpose_weights_path(str(tmp_path / "model"))
