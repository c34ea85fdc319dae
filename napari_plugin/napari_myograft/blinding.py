"""What a blinded reader must not see in a sentence: which slide it is."""

from __future__ import annotations

import re
from pathlib import Path

from myograft.api import Review


def is_blinded(review: Review) -> bool:
    """Whether a reading hides names, arms, time points and what the machine called."""
    return review.setup is not None and review.setup.is_blinded


def without_names(review: Review, sentence: str) -> str:
    """Return a sentence as this reader may read it: in a blinded reading without paths and name of the slide.

    Folders are often named after arms and animals, those of the result as well as those of the input.
    """
    if not is_blinded(review):
        return sentence
    instead = _names(review)
    longest_first = sorted(instead, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: instead[found[0]], sentence)


def _names(review: Review) -> dict[str, str]:
    record, root = review.finished.record, review.finished.layout.root
    source = Path(record.input_path)
    names = {
        record.slide_id: "this slide",
        root.name: "this result",
        source.name: "the input",
        str(source): "the input",
        record.input_path: "the input",
    }
    names |= dict.fromkeys(map(str, (root, root.absolute(), root.resolve())), "this result")
    return {name: instead for name, instead in names.items() if name not in ("", ".", "/")}
