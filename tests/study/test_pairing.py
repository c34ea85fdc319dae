"""Which object of one reader is which of another's, and when pixels must be looked at to know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from myograft.model.correction import Target
from myograft.study import agreement_of
from myograft.study.pairing import pair_objects


def one(found, **wanted):
    [row] = [
        row for row in found.agreement.rows() if all(row[name] == value for name, value in wanted.items())
    ]
    return row


def test_outlines_correspond_by_number_or_by_overlap(scene):
    """Anna redraws 1 a little, moves 2 away, cuts 3; Ben deletes 4, draws a fiber of his own, and 1 as Anna did."""
    anna, ben = scene.fibers, scene.fibers
    anna[4:24, 4:24], anna[4:24, 4:20] = 0, 101
    ben[4:24, 4:24], ben[4:24, 4:19] = 0, 205
    anna[anna == 2], anna[24:28, 40:60] = 0, 2
    anna[4:24, 76:80] = 102
    ben[ben == 4] = 0
    ben[300:310, 390:399] = 206
    readings = (
        scene.read("anna", fibers=anna, drawn={101, 102}),
        scene.read("ben", fibers=ben, drawn={205, 206}),
    )
    pairs = pair_objects(*(reading.objects(Target.FIBER) for reading in readings))
    numbers = zip(pairs.first.ids[pairs.rows[:, 0]], pairs.second.ids[pairs.rows[:, 1]], strict=True)
    ids = dict(zip(numbers, pairs.iou, strict=True))
    assert ids[101, 205] == pytest.approx(15 / 16)
    assert ids[2, 2] == 0.0
    assert ids[3, 3] == pytest.approx(16 / 20)
    assert ids[50, 50] == 1.0
    assert pairs.first.ids[pairs.only_first].tolist() == [4, 102]
    assert pairs.second.ids[pairs.only_second].tolist() == [206]
    found = agreement_of([scene.slide(*readings)], with_machine=False)
    f1 = one(found, statistic="detection_f1", variable="fibers")
    # 98 match; 2 of each lies elsewhere, 4, 102 and 206 are of one reader alone.
    assert f1["value"] == pytest.approx(2 * 98 / (2 * 98 + 5))
    assert f1["objects_n"] == 98 + 5
    dice = one(found, statistic="dice_mean", variable="fibers")
    assert dice["value"] == pytest.approx((96 + 2 * 15 / 31 + 2 * 16 / 36) / 98)
    # Nuclei still name fibers that are not there any more.
    queue = [row for row in found.disagreements.rows() if row["target"] == "fiber"]
    kinds = [(row["kind"], row["first_says"], row["second_says"]) for row in queue]
    # The larger first.
    assert kinds == [
        ("missing", "a fiber", "none"), ("missing", "none", "a fiber"), ("missing", "a fiber", "none"),
        ("outline", "80 um^2", "400 um^2"),
    ]  # fmt: skip


def test_pixels_are_read_only_where_outlines_differ(scene):
    looked = []

    def watched(reading):
        def outlines(target, region):
            looked.append(region)
            return reading.outlines(target, region)

        return replace(reading, outlines=outlines)

    changed = scene.fibers
    changed[4:24, 4:8] = 0
    anna, ben = scene.read("anna", calls={4: {"origin": "donor"}}), scene.read("ben", fibers=changed)
    agreement_of([scene.slide(watched(anna), watched(ben))], with_machine=False)
    assert len(looked) == 2
