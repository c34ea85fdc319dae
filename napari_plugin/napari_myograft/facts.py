"""What is known of one object, as a few lines to read beside it; of a blinded reading nothing that the machine said."""

from __future__ import annotations

from typing import Any

from myograft.api import Review
from myograft.model.correction import Target
from napari_myograft.blinding import is_blinded

Fact = tuple[str, str]


def facts_of(review: Review, target: Target, object_id: int) -> list[Fact]:
    """Return what is known of an object as it stands: names and values with their units.

    Raises
    ------
    CorrectionError
        Where there is no such object.
    """
    row = review.row(target, object_id)
    facts = _fiber(row) if target is Target.FIBER else _nucleus(row)
    if is_blinded(review):
        facts = [fact for fact in facts if fact[0] == "Area"]
    elif row["in_excluded_region"] or (row["is_excluded"] and row["exclusion_reason"]):
        facts.append(("Left out", row["exclusion_reason"] or "in an excluded area"))
    return [fact for fact in facts if fact[1]]


def _fiber(row: dict[str, Any]) -> list[Fact]:
    inside = row["in_fiber_nuclei_n"]
    parts = [] if inside is None else [f"{inside} inside"]
    parts += [f"{row[name]} {what}" for name, what in _COUNTED if row[name] is not None and inside]
    return [
        ("Area", _number(row["csa_um2"], "µm²", 0)),
        ("Minimal Feret", _number(row["min_feret_um"], "µm", 1)),
        ("Nuclei", ", ".join(parts)),
        ("Outline right", _number(row["outline_probability"], "probability", 2)),
    ]


_COUNTED = (("central_nuclei_n", "central"), ("donor_nuclei_n", "donor"))


def _nucleus(row: dict[str, Any]) -> list[Fact]:
    origin = row["origin"] or ("undecided" if row["is_undecided"] else "")
    if row["origin"] and row["is_undecided"]:
        origin = f"{origin}, near the threshold"
    score = _number(row["donor_score"], "", 1)
    probability = _number(row["p_donor"], "", 2)
    return [
        ("Origin", origin),
        ("Donor score", score + (f" (1 − local false discovery rate: {probability})" if probability else "")),
        ("Location", _place(row)),
        ("Area", _number(row["area_um2"], "µm²", 0)),
        ("Outline right", _number(row["outline_probability"], "probability", 2)),
    ]


def _place(row: dict[str, Any]) -> str:
    if row["location"] is None:
        return ""
    place = {"in_fiber": "in fiber", "border": "border of fiber", "interstitial": "between fibers"}[
        row["location"]
    ]
    if row["location"] == "interstitial":
        return place
    number = f"{place} {row['fiber_id']}" if row["fiber_id"] is not None else place
    return f"{number}, {row['position']}" if row["position"] else number


def _number(value: float | None, unit: str, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f} {unit}".strip()
