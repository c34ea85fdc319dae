"""What two readers say alike of areas, places and calls stands in the record; what they say otherwise is asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from myograft.api import ReadingSetup, open_review
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.correction import ExcludeRegion, Target
from myograft.workflow.adjudicate import adjudicate

OWN = ReadingSetup(is_blinded=False)
SQUARE = ((0, 0), (0, 120), (120, 120), (120, 0))


@pytest.fixture
def result(sample_run, tmp_path):
    return Path(shutil.copytree(sample_run.out / "engrafted", tmp_path / "engrafted"))


def read(result, reader, *edits):
    with open_review(result, reader, setup=OWN) as review:
        return [edit(review) for edit in edits]


def nuclei_at(result, *, inside):
    """Nuclei whose centroid lies in the square, or far from it."""
    with open_review(result, "nobody") as review:
        size_um = review.finished.slide.stack.calibration.pixel_size_um
        y, x = (review.nuclei[name].filled() / size_um for name in ("centroid_y_um", "centroid_x_um"))
        chosen = (y < 110) & (x < 110) if inside else (y > 150) | (x > 150)
        return review.nuclei["nucleus_id"].filled()[chosen].tolist()


def test_an_area_that_both_left_out_is_left_out_and_nothing_in_it_accepted(result):
    inside = nuclei_at(result, inside=True)
    for reader in ("anna", "ben"):
        read(
            result,
            reader,
            lambda review: review.accept(Target.NUCLEUS, inside[0]),
            lambda review: review.exclude(SQUARE, ExclusionReason.FOLD),
        )
    done = adjudicate(result, ("anna", "ben"), "cleo", None)
    assert done.questions == ()
    with open_review(result, "cleo") as record:
        assert [entry.correction.kind for entry in record.entries] == ["exclude"]
        assert record.section["excluded_area_mm2"] > 0
        assert record.row(Target.NUCLEUS, inside[0])["in_excluded_region"]


def test_an_area_that_one_left_out_is_asked_and_nothing_in_it_accepted(result):
    inside, outside = (nuclei_at(result, inside=where)[0] for where in (True, False))
    for reader, reason in (("anna", ExclusionReason.FOLD), ("ben", ExclusionReason.TORN)):
        read(
            result,
            reader,
            lambda review: review.accept(Target.NUCLEUS, inside),
            lambda review: review.accept(Target.NUCLEUS, outside),
            lambda review, reason=reason: review.exclude(SQUARE, reason),
        )
    done = adjudicate(result, ("anna", "ben"), "cleo", None)
    assert [question.sentence for question in done.questions] == [
        "area: anna excluded an area of 4 corners: fold, ben drew no such area",
        "area: ben excluded an area of 4 corners: torn, anna drew no such area",
    ]
    assert done.questions[0].region.shape == (120, 120)
    with open_review(result, "cleo") as record:
        assert not any(isinstance(entry.correction, ExcludeRegion) for entry in record.entries)
        assert [entry.correction.object_id for entry in record.entries] == [outside]


def test_places_that_both_state_stand_and_others_are_asked(result):
    with open_review(result, "nobody") as review:
        nuclei = review.nuclei
        is_inside = (nuclei["location"] == "in_fiber").filled(fill_value=False)
        first, second, third = nuclei["nucleus_id"].filled()[is_inside][:3].tolist()
        was = review.row(Target.NUCLEUS, second)
    other = Position.CENTRAL if was["position"] == "peripheral" else Position.PERIPHERAL

    def by(reader):
        fiber = 5 if reader == "anna" else 6
        return [
            lambda review: review.set_location(first, Location.INTERSTITIAL, None),
            lambda review: review.set_position(second, other),
            lambda review: review.accept(Target.NUCLEUS, second),
            lambda review: review.set_location(third, Location.IN_FIBER, fiber),
        ]

    for reader in ("anna", "ben"):
        read(result, reader, *by(reader))
    done = adjudicate(result, ("anna", "ben"), "cleo", None)
    (asked,) = done.questions
    assert (asked.target, asked.object_id) == (Target.NUCLEUS, third)
    with open_review(result, "cleo") as record:
        assert record.row(Target.NUCLEUS, first)["location"] == "interstitial"
        assert record.row(Target.NUCLEUS, second)["position"] == str(other)
        kinds = {
            kind: [e for e in record.entries if e.correction.kind == kind] for kind in ("accept", "location")
        }
        # Who only places a nucleus does not say what it is.
        assert [entry.correction.object_id for entry in kinds["accept"]] == [second]
        assert [entry.correction.nucleus_id for entry in kinds["location"]] == [first]


def test_rejections_for_different_reasons_are_asked(result):
    for reader, reason in (("anna", ExclusionReason.OBLIQUE), ("ben", ExclusionReason.FOLD)):
        read(result, reader, lambda review, reason=reason: review.reject(Target.FIBER, 12, reason))
    (asked,) = adjudicate(result, ("anna", "ben"), "cleo", None).questions
    assert asked.sentence == ("exclusion of a fiber: anna says left out: oblique, ben says left out: fold")


def test_what_both_read_of_the_audit_is_the_records_audit(result):
    with open_review(result, "nobody") as review:
        chosen, first, second = (*review.audit_ids[5:6], *review.audit_ids[:2])
    for reader in ("anna", "ben"):
        read(
            result,
            reader,
            lambda review: review.set_origin(chosen, Origin.HOST),
            lambda review: review.set_origin(first, Origin.HOST, is_audit=True),
            lambda review: review.set_origin(second, Origin.HOST, is_audit=True),
        )
    adjudicate(result, ("anna", "ben"), "cleo", None)
    with open_review(result, "cleo") as record:
        assert (record.estimate["reviewed_n"], record.estimate["audited_n"]) == (1, 2)
        assert [entry.is_audit for entry in record.entries] == [False, True, True]
