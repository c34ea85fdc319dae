"""The two-phase estimate in the midst of a review: right on average, whatever was chosen and in which order."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.measure import DrawnFrom, Readings, draw_audit, estimate_reviewed, reading_order
from myograft.model.audit import AuditDesign, Reading
from myograft.model.columns import TableName
from myograft.model.table import from_rows

ALL_N, SAMPLE_N = 400, 120
#: 12 of 30 donor calls are right; among host calls are 14 donor nuclei, 8 of them among 40 that look odd.
IS_CALLED = np.arange(ALL_N) < 30
IS_DONOR = np.zeros(ALL_N, bool)
IS_DONOR[[*range(12), *range(40, 48), *range(200, 206)]] = True
IS_ODD = (np.arange(ALL_N) >= 40) & (np.arange(ALL_N) < 80)
TRUE_N = int(IS_DONOR.sum())


def table(**columns):
    rows = [
        {
            "section_id": "1",
            "nucleus_id": number + 1,
            "origin": "donor" if IS_CALLED[number] else "host",
            "is_undecided": False,
            **{name: values[number] for name, values in columns.items()},
        }
        for number in range(ALL_N)
    ]
    return from_rows(TableName.NUCLEI, rows)


MACHINE = table()


def drawn(seed):
    strata = draw_audit(MACHINE, {}, SAMPLE_N, seed)
    return AuditDesign(identity="0" * 64, slide_id="a", seed=seed, strata=strata, read_before={})


def said(numbers):
    return {number: Reading.DONOR if IS_DONOR[number - 1] else Reading.HOST for number in numbers}


def readings(**parts):
    empty = {"before": {}, "since": {}, "audited": (), "gone": (), "uncalled": ()}
    given = empty | parts
    return Readings(
        given["before"], given["since"], *(frozenset(given[name]) for name in ("audited", "gone", "uncalled"))
    )


def estimated(design, said_of, nuclei=MACHINE, measured=MACHINE):
    found = estimate_reviewed(
        nuclei, measured, DrawnFrom.of(MACHINE), design, said_of, by_location=False
    ).rows()[0]
    ends = (found["donor_nuclei_estimated_low_n"], found["donor_nuclei_estimated_high_n"])
    return found["donor_nuclei_estimated_n"], *ends


def chosen_first(design, part):
    """Part of the donor calls and of the odd ones are read by choice, then the audit."""
    chosen = [*np.flatnonzero(IS_CALLED)[: round(30 * part)], *np.flatnonzero(IS_ODD)[: round(40 * part)]]
    before = said(number + 1 for number in chosen)
    order = [number for number in reading_order(design) if number not in before]
    return readings(before=before, since=said(order), audited=order)


def audited_first(design, part):
    """The audit, then part of the odd ones that it has not read, and all donor calls."""
    order = reading_order(design)
    later = [*(np.flatnonzero(IS_CALLED) + 1), *(np.flatnonzero(IS_ODD)[: round(40 * part)] + 1)]
    return readings(since=said({*order, *later}), audited=order)


def odd_ones_for_themselves(design, part):
    """Of the drawn nuclei the odd ones are read as such, in the midst of the audit: they are a part of the sample."""
    order = reading_order(design)
    led_to = [number for number in order if not IS_ODD[number - 1]]
    later = np.flatnonzero(IS_ODD)[: round(40 * part)] + 1
    return readings(since=said({*order, *later}), audited=led_to)


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("order", [chosen_first, audited_first, odd_ones_for_themselves])
def test_the_estimate_is_right_on_average_and_the_interval_holds(order, part):
    found = np.array([estimated(design, order(design, part)) for design in map(drawn, range(100))])
    error = found[:, 0] - TRUE_N
    # What is known for sure bounds an estimate, so that the mean may lie a little above the truth, never far.
    slack = 0.0 if order is chosen_first else 0.06 * TRUE_N
    assert abs(error.mean()) <= 3.0 * error.std() / np.sqrt(len(error)) + slack
    assert ((found[:, 1] <= TRUE_N) & (found[:, 2] >= TRUE_N)).mean() >= 0.93


def test_everything_read_is_known_whatever_the_order():
    design = drawn(3)
    order = reading_order(design)
    everything = readings(since=said(range(1, ALL_N + 1)), audited=order)
    assert estimated(design, everything) == (TRUE_N, TRUE_N, TRUE_N)


def test_what_the_audit_rejects_stays_in_the_sample():
    """One in four objects is no nucleus: what was not read is as often none as what was."""
    is_none = np.arange(ALL_N) % 4 == 0
    is_real_donor = IS_DONOR & ~is_none
    found = []
    for design in map(drawn, range(100)):
        order = reading_order(design)
        gone = [number for number in order if is_none[number - 1]]
        rejected = np.isin(np.arange(ALL_N) + 1, gone)
        nuclei = table(is_excluded=rejected.tolist())
        read = said(number for number in order if number not in gone)
        found.append(estimated(design, readings(since=read, audited=order, gone=gone), nuclei)[0])
    error = np.array(found) - is_real_donor.sum()
    assert abs(error.mean()) <= 3.0 * error.std() / np.sqrt(len(error))


def test_a_drawn_nucleus_is_open_until_it_is_called():
    """It counts by the part of its like that is donor, and either way in the interval."""
    design = drawn(3)
    rows = MACHINE.rows()
    drawn_by_hand = {**rows[0], "nucleus_id": ALL_N + 1, "is_drawn": True}
    nuclei = from_rows(TableName.NUCLEI, [*rows, drawn_by_hand])
    read = {
        "before": said(range(1, 31)),
        "since": said(reading_order(design)),
        "audited": reading_order(design),
    }
    read["since"] = {number: what for number, what in read["since"].items() if number > 30}
    without = estimated(design, readings(**read))
    uncalled = estimated(design, readings(**read, uncalled=[ALL_N + 1]), nuclei, nuclei)
    assert uncalled[0] == pytest.approx(without[0] + 12 / 30)
    assert uncalled[1:] == (without[1], without[2] + 1)
    called = {**read, "before": read["before"] | {ALL_N + 1: Reading.DONOR}}
    assert estimated(design, readings(**called), nuclei, nuclei) == tuple(end + 1 for end in without)
