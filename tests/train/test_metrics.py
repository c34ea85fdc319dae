"""Figures on a card: replaced by name, the rest of the card and the weights stay."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from myograft.read import card_path, read_weights, weights_path
from myograft.train.metrics import record_metrics
from myograft.train.settings import recipe


@pytest.fixture
def weights(tmp_path):
    shipped = weights_path("shipped", "fibers")
    path = tmp_path / "fibers.onnx"
    path.write_bytes(shipped.read_bytes())
    card_path(path).write_bytes(card_path(shipped).read_bytes())
    return path


def test_figures_are_replaced_and_all_else_stays(weights):
    before = read_weights(weights)
    record_metrics(card_path(weights), {"human_f1": 0.12345, "new_figure": 1})
    after = read_weights(weights)
    assert after.sha256 == before.sha256
    assert after.card.metrics == {**before.card.metrics, "human_f1": 0.123, "new_figure": 1.0}
    assert after.card.model_copy(update={"metrics": {}}) == before.card.model_copy(update={"metrics": {}})


def test_what_is_no_number_does_not_spoil_the_card(weights):
    before = card_path(weights).read_bytes()
    with pytest.raises((ValidationError, ValueError)):
        record_metrics(card_path(weights), {"human_f1": float("nan")})
    assert card_path(weights).read_bytes() == before


@pytest.mark.parametrize("kind", ["fibers", "nuclei"])
def test_the_shipped_cards_name_every_setting_of_their_scenes(kind):
    card = read_weights(weights_path("shipped", kind)).card
    assert card.settings["scenes"] == recipe(kind).model_dump(mode="json")["scenes"]
