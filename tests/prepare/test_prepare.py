"""One answer for the whole plane, whatever the tiles; what is no image is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.errors import InputError
from myograft.model.geometry import Region
from myograft.prepare import (
    Absorbance,
    PrepareSettings,
    check_survey,
    common_normalization,
    find_glass,
    find_normalization,
    find_tissue,
    focus_score,
    join_surveys,
    survey_tile,
)
from myograft.tiling import tile_plane

SETTINGS = PrepareSettings()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**31), st.sampled_from([1, 2, 4]), st.sampled_from([64, 128, 512]))
def test_the_survey_does_not_depend_on_tiles(seed, step, tile_px):
    image = np.random.default_rng(seed).integers(0, 65535, (200, 330)).astype(np.uint16)
    parts = [
        (tile.row, tile.column, survey_tile(image[tile.owns.slices], step))
        for tile in tile_plane(image.shape, tile_px, 0)
    ]
    joined, whole = join_surveys(parts), survey_tile(image, step)
    assert np.array_equal(joined.mean, whole.mean)
    assert np.array_equal(joined.sample, whole.sample)
    assert joined.noise == whole.noise
    assert (joined.minimum, joined.maximum, joined.pixels_n) == (whole.minimum, whole.maximum, image.size)


@pytest.mark.parametrize(
    ("image", "part"),
    [
        (np.zeros((9, 9), np.uint16), "all black"),
        (np.full((9, 9), 7, np.uint8), "everywhere 7"),
        (np.where(np.eye(9) > 0, 1, 255).astype(np.uint8), "saturated"),
        (np.where(np.eye(9) > 0, np.nan, 1.0).astype(np.float32), "9 of 81 pixels are NaN"),
        (np.where(np.eye(9) > 0, np.inf, 1.0).astype(np.float32), "infinite"),
    ],
)
def test_what_shows_nothing_is_refused(image, part):
    with pytest.raises(InputError) as caught:
        check_survey(survey_tile(image, 1), SETTINGS, "s.tif, DAPI (nuclei)")
    assert part in caught.value.sentence
    assert "s.tif, DAPI (nuclei)" in caught.value.sentence


def test_some_saturation_is_a_warning():
    image = np.random.default_rng(0).integers(0, 200, (50, 50)).astype(np.uint8)
    image[:5, :] = 255
    [warning] = check_survey(survey_tile(image, 1), SETTINGS, "s.tif")
    assert "10.0 %" in warning


def camera(bits=12, marked_px=0, seed=0):
    """Counts of a camera: dim background, and marked pixels that it could not hold."""
    random = np.random.default_rng(seed)
    image = random.normal(300.0, 30.0, (400, 400))
    image.ravel()[:marked_px] = random.normal(9000.0, 500.0, marked_px)
    return np.clip(image, 0, 2**bits - 1).astype(np.uint16)


def test_a_camera_of_12_bits_saturates_below_its_type():
    rare = survey_tile(camera(marked_px=120), 1)
    assert (rare.saturated_n, rare.clipped_n) == (0, 120)
    [warning] = check_survey(rare, SETTINGS, "s.tif, lamin", is_marker=True)
    assert "120 pixels of the marker are saturated, at 4095 counts" in warning
    assert "outlines" not in warning
    # Of another stain so few pixels do not matter, many do.
    assert check_survey(rare, SETTINGS, "s.tif") == ()
    [warning] = check_survey(survey_tile(camera(marked_px=8000), 1), SETTINGS, "s.tif")
    assert "5.0 % of the pixels are saturated, at 4095 counts" in warning


def test_bright_marked_nuclei_that_were_not_cut_off_are_no_plateau():
    bright = survey_tile(camera(bits=16, marked_px=500), 1)
    assert bright.clipped_n == 0
    assert check_survey(bright, SETTINGS, "s.tif, lamin", is_marker=True) == ()
    few = np.random.default_rng(0).integers(0, 4, (50, 50)).astype(np.uint8)
    assert survey_tile(few, 1).clipped_n == 0


def test_the_plateau_does_not_depend_on_tiles():
    image = camera(marked_px=120)
    halves = [(0, 0, survey_tile(image[:, :200], 1)), (0, 1, survey_tile(image[:, 200:], 1))]
    assert join_surveys(halves).clipped_n == survey_tile(image, 1).clipped_n == 120


def tissue_image(glass=True):
    """Bright rims of 50 px cells; the left third is glass."""
    y, x = np.mgrid[:400, :600]
    image = np.random.default_rng(0).normal(100, 10, (400, 600))
    rims = (y % 50 < 3) | (x % 50 < 3)
    image[rims & ((x >= 200) | (not glass))] += 900
    return image.clip(0).astype(np.uint16)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_glass_is_no_tissue_and_the_inside_of_a_fiber_is(step):
    image = tissue_image()
    tissue = find_tissue(survey_tile(image, step).mean, image.shape, 1.0, step, SETTINGS)
    mask = tissue.crop(Region(0, 0, *image.shape), 1)
    assert mask[:, 240:].all()
    assert not mask[:, :150].any()
    assert tissue.area_um2 == pytest.approx(400 * 400, rel=0.1)


@pytest.mark.parametrize("step", [1, 2])
def test_bare_glass_is_known_where_there_is_some(step):
    image = tissue_image()
    overview = survey_tile(image, step).mean
    tissue = find_tissue(overview, image.shape, 1.0, step, SETTINGS)
    assert find_glass(overview, tissue, 1.0) == pytest.approx(100.0, abs=0.5)
    assert find_glass(overview, find_tissue(None, image.shape, 1.0, step, SETTINGS), 1.0) is None
    # A strip of it is not enough.
    narrow = replace(tissue, mask=np.arange(tissue.mask.shape[1]) * step + 0 * tissue.mask >= 18)
    assert find_glass(overview, narrow, 1.0) is None


def test_an_image_full_of_tissue_is_all_tissue():
    image = tissue_image(glass=False)
    tissue = find_tissue(survey_tile(image, 1).mean, image.shape, 1.0, 1, SETTINGS)
    assert tissue.mask.mean() > 0.98


def test_without_an_overview_all_is_tissue():
    assert find_tissue(None, (40, 50), 0.5, 4, SETTINGS).area_um2 == 500.0


def test_a_crop_is_the_same_from_any_tile():
    image = tissue_image()
    tissue = find_tissue(survey_tile(image, 2).mean, image.shape, 1.0, 2, SETTINGS)
    whole = tissue.crop(Region(0, 0, 400, 600), 3)
    assert np.array_equal(tissue.crop(Region(99, 150, 300, 600), 3), whole[33:100, 50:])


def test_the_scale_comes_from_tissue_alone():
    image = tissue_image()
    survey = survey_tile(image, 1)
    tissue = find_tissue(survey.mean, image.shape, 1.0, 1, SETTINGS)
    scale = find_normalization(survey, tissue, SETTINGS, "")
    everywhere = find_normalization(survey, find_tissue(None, image.shape, 1.0, 1, SETTINGS), SETTINGS, "")
    assert scale.low == pytest.approx(100, abs=25)
    assert scale.high == pytest.approx(1000, abs=60)
    assert scale.high >= everywhere.high
    assert scale.apply(np.array([scale.low, scale.high])) == pytest.approx([0.0, 1.0], abs=1e-6)


def test_noise_is_not_stretched_into_stain():
    noise = np.random.default_rng(0).normal(500, 20, (300, 300)).astype(np.uint16)
    survey = survey_tile(noise, 1)
    assert survey.noise == pytest.approx(20, rel=0.1)
    scale = find_normalization(survey, find_tissue(None, noise.shape, 1.0, 1, SETTINGS), SETTINGS, "")
    assert scale.is_faint
    assert scale.apply(noise).std() < 0.15
    image = tissue_image()
    tissue = find_tissue(None, image.shape, 1.0, 1, SETTINGS)
    assert not find_normalization(survey_tile(image, 1), tissue, SETTINGS, "").is_faint


def test_the_sharpest_plane_has_the_highest_score():
    image = tissue_image().astype(float)
    soft = (image + np.roll(image, 1, 1) + np.roll(image, 1, 0) + np.roll(image, (1, 1), (0, 1))) / 4
    assert focus_score(image) > 1.2 * focus_score(soft)


def test_planes_of_a_stack_share_the_scale_of_the_one_that_shows_most():
    random = np.random.default_rng(4)
    empty = random.normal(100, 4, (128, 128))
    faint, bright = empty.copy(), empty.copy()
    faint[20:40, 20:40] += 150
    bright[60:100, 60:100] += 900
    everywhere = find_tissue(None, (128, 128), 1.0, 1, PrepareSettings())
    surveys = [survey_tile(np.round(plane).astype(np.uint16), 1) for plane in (empty, faint, bright)]
    alone = find_normalization(surveys[2], everywhere, PrepareSettings(), "here")
    for some in (surveys, surveys[::-1], [*surveys, *surveys[:1] * 50]):
        assert common_normalization(some, everywhere, PrepareSettings(), "here") == alone
    # Planes that hold one value alone say nothing; where all do, that is told.
    flat = survey_tile(np.full((128, 128), 7, np.uint16), 1)
    assert common_normalization([flat, *surveys], everywhere, PrepareSettings(), "here") == alone
    with pytest.raises(InputError, match="the channel shows nothing"):
        common_normalization([flat, flat], everywhere, PrepareSettings(), "here")


def test_haze_on_the_glass_of_a_photograph_is_not_stretched_to_stain():
    """Smooth, so that it is no noise; but no stain absorbs so little."""
    random = np.random.default_rng(0)
    haze = 235.0 + 8.0 * np.sin(np.arange(300) / 20.0) + random.normal(0, 1, (300, 300))
    light = survey_tile(haze.astype(np.uint8), 1)
    everywhere = find_tissue(None, haze.shape, 1.0, 1, SETTINGS)
    plain, photographed = (
        find_normalization(light, everywhere, SETTINGS, "", absorbance)
        for absorbance in (None, Absorbance(None))
    )
    assert not plain.is_faint
    assert photographed.is_faint
    # Glass stays bright, and haze is a little darker.
    assert photographed.high == plain.high
    assert photographed.apply(haze).min() > 0.7
    density = survey_tile((100.0 * np.log10(255.0 / np.minimum(haze, 255.0))).astype(np.uint8), 1)
    shown = find_normalization(density, everywhere, SETTINGS, "", Absorbance(100.0))
    assert shown.is_faint
    assert shown.high - shown.low == pytest.approx(40.0)


def test_stain_of_a_photograph_keeps_its_scale():
    light = survey_tile(np.tile(np.linspace(40, 240, 300), (300, 1)).astype(np.uint8), 1)
    everywhere = find_tissue(None, (300, 300), 1.0, 1, SETTINGS)
    plain, photographed = (
        find_normalization(light, everywhere, SETTINGS, "", absorbance)
        for absorbance in (None, Absorbance(None))
    )
    assert photographed == plain
