"""What a review takes for a reading of the random audit, for a reading by choice, and for none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from myograft.api import open_review
from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import Target


@pytest.fixture
def result(sample_run, tmp_path):
    return Path(shutil.copytree(sample_run.out / "engrafted", tmp_path / "engrafted"))


def donors(review):
    is_donor = (review.nuclei["origin"] == "donor").filled(fill_value=False)
    return review.nuclei["nucleus_id"].filled()[is_donor].tolist()


def split(review, number):
    box = review.box_of(Target.NUCLEUS, number)
    middle = (box.x0 + box.x1) / 2
    edit = review.split(Target.NUCLEUS, number, ((box.y0 - 2.0, middle), (box.y1 + 2.0, middle)))
    return [part.new_id for part in edit.entry.correction.parts]


def test_a_nucleus_that_is_split_is_not_read_by_that(result):
    with open_review(result, "anna") as review:
        first, *rest = donors(review)
        for number in rest[:4]:
            review.accept(Target.NUCLEUS, number)
        assert review.estimate["reviewed_donor_n"] == 4
        parts = split(review, first)
        assert review.estimate["reviewed_donor_n"] == 4
        assert review.uncalled_ids == tuple(parts)
        assert review.estimate["unclear_n"] == 2
        review.set_origin(parts[0], Origin.DONOR)
        review.accept(Target.NUCLEUS, parts[1])
        assert review.uncalled_ids == ()
        assert review.estimate["unclear_n"] == 0
        is_donor = [review.row(Target.NUCLEUS, part)["origin"] == "donor" for part in parts]
        assert review.estimate["reviewed_donor_n"] == 4 + sum(is_donor)


def test_a_nucleus_of_the_sample_stays_one_when_it_is_read_again(result):
    with open_review(result, "anna") as review:
        first, second = review.audit_ids[:2]
        review.set_origin(first, Origin.HOST, is_audit=True)
        review.set_origin(second, Origin.HOST, is_audit=True)
        audited_n = review.estimate["audited_n"]
    with open_review(result, "ben") as review:
        assert review.set_origin(first, Origin.DONOR, why="on second thought").entry.is_audit
        assert (review.estimate["audited_n"], review.estimate["reviewed_n"]) == (audited_n, 0)
        assert review.estimate["audited_donor_n"] == 1
        assert not review.set_origin(review.audit_ids[9], Origin.HOST).entry.is_audit


def test_a_nucleus_of_the_sample_that_is_read_for_another_reason_counts_in_its_turn(result):
    with open_review(result, "anna") as review:
        early, first, odd, last, none = review.audit_ids[:5]
        review.set_origin(early, Origin.HOST)
        assert (review.estimate["reviewed_n"], review.estimate["audited_n"]) == (1, 0)
        review.set_origin(first, Origin.HOST, is_audit=True)
        review.set_origin(last, Origin.HOST, is_audit=True)
        assert (review.estimate["audited_n"], review.estimate["unclear_n"]) == (2, 1)
        review.set_origin(odd, Origin.HOST)
        assert (review.estimate["audited_n"], review.estimate["unclear_n"]) == (3, 0)
        assert review.estimate["reviewed_n"] == 1
        wide = review.estimate["donor_nuclei_estimated_high_n"]
        # What is no nucleus is no donor nucleus, but stands for others like it.
        review.reject(Target.NUCLEUS, none, ExclusionReason.NOT_A_FIBER)
        assert review.estimate["audited_n"] == 3
        assert review.estimate["donor_nuclei_estimated_high_n"] <= wide
