"""From readings to agreement: what counts, what corresponds, what is said, and in which order it is to be settled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.errors import InputError
from myograft.study import agreement_of

ENDS = ("first", "second")
SAYS = ("first_says", "second_says", "machine_says")


def rows(found, **wanted):
    return [
        row for row in found.agreement.rows() if all(row[name] == value for name, value in wanted.items())
    ]


def one(found, **wanted):
    [row] = rows(found, **wanted)
    return row


def donors(*numbers):
    return {number: {"origin": "donor"} for number in numbers}


def hosts(*numbers):
    return {number: {"origin": "host"} for number in numbers}


def test_only_what_both_read_counts(scene):
    anna = scene.read("anna", calls=donors(4) | hosts(1), read=range(1, 61))
    ben = scene.read("ben", calls=donors(4, 5) | hosts(90), read=range(1, 51))
    found = agreement_of([scene.slide(anna, ben)], with_machine=False)
    table = {row["category"]: row["value"] for row in rows(found, statistic="calls_n", variable="origin")}
    # Anna: 2, 3, 4 are donor; Ben: 1, 2, 3, 4, 5. Number 90 nobody but Ben has an opinion on, and he did not read it.
    assert table == {"donor/donor": 3, "donor/host": 0, "host/donor": 2, "host/host": 45}
    kappa = one(found, statistic="cohens_kappa", variable="origin")
    assert kappa["value"] == pytest.approx(
        (48 / 50 - (3 * 5 + 47 * 45) / 2500) / (1 - (3 * 5 + 47 * 45) / 2500)
    )
    assert kappa["objects_low"] < kappa["value"] < kappa["objects_high"]
    assert (kappa["sections_low"], kappa["objects_n"], kappa["sections_n"]) == (None, 50, 1)
    assert kappa["reason"] == "one section: no interval over sections"
    positive = one(found, statistic="specific_agreement", category="donor")
    assert positive["value"] == pytest.approx(6 / 8)
    assert any("nuclei: anna read 60, ben 50; 50 were read by both" in note for note in found.notes)
    assert any("one section" in note for note in found.notes)
    assert any("anna read 60 % of the fibers" in note for note in found.notes)


def test_the_queue_begins_with_what_changes_the_donor_count(scene):
    calls = {
        7: {"position": "central"}, 8: {"location": "border", "position": None},
        2: {"location": "interstitial", "position": None}, 9: {"fiber_id": 10}, 30: {"origin": None},
        31: {"is_excluded": True, "exclusion_reason": "out of focus"},
        3: {"is_excluded": True, "exclusion_reason": "fold"},
    }  # fmt: skip
    anna = scene.read("anna", calls=calls | donors(4))
    without = scene.nuclei
    without[without == 1] = 0
    without[without == 50] = 0
    ben = scene.read("ben", nuclei=without, calls={11: {"origin": "donor"}})
    found = agreement_of([scene.slide(anna, ben)], with_machine=True)
    queue = [
        tuple(row[name] for name in ("kind", *(f"{end}_object_id" for end in ENDS), *SAYS))
        for row in found.disagreements.rows()
    ]
    assert queue == [
        ("origin", 4, 4, "donor", "host", "host"),
        ("origin", 11, 11, "host", "donor", "host"),
        ("exclusion", 3, 3, "left out: fold", "kept", "kept"),
        ("missing", 1, None, "donor", "none", "a nucleus"),
        ("location", 2, 2, "interstitial", "in_fiber", "in_fiber"),
        ("location", 8, 8, "border", "in_fiber", "in_fiber"),
        ("fiber", 9, 9, "fiber 10", "fiber 9", "fiber 9"),
        ("position", 7, 7, "central", "peripheral", "peripheral"),
        ("origin", 30, 30, "unclear", "host", "host"),
        ("exclusion", 31, 31, "left out: out of focus", "kept", "kept"),
        ("missing", 50, None, "host", "none", "a nucleus"),
    ]
    first = found.disagreements.rows()[0]
    assert (first["number"], first["target"], first["first_reader"]) == (1, "nucleus", "anna")
    assert (first["box_y0_px"], first["box_x0_px"], first["box_y1_px"]) == (4, 112, 8)
    assert first["centroid_y_um"] == 5.5
    # Left open or left out is no call.
    assert one(found, readers="anna, ben", statistic="gwets_ac1", variable="origin")["objects_n"] == 95
    assert any("the origin of 1 of them was left open" in note for note in found.notes)


def test_section_values_and_each_readers_own(scenes):
    slides = [
        part.slide(
            part.read("anna"), part.read("ben", calls=donors(*range(50, 51 + number))), part.read("cleo")
        )
        for number, part in enumerate(scenes)
    ]
    found = agreement_of(slides, with_machine=True)
    bias = one(found, statistic="bias", variable="donor_nuclei_n", readers="anna, ben")
    assert (bias["value"], bias["sections_n"], bias["unit"]) == (-2.5, 4, "1")
    assert bias["sections_low"] < -2.5 < bias["sections_high"] < 0.0
    low = one(found, statistic="limit_low", variable="donor_nuclei_n", readers="anna, ben")
    assert low["sections_low"] < low["value"] < low["sections_high"]
    everyone = one(found, statistic="icc_2_1", variable="donor_nuclei_n", readers="anna, ben, cleo")
    assert 0.8 < everyone["value"] < 1.0
    same = one(found, statistic="icc_2_1", variable="donor_nuclei_n", readers="anna, cleo")
    assert (same["value"], same["sections_low"], same["reason"]) == (
        1.0,
        None,
        "readers do not differ: no interval",
    )
    equal = one(found, statistic="icc_2_1", variable="fibers_n", readers="anna, ben")
    assert (equal["value"], equal["reason"]) == (None, "undefined: sections do not differ")
    mean = one(found, statistic="mean", variable="donor_nuclei_n", readers="ben")
    assert mean["value"] == np.mean([5 + 1, 9 + 2, 13 + 3, 17 + 4])
    assert mean["sections_low"] < mean["value"] < mean["sections_high"]
    machine = one(found, statistic="bias", variable="donor_nuclei_n", readers="anna, machine")
    assert (machine["value"], machine["sections_low"]) == (0.0, None)
    own = [row for row in found.reader_values.rows() if row["variable"] == "donor_nuclei_fraction"]
    assert len(own) == 4 * 4
    assert {row["is_blinded"] for row in own if row["reader"] == "machine"} == {None}
    assert {row["low"] for row in own} == {0.0}
    # People's disagreements only: what the machine says otherwise is in their journals.
    assert {row["first_reader"] + row["second_reader"] for row in found.disagreements.rows()} == {
        "annaben",
        "bencleo",
    }


def test_a_worst_first_queue_is_said_and_the_audit_stands_for_the_slide(scene):
    """Both read all donor calls and three doubtful host nuclei, then a tenth of the rest at random."""
    drawn = frozenset({1, 3, *range(10, 100, 10)})
    read = {1, 2, 3, 4, 5, 6} | drawn
    facts = {"is_random_order": False, "audited_ids": drawn, "read": read}
    anna, ben = scene.read("anna", calls=donors(4), **facts), scene.read("ben", calls=donors(5, 10), **facts)
    found = agreement_of([scene.slide(anna, ben)], with_machine=False)
    enriched, audit = (
        one(found, statistic="cohens_kappa", variable="origin", sample=sample) for sample in ("read", "audit")
    )
    assert (enriched["objects_n"], audit["objects_n"]) == (len(read), len(drawn))
    counts = rows(found, statistic="calls_n", variable="origin", sample="audit")
    cells = {row["category"]: row["value"] for row in counts}
    # Two of three donor calls, nine of 97 host calls.
    expected = {"donor/donor": 3.0, "donor/host": 0.0, "host/donor": 97 / 9, "host/host": 97 * 8 / 9}
    assert cells == pytest.approx(expected)
    assert sum(cells.values()) == pytest.approx(100)
    assert any(
        "did not both read nuclei in random order" in note and "sample 'audit'" in note
        for note in found.notes
    )
    # Without an audit of both there is no such row, and the note says what to do.
    alone = agreement_of([scene.slide(anna, replace(ben, audited_ids=frozenset()))], with_machine=False)
    assert rows(alone, sample="audit") == []
    assert any("have both read the random audit" in note for note in alone.notes)
    # Of the donor calls none was drawn: nothing is said of all nuclei, and why.
    partly = [replace(reading, audited_ids=drawn - {1, 3}) for reading in (anna, ben)]
    found = agreement_of([scene.slide(*partly)], with_machine=False)
    none = one(found, statistic="gwets_ac1", variable="origin", sample="audit")
    assert (none["value"], none["objects_low"]) == (None, None)
    assert "of 3 nuclei of slide slide that the machine called alike none was read by both" in none["reason"]


def test_readings_that_were_not_blinded_are_named(scene):
    found = agreement_of(
        [scene.slide(scene.read("anna"), scene.read("ben", is_blinded=False))], with_machine=False
    )
    told = [note for note in found.notes if "blinded" in note]
    assert len(told) == 1
    assert told[0].startswith("ben was not blinded (slide slide)")


def test_a_reader_who_always_says_the_same(scene):
    same = scene.read("ben", calls=hosts(*range(1, 101)))
    found = agreement_of([scene.slide(scene.read("anna"), same)], with_machine=False)
    kappa = one(found, statistic="cohens_kappa", variable="origin")
    assert (kappa["value"], kappa["objects_low"]) == (0.0, None)
    assert kappa["reason"].startswith("one reader says the same of all")


def test_all_calls_equal_and_nothing_read(scene):
    plain = replace(scene, donors=frozenset())
    found = agreement_of([plain.slide(plain.read("anna"), plain.read("ben"))], with_machine=False)
    kappa = one(found, statistic="cohens_kappa", variable="origin")
    assert (kappa["value"], kappa["reason"]) == (
        None,
        "both give all nuclei one and the same call: kappa is undefined",
    )
    ac1 = one(found, statistic="gwets_ac1", variable="origin")
    assert ac1["value"] == 1.0 == ac1["objects_high"] > ac1["objects_low"]
    assert (
        one(found, statistic="specific_agreement", category="donor")["reason"]
        == "neither called any nucleus donor"
    )
    assert len(found.disagreements) == 0
    apart = plain.read("anna", read={1, 2}), plain.read("ben", read={3})
    with pytest.raises(
        InputError, match=r"no fiber and no nucleus was read by two of them.*Have both accept"
    ):
        agreement_of([plain.slide(*apart)], with_machine=False)


def test_a_slide_without_marker_or_without_nuclei_has_no_such_rows(scene):
    anna, ben = (replace(reading, nuclei=None) for reading in (scene.read("anna"), scene.read("ben")))
    found = agreement_of([scene.slide(anna, ben)], with_machine=False)
    assert {row["variable"] for row in rows(found, compared="outline")} == {"fibers"}
    assert rows(found, compared="call") == []
    calls = {number: {"origin": None} for number in range(1, 101)}
    unmarked = [scene.read(name, calls=calls) for name in ("anna", "ben")]
    slide = replace(scene.slide(*unmarked), machine=scene.read("machine", calls=calls))
    found = agreement_of([slide], with_machine=False)
    assert {row["variable"] for row in rows(found, compared="call")} == {"location", "position"}


called = st.dictionaries(st.integers(1, 100), st.sampled_from(["donor", "host", None]), max_size=30)
chosen = st.sets(st.integers(1, 100), min_size=1)


@settings(deadline=None, max_examples=25)
@given(called, called, chosen, chosen)
def test_symmetric_in_readers(scene, first, second, first_read, second_read):
    readings = [
        scene.read(name, calls={number: {"origin": origin} for number, origin in calls.items()}, read=read)
        for name, calls, read in (("anna", first, first_read), ("ben", second, second_read))
    ]
    if not first_read & second_read:
        return
    found, turned = (
        agreement_of([scene.slide(*order)], with_machine=False) for order in (readings, readings[::-1])
    )
    names = ("value", "objects_low", "objects_high", "objects_n", "reason")
    for row in rows(found):
        if row["statistic"] in {"calls_n", "mean", "bias"} or row["statistic"].startswith("limit"):
            continue
        same = {name: row[name] for name in ("compared", "variable", "sample", "statistic", "category")}
        other = one(turned, **same)
        for name in names:
            assert other[name] == (pytest.approx(row[name]) if isinstance(row[name], float) else row[name])
    assert len(found.disagreements) == len(turned.disagreements)


@settings(deadline=None, max_examples=25)
@given(called, chosen)
def test_one_agrees_with_oneself(scene, calls, read):
    said = {number: {"origin": origin} for number, origin in calls.items()}
    readings = [scene.read(name, calls=said, read=read) for name in ("anna", "ben")]
    found = agreement_of([scene.slide(*readings)], with_machine=False)
    assert len(found.disagreements) == 0
    perfect = {
        "cohens_kappa",
        "gwets_ac1",
        "observed_agreement",
        "specific_agreement",
        "detection_f1",
        "dice_mean",
    }
    for row in rows(found):
        if row["statistic"] in perfect:
            assert row["value"] in {1.0, None}
