"""Names of channels as laboratories write them: the stain decides, not the dye that is written beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.model.channels import Channel
from myograft.model.geometry import Calibration
from myograft.model.stack import Stack
from myograft.read import ChannelSettings, match_roles

STAINS = {
    "sarcolemma": (
        "Laminin", "laminin-2", "anti-laminin", "Lama2", "Merosin", "WGA", "wheat germ agglutinin", "Dystrophin",
        "Spectrin", "Collagen IV", "Col IV", "COL4A1", "Perlecan", "Caveolin-3", "beta-dystroglycan",
    ),
    "donor_nucleus": (
        "human lamin A/C", "hLaminAC", "Lamin A/C", "Lamin A+C", "hLMNA", "LMNA", "HNA", "HuNu",
        "human nuclear antigen", "Human Nuclei", "anti-human nucleoli", "STEM101", "Ku80", "Ku-80", "Y-FISH", "Y FISH",
        "YFISH", "SRY", "Y chromosome", "Y-chr", "chrY", "chromosome Y", "CEP Y", "nGFP", "nuclear GFP", "NLS-GFP",
        "H2B-GFP", "nLacZ", "nuclear lacZ", "n-lacZ", "H2B-mCherry", "nuc-EGFP", "donor nuclei",
    ),
    "donor_fiber": ("human spectrin", "human dystrophin", "hDystrophin", "human laminin", "donor fibers"),
    "nuclei": ("DAPI", "Hoechst", "Hoechst 33342", "DRAQ5", "TO-PRO-3", "SYTOX", "nuclei", "DNA"),
    "regeneration": ("eMHC", "embryonic myosin", "MYH3", "neonatal MyHC"),
    "fiber_type": ("MyHC I", "MyHC fast", "SDH", "COX IV"),
}  # fmt: skip

#: How a dye, a wavelength or a filter is written beside a stain.
DYES = (
    "{}-AF488", "{} AF 488", "{}_AF_594", "{} (Alexa Fluor 647)", "AF488 {}", "Alexa 555 - {}", "{}_Cy3", "Cy5 {}",
    "{} FITC", "{} TRITC", "{}-594", "{} 568 nm", "405 {}", "C2: {}", "{} [Texas Red]", "{}_DyLight650", "{} CF640R",
)  # fmt: skip

#: Green protein as the name of a filter; beside a nuclear reporter it would be another reporter.
FILTERS = ("{} GFP", "{}-GFP", "{}_EGFP", "GFP {}", "EGFP - {}", "GFP_{}")

UNMARKED = (
    "human GFP",
    "GFP",
    "green",
    "Bright Gfp 2",
    "AF488",
    "AF 647",
    "Lamin B1",
    "COX-2",
    "Cy3",
    "Y",
    "channel Y",
)


def role_of(name):
    size, channels = Calibration(0.5, None, "test"), (Channel(0, name),)
    stack = Stack(Path("s.tif"), "tiff", "CYX", (1, 9, 9), 1, (9, 9), "uint16", channels, size)
    return next((str(role) for role in match_roles(stack, ChannelSettings()).index_of), None)


@pytest.mark.parametrize(
    ("role", "stain"), [(role, stain) for role, names in STAINS.items() for stain in names]
)
def test_a_stain_is_known_by_its_name(role, stain):
    assert role_of(stain) == role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Laminin GFP", "sarcolemma"), ("Dystrophin-GFP", "sarcolemma"), ("WGA-GFP", "sarcolemma"),
        ("Laminin-AF488", "sarcolemma"), ("WGA647", "sarcolemma"), ("Laminin AF 488", "sarcolemma"),
        ("Collagen_IV_GFP", "sarcolemma"), ("GFP (laminin)", "sarcolemma"),
        ("HNA488", "donor_nucleus"), ("SRY-Cy3", "donor_nucleus"), ("GFP-NLS", "donor_nucleus"),
        ("GFP", "donor_fiber"), ("EGFP", "donor_fiber"), ("GFP 488", "donor_fiber"), ("DAPI405", "nuclei"),
        ("AF", "autofluorescence"), ("AF_channel", "autofluorescence"), ("autofluorescence 488", "autofluorescence"),
    ],
)  # fmt: skip
def test_names_that_were_taken_for_others(name, role):
    assert role_of(name) == role


@pytest.mark.parametrize("name", [name for name in UNMARKED if name != "GFP"])
def test_names_that_say_nothing_have_no_role(name):
    assert role_of(name) is None


@given(
    st.sampled_from([(role, stain) for role, names in STAINS.items() for stain in names]),
    st.sampled_from(DYES),
    st.sampled_from([str, str.upper, str.lower]),
)
def test_a_dye_beside_a_stain_changes_nothing(known, dye, case):
    role, stain = known
    assert role_of(case(dye.format(stain))) == role


@given(
    st.sampled_from([(role, stain) for role in ("sarcolemma", "donor_nucleus") for stain in STAINS[role]]),
    st.sampled_from(FILTERS),
    st.sampled_from([str, str.upper, str.lower]),
)
def test_a_filter_beside_a_stain_changes_nothing(known, label, case):
    role, stain = known
    assert role_of(case(label.format(stain))) == role
