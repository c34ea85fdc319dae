"""Amounts of stains come back from the light that they leave, as from scikit-image's color deconvolution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import hdx_from_rgb, hed_from_rgb, rgb_from_hdx, separate_stains

from myograft.numerics.stains import (
    ALCIAN_BLUE,
    DAB,
    EOSIN,
    FAST_RED,
    HEMATOXYLIN,
    NO_STAIN,
    PER_DECADE,
    optical_density,
    stored_density,
    unexplained_fraction,
    unmixing,
)

PAIRS = st.sampled_from(
    [(HEMATOXYLIN, DAB), (FAST_RED, ALCIAN_BLUE), (EOSIN, ALCIAN_BLUE), (HEMATOXYLIN, EOSIN)]
)
AMOUNTS = st.floats(0.0, 1.2)
GLASS = st.tuples(*[st.floats(180.0, 255.0)] * 3)


def light_of(amounts, vectors, white):
    units = [np.asarray(vector) / np.linalg.norm(vector) for vector in vectors]
    density = sum(amount * unit for amount, unit in zip(amounts, units, strict=True))
    return np.reshape(np.asarray(white) * 10.0**-density, (3, 1, 1))


@settings(deadline=None)
@given(PAIRS, AMOUNTS, AMOUNTS, GLASS)
def test_a_mixture_of_two_is_taken_apart(vectors, first, second, white):
    weights = unmixing(vectors)
    # As a camera without a limit stores it: amounts come back to a thousandth of a decade.
    light = light_of((first, second), vectors, white)
    if (light / np.reshape(white, (3, 1, 1))).min() < 1.5 / 255.0:
        return  # darker than 8 bits tell
    stored = [int(stored_density(light, white, tuple(row))[0, 0]) for row in weights[:2]]
    found = [(counts - NO_STAIN) / PER_DECADE for counts in stored]
    assert found == pytest.approx([first, second], abs=0.002)
    # In 8 bits too, to what their steps in the darkest color allow.
    rounded = np.rint(light)
    step = float(np.abs(weights[:2]).sum(axis=1).max()) * 0.5 / np.log(10.0) / max(float(rounded.min()), 1.0)
    density = optical_density(rounded, white)[:, 0, 0]
    assert (weights[:2] @ density).tolist() == pytest.approx([first, second], abs=1.5 * step + 0.002)


@settings(deadline=None)
@given(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS))
def test_a_mixture_of_three_is_taken_apart(amounts):
    vectors = (HEMATOXYLIN, DAB, EOSIN)
    density = sum(
        amount * np.asarray(vector) / np.linalg.norm(vector)
        for amount, vector in zip(amounts, vectors, strict=True)
    )
    assert (unmixing(vectors) @ density).tolist() == pytest.approx(amounts, abs=1e-9)


def test_the_same_amounts_as_scikit_image():
    colors = np.random.default_rng(3).uniform(0.05, 1.0, (3, 40, 50)).astype(np.float32)
    ours = np.tensordot(unmixing(rgb_from_hdx[:2].tolist()), optical_density(colors, (1.0, 1.0, 1.0)), 1)
    # Theirs are densities over that of the darkest value they allow (1e-6), per vector as it stands in their table.
    theirs = np.moveaxis(separate_stains(np.moveaxis(colors, 0, 2), hdx_from_rgb), 2, 0) * 6.0
    lengths = np.linalg.norm(rgb_from_hdx[:2], axis=1)[:, None, None]
    unclipped = theirs[:2] > 0.0  # they cut off what is below no stain
    assert np.allclose(ours[:2][unclipped], (theirs[:2] * lengths)[unclipped], atol=1e-4)
    assert (ours[:2][~unclipped] < 1e-4).all()
    assert unclipped.mean() > 0.3


def test_the_same_vectors_as_scikit_image():
    mixing = np.stack([HEMATOXYLIN, EOSIN, DAB])
    assert np.allclose(np.linalg.inv(mixing), hed_from_rgb)


def test_what_is_below_no_stain_keeps_its_place():
    blue = np.array([[[80.0]], [[80.0]], [[250.0]]])
    brown = unmixing([HEMATOXYLIN, DAB])[1]
    assert stored_density(blue, (250.0, 250.0, 250.0), tuple(brown))[0, 0] < NO_STAIN - 100
    black = stored_density(np.zeros((3, 1, 1)), (250.0, 250.0, 250.0), (1.0, 1.0, 1.0))
    assert black[0, 0] == NO_STAIN + round(3 * PER_DECADE * np.log10(255.0))


@pytest.mark.parametrize(
    "vectors", [(DAB, DAB), (DAB, (0.28, 0.57, 0.77)), (HEMATOXYLIN, DAB, (0.5, 0.69, 0.6))]
)
def test_stains_that_are_alike_are_refused(vectors):
    with pytest.raises(ValueError, match="too much alike"):
        unmixing(vectors)


def test_a_stain_that_absorbs_nothing_is_refused():
    with pytest.raises(ValueError, match="absorbs no light"):
        unmixing([HEMATOXYLIN, (0.0, 0.0, 0.0)])


def test_what_two_stains_leave_unexplained():
    white = (240.0, 240.0, 240.0)
    amounts = np.random.default_rng(4).uniform(0.2, 0.8, (2, 200))
    mixed = np.concatenate([light_of(pair, (HEMATOXYLIN, DAB), white)[:, :, 0] for pair in amounts.T], axis=1)
    assert unexplained_fraction(mixed, white, (HEMATOXYLIN, DAB)) < 1e-3
    assert unexplained_fraction(mixed, white, (EOSIN, ALCIAN_BLUE)) > 0.3
    assert unexplained_fraction(np.full((3, 9), 240.0), white, (HEMATOXYLIN, DAB)) == 0.0
