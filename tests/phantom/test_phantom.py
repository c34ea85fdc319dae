"""A phantom is a function of its seed and place, and its truth is what its pixels show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from myograft.errors import UsageError
from myograft.model.geometry import Region
from myograft.phantom import HARD_SEEDS, PANELS, Phantom, PhantomSpec, TruthTally
from myograft.tiling import tile_plane

SPEC = PhantomSpec(600, 560, 0.8, seed=5, panel="dystrophic_mouse", donor_fraction=0.2, planes_n=2)


@pytest.fixture(scope="module")
def whole():
    phantom = Phantom(SPEC)
    return phantom.region(phantom.whole)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 590), st.integers(0, 550), st.integers(1, 300), st.integers(1, 300))
def test_any_part_is_the_same_however_it_is_asked_for(whole, y, x, height, width):
    region = Region(y, x, min(600, y + height), min(560, x + width))
    part = _PHANTOM.region(region)
    assert np.array_equal(part.pixels, whole.pixels[:, :, *region.slices])
    assert np.array_equal(part.fibers, whole.fibers[region.slices])
    assert np.array_equal(part.nuclei, whole.nuclei[region.slices])


_PHANTOM = Phantom(SPEC)


@pytest.mark.parametrize("tile_px", [512, 137])
def test_truth_does_not_depend_on_the_parts(whole, tile_px):
    together = TruthTally(SPEC)
    together.add(Region(0, 0, 600, 560), whole)
    apart = TruthTally(SPEC)
    for tile in tile_plane((600, 560), tile_px, 0):
        apart.add(tile.owns, _PHANTOM.region(tile.owns))
    for one, other in ((together.fibers(), apart.fibers()), (together.nuclei(), apart.nuclei())):
        assert len(one) == len(other)
        for row, twin in zip(one, other, strict=True):
            assert row == pytest.approx(twin)


def test_truth_tables_agree_with_labels(whole):
    tally = TruthTally(SPEC)
    tally.add(Region(0, 0, 600, 560), whole)
    numbers, counts = np.unique(whole.fibers[whole.fibers > 0], return_counts=True)
    fibers = tally.fibers()
    assert [row["fiber_id"] for row in fibers] == numbers.tolist()
    assert [row["csa_um2"] for row in fibers] == pytest.approx((counts * 0.64).tolist())
    nuclei = tally.nuclei()
    assert sum(row["in_fiber_nuclei_n"] for row in fibers) == sum(
        row["location"] == "in_fiber" for row in nuclei
    )
    assert {row["location"] for row in nuclei} >= {"in_fiber", "interstitial"}


def test_stains_show_what_the_truth_says(whole):
    sarcolemma, dna, marker = whole.pixels[0].astype(float) - 100.0  # the camera's offset
    inside, nuclei = whole.fibers > 0, whole.nuclei > 0
    tally = TruthTally(SPEC)
    tally.add(Region(0, 0, 600, 560), whole)
    donors = [row["nucleus_id"] for row in tally.nuclei() if row["origin"] == "donor"]
    is_donor = np.isin(whole.nuclei, donors)
    assert np.median(dna[nuclei]) > 3 * np.median(dna[~nuclei])
    assert np.median(sarcolemma[inside]) < np.percentile(sarcolemma, 80)
    assert np.median(marker[is_donor]) > 2 * np.median(marker[nuclei & ~is_donor])
    assert 0.1 < len(donors) / len(tally.nuclei()) < 0.3


@pytest.mark.parametrize("panel", sorted(PANELS))
def test_every_panel_makes_fibers_and_nuclei(panel):
    phantom = Phantom(PhantomSpec(400, 400, 1.0, seed=2, panel=panel))
    part = phantom.region(phantom.whole)
    assert part.pixels.shape == (1, len(PANELS[panel].channels), 400, 400)
    assert len(np.unique(part.fibers)) > 20
    assert len(np.unique(part.nuclei)) > 20


def test_other_seeds_are_other_tissue():
    parts = [Phantom(PhantomSpec(100, 100, seed=seed)).region(Region(0, 0, 100, 100)) for seed in (1, 2)]
    assert not np.array_equal(parts[0].pixels, parts[1].pixels)


def test_the_hard_seeds_are_fixed():
    assert HARD_SEEDS == (9001, 9002, 9003)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"panel": "he"}, "--panel"),
        ({"height_px": 3}, "--size-px"),
        ({"pixel_size_um": 0.0}, "--pixel-size-um"),
        ({"planes_n": 0}, "--planes"),
        ({"snr": -1.0}, "--snr"),
        ({"donor_fraction": 1.5}, "--donor-fraction"),
        ({"panel": "laminin_dapi", "donor_fraction": 0.1}, "no donor marker"),
        ({"panel": "laminin_dapi_gfp", "donor_fiber_fraction": -0.1}, "--donor-fiber-fraction"),
        ({"panel": "laminin_dapi", "donor_fiber_fraction": 0.1}, "no donor protein"),
    ],
)
def test_an_impossible_phantom_is_a_sentence(change, part):
    with pytest.raises(UsageError) as caught:
        PhantomSpec(**({"height_px": 100, "width_px": 100} | change))
    assert part in caught.value.sentence


THICK = PhantomSpec(300, 260, 0.5, seed=7, donor_fraction=0.3, planes_n=10, thickness_um=16.0)


@pytest.fixture(scope="module")
def thick():
    phantom = Phantom(THICK)
    return phantom.region(phantom.whole)


def test_any_part_of_a_thick_section_is_the_same(thick):
    region = Region(40, 30, 210, 200)
    part = Phantom(THICK).region(region)
    assert np.array_equal(part.pixels, thick.pixels[:, :, *region.slices])
    assert np.array_equal(part.nuclei, thick.nuclei[:, *region.slices])


def test_a_thick_section_holds_nuclei_at_depths_of_their_own(thick):
    assert thick.nuclei.shape == (10, 300, 260)
    tally = TruthTally(THICK)
    tally.add(Region(0, 0, 300, 260), thick)
    rows = tally.nuclei()
    assert len(rows) == len(np.unique(thick.nuclei)) - 1
    assert {"donor", "host"} == {row["origin"] for row in rows}
    for row in rows:
        z, _, _ = np.nonzero(thick.nuclei == row["nucleus_id"])
        assert (row["first_plane"], row["last_plane"], row["planes_n"]) == (
            z.min(),
            z.max(),
            len(np.unique(z)),
        )
        assert row["volume_um3"] == pytest.approx(len(z) * 0.25 * 1.6)
        assert row["area_um2"] == pytest.approx(np.bincount(z).max() * 0.25)
        assert row["centroid_z_um"] == pytest.approx(z.mean() * 1.6)
    # Convex bodies: none pauses, and few fill the section.
    assert all(row["planes_n"] == row["last_plane"] - row["first_plane"] + 1 for row in rows)
    assert np.median([row["planes_n"] for row in rows]) <= 6
    # Some lie above each other.
    assert any(len(np.unique(column[column > 0])) > 1 for column in thick.nuclei.reshape(10, -1).T[::3])


def test_light_of_a_thick_section_comes_from_its_nuclei(thick):
    dna = thick.pixels[:, 1].astype(float)
    inside = thick.nuclei > 0
    elsewhere = ~inside & inside.any(axis=0)
    assert np.median(dna[inside]) > 1.5 * np.median(dna[elsewhere])
    # Blur reaches the next plane, not the farthest.
    assert np.median(dna[elsewhere]) > np.median(dna[~inside])


@pytest.mark.parametrize("change", [{"thickness_um": 0.2}, {"thickness_um": 20.0, "planes_n": 1}])
def test_an_impossible_thickness_is_a_sentence(change):
    with pytest.raises(UsageError) as caught:
        PhantomSpec(**({"height_px": 100, "width_px": 100, "planes_n": 5} | change))
    assert "--thickness-um" in caught.value.sentence
    assert "at least two planes" in caught.value.sentence


PROTEIN = {"laminin_dapi_human_dystrophin": "rim", "laminin_dapi_gfp": "cytoplasm"}


@pytest.mark.parametrize("panel", sorted(PROTEIN))
def test_donor_protein_shows_in_the_fibers_that_have_it(panel):
    spec = PhantomSpec(900, 900, 0.8, seed=3, panel=panel, donor_fiber_fraction=0.3)
    phantom = Phantom(spec)
    part = phantom.region(phantom.whole)
    tally = TruthTally(spec)
    tally.add(phantom.whole, part)
    rows = tally.fibers()
    assert tuple(rows[0]) == tally.fiber_columns
    positive = [row["fiber_id"] for row in rows if row["donor_protein"] == "positive"]
    assert 0.15 < len(positive) / len(rows) < 0.5
    stain = part.pixels[0, 3].astype(float) - 100.0
    is_positive, is_fiber = np.isin(part.fibers, positive), part.fibers > 0
    if PROTEIN[panel] == "rim":
        deep = ndimage.binary_erosion(is_positive, iterations=6)
        assert stain[is_positive & ~ndimage.binary_erosion(is_positive)].mean() > 3 * stain[deep].mean()
    else:
        # Oxidative fibers glow in both channels, donor fibers in one.
        over = stain - (part.pixels[0, 4].astype(float) - 100.0)
        assert over[is_positive].mean() > 100.0
        assert abs(over[is_fiber & ~is_positive].mean()) < 10.0


def test_donor_protein_is_where_donor_nuclei_need_not_be():
    spec = PhantomSpec(
        800, 800, 1.4, seed=3, panel="laminin_dapi_gfp", donor_fraction=0.3, donor_fiber_fraction=0.3
    )
    phantom, tally = Phantom(spec), TruthTally(spec)
    tally.add(phantom.whole, phantom.region(phantom.whole))
    protein = np.array([row["donor_protein"] == "positive" for row in tally.fibers()])
    nuclei = np.array([row["donor_nuclei_n"] > 0 for row in tally.fibers()])
    assert abs(np.corrcoef(protein, nuclei)[0, 1]) < 0.15


def test_panels_without_donor_protein_say_nothing_of_it(whole):
    tally = TruthTally(SPEC)
    tally.add(Region(0, 0, 600, 560), whole)
    assert "donor_protein" not in tally.fibers()[0]
    assert not len(whole.protein_ids)
