"""After people changed which nuclei are called, the controls' rates are not subtracted once more."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from myograft.model.correction import (
    Accept,
    Add,
    Delete,
    ExcludeRegion,
    IncludeRegion,
    Merge,
    NewObject,
    Pixels,
    Reject,
    Reshape,
    SetLocation,
    SetOrigin,
    SetPosition,
    Settle,
    Split,
)  # fmt: skip
from myograft.model.geometry import Region
from myograft.workflow.reviewed_rule import reviewed_rule

LEFT, RIGHT = Pixels(runs=((1, 1, 4),)), Pixels(runs=((1, 5, 8),))
AREA = ((0.0, 0.0), (0.0, 9.0), (9.0, 9.0))


def shapes(target):
    return [
        Add(target=target, made=NewObject(new_id=9, pixels=LEFT)),
        Delete(target=target, object_id=1),
        Merge(target=target, object_ids=(1, 2), new_id=9),
        Split(
            target=target,
            object_id=1,
            parts=(NewObject(new_id=9, pixels=LEFT), NewObject(new_id=10, pixels=RIGHT)),
        ),
        Reshape(target=target, object_id=1, pixels=LEFT),
        Accept(target=target, object_id=1),
        Reject(target=target, object_id=1, reason="other"),
    ]


ENDS = [
    *shapes("nucleus"),
    SetOrigin(nucleus_id=1, before="donor", after="host"),
    ExcludeRegion(outline=AREA, reason="fold"),
    IncludeRegion(outline=AREA),
]
STAYS = [
    *shapes("fiber"),
    SetLocation(nucleus_id=1, before="border", after="interstitial", fiber_before=None, fiber_after=None),
    SetPosition(nucleus_id=1, before="central", after="peripheral"),
    Settle(sentence="done", region=Region(0, 0, 1, 1)),
]


def rule_after(*edits):
    section = {
        "donor_threshold_method": "calibrated", "donor_threshold": 6.0, "donor_host_location": 0.0,
        "donor_host_scale": 50.0, "donor_false_positive_rate_bound": 0.001, "donor_bleed_through_share": None,
    }  # fmt: skip
    settings = SimpleNamespace(assign=SimpleNamespace(origin=SimpleNamespace(least_score=5.0)))
    slide = SimpleNamespace(donor_calibration="the controls", settings=settings)
    entries = [SimpleNamespace(correction=edit) for edit in edits]
    return reviewed_rule(SimpleNamespace(section=section, slide=slide), entries)


@pytest.mark.parametrize("edit", ENDS, ids=lambda edit: edit.kind)
def test_edits_that_change_which_nuclei_are_called_end_the_correction(edit):
    assert rule_after(STAYS[0], edit).calibration is None


@pytest.mark.parametrize("edit", STAYS, ids=lambda edit: edit.kind)
def test_edits_of_fibers_and_places_leave_it(edit):
    rule = rule_after(edit)
    assert rule.calibration == "the controls"
    assert (rule.threshold, rule.least_score) == (6.0, 5.0)
