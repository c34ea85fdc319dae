"""The rim of a fiber side by side, and its middle: against painted rings of a known arc."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.assign import CytoplasmSettings, DonorFiberSettings, fiber_cores, fiber_sides
from myograft.assign.fiber_marker import SIDES
from myograft.model.geometry import Region
from myograft.numerics.labels import objects_of

SIZE_UM = 0.5


def ring(arc=1.0, level=300.0, radius=40, offset=0.0, shape=(121, 121)):
    """A disk whose rim is stained over a part of its circumference; `offset` px outside of its outline."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    y, x = y - shape[0] // 2, x - shape[1] // 2
    r = np.hypot(y, x)
    fibers = (r <= radius).astype(np.uint32)
    around = (np.arctan2(y, x) + np.pi) / (2 * np.pi)
    marker = 100.0 + level * np.exp(-(((r - radius - offset) / 2.0) ** 2)) * (around < arc)
    return fibers, marker


def sides_of(fibers, marker, size_um=SIZE_UM, crop=None, knobs=None, **others):
    found = objects_of(fibers)
    crop = crop or Region(0, 0, *fibers.shape)
    others = {name: plane[crop.slices] for name, plane in others.items()}
    return fiber_sides(
        fibers[crop.slices], marker[crop.slices], found.label, found.box, crop, fibers.shape, size_um,
        knobs or DonorFiberSettings(), **others,
    )  # fmt: skip


def covered(fibers, marker, least=60.0, **options):
    return float((sides_of(fibers, marker, **options).signal[0] >= least).mean())


@pytest.mark.parametrize("arc", [0.0, 0.2, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("offset", [-2.0, 0.0, 4.0])
def test_the_covered_part_is_the_painted_arc(arc, offset):
    """Also where the outline was drawn 1 um outside of the stain, or 2 um inside of it."""
    assert covered(*ring(arc, offset=offset)) == pytest.approx(arc, abs=2.5 / SIDES)


@settings(deadline=None, max_examples=25)
@given(st.floats(0.05, 0.95), st.floats(-90.0, 20_000.0))
def test_the_offset_of_the_camera_does_not_matter(arc, constant):
    fibers, marker = ring(arc)
    before, after = sides_of(fibers, marker), sides_of(fibers, marker + constant)
    assert after.signal == pytest.approx(before.signal, abs=1e-6)


@settings(deadline=None, max_examples=15)
@given(st.floats(0.05, 0.95), st.integers(1, 3))
def test_turning_the_picture_does_not_matter(arc, quarters):
    fibers, marker = ring(arc)
    turned = covered(np.rot90(fibers, quarters), np.rot90(marker, quarters))
    assert turned == pytest.approx(covered(fibers, marker), abs=1.5 / SIDES)


@pytest.mark.parametrize("arc", [0.3, 0.8])
def test_finer_pixels_show_the_same(arc):
    fibers, marker = ring(arc)
    fine = [np.repeat(np.repeat(plane, 2, 0), 2, 1) for plane in (fibers, marker)]
    assert covered(*fine, size_um=SIZE_UM / 2) == pytest.approx(covered(fibers, marker), abs=1.5 / SIDES)


def test_a_crop_shows_the_same():
    fibers, marker = ring(0.6)
    fibers[0:10, 0:10] = 7
    crop = Region(3, 2, 117, 121)
    whole = sides_of(fibers, marker)
    apart = sides_of(np.where(fibers == 1, fibers, 0), marker, crop=crop)
    assert np.array_equal(whole.signal[:1], apart.signal)


def test_glow_of_the_fiber_itself_is_no_rim():
    """An oxidative fiber glows as a whole (SCIENCE, known trap 9): its rim does not stand out."""
    fibers, marker = ring(0.0)
    marker[fibers == 1] += 400.0
    assert np.nanmax(sides_of(fibers, marker).signal) <= 1e-9


def test_what_shows_in_the_empty_channel_does_not_count():
    fibers, marker = ring(1.0)
    assert np.nanmax(sides_of(fibers, marker, autofluorescence=marker).signal) <= 1e-9


def test_nuclei_are_left_out():
    fibers, marker = ring(0.0)
    nuclei = np.zeros_like(fibers)
    nuclei[55:66, 92:104] = 3
    marker[nuclei > 0] += 1000.0
    assert np.nanmax(sides_of(fibers, marker).signal) > 100.0
    assert np.nanmax(sides_of(fibers, marker, nuclei=nuclei).signal) <= 1e-9


def test_the_border_of_the_plane_is_no_outline():
    fibers, marker = ring(1.0)
    signal = sides_of(fibers[60:].copy(), marker[60:]).signal[0]
    # A half disk of radius 40: its straight side is 2 / (2 + pi) of its outline.
    assert np.isnan(signal).mean() == pytest.approx(2.0 / (2.0 + np.pi), abs=3 / SIDES)
    assert (signal[np.isfinite(signal)] > 60.0).all()


def test_sides_know_whom_they_face():
    fibers = np.zeros((60, 110), np.uint32)
    fibers[10:50, 10:50], fibers[10:50, 53:93] = 1, 2
    near = DonorFiberSettings(facing_um=2.5, rim_outside_um=1.0)
    facing = sides_of(fibers, np.zeros(fibers.shape), knobs=near).facing
    for own, other in ((0, 2), (1, 1)):
        # A quarter of the outline, and on either end the 4 px around the corner that are as near.
        assert (facing[own] == other).mean() == pytest.approx(0.25 + 8 / 160, abs=2 / SIDES)
        assert set(np.unique(facing[own])) == {0, other}
    far = DonorFiberSettings(facing_um=1.0, rim_outside_um=1.0)
    assert not sides_of(fibers, np.zeros(fibers.shape), knobs=far).facing.any()


def cores_of(fibers, marker, **options):
    found = objects_of(fibers)
    return fiber_cores(
        fibers, marker, found.label, found.box, Region(0, 0, *fibers.shape), SIZE_UM, CytoplasmSettings(), **options
    )  # fmt: skip


def test_the_middle_leaves_out_rim_and_nuclei():
    fibers, marker = ring(1.0, level=5000.0)
    nuclei = np.zeros_like(fibers)
    nuclei[50:75, 50:80] = 1
    marker[nuclei > 0] += 9000.0
    [core] = cores_of(fibers, marker, nuclei=nuclei)
    assert core == pytest.approx(100.0, abs=1.0)


def test_a_thin_fiber_has_a_middle_and_a_sliver_has_none():
    fibers, marker = np.zeros((40, 40), np.uint32), np.full((40, 40), 50.0)
    fibers[5:9, 5:30], fibers[30, 5:8] = 1, 2
    marker[6:8, 5:30] = 80.0
    thin, sliver = cores_of(fibers, marker)
    assert thin == 80.0
    assert np.isnan(sliver)


def test_a_band_wider_than_the_look_at_neighbors_is_refused():
    with pytest.raises(ValueError, match="facing_um must not be below rim_outside_um"):
        DonorFiberSettings(facing_um=2.0, rim_outside_um=3.0)
