"""Channels find their roles by name, dye or wavelength, or by an explicit setting; never by position."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from myograft.errors import ChannelError
from myograft.model.channels import Channel, Role
from myograft.model.geometry import Calibration
from myograft.model.stack import Photograph, Stack
from myograft.read import ChannelSettings, match_roles


def stack(*channels, is_rgb=False):
    described = tuple(
        Channel(index, channel) if isinstance(channel, str) or channel is None else Channel(index, **channel)
        for index, channel in enumerate(channels)
    )
    return Stack(Path("s.tif"), "tiff", "CYX", (len(described), 9, 9), 1, (9, 9), "uint16", described,
                 Calibration(0.5, None, "test"), is_rgb=is_rgb)  # fmt: skip


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Laminin", "DAPI", "human lamin A/C"], {"sarcolemma": 0, "nuclei": 1, "donor_nucleus": 2}),
        (["hLaminAC", "Hoechst 33342", "WGA-488"], {"donor_nucleus": 0, "nuclei": 1, "sarcolemma": 2}),
        (["dystrophin", "human spectrin", "DAPI"], {"sarcolemma": 0, "donor_fiber": 1, "nuclei": 2}),
        (["HNA", "Collagen IV", "dapi"], {"donor_nucleus": 0, "sarcolemma": 1, "nuclei": 2}),
        (
            ["autofluorescence", "laminin-2 Alexa", "nuclei"],
            {"autofluorescence": 0, "sarcolemma": 1, "nuclei": 2},
        ),
        (["channel 0", None], {}),
        (["eMHC", "WGA", "DAPI"], {"regeneration": 0, "sarcolemma": 1, "nuclei": 2}),
        (["embryonic myosin", "MyHC I", "laminin"], {"regeneration": 0, "fiber_type": 1, "sarcolemma": 2}),
        (["mouse IgG", "laminin", "DAPI"], {"necrosis": 0, "sarcolemma": 1, "nuclei": 2}),
        (["Evans blue", "Goat anti-mouse IgG", "DAPI"], {"necrosis": 0, "nuclei": 2}),
        (["MyHC_emb", "slow myosin"], {"regeneration": 0, "fiber_type": 1}),
        (["MYH3", "COX IV", "dystrophin"], {"regeneration": 0, "fiber_type": 1, "sarcolemma": 2}),
        (["SDHB", "GFP"], {"fiber_type": 0, "donor_fiber": 1}),
        # Neither the histocompatibility complex nor cyclooxygenase is a fiber type, fast myosin no fetal one.
        (["MHC-I", "COX-2"], {}),
        (["MyHC fast"], {"fiber_type": 0}),
    ],
)
def test_names(names, expected):
    assert {
        str(role): index for role, index in match_roles(stack(*names), ChannelSettings()).index_of.items()
    } == expected


def test_dye_and_wavelength():
    roles = match_roles(
        stack({"name": "C1", "fluorophore": "Hoechst"}, {"name": "C2", "fluorophore": "WGA"}),
        ChannelSettings(),
    )
    assert roles.get(Role.NUCLEI) == 0
    blue = match_roles(stack({"emission_nm": 519.0}, {"emission_nm": 461.0}), ChannelSettings())
    assert blue.get(Role.NUCLEI) == 1
    assert "461" in blue.reason_of[Role.NUCLEI]


def test_explicit_settings_win_and_free_the_others():
    image = stack("DAPI", "Hoechst")
    with pytest.raises(ChannelError, match="fits 2 channels"):
        match_roles(image, ChannelSettings())
    assert match_roles(image, ChannelSettings(nuclei=1)).get(Role.NUCLEI) == 1
    assert match_roles(image, ChannelSettings(nuclei="dapi")).get(Role.NUCLEI) == 0
    assert Role.NUCLEI not in match_roles(image, ChannelSettings(nuclei="none"))


@pytest.mark.parametrize(
    ("choice", "part"), [(7, "no channel 7"), ("laminim", "Did you mean 'laminin'"), ("a", "fits 2 channels")]
)
def test_a_wrong_choice_is_a_sentence(choice, part):
    with pytest.raises(ChannelError) as caught:
        match_roles(stack("laminin", "DAPI"), ChannelSettings(sarcolemma=choice))
    assert part in caught.value.sentence


def test_several_fiber_types_ask_for_a_choice():
    image = stack("laminin", "MyHC I", "MyHC IIa", "MyHC IIx")
    with pytest.raises(ChannelError) as caught:
        match_roles(image, ChannelSettings())
    for part in ("fiber_type fits 3 channels", "channels.fiber_type=1", "channels.fiber_type=none"):
        assert part in caught.value.sentence
    assert match_roles(image, ChannelSettings(fiber_type="MyHC IIa")).get(Role.FIBER_TYPE) == 2
    assert Role.FIBER_TYPE not in match_roles(image, ChannelSettings(fiber_type="none"))


def test_one_channel_plays_one_role():
    with pytest.raises(ValueError, match="both"):
        ChannelSettings(sarcolemma=1, nuclei=1)
    with pytest.raises(ChannelError, match="both"):
        match_roles(stack("laminin", "DAPI"), ChannelSettings(sarcolemma=0, nuclei="laminin"))


def test_colors_are_no_stains():
    assert not match_roles(stack("red", "green", "blue", is_rgb=True), ChannelSettings()).index_of


def test_an_h_and_e_photograph_has_roles_by_color():
    photograph = replace(
        stack("red", "green", "blue", "hematoxylin", is_rgb=True), photograph=Photograph.HEMATOXYLIN_EOSIN
    )
    roles = match_roles(photograph, ChannelSettings())
    assert dict(roles.index_of) == {Role.SARCOLEMMA: 1, Role.NUCLEI: 3}
    assert "eosin absorbs" in roles.reason_of[Role.SARCOLEMMA]
    assert match_roles(photograph, ChannelSettings(sarcolemma=0)).index_of[Role.SARCOLEMMA] == 0
    assert Role.NUCLEI not in match_roles(photograph, ChannelSettings(nuclei="none"))
