"""Where nuclei lie: simulated sections, order and motion that change nothing, and null where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.measure import (
    DonorRule,
    MeasureSettings,
    SpaceSettings,
    open_area_of,
    place_nuclei,
    summarize_section,
)
from myograft.model.biology import OutlineStain
from myograft.model.columns import TableName, column_names
from myograft.model.place_columns import PLACES
from myograft.model.table import Table, from_rows

PLANE = (1000.0, 1000.0)
QUICK = MeasureSettings(space=SpaceSettings(relabelings_n=99, placements_n=99))


def nuclei_of(points, origins, places=None, fibers=None):
    places = places or ["interstitial"] * len(points)
    fibers = fibers or [None] * len(points)
    return from_rows(
        TableName.NUCLEI,
        [
            {"slide_id": "s", "section_id": "1", "nucleus_id": i + 1, "centroid_y_um": float(y),
             "centroid_x_um": float(x), "origin": origin, "location": place, "fiber_id": fiber}
            for i, ((y, x), origin, place, fiber) in enumerate(zip(points, origins, places, fibers, strict=True))
        ],
    )  # fmt: skip


def fibers_of(areas, excluded=()):
    return from_rows(
        TableName.FIBERS,
        [
            {"slide_id": "s", "section_id": "1", "fiber_id": i + 1, "csa_um2": float(area),
             "min_feret_um": float(np.sqrt(area)), "is_excluded": i + 1 in excluded, "touches_edge": i + 1 in excluded}
            for i, area in enumerate(areas)
        ],
    )  # fmt: skip


def section(seed=0, all_n=300, near=True):
    """Return fibers and nuclei of a section, its donor nuclei in one corner, or anywhere."""
    random = np.random.default_rng(seed)
    points = random.integers(0, 1000, (all_n, 2))
    fiber = random.integers(1, 41, all_n).tolist()
    place = random.choice(["in_fiber", "border", "interstitial"], all_n, p=[0.6, 0.1, 0.3]).tolist()
    chance = np.where((points < 350).all(axis=1), 0.7, 0.02) if near else np.full(all_n, 0.1)
    origin = np.where(random.random(all_n) < chance, "donor", "host").tolist()
    return fibers_of(random.gamma(4.0, 500.0, 40), {3, 7}), nuclei_of(points, origin, place, fiber)


def row_of(fibers, nuclei, knobs=QUICK, plane=PLANE):
    answer = place_nuclei(fibers, nuclei, plane_um=plane, tissue_area_um2=8e5, settings=knobs)
    assert set(answer.row) <= set(column_names(TableName.SECTIONS))
    return dict.fromkeys(column.name for column in PLACES) | answer.row


def test_a_corner_full_of_donor_nuclei():
    fibers, nuclei = section(all_n=600)
    row = row_of(fibers, nuclei)
    assert row["donor_clustering_p"] == row["donor_hot_spot_p"] == 0.01
    assert row["interstitial_donor_clustering_p"] <= 0.05
    assert row["donor_clustering_ratio"] > 1.5
    assert row["donor_hot_spot_y_um"] < 350
    assert row["donor_hot_spot_x_um"] < 350
    assert row["relabelings_n"] == 99
    # Nuclei themselves lie anywhere: the hottest disk is the largest of 600 counts, hardly more.
    # They lie beyond the tissue, too.
    assert 1.0 < row["nuclei_hot_spot_ratio"] * 1e6 / 8e5 < 1.6


def test_donor_nuclei_anywhere():
    row = row_of(*section(near=False))
    assert (
        min(row["donor_clustering_p"], row["donor_hot_spot_p"], row["interstitial_donor_clustering_p"]) > 0.05
    )


def test_hot_spots_by_hand():
    points = [(500, 500), (500, 600), (500, 700), (100, 100)]
    row = row_of(None, nuclei_of(points, ["host", "donor", "donor", None]))
    assert row["hot_spot_radius_um"] == 250.0
    assert (row["nuclei_hot_spot_n"], row["nuclei_hot_spot_y_um"], row["nuclei_hot_spot_x_um"]) == (
        3,
        500.0,
        500.0,
    )
    full = np.pi * 0.25**2
    assert row["nuclei_hot_spot_per_mm2"] == pytest.approx(3 / full)
    assert row["nuclei_hot_spot_ratio"] == pytest.approx(3 / full / (4 / 0.8))
    assert (row["donor_hot_spot_n"], row["donor_hot_spot_called_n"]) == (2, 3)
    assert row["donor_hot_spot_fraction"] == pytest.approx(2 / 3)
    assert row["donor_hot_spot_x_um"] == 600.0
    # Two donor nuclei are too few to be compared with chance.
    assert row["donor_hot_spot_p"] is row["donor_clustering_p"] is row["relabelings_n"] is None


def test_donor_fibers_by_hand():
    places = ["in_fiber", "in_fiber", "in_fiber", "border", "in_fiber", "in_fiber"]
    nuclei = nuclei_of(
        [(i, i) for i in range(6)],
        ["donor", "host", "host", "donor", None, "donor"],
        places,
        [1, 2, 2, 2, 3, 4],
    )
    row = row_of(fibers_of([400, 900, 1600, 2500], {4}), nuclei)
    # Fiber 2 has its donor nucleus on the border, fiber 4 no valid size.
    assert row["donor_fibers_sized_n"] == 1
    assert row["donor_fibers_csa_mean_um2"] == 400.0
    assert row["other_fibers_csa_mean_um2"] == 1250.0
    assert (row["donor_fibers_min_feret_mean_um"], row["other_fibers_min_feret_mean_um"]) == (20.0, 35.0)
    assert row["donor_fibers_csa_p"] is row["donor_fibers_csa_expected_um2"] is None


def test_size_bias_is_chance_and_growth_is_not():
    random = np.random.default_rng(5)
    areas = random.gamma(4.0, 500.0, 400)
    owner = np.repeat(np.arange(400), random.poisson(areas / 800.0))
    points = random.uniform(0, 1000, (len(owner), 2))
    fair = random.random(len(owner)) < 0.15
    for is_donor, grows in ((fair, False), (fair & (areas[owner] < 1800.0), True)):
        origin = np.where(is_donor, "donor", "host").tolist()
        row = row_of(
            fibers_of(areas),
            nuclei_of(points, origin, ["in_fiber"] * len(owner), (owner + 1).tolist()),
            MeasureSettings(),
        )
        assert (row["donor_fibers_csa_p"] <= 0.05) == grows
        assert row["donor_fibers_csa_expected_um2"] > 1.05 * areas.mean()
        ends = (row["donor_fibers_csa_expected_low_um2"], row["donor_fibers_csa_expected_high_um2"])
        assert (ends[0] <= row["donor_fibers_csa_mean_um2"] <= ends[1]) != grows


MOTION = st.sampled_from(["shift", "turn", "shuffle"])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), MOTION, st.booleans())
def test_motion_and_order_change_nothing(seed, motion, near):
    fibers, nuclei = section(seed, 120, near)
    # Far from any border, so that the disks' areas are the same; whole numbers, so that rounding is.
    y, x = nuclei["centroid_y_um"] + 5000.0, nuclei["centroid_x_um"] + 5000.0
    still = row_of(fibers, nuclei.replace(centroid_y_um=y, centroid_x_um=x), plane=(20_000.0, 20_000.0))
    order = np.random.default_rng(seed).permutation(len(nuclei))
    places = {"shift": (y + 700.0, x - 300.0), "turn": (20_000.0 - x, y), "shuffle": (y, x)}
    other = nuclei.replace(centroid_y_um=places[motion][0], centroid_x_um=places[motion][1])
    if motion == "shuffle":
        other = Table(TableName.NUCLEI, {name: values[order] for name, values in other.columns.items()})
        mixed = order[order < len(fibers)]
        fibers = Table(TableName.FIBERS, {name: values[mixed] for name, values in fibers.columns.items()})
    moved = row_of(fibers, other, plane=(20_000.0, 20_000.0))
    for name, value in still.items():
        if motion == "shuffle" or not name.endswith(("_y_um", "_x_um")):
            assert moved[name] == (value if value is None else pytest.approx(value, rel=1e-9)), name
        if name.endswith("_p") and value is not None:
            assert 0.0 < value <= 1.0
            assert moved[name] == value


def test_nuclei_that_were_not_called_are_neither_donor_nor_host():
    fibers, nuclei = section(all_n=600)
    names = ("origin", "location", "fiber_id", "centroid_y_um", "centroid_x_um")
    origin, place, fiber, y, x = (nuclei[name].tolist() for name in names)
    more = nuclei_of([*zip(y, x, strict=True)] * 2, origin + [None] * len(origin), place * 2, fiber * 2)
    still, other = row_of(fibers, nuclei), row_of(fibers, more)
    assert still["interstitial_donor_clustering_p"] is not None
    differing = {name for name in still if still[name] != other[name]}
    assert differing == {
        f"{kind}_hot_spot_{what}" for kind in ("nuclei", "interstitial") for what in ("n", "per_mm2")
    }


def test_the_seed_decides_and_is_a_setting():
    fibers, nuclei = section(near=False)
    knobs = [MeasureSettings(space=SpaceSettings(relabelings_n=99, seed=seed)) for seed in (0, 0, 1)]
    first, again, other = (row_of(fibers, nuclei, knob) for knob in knobs)
    assert first == again
    assert first != other


def test_many_donor_nuclei_are_tested_in_a_random_part():
    fibers, nuclei = section(all_n=1200)
    knobs = MeasureSettings(space=SpaceSettings(relabelings_n=99, most_donors=100))
    whole = place_nuclei(fibers, nuclei, plane_um=PLANE, tissue_area_um2=8e5, settings=QUICK)
    part = place_nuclei(fibers, nuclei, plane_um=PLANE, tissue_area_um2=8e5, settings=knobs)
    assert whole.clustering.all_n == 1200
    assert whole.clustering.donor_n > 110
    assert 60 < part.clustering.donor_n < 140
    assert part.clustering.all_n == round(1200 * 100 / whole.clustering.donor_n)
    assert part.row["donor_clustering_p"] == 0.01
    # The hot spot itself is counted among all nuclei.
    assert part.row["donor_hot_spot_n"] == whole.row["donor_hot_spot_n"]


ABERCROMBIE = ("abercrombie_nuclei_n", "abercrombie_donor_nuclei_n", "abercrombie_donor_fraction")
LENGTHS = {"section_thickness_um": 10.0, "donor_nucleus_height_um": 10.0, "host_nucleus_height_um": 30.0}


def test_abercrombie_stands_beside_the_crude_numbers():
    fibers, nuclei = section()
    donor_n = int((nuclei["origin"] == "donor").sum())
    knobs = QUICK.model_copy(update=LENGTHS)
    row = row_of(fibers, nuclei, knobs)
    assert row["abercrombie_donor_nuclei_n"] == donor_n * 0.5
    assert row["abercrombie_nuclei_n"] == donor_n * 0.5 + (300 - donor_n) * 0.25
    assert row["abercrombie_donor_fraction"] == pytest.approx(0.5 * donor_n / row["abercrombie_nuclei_n"])
    assert {name: row[name] for name in LENGTHS} == LENGTHS
    # No other number of the section knows of it.
    crude, corrected = (
        summarize_section(
            fibers, nuclei, slide_id="s", section_id="1", plane_area_um2=1e6, tissue_area_um2=8e5,
            outline_stain=None, donor_rule=None, settings=knob,
            places=place_nuclei(fibers, nuclei, plane_um=PLANE, tissue_area_um2=8e5, settings=knob),
        ).rows()[0]
        for knob in (QUICK, knobs)
    )  # fmt: skip
    differing = {name for name in crude if crude[name] != corrected[name]}
    assert differing == {*ABERCROMBIE, *LENGTHS}


@pytest.mark.parametrize("missing", LENGTHS)
def test_without_one_of_the_lengths_nothing_is_corrected(missing):
    row = row_of(*section(), QUICK.model_copy(update={**LENGTHS, missing: None}))
    assert [row[name] for name in ABERCROMBIE] == [None] * 3
    assert row[missing] is None


@pytest.mark.parametrize(
    ("origin", "donor_n", "can_be_said"),
    [("host", 0, False), ("donor", 60, False), (None, None, False), ("few", 4, False), ("enough", 5, True)],
)
def test_where_nothing_can_be_said_it_is_null(origin, donor_n, can_be_said):
    random = np.random.default_rng(0)
    origins = {"few": ["donor"] * 4 + ["host"] * 56, "enough": ["donor"] * 5 + ["host"] * 55}.get(
        origin, [origin] * 60
    )
    nuclei = nuclei_of(
        random.uniform(0, 1000, (60, 2)), origins, ["in_fiber"] * 60, [1 + i % 9 for i in range(60)]
    )
    row = row_of(fibers_of([900.0] * 12), nuclei)
    said = (
        "donor_clustering_p",
        "donor_hot_spot_p",
        "donor_fibers_csa_p",
        "donor_fibers_min_feret_p",
        "relabelings_n",
    )
    assert [row[name] is not None for name in said] == [can_be_said] * 5
    assert (row["donor_hot_spot_n"] is not None) == bool(donor_n)
    assert row["nuclei_hot_spot_n"] is not None
    assert row["interstitial_hot_spot_n"] is None
    assert row["interstitial_donor_clustering_p"] is None
    if origin == "donor":
        assert row["donor_fibers_sized_n"] == 9


def test_nothing_measured_is_nothing_said():
    assert place_nuclei(None, None, plane_um=PLANE, tissue_area_um2=0.0, settings=QUICK).row == {}
    assert (
        place_nuclei(None, nuclei_of([], []), plane_um=PLANE, tissue_area_um2=0.0, settings=QUICK).row == {}
    )
    _, nuclei = section()
    no_fiber = place_nuclei(
        Table(TableName.FIBERS, {}), nuclei, plane_um=PLANE, tissue_area_um2=0.0, settings=QUICK
    ).row
    assert no_fiber["donor_fibers_sized_n"] == 0
    assert no_fiber["donor_fibers_csa_mean_um2"] is None
    assert no_fiber["nuclei_hot_spot_ratio"] is None
    assert "donor_fibers_csa_p" not in no_fiber
    assert row_of(None, nuclei)["donor_fibers_sized_n"] is None


def test_the_section_has_what_is_known_of_places():
    fibers, nuclei = section()
    places = place_nuclei(fibers, nuclei, plane_um=PLANE, tissue_area_um2=8e5, settings=QUICK)
    given = {
        "slide_id": "s", "section_id": "1", "plane_area_um2": 1e6, "tissue_area_um2": 8e5,
        "outline_stain": OutlineStain.BASAL_LAMINA, "donor_rule": DonorRule("fixed", 6.0), "settings": QUICK,
    }  # fmt: skip
    row = summarize_section(None, None, places=places, **given).rows()[0]
    assert {name: row[name] for name in places.row} == places.row
    assert summarize_section(None, None, **given).rows()[0]["donor_clustering_p"] is None


def test_crowds_need_the_tissue_between_fibers():
    random = np.random.default_rng(7)
    points = [*random.uniform(0, 1000, (400, 2)), *random.normal((300.0, 700.0), 30.0, (60, 2))]
    nuclei = nuclei_of(points, [None] * len(points))
    assert (
        "interstitial_dense_p"
        not in place_nuclei(None, nuclei, plane_um=PLANE, tissue_area_um2=8e5, settings=QUICK).row
    )
    between = open_area_of(random.random((500, 500)) < 0.2, 2.0, QUICK.space)
    assert between.cell_um == 24.0
    assert between.um2.sum() == pytest.approx(0.2e6, rel=0.02)
    row = place_nuclei(
        None, nuclei, plane_um=PLANE, tissue_area_um2=8e5, settings=QUICK, open_area=between
    ).row
    assert (row["interstitial_dense_p"], row["interstitial_dense_spots_n"]) == (0.01, 1)
    assert row["interstitial_densest_n"] > 2 * row["interstitial_densest_expected_n"]
    assert np.hypot(row["interstitial_densest_y_um"] - 300, row["interstitial_densest_x_um"] - 700) < 60
    # Draws of places are no draws of labels.
    assert "relabelings_n" not in row
    few = nuclei_of(points[:4], [None] * 4)
    assert (
        "interstitial_dense_p"
        not in place_nuclei(
            None, few, plane_um=PLANE, tissue_area_um2=8e5, settings=QUICK, open_area=between
        ).row
    )
