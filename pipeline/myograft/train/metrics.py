"""Measured figures on a network's card; the weights and their digest stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from myograft.model.network_card import NetworkCard

#: Decimals of a figure on a card.
_DIGITS = 3


def record_metrics(card: Path, figures: Mapping[str, float]) -> NetworkCard:
    """Write measured figures on a card, in place of those of the same name, and return it.

    Parameters
    ----------
    card
        The card's file; it is written whole or not at all.
    figures
        By name; those that the card already has and that are not given stay.
    """
    known = NetworkCard.model_validate_json(card.read_bytes())
    rounded = {name: round(float(value), _DIGITS) for name, value in figures.items()}
    changed = known.model_copy(update={"metrics": {**known.metrics, **rounded}})
    # Checked again: a figure that is no number must not spoil the card.
    changed = NetworkCard.model_validate(changed.model_dump())
    draft = card.with_suffix(".draft")
    draft.write_text(changed.model_dump_json(indent=1) + "\n", encoding="utf-8")
    draft.replace(card)
    return changed
