"""The evidence for what is said of an object, beyond its values (`facts`); of a blinded reading what readers said."""

from __future__ import annotations

from typing import Any

from myograft.api import Review
from myograft.model.correction import (
    Accept,
    Correction,
    Reject,
    SetLocation,
    SetOrigin,
    SetPosition,
    Target,
)
from napari_myograft.said import Said


def evidence_of(
    review: Review, target: Target, object_id: int, *, is_blinded: bool, said: Said | None = None
) -> list[str]:
    """Return the evidence for an object's calls, what concerns the donor question first.

    Parameters
    ----------
    review
        The review.
    target, object_id
        The object.
    is_blinded
        Whether the machine's calls are hidden.
    said
        What readers said; None to read the journal for this object alone.

    Raises
    ------
    CorrectionError
        Where there is no such object.
    """
    row = review.row(target, object_id)
    sentences = [] if is_blinded else _called(review, target, row)
    return sentences + _said(said or Said(review), target, object_id)


def _called(review: Review, target: Target, row: dict[str, Any]) -> list[str]:
    return _nucleus(review, row) if target is Target.NUCLEUS else _fiber(row)


def _nucleus(review: Review, row: dict[str, Any]) -> list[str]:
    sentences = []
    section = review.section
    if row["donor_signal"] is not None:
        over = f"Marker {row['donor_signal']:,.0f} counts over its surroundings"
        score = row["donor_score"]
        by = "" if score is None else f": {score:.1f} standard deviations of the host nuclei"
        sentences.append(f"{over}{by}{_threshold(section)}.")
    elif section["donor_threshold_method"] is not None:
        sentences.append("The marker could not be measured here.")
    if row["donor_spots_n"] is not None:
        sentences.append(f"Spots as high as the threshold: {row['donor_spots_n']}.")
    if row["is_undecided"]:
        sentences.append("So near to the threshold that a person should look.")
    return sentences + _place(row)


def _threshold(section: dict[str, Any]) -> str:
    if section["donor_threshold"] is None:
        return "; no threshold could be set"
    method = str(section["donor_threshold_method"]).replace("_", " ")
    return f", donor from {section['donor_threshold']:.1f} ({method})"


def _place(row: dict[str, Any]) -> list[str]:
    if row["location"] is None:
        return []
    sentence = f"{row['overlap_fraction']:.0%} of it lie in fiber {row['fiber_id']}"
    if row["fiber_id"] is None:
        sentence = "It lies in no fiber"
    if row["border_distance_um"] is not None:
        where = "inside" if row["border_distance_um"] >= 0 else "outside"
        sentence += f", its center {abs(row['border_distance_um']):.1f} µm {where} of the nearest outline"
    return [f"{sentence}."]


def _fiber(row: dict[str, Any]) -> list[str]:
    sentences = []
    if row["in_fiber_nuclei_n"] is not None:
        donors = "" if row["donor_nuclei_n"] is None else f", {row['donor_nuclei_n']} of them donor"
        sentences.append(
            f"{row['in_fiber_nuclei_n']} nuclei in it, {row['central_nuclei_n']} central{donors}."
        )
    if row["is_excluded"]:
        sentences.append(f"Left out of sizes: {row['exclusion_reason']}.")
    return sentences


def _said(said: Said, target: Target, object_id: int) -> list[str]:
    """Return what readers said of an object, as far as it stands."""
    sentences = []
    for entry in said.of(target, object_id):
        why = f" ({entry.why})" if entry.why else ""
        sentences.append(f"{entry.author} {_words(entry.correction)} on {entry.moment:%Y-%m-%d}{why}.")
    return sentences


def _words(edit: Correction) -> str:
    match edit:
        case SetOrigin():
            return f"called it {edit.after or 'open'}"
        case SetLocation(fiber_after=fiber) if fiber is not None:
            return f"placed it {edit.after.replace('_', ' ')} {fiber}"
        case SetLocation() | SetPosition():
            return f"placed it {edit.after.replace('_', ' ')}"
        case Accept():
            return "accepted it"
        case Reject():
            return f"left it out ({edit.reason})"
        case _:
            raise TypeError(f"{edit.kind} says nothing of an object")
