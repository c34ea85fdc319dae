"""What stains say of fibers, in rows with numerator and denominator; and which fibers the pictures mark."""

from __future__ import annotations

from typing import Any

import numpy as np

from myograft.model.arrays import Array
from myograft.model.biology import FiberCall
from myograft.model.table import Table
from myograft.report.control_rows import control_rows, rate_rows
from myograft.report.numbers import NOT_MEASURED

_TITLE = {
    "donor_protein": "Fibers with donor protein",
    "regeneration": "Regenerating fibers",
    "fiber_type": "Fibers positive for the fiber-type stain",
    "necrosis": "Necrotic fibers (a torn membrane lets plasma in)",
}


#: Fibers that pictures mark where they are positive, and what they are.
_MARKED = (
    ("regeneration", "regenerating fiber"),
    ("necrosis", "necrotic fiber"),
    ("donor_protein", "fiber with donor protein"),
)


def stain_rows(section: Table) -> list[tuple[str, str, str]]:
    """Return (what, value, how) on the section's stained fibers; empty without such a stain."""
    row = section.rows()[0]
    rows = [part for name in _TITLE if row[f"{name}_threshold_method"] for part in _stain(row, name)]
    return rows + _hyalinized(row) + _cross_table(row)


def _hyalinized(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return how many fibers look hyalinized, or that nothing is known of it: that is not none."""
    if row["fibers_n"] is None:
        return []
    what, looked_at_n = "Hyalinized fibers", row["hyalinized_looked_at_fibers_n"]
    if not looked_at_n:
        told = "they show in a photograph of hematoxylin and eosin with enough fibers: it does not mean none"
        return [(what, NOT_MEASURED, told)]
    candidates_n = row["hyalinized_candidate_fibers_n"]
    how = (
        f"of {looked_at_n:,} fibers: dense with eosin, homogeneous and round (is_hyalinized_candidate). To be looked "
        "at: no error rate is known"
    )
    return [(what, f"{candidates_n:,} candidates" if candidates_n else "no candidate", how)]


def _stain(row: dict[str, Any], name: str) -> list[tuple[str, str, str]]:
    title, called_n = _TITLE[name], row[f"{name}_called_fibers_n"]
    if not called_n:
        return [(title, NOT_MEASURED, "no fiber could be called positive or negative")]
    positive_n = row[f"{name}_positive_fibers_n"]
    fraction = "none called" if not positive_n else f"{100 * row[f'{name}_positive_fibers_fraction']:.2f} %"
    low, high = (100 * row[f"{name}_positive_fibers_fraction_{end}"] for end in ("low", "high"))
    threshold, undecided_n = row[f"{name}_threshold"], row[f"{name}_undecided_fibers_n"]
    rule = (
        "no threshold could be set"
        if threshold is None
        else f"threshold at a score of {threshold:.1f} bulk SD ({row[f'{name}_threshold_method']})"
    )
    of = f"{positive_n:,} of {called_n:,}; 95 % interval {low:.2f} to {high:.2f} % (counting error only)"
    event = row[f"{name}_event"] or FiberCall.POSITIVE
    sized = (f"{row[f'{name}_{call}_fibers_sized_n']:,}" for call in (FiberCall.POSITIVE, FiberCall.NEGATIVE))
    return [
        (title, fraction, f"{of}; {rule}; {undecided_n:,} undecided"),
        *control_rows(row, name, f"– {event} fibers", called_n, row[f"{name}_{event}_fibers_n"]),
        *rate_rows(row, name, "fibers"),
        (
            "– CSA, positive / negative, mean",
            f"{_size(row, name, 'csa', 'um2')} µm²",
            f"{' / '.join(sized)} fibers with a valid size",
        ),
        (
            "– minimal Feret diameter, positive / negative, mean",
            f"{_size(row, name, 'min_feret', 'um')} µm",
            "",
        ),
    ]


def _size(row: dict[str, Any], name: str, size: str, unit: str) -> str:
    values = [row[f"{name}_{call}_{size}_mean_{unit}"] for call in FiberCall]
    return " / ".join("–" if value is None else f"{value:,.1f}" for value in values)


def _cross_table(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return how the two definitions of a donor fiber agree; nothing where one of them was not measured."""
    rows = []
    for name, nuclei in (("donor_nucleus", "a donor nucleus"), ("donor_nuclei_2", "two donor nuclei")):
        cells = (f"{name}_with", f"{name}_without", f"no_{name}_with", f"no_{name}_without")
        counts = [row[f"{cell}_protein_fibers_n"] for cell in cells]
        if None not in counts:
            rows.append(
                (
                    f"Fibers with {nuclei} and donor protein / nuclei alone / protein alone / neither",
                    " / ".join(f"{count:,}" for count in counts),
                    "protein spreads along a fiber beyond the nuclei that make it",
                )
            )
    return rows


def marked_fibers(fibers: Table | None) -> dict[str, Array]:
    """Return the numbers of the fibers that pictures mark, by what they are; of a fiber type the smaller part."""
    if fibers is None:
        return {}
    numbers = fibers["fiber_id"].filled()
    marked: dict[str, Array] = {}
    positive, negative = (_of(fibers, "fiber_type", call) for call in FiberCall)
    if positive.any() or negative.any():
        is_rare = positive.sum() <= negative.sum()
        shown = FiberCall.POSITIVE if is_rare else FiberCall.NEGATIVE
        marked[f"fiber-type {shown} fiber"] = numbers[positive if is_rare else negative]
    for name, what in _MARKED:
        if not np.ma.getmaskarray(fibers[name]).all():
            marked[what] = numbers[_of(fibers, name, FiberCall.POSITIVE)]
    return marked


def _of(fibers: Table, name: str, call: FiberCall) -> Array:
    return np.asarray((fibers[name] == str(call)).filled(fill_value=False), bool)
