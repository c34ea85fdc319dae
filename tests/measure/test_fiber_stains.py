"""Stained fibers of a section: counts that add up, the two definitions of a donor fiber, null that is never zero."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.measure import StainRule, summarize_fiber_stains
from myograft.model.columns import SECTIONS, TableName
from myograft.model.fiber_marker_columns import SECTION_STAINS, STAIN_OF_ROLE
from myograft.model.table import from_rows
from myograft.numerics.intervals import clopper_pearson

RULE = StainRule("fixed", 10.0, 120.0, 4.0)


def fibers_of(rows):
    given = {"csa_um2": 900.0, "min_feret_um": 30.0, "is_excluded": False}
    return from_rows(TableName.FIBERS, [{"fiber_id": i + 1} | given | row for i, row in enumerate(rows)])


FIBERS = st.lists(
    st.fixed_dictionaries(
        {
            "donor_protein": st.sampled_from(["positive", "negative", None]),
            "donor_protein_is_undecided": st.booleans(),
            "donor_nuclei_n": st.integers(0, 3),
            "csa_um2": st.floats(10.0, 5000.0),
            "is_excluded": st.booleans(),
        }
    ),
    min_size=1,
    max_size=40,
)


@given(FIBERS)
def test_counts_add_up(rows):
    row = summarize_fiber_stains(fibers_of(rows), {"donor_protein": RULE}, 2.0)
    called = [fiber for fiber in rows if fiber["donor_protein"]]
    assert row["donor_protein_called_fibers_n"] == len(called)
    if not called:
        assert set(row) <= {"donor_protein_called_fibers_n", *(f"donor_protein_{name}" for name in
                            ("threshold_method", "threshold", "bulk_location", "bulk_scale", "event"))}  # fmt: skip
        return
    positive = [fiber for fiber in called if fiber["donor_protein"] == "positive"]
    assert row["donor_protein_positive_fibers_n"] == len(positive)
    assert row["donor_protein_positive_fibers_per_mm2"] == len(positive) / 2.0
    low, high = clopper_pearson(len(positive), len(called))
    assert row["donor_protein_positive_fibers_fraction_low"] == low
    assert row["donor_protein_positive_fibers_fraction_high"] == high
    sized = [fiber["csa_um2"] for fiber in positive if not fiber["is_excluded"]]
    mean = row["donor_protein_positive_csa_mean_um2"]
    assert mean == (pytest.approx(np.mean(sized)) if sized else None)
    for name, least_n in (("donor_nucleus", 1), ("donor_nuclei_2", 2)):
        cells = {
            (holds, shows): row[
                f"{'' if holds else 'no_'}{name}_{'with' if shows else 'without'}_protein_fibers_n"
            ]
            for holds in (True, False)
            for shows in (True, False)
        }
        assert sum(cells.values()) == len(called)
        for (holds, shows), count in cells.items():
            expected = [
                fiber
                for fiber in called
                if (fiber["donor_nuclei_n"] >= least_n) == holds
                and (fiber["donor_protein"] == "positive") == shows
            ]
            assert count == len(expected)


@pytest.mark.parametrize("missing", ["donor_protein", "donor_nuclei_n"])
def test_the_cross_table_needs_both(missing):
    rows = [{"donor_protein": "positive", "donor_nuclei_n": 1} | {missing: None}] * 4
    row = summarize_fiber_stains(fibers_of(rows), {"donor_protein": RULE}, 1.0)
    assert not [
        name for name in row if "_protein_fibers_n" in name and name.startswith(("donor_nucl", "no_"))
    ]


def test_what_is_absent_has_no_columns():
    assert summarize_fiber_stains(fibers_of([{}] * 3), {}, 1.0) == {}
    row = summarize_fiber_stains(fibers_of([{"regeneration": "negative"}] * 3), {"regeneration": RULE}, 1.0)
    assert row["regeneration_positive_fibers_n"] == 0
    assert not [name for name in row if name.startswith(("donor", "no_", "fiber_type"))]


def test_every_stain_has_the_same_columns():
    names = {column.name for column in SECTION_STAINS}
    ends = {name.removeprefix("regeneration_") for name in names if name.startswith("regeneration_")}
    for stain in STAIN_OF_ROLE.values():
        assert {f"{stain}_{end}" for end in ends} <= names
    assert set(SECTION_STAINS) <= set(SECTIONS)
