"""What a blinded reader must not see in a sentence: which slide it is."""

from __future__ import annotations

from myograft.api import Review


def is_blinded(review: Review) -> bool:
    """Whether a reading hides names, arms, time points and what the machine called."""
    return review.setup is not None and review.setup.is_blinded


def without_names(review: Review, sentence: str) -> str:
    """Return a sentence as this reader may read it: in a blinded reading without path and name of the slide."""
    if not is_blinded(review):
        return sentence
    finished = review.finished
    for name, instead in (
        (str(finished.layout.root), "this result"),
        (finished.record.slide_id, "this slide"),
    ):
        sentence = sentence.replace(name, instead)
    return sentence
