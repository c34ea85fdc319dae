"""Feret diameters, perimeters and hulls against drawn cases, theory and scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from skimage.measure import perimeter_crofton, regionprops

from myograft.numerics.outline import corner_hull, crofton_perimeter, hull_area, max_feret_um, min_feret_um

ANGLES = st.floats(0.0, 2 * np.pi)


def ellipse(a, b, angle, size=121):
    y, x = np.mgrid[:size, :size] - size // 2
    along, aside = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return (along / a) ** 2 + (aside / b) ** 2 <= 1.0


def polygons():
    return st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=4, max_size=20, unique=True)


def hull_of(points):
    points = np.array(points)
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    if spread[1] < 1.0:
        return None
    return points[ConvexHull(points).vertices]


@given(polygons(), ANGLES, st.floats(0.1, 10.0))
def test_feret_turns_and_scales_with_the_outline(points, angle, scale):
    hull = hull_of(points)
    if hull is None:
        return
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    least, most = min_feret_um(hull), max_feret_um(hull)
    assert least <= most * (1 + 1e-12)
    assert min_feret_um(hull @ turn.T * scale) == pytest.approx(least * scale, rel=1e-6)
    assert max_feret_um(hull @ turn.T * scale) == pytest.approx(most * scale, rel=1e-6)


@given(polygons())
def test_min_feret_is_the_least_width_of_all_directions(points):
    hull = hull_of(points)
    if hull is None:
        return
    directions = np.linspace(0, np.pi, 2000, endpoint=False)
    normals = np.stack([np.sin(directions), np.cos(directions)])
    widths = np.ptp(hull @ normals, axis=0)
    assert min_feret_um(hull) <= widths.min() * (1 + 1e-9)
    assert min_feret_um(hull) == pytest.approx(widths.min(), rel=0.01, abs=0.02 * max_feret_um(hull))


@pytest.mark.parametrize(("a", "b", "angle"), [(40, 40, 0.0), (50, 20, 0.4), (45, 30, 1.1)])
def test_an_ellipse_has_its_diameters(a, b, angle):
    hull = corner_hull(ellipse(a, b, angle))
    assert min_feret_um(hull) == pytest.approx(2 * b, abs=1.5)
    assert max_feret_um(hull) == pytest.approx(2 * a, abs=1.5)
    assert hull_area(hull) == pytest.approx(np.pi * a * b, rel=0.03)


@given(st.integers(0, 2**31))
def test_the_hull_of_pixel_corners_agrees_with_scipy(seed):
    mask = np.random.default_rng(seed).random((9, 11)) > 0.7
    if not mask.any():
        return
    y, x = np.nonzero(mask)
    corners = np.concatenate([np.stack([y + dy, x + dx], axis=1) for dy in (0, 1) for dx in (0, 1)])
    assert hull_area(corner_hull(mask)) == pytest.approx(ConvexHull(corners).volume)


@pytest.mark.parametrize("radius", [10, 30, 55])
def test_crofton_agrees_with_theory_and_scikit_image(radius):
    disk = ellipse(radius, radius, 0.0)
    assert crofton_perimeter(disk) == pytest.approx(2 * np.pi * radius, rel=0.05)
    assert crofton_perimeter(disk) == pytest.approx(perimeter_crofton(disk, 4), rel=0.03)


def test_max_feret_agrees_with_scikit_image():
    mask = ellipse(50, 20, 0.4)
    [props] = regionprops(mask.astype(int))
    assert max_feret_um(corner_hull(mask)) == pytest.approx(props.feret_diameter_max, abs=1.5)
