"""Positive fibers by a named threshold; a rim that neighbors explain is theirs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from myograft.assign import (
    CytoplasmSettings,
    DonorFiberSettings,
    FiberCallSettings,
    FiberSides,
    RareSide,
    call_cytoplasm,
    call_rim,
    stands_apart,
)
from myograft.assign.fiber_marker import SIDES
from myograft.assign.shared_rims import reached_signal

KNOBS = "assign.donor_fiber"


def cores(bulk_n=400, rare_n=40, shift=200.0, seed=0):
    """Fibers of which the first `rare_n` differ by `shift` counts; the others spread by 5."""
    random = np.random.default_rng(seed)
    values = 120.0 + 5.0 * np.clip(random.normal(0, 1, bulk_n + rare_n), -3.5, 3.5)
    values[:rare_n] += shift
    return values


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.integers(8, 150), st.sampled_from([150.0, 400.0]), st.floats(-100.0, 1e4))
def test_a_second_population_is_positive_whatever_the_offset(seed, rare_n, shift, constant):
    values = cores(400, rare_n, shift, seed)
    calls = call_cytoplasm(values, CytoplasmSettings(), KNOBS)
    assert calls.is_positive.tolist() == [True] * rare_n + [False] * 400
    moved = call_cytoplasm(values + constant, CytoplasmSettings(), KNOBS)
    assert moved.signal == pytest.approx(calls.signal, abs=1e-6)
    assert (moved.is_positive == calls.is_positive).all()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.integers(150, 2000))
def test_no_second_population_is_no_positive_fiber(seed, bulk_n):
    calls = call_cytoplasm(cores(bulk_n, 0, 0.0, seed), CytoplasmSettings(), KNOBS)
    assert not calls.is_positive.any()
    assert calls.is_called.all()
    assert "all are called negative" in calls.notes[0]


def test_dark_fibers_are_the_event_on_the_low_side():
    values = 500.0 + cores(300, 12, -250.0)
    calls = call_cytoplasm(values, CytoplasmSettings(), "assign.fiber_type", rare_side=RareSide.LOW)
    columns = calls.columns("fiber_type")
    assert columns["fiber_type"].tolist() == ["negative"] * 12 + ["positive"] * 300
    # Scores point to where the stain is: those of dark fibers lie below the bulk, as does the threshold.
    assert calls.threshold < 0
    assert (columns["fiber_type_score"][:12] <= calls.threshold).all()
    assert columns["fiber_type_signal"][:12].mean() == pytest.approx(-250.0, abs=10.0)


def test_a_threshold_fixed_on_the_low_side_is_kept():
    low = CytoplasmSettings(call=FiberCallSettings(method="fixed", fixed_threshold=-8.0))
    calls = call_cytoplasm(500.0 + cores(300, 12, -250.0), low, "assign.fiber_type", rare_side=RareSide.LOW)
    assert (calls.method, calls.threshold) == ("fixed", -8.0)
    assert (~calls.is_positive).sum() == 12


def test_glow_that_an_empty_channel_shows_is_taken_off():
    """Oxidative fibers glow in every channel (SCIENCE, known trap 9)."""
    random = np.random.default_rng(1)
    glow = np.where(np.arange(400) % 3 == 0, 90.0, 0.0) + random.normal(0, 4, 400)
    values = 120.0 + glow + random.normal(0, 2, 400)
    values[:20] += 200.0
    empty = 110.0 + glow
    deceived = call_cytoplasm(values, CytoplasmSettings(), KNOBS)
    assert deceived.is_positive[20:].sum() > 100
    calls = call_cytoplasm(values, CytoplasmSettings(), KNOBS, autofluorescence_core=empty)
    assert calls.is_positive.tolist() == [True] * 20 + [False] * 380


@pytest.mark.parametrize("values", [np.zeros(0), np.arange(30.0), np.full(90, np.nan), np.full(90, 4.0)])
def test_too_little_to_go_by_calls_no_fiber(values):
    calls = call_cytoplasm(values, CytoplasmSettings(), KNOBS)
    assert not calls.is_called.any()
    assert calls.notes
    columns = calls.columns("donor_protein")
    assert all(np.ma.getmaskarray(column).all() for column in columns.values())


def test_the_note_names_the_knob():
    [note] = call_cytoplasm(np.arange(30.0), CytoplasmSettings(), KNOBS).notes
    assert "only 30 fibers could be scored, fewer than assign.donor_fiber.call.min_fibers = 50" in note


#: Fibers of a torus of hexagons, and the six neighbors of each.
_EDGE = 14
_STEPS = ((0, 1), (1, 0), (1, -1), (0, -1), (-1, 0), (-1, 1))


def hexagons(positive, noise=2.0, seed=0, cover=1.0):
    """Sides of packed fibers: what a positive one stains, its neighbor shows, too."""
    random = np.random.default_rng(seed)
    n = _EDGE**2
    row, column = np.divmod(np.arange(n), _EDGE)
    facing = np.repeat(
        np.stack([(row + dy) % _EDGE * _EDGE + (column + dx) % _EDGE for dy, dx in _STEPS], axis=1), SIDES // 6, axis=1
    )  # fmt: skip
    own = positive[:, None] & (random.random((n, SIDES)) < cover)
    signal = random.normal(0, noise, (n, SIDES)) + 80.0 * (own | positive[facing])
    return np.arange(1, n + 1), FiberSides(signal, (facing + 1).astype(np.uint32)), facing


@settings(deadline=None, max_examples=40)
@example(seed=41787890, fraction=0.3125)
@given(seed=st.integers(0, 2**31), fraction=st.floats(0.04, 0.35))
def test_neighbors_of_positive_fibers_are_negative(seed, fraction):
    positive = np.random.default_rng(seed).random(_EDGE**2) < fraction
    ids, sides, facing = hexagons(positive, seed=seed, cover=0.9)
    calls = call_rim(ids, sides, DonorFiberSettings(), KNOBS)
    if positive.sum() < 5:
        return
    # Where positive neighbors lie all around, nothing tells a fiber's own rim from theirs: a person should look.
    assert calls.is_undecided[positive[facing].all(axis=1)].all()
    wrong = calls.is_positive != positive
    assert not wrong[~calls.is_undecided].any()


def test_few_fibers_are_undecided_on_the_wrong_side():
    """One field in thousands has seven of its 196; their part over many fields is what can be held."""
    wrong = []
    for seed in range(50):
        positive = np.random.default_rng(seed).random(_EDGE**2) < 0.35
        ids, sides, _ = hexagons(positive, seed=seed, cover=0.9)
        wrong.append((call_rim(ids, sides, DonorFiberSettings(), KNOBS).is_positive != positive).mean())
    assert np.mean(wrong) <= 0.005
    assert np.max(wrong) <= 0.03


def test_without_explaining_neighbors_would_be_called():
    """The test above can fail: by the covered part alone, fibers with three positive neighbors are positive."""
    positive = np.random.default_rng(3).random(_EDGE**2) < 0.3
    ids, sides, _ = hexagons(positive, seed=3)
    blind = FiberSides(sides.signal, np.zeros_like(sides.facing))
    assert (call_rim(ids, blind, DonorFiberSettings(), KNOBS).is_positive & ~positive).sum() >= 10


@pytest.mark.parametrize(
    ("cover", "is_positive", "is_undecided"),
    [(0.9, True, False), (0.55, True, True), (0.45, False, True), (0.2, False, False)],
)
def test_a_fiber_is_positive_from_the_asked_part_of_its_outline(cover, is_positive, is_undecided):
    random = np.random.default_rng(0)
    signal = random.normal(0, 2, (120, SIDES))
    signal[:20] += 80.0
    signal[0, round(cover * SIDES) :] -= 80.0
    calls = call_rim(
        np.arange(1, 121), FiberSides(signal, np.zeros((120, SIDES), np.uint32)), DonorFiberSettings(), KNOBS
    )
    assert calls.columns("donor_protein")["donor_protein_covered_fraction"][0] == pytest.approx(
        cover, abs=0.02
    )
    assert (calls.is_positive[0], calls.is_undecided[0]) == (is_positive, is_undecided)


@given(st.integers(0, 2**31), st.floats(0.05, 1.0), st.integers(1, SIDES), st.floats(-2, 2))
def test_the_reached_signal_says_what_the_covered_part_says(seed, share, known_n, least):
    random = np.random.default_rng(seed)
    signal = random.normal(0, 1, (1, SIDES))
    counted = np.zeros((1, SIDES), bool)
    counted[0, random.permutation(SIDES)[:known_n]] = True
    covered = (signal[counted] >= least).mean()
    assert (reached_signal(signal, counted, share)[0] >= least) == (covered >= share - 1e-9)


def test_an_unstained_section_is_negative():
    ids, sides, _ = hexagons(np.zeros(_EDGE**2, bool))
    calls = call_rim(ids, sides, DonorFiberSettings(), KNOBS)
    assert calls.threshold is None
    assert calls.is_called.all()
    assert not calls.is_positive.any()


def test_fibers_that_could_not_be_measured_have_no_call():
    positive = np.arange(_EDGE**2) % 9 == 0
    ids, sides, _ = hexagons(positive)
    sides.signal[4] = np.nan
    calls = call_rim(ids, sides, DonorFiberSettings(), KNOBS)
    assert not calls.is_called[4]
    assert all(np.ma.getmaskarray(column)[4] for column in calls.columns("donor_protein").values())


def test_a_threshold_from_controls_is_kept_on_both_sides():
    call = FiberCallSettings(method="calibrated", calibration="controls.yaml")
    high = call_cytoplasm(cores(), CytoplasmSettings(call=call), KNOBS, calibrated_threshold=7.0)
    assert (high.method, high.threshold, high.is_positive.sum()) == ("calibrated", 7.0, 40)
    low = call_cytoplasm(
        500.0 + cores(300, 12, -250.0), CytoplasmSettings(call=call), "assign.fiber_type",
        rare_side=RareSide.LOW, calibrated_threshold=-7.0,
    )  # fmt: skip
    assert (low.threshold, (~low.is_positive).sum()) == (-7.0, 12)
    ids, sides, _ = hexagons(np.arange(_EDGE**2) % 9 == 0)
    rim = call_rim(ids, sides, DonorFiberSettings(call=call), KNOBS, 6.0)
    assert (rim.threshold, rim.is_positive.tolist()) == (6.0, (np.arange(_EDGE**2) % 9 == 0).tolist())
    with pytest.raises(ValueError, match="needs a threshold"):
        call_cytoplasm(cores(), CytoplasmSettings(call=call), KNOBS)


def test_how_likely_a_fiber_stands_out_follows_from_the_null():
    columns = call_cytoplasm(cores(), CytoplasmSettings(), KNOBS).columns("regeneration")
    assert columns["p_regeneration"][:40].min() > 0.99
    assert columns["p_regeneration"][40:].max() < 0.9
    ids, sides, _ = hexagons(np.arange(_EDGE**2) % 9 == 0)
    assert "p_donor_protein" not in call_rim(ids, sides, DonorFiberSettings(), KNOBS).columns("donor_protein")


def test_fibers_that_stand_apart_are_counted():
    assert stands_apart(cores(400, 0, 0.0)) is None
    apart_n, all_n, score = stands_apart(cores())
    assert (apart_n, all_n) == (40, 440)
    assert 5.0 <= score < 40.0
