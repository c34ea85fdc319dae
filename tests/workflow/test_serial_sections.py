"""Serial sections of a muscle: none so near to another that a nucleus counts twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.errors import InputError
from myograft.model.study import Place
from myograft.read import read_design_sheet
from myograft.study import MeasuredSection, apart, muscles_table

HOST = Place("A")


def section(number, position_um, place=HOST, **values):
    return MeasuredSection(
        {"slide_id": f"s{number:02}", "section_id": "1", **values}, place, position_um=position_um
    )


def counted(number, position_um, donor_n=10):
    """A row of the sections table with the columns that a study reads."""
    from myograft.model.columns import COLUMNS, TableName

    row = dict.fromkeys(column.name for column in COLUMNS[TableName.SECTIONS])
    row |= {"slide_id": f"s{number}", "section_id": "1", "donor_nuclei_n": donor_n, "nuclei_called_n": 1000}
    return MeasuredSection(row, HOST, position_um=position_um)


def test_neighbors_that_show_the_same_nuclei_count_once():
    sections = [counted(number, 5.0 * number) for number in range(7)]
    kept, told = apart(sections, 15.0)
    assert [part.position_um for part in kept] == [0.0, 15.0, 30.0]
    assert "4 of 7 serial sections" in told[0]
    assert "slide s1, section 1, slide s2" in told[0]

    def donors(parts):
        rows = muscles_table(parts).rows()
        return next(row["numerator"] for row in rows if row["variable"] == "donor_nuclei_fraction")

    # Seven sections of 5 um through nuclei of 15 um: what summing all would have said, and what is there.
    assert (donors(sections), donors(kept)) == (70.0, 30.0)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.floats(0.0, 300.0)), min_size=1, max_size=14),
    st.floats(0.0, 60.0),
)
def test_what_is_kept_lies_apart_and_nothing_more_could_be(drawn, least_um):
    sections = [section(number, position, Place(subject)) for number, (subject, position) in enumerate(drawn)]
    kept, _ = apart(sections, least_um)
    turned, _ = apart(sections[::-1], least_um)
    assert {part.row["slide_id"] for part in kept} == {part.row["slide_id"] for part in turned}
    for subject in "AB":
        own = sorted(part.position_um for part in kept if part.place.subject == subject)
        assert (np.diff(own) >= least_um).all()
        for position in (position for name, position in drawn if name == subject and position not in own):
            # Whatever was left out lies too near to one that was kept before it.
            assert any(0.0 <= position - other < least_um for other in own)


def test_sections_without_positions_all_count():
    sections = [section(number, None) for number in range(3)]
    assert apart(sections, 15.0) == (sections, [])


def test_a_part_of_the_positions_is_no_series():
    with pytest.raises(InputError) as caught:
        apart([section(0, 0.0), section(1, None)], 15.0)
    assert "some sections have a position_um, and others have none" in caught.value.sentence


@pytest.mark.parametrize(("cell", "position"), [("120", 120.0), ("0,5", 0.5), ("", None), ("-3e1", -30.0)])
def test_positions_are_read(tmp_path, cell, position):
    sheet = tmp_path / "design.csv"
    sheet.write_text(f"slide_id;subject;position_um\na;A;{cell}\n", encoding="utf-8")
    assert read_design_sheet(sheet)[0].position_um == position


@pytest.mark.parametrize("cell", ["top", "nan", "inf"])
def test_what_is_no_position_is_said(tmp_path, cell):
    sheet = tmp_path / "design.csv"
    sheet.write_text(f"slide_id;subject;position_um\na;A;{cell}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_design_sheet(sheet)
    assert f"{cell!r} is no position" in caught.value.sentence
    assert "line 2" in caught.value.sentence
