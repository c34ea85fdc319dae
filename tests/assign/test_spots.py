"""Spots are counted once each, as high as they are; what is even over a nucleus is none."""

from __future__ import annotations

import numpy as np
import pytest

from myograft.assign import MarkerSettings
from myograft.assign.spots import MOST_SPOTS, spot_heights
from myograft.model.geometry import Region

PIXEL_UM = 0.2
SETTINGS = MarkerSettings(pattern="spots", spot_um=0.6)
SIGMA_PX = 0.6 / 2.3548 / PIXEL_UM


def field(places, height=400.0, noise=0.0, background=100.0):
    """One round nucleus of 8 um, with spots at the places given as (y, x) in px from its middle."""
    y, x = np.mgrid[:121, :121].astype(float)
    nuclei = (np.hypot(y - 60, x - 60) <= 20).astype(np.uint32) * 5
    marker = np.full(nuclei.shape, background) + np.random.default_rng(0).normal(0.0, noise, nuclei.shape)
    for dy, dx in places:
        square = (y - 60 - dy) ** 2 + (x - 60 - dx) ** 2
        marker += height * np.exp(-square / (2 * SIGMA_PX**2))
    return nuclei, marker


def heights(nuclei, marker, crop=None, **more):
    rows, columns = np.nonzero(nuclei == 5)
    box = np.array([[rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]])
    crop = crop or Region(0, 0, *nuclei.shape)
    box = box + np.array([crop.y0, crop.x0, crop.y0, crop.x0])
    return spot_heights(nuclei, marker, np.array([5]), box, crop, PIXEL_UM, SETTINGS, **more)[0]


@pytest.mark.parametrize("places", [[], [(0, 0)], [(-8, 3), (9, -2)], [(-12, 0), (0, 12), (11, 1), (0, -10)]])
def test_each_spot_counts_once_and_has_its_height(places):
    found = heights(*field(places))
    assert (found > 40.0).sum() == len(places)
    assert found[: len(places)] == pytest.approx(400.0, rel=0.05)
    assert len(found) == MOST_SPOTS


def test_a_spot_outside_of_the_nucleus_is_not_its():
    assert heights(*field([(0, 30)]))[0] < 20.0


def test_what_is_even_over_the_nucleus_is_no_spot():
    nuclei, marker = field([(0, 0)])
    bright = marker + 3000.0 * (np.hypot(*np.mgrid[-60:61, -60:61]) <= 30)
    assert heights(nuclei, bright)[0] == pytest.approx(400.0, rel=0.05)
    assert heights(nuclei, marker + 1234.0) == pytest.approx(heights(nuclei, marker))


def test_noise_stays_far_below_a_spot():
    assert heights(*field([], noise=20.0))[0] < 80.0
    found = heights(*field([(-8, 3), (9, -2)], noise=20.0))
    assert (found > 200.0).sum() == 2


def test_grains_of_lipofuscin_show_in_the_empty_channel_too():
    nuclei, marker = field([(-8, 3), (9, -2)])
    _, empty = field([(9, -2)])
    found = heights(nuclei, marker, autofluorescence=empty)
    assert (found > 40.0).sum() == 1


def test_the_part_of_the_plane_does_not_matter():
    nuclei, marker = field([(-8, 3), (9, -2)], noise=20.0)
    reach = SETTINGS.reach_px(PIXEL_UM)
    crop = Region(40 - reach, 40 - reach, 81 + reach, 81 + reach)
    part = crop.slices
    assert np.array_equal(heights(nuclei, marker), heights(nuclei[part], marker[part], crop))
