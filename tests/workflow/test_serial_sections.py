"""Serial sections of a muscle: none so near to another that a nucleus reaches into both."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.errors import InputError
from myograft.model.study import Place
from myograft.read import read_design_sheet
from myograft.study import MeasuredSection, Series, apart, muscles_table

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
    sections = [counted(number, 5.0 * number) for number in range(9)]
    kept, told = apart(sections, Series(15.0, 5.0))
    # Nuclei of 15 um reach from a section of 5 um into all whose middles lie less than 20 um away, not 15.
    assert [part.position_um for part in kept] == [0.0, 20.0, 40.0]
    assert "6 of 9 serial sections are left out" in told[0]
    assert "slide s1, section 1, slide s2" in told[0]
    assert "one 15 um high" in told[0]
    assert "sections 5 um thick" in told[0]

    def donors(parts):
        rows = muscles_table(parts).rows()
        return next(row["numerator"] for row in rows if row["variable"] == "donor_nuclei_fraction")

    # Nine sections of 5 um through nuclei of 15 um: what summing all would have said, and what is there.
    assert (donors(sections), donors(kept)) == (90.0, 30.0)


def shown_n(sections, tops_um, heights_um):
    """Return in how many sections each nucleus shows: in every one that it reaches into."""
    begin = np.array([part.position_um - part.row["section_thickness_um"] / 2 for part in sections])
    end = np.array([part.position_um + part.row["section_thickness_um"] / 2 for part in sections])
    return ((tops_um[:, None] < end) & (tops_um[:, None] + heights_um[:, None] > begin)).sum(axis=1)


@pytest.mark.parametrize("thickness_um", [5.0, 10.0, 20.0])
def test_no_nucleus_of_a_block_shows_in_two_sections_that_count(thickness_um):
    """40,000 nuclei at random along 600 um, cut throughout: each in one of the sections kept, or in none."""
    random = np.random.default_rng(7)
    heights_um, tops_um = random.uniform(4.0, 15.0, 40_000), random.uniform(-20.0, 600.0, 40_000)
    sections = [
        section(number, thickness_um * (number + 0.5), section_thickness_um=thickness_um)
        for number in range(int(600.0 / thickness_um))
    ]
    kept, _ = apart(sections)
    assert shown_n(kept, tops_um, heights_um).max() == 1
    assert shown_n(sections, tops_um, heights_um).max() > 1
    # Of those that the tallest nuclei allow, none is given away.
    assert len(kept) == 1 + (len(sections) - 1) // int(np.ceil((15.0 + thickness_um) / thickness_um))
    # What keeping all that lie a nucleus' height apart did: most of what it counted in two neighbors was counted twice.
    old_step = int(np.ceil(15.0 / thickness_um))
    counted_twice = (shown_n(sections[::old_step], tops_um, heights_um) > 1).mean()
    print(
        f"sections of {thickness_um:g} um: {100 * counted_twice:.0f} % of nuclei twice by the height alone, now 0"
    )
    assert counted_twice > 0.02


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.floats(0.0, 300.0), st.sampled_from([4.0, 10.0, 30.0])),
        min_size=1, max_size=14,
    ),
    st.floats(0.0, 60.0),
)  # fmt: skip
def test_what_is_kept_lies_apart_and_nothing_more_could_be(drawn, height_um):
    sections = [
        section(number, position, Place(subject), section_thickness_um=thickness)
        for number, (subject, position, thickness) in enumerate(drawn)
    ]
    kept, _ = apart(sections, Series(height_um))
    turned, _ = apart(sections[::-1], Series(height_um))
    assert {part.row["slide_id"] for part in kept} == {part.row["slide_id"] for part in turned}

    def is_apart(one, other):
        thick = (one.row["section_thickness_um"] + other.row["section_thickness_um"]) / 2
        return abs(one.position_um - other.position_um) >= height_um + thick - 2e-6

    for subject in "AB":
        own = [part for part in sections if part.place.subject == subject]
        ours = [part for part in kept if part.place.subject == subject]
        assert all(is_apart(a, b) for a, b in combinations(ours, 2))
        if len(own) < 9:
            most = max(
                (len(some) for n in range(len(own) + 1) for some in combinations(own, n)
                 if all(is_apart(a, b) for a, b in combinations(some, 2))),
            )  # fmt: skip
            assert len(ours) == most


def test_where_sections_differ_in_thickness_their_gap_counts():
    sections = [section(0, 0.0, section_thickness_um=10.0), section(1, 30.0, section_thickness_um=20.0)]
    assert len(apart(sections, Series(15.0))[0]) == 2
    assert len(apart(sections, Series(15.1))[0]) == 1


def test_the_thickness_comes_from_the_result_else_from_the_user_else_is_asked_for():
    bare = [section(number, 20.0 * number) for number in range(2)]
    with pytest.raises(InputError) as caught:
        apart(bare, Series(15.0))
    assert "nobody says how thick this serial section is" in caught.value.sentence
    assert "--section-thickness-um" in caught.value.sentence
    assert len(apart(bare, Series(15.0, 5.0))[0]) == 2
    assert len(apart(bare, Series(15.0, 6.0))[0]) == 1
    stated = [section(number, 20.0 * number, section_thickness_um=6.0) for number in range(2)]
    assert len(apart(stated, Series(15.0, 5.0))[0]) == 1
    # One section alone has no neighbor to be too near to.
    assert len(apart(bare[:1])[0]) == 1


def test_nuclei_that_a_result_says_are_taller_are_believed():
    tall = [
        section(number, 27.0 * number, section_thickness_um=10.0, donor_nucleus_height_um=18.0)
        for number in range(2)
    ]
    assert len(apart(tall)[0]) == 1
    # What the user says on purpose holds.
    assert len(apart(tall, Series(17.0))[0]) == 2


def test_sections_without_positions_all_count():
    sections = [section(number, None) for number in range(3)]
    assert apart(sections) == (sections, [])


def test_a_part_of_the_positions_is_no_series():
    with pytest.raises(InputError) as caught:
        apart([section(0, 0.0), section(1, None)])
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
