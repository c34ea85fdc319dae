"""Photographs whose stains are told apart by color: channels, glass, roles, and what cannot be told apart."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from myograft.errors import ChannelError, ConfigError, InputError
from myograft.model.channels import Role
from myograft.model.geometry import Region
from myograft.model.stack import COLORS_N
from myograft.numerics.stains import ALCIAN_BLUE, DAB, EOSIN, HEMATOXYLIN, NO_STAIN, PER_DECADE
from myograft.read import ChannelSettings, ReadSettings, match_roles, open_stack, read_plane

WHITE = np.array([236.0, 240.0, 231.0])
PLANE = Region(0, 0, 60, 80)


def colors_of(*stained):
    """Return a plane of glass with a square of 10 px for each (vector, amount), from the left."""
    light = np.broadcast_to(WHITE, (60, 80, 3)).copy()
    for number, (vector, amount) in enumerate(stained):
        density = amount * np.asarray(vector) / np.linalg.norm(vector)
        light[10:20, 10 + 15 * number : 20 + 15 * number] = WHITE * 10.0**-density
    return light.round().astype(np.uint8)


def saved(path, colors, **options):
    tifffile.imwrite(path, colors, photometric="rgb", **options)
    return path


def opened(path, photograph, **settings):
    return open_stack(path, ReadSettings(pixel_size_um=0.5, photograph=photograph, **settings))


def amounts(stack, channel):
    """Return the amount in each square, and on glass."""
    counts = read_plane(stack, channel, PLANE, plane=0).astype(float)
    return [float(np.median(counts[12:18, x + 2 : x + 8]) - NO_STAIN) / PER_DECADE for x in (10, 25, 40)] + [
        float(np.median(counts[40:]) - NO_STAIN) / PER_DECADE
    ]


def test_densities_against_the_glass_of_the_photograph(tmp_path):
    path = saved(tmp_path / "s.tif", colors_of((HEMATOXYLIN, 0.5), (DAB, 0.8), (HEMATOXYLIN, 0.2)))
    stack = opened(path, "h_dab")
    assert [channel.label for channel in stack.channels[COLORS_N:]] == [
        "hematoxylin",
        "DAB",
        "hematoxylin and DAB",
    ]
    assert stack.separation.white == tuple(WHITE)
    assert any("bare glass is taken for 236, 240, 231" in note for note in stack.notes)
    assert amounts(stack, 3) == pytest.approx([0.5, 0.0, 0.2, 0.0], abs=0.02)
    assert amounts(stack, 4) == pytest.approx([0.0, 0.8, 0.0, 0.0], abs=0.02)
    assert amounts(stack, 5) == pytest.approx([0.5, 0.4, 0.2, 0.0], abs=0.02)
    part = read_plane(stack, 4, Region(5, 7, 41, 63), plane=0)
    assert np.array_equal(part, read_plane(stack, 4, PLANE, plane=0)[5:41, 7:63])
    assert part.dtype == np.uint16
    given = opened(path, "h_dab", glass=(255.0, 255.0, 255.0))
    assert amounts(given, 3)[3] == pytest.approx(np.log10(255.0 / 236.0), abs=0.02)


def test_the_same_with_transparency_in_16_bits_and_by_a_table_of_colors(tmp_path):
    colors = colors_of((HEMATOXYLIN, 0.5), (DAB, 0.8))
    plain = opened(saved(tmp_path / "plain.tif", colors), "h_dab")
    clear = np.concatenate([colors, np.full((60, 80, 1), 255, np.uint8)], axis=2)
    deep = colors.astype(np.uint16) * 257
    table, places = np.unique(colors.reshape(-1, 3), axis=0, return_inverse=True)
    palette = np.zeros((3, 256), np.uint16)
    palette[:, : len(table)] = table.T.astype(np.uint16) * 257
    tifffile.imwrite(
        tmp_path / "palette.tif",
        places.reshape(60, 80).astype(np.uint8),
        photometric="palette",
        colormap=palette,
    )
    others = [
        opened(saved(tmp_path / "clear.tif", clear), "h_dab"),
        opened(saved(tmp_path / "deep.tif", deep), "h_dab"),
        opened(tmp_path / "palette.tif", "h_dab"),
    ]
    expected = read_plane(plain, 4, PLANE, plane=0)
    for other in others:
        assert np.array_equal(read_plane(other, 4, PLANE, plane=0), expected)
        assert other.measured_dtype == "uint16"


def test_glass_does_not_depend_on_the_region(tmp_path):
    path = saved(tmp_path / "s.tif", colors_of((HEMATOXYLIN, 0.5), (DAB, 0.8)))
    settings = ReadSettings(pixel_size_um=0.5, photograph="h_dab")
    part = open_stack(path, settings, region=Region(10, 10, 20, 20))
    assert part.separation == open_stack(path, settings).separation
    assert part.shape == (10, 10)


def test_roles_by_color(tmp_path):
    path = saved(tmp_path / "s.tif", colors_of((HEMATOXYLIN, 0.5), (DAB, 0.8)))
    for photograph in ("h_dab", "xgal"):
        roles = match_roles(opened(path, photograph), ChannelSettings()).index_of
        assert roles == {Role.SARCOLEMMA: 1, Role.NUCLEI: 5, Role.DONOR_NUCLEUS: 4}
    stack = opened(path, "h_dab")
    chosen = match_roles(stack, ChannelSettings(nuclei="hematoxylin", sarcolemma="none", donor_nucleus="dab"))
    assert chosen.index_of == {Role.NUCLEI: 3, Role.DONOR_NUCLEUS: 4}
    with pytest.raises(ChannelError, match="there is no channel eosin"):
        match_roles(stack, ChannelSettings(sarcolemma="eosin"))


def test_without_a_nuclear_counterstain_nobody_is_called(tmp_path):
    stack = opened(saved(tmp_path / "s.tif", colors_of((EOSIN, 0.3), (ALCIAN_BLUE, 0.8))), "xgal_eosin")
    assert match_roles(stack, ChannelSettings()).index_of == {Role.SARCOLEMMA: 1, Role.NUCLEI: 4}
    assert any("host nuclei are not seen" in note for note in stack.notes)
    assert any("no published color of X-gal" in note for note in stack.notes)


def test_stains_of_another_laboratory(tmp_path):
    brown, blue, pink = (0.4, 0.6, 0.7), (0.8, 0.55, 0.2), (0.1, 0.95, 0.3)
    path = saved(tmp_path / "s.tif", colors_of((blue, 0.5), (brown, 0.6), (pink, 0.4)))
    two = {"counterstain": blue, "marker": brown}
    stack = opened(path, "h_dab", stains={**two, "third": pink})
    assert stack.channels[-1].label == "third stain"
    assert amounts(stack, 3) == pytest.approx([0.5, 0.0, 0.0, 0.0], abs=0.02)
    assert amounts(stack, 4) == pytest.approx([0.0, 0.6, 0.0, 0.0], abs=0.02)
    assert amounts(stack, 6) == pytest.approx([0.0, 0.0, 0.4, 0.0], abs=0.02)


def test_colors_that_are_not_those_of_the_stains_are_told(tmp_path):
    path = saved(tmp_path / "he.tif", colors_of((EOSIN, 0.4), (EOSIN, 0.5), (HEMATOXYLIN, 0.5)))
    assert any("is not explained by hematoxylin and DAB" in note for note in opened(path, "h_dab").notes)
    brown = saved(tmp_path / "dab.tif", colors_of((DAB, 0.4), (HEMATOXYLIN, 0.5)))
    assert not any("explained" in note for note in opened(brown, "h_dab").notes)


def test_stains_that_are_alike_are_refused(tmp_path):
    path = saved(tmp_path / "s.tif", colors_of((DAB, 0.4)))
    with pytest.raises(ConfigError, match="absorb too much alike") as told:
        opened(path, "h_dab", stains={"counterstain": DAB})
    assert "leave read.stains out" in told.value.sentence


@pytest.mark.parametrize("photograph", ["h_dab", "xgal", "xgal_eosin"])
def test_what_is_no_photograph_is_refused(tmp_path, photograph):
    path = tmp_path / "gray.ome.tif"
    tifffile.imwrite(path, np.zeros((3, 20, 30), np.uint16), metadata={"axes": "CYX"})
    with pytest.raises(InputError, match=f"a photograph of {photograph} stain, but it is no color image"):
        opened(path, photograph)
