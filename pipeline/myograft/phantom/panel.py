"""What is simulated: the tissue, its nuclei, its stains and the microscope, one set per panel."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from myograft.model.biology import FiberPattern, MarkerPattern


@dataclass(frozen=True)
class TissueModel:
    """Fibers and what is between them; lengths in um.

    Parameters
    ----------
    fiber_spacing_um
        Mean distance of fiber centers.
    size_spread
        Spread of fiber sizes; 0 is even, 0.35 is dystrophic.
    regenerating_fraction
        Part of the tissue that is clusters of small regenerating fibers.
    endomysium_um, perimysium_um
        Mean gap between fibers of one fascicle, and between fascicles.
    fascicle_um
        Distance of fascicle centers.
    vessel_fraction, hole_fraction, connective_fraction
        Part of the fiber places that hold a vessel, a hole, connective tissue instead.
    waviness_um
        How far outlines are bent.
    glass_um
        Width of the empty glass above and to the left of the tissue.
    """

    fiber_spacing_um: float = 58.0
    size_spread: float = 0.18
    regenerating_fraction: float = 0.0
    endomysium_um: float = 1.2
    perimysium_um: float = 10.0
    fascicle_um: float = 380.0
    vessel_fraction: float = 0.02
    hole_fraction: float = 0.01
    connective_fraction: float = 0.01
    waviness_um: float = 5.0
    glass_um: float = 45.0


@dataclass(frozen=True)
class NucleusModel:
    """Nuclei; lengths in um.

    Parameters
    ----------
    per_fiber
        Mean number inside a fiber of mean size.
    interstitial_per_fiber
        Mean number between fibers, per fiber.
    centrally_nucleated_fraction
        Part of the fibers with a central nucleus (regenerating ones: nearly all).
    touching_fraction
        Chance that a peripheral nucleus has the next one at its side.
    long_um, short_um
        Mean half axes of in-fiber nuclei.
    """

    per_fiber: float = 1.6
    interstitial_per_fiber: float = 1.1
    centrally_nucleated_fraction: float = 0.04
    touching_fraction: float = 0.12
    long_um: float = 4.0
    short_um: float = 2.2


@dataclass(frozen=True)
class StainModel:
    """Stains; intensities are relative to a bright stain.

    Parameters
    ----------
    rim_um
        Half width of the stained rim of a fiber.
    unevenness
        How much the rim's brightness varies along it, 0 to 1.
    missing_fraction
        Part of the rim that is hardly stained at all.
    glow
        Brightness of fibers in every channel (autofluorescence; differs by fiber type).
    matrix
        Brightness of connective tissue in the sarcolemma channel.
    specks_per_mm2
        Lipofuscin-like specks that shine in every channel.
    bleed_through
        Part of the nuclear stain that shows in the marker channel.
    marker
        Where the donor marker lies; None without a marker.
    fiber_marker
        Where the donor protein of fibers lies; None without one.
    protein_missing_fraction
        Part of a rim of donor protein that is hardly stained at all.
    oxidative_fraction, oxidative_glow
        Part of the fibers that are oxidative, and how many times their own glow they glow more, in every channel.
    """

    rim_um: float = 1.0
    unevenness: float = 0.35
    missing_fraction: float = 0.02
    glow: float = 0.05
    matrix: float = 0.15
    specks_per_mm2: float = 60.0
    bleed_through: float = 0.03
    marker: MarkerPattern | None = MarkerPattern.RING
    fiber_marker: FiberPattern | None = None
    protein_missing_fraction: float = 0.12
    oxidative_fraction: float = 0.0
    oxidative_glow: float = 0.0


@dataclass(frozen=True)
class OpticsModel:
    """The microscope.

    Parameters
    ----------
    blur_um
        Standard deviation of the point spread in focus.
    defocus
        Growth of the blur per um out of focus.
    z_step_um
        Distance of optical planes.
    section_um
        Thickness of the section.
    shading
        Loss of light from center to corner, 0 to 1.
    """

    blur_um: float = 0.35
    defocus: float = 0.25
    z_step_um: float = 2.0
    section_um: float = 8.0
    shading: float = 0.15


@dataclass(frozen=True)
class Panel:
    """One combination of tissue and stains.

    Parameters
    ----------
    name
        As on the command line.
    channels
        Channel names in file order: (name, dye, emission in nm).
    stains
        What each channel shows: ``sarcolemma``, ``nuclei``, ``donor_nucleus``, ``donor_fiber`` or
        ``autofluorescence``.
    donor_fraction, donor_fiber_fraction, snr
        Defaults where the spec has none: part of the nuclei that is donor; part of the fibers with donor protein;
        bright stain over noise.
    """

    name: str
    channels: tuple[tuple[str, str, float], ...]
    stains: tuple[str, ...]
    tissue: TissueModel = field(default_factory=TissueModel)
    nuclei: NucleusModel = field(default_factory=NucleusModel)
    stain: StainModel = field(default_factory=StainModel)
    optics: OpticsModel = field(default_factory=OpticsModel)
    donor_fraction: float = 0.05
    donor_fiber_fraction: float = 0.0
    snr: float = 20.0


_LAMININ = ("laminin", "Alexa Fluor 488", 519.0)
_DYSTROPHIN = ("dystrophin", "Alexa Fluor 488", 519.0)
_DAPI = ("DAPI", "DAPI", 461.0)
_LAMIN_AC = ("human lamin A/C", "Alexa Fluor 594", 617.0)
_HNA = ("human nuclear antigen", "Alexa Fluor 594", 617.0)
_HUMAN_DYSTROPHIN = ("human dystrophin", "Alexa Fluor 647", 668.0)
_GFP = ("GFP", "EGFP", 509.0)
_EMPTY = ("autofluorescence", "none", 670.0)

_DYSTROPHIC = TissueModel(
    fiber_spacing_um=40.0,
    size_spread=0.35,
    regenerating_fraction=0.15,
    endomysium_um=1.8,
    perimysium_um=12.0,
    vessel_fraction=0.03,
    hole_fraction=0.015,
    connective_fraction=0.04,
)

_MARKED = ("sarcolemma", "nuclei", "donor_nucleus")
_HEALTHY = Panel("laminin_dapi_lamin_ac", (_LAMININ, _DAPI, _LAMIN_AC), _MARKED)

#: Every panel by its name on the command line.
PANELS: dict[str, Panel] = {
    panel.name: panel
    for panel in (
        _HEALTHY,
        Panel(
            "laminin_dapi",
            (_LAMININ, _DAPI),
            ("sarcolemma", "nuclei"),
            stain=StainModel(marker=None),
            donor_fraction=0.0,
        ),
        Panel(
            "laminin_dapi_hna",
            (_LAMININ, _DAPI, _HNA),
            _MARKED,
            stain=StainModel(marker=MarkerPattern.FILLED),
        ),
        Panel(
            "dystrophin_dapi",
            (_DYSTROPHIN, _DAPI),
            ("sarcolemma", "nuclei"),
            stain=StainModel(rim_um=0.7, matrix=0.02, unevenness=0.45, missing_fraction=0.05, marker=None),
            donor_fraction=0.0,
        ),
        Panel(
            "dystrophic_mouse",
            (_LAMININ, _DAPI, _LAMIN_AC),
            _MARKED,
            tissue=_DYSTROPHIC,
            nuclei=NucleusModel(
                per_fiber=1.2,
                interstitial_per_fiber=1.3,
                centrally_nucleated_fraction=0.4,
                long_um=3.6,
                short_um=2.0,
            ),
        ),
        Panel(
            "laminin_dapi_human_dystrophin",
            (_LAMININ, _DAPI, _LAMIN_AC, _HUMAN_DYSTROPHIN),
            (*_MARKED, "donor_fiber"),
            stain=StainModel(fiber_marker=FiberPattern.RIM),
            donor_fiber_fraction=0.1,
        ),
        Panel(
            "laminin_dapi_gfp",
            (_LAMININ, _DAPI, _LAMIN_AC, _GFP, _EMPTY),
            (*_MARKED, "donor_fiber", "autofluorescence"),
            # Oxidative fibers glow as bright as the faintest donor fibers.
            stain=StainModel(fiber_marker=FiberPattern.CYTOPLASM, oxidative_fraction=0.4, oxidative_glow=5.0),
            donor_fiber_fraction=0.1,
        ),
        Panel(
            "hard",
            (_LAMININ, _DAPI, _LAMIN_AC, _EMPTY),
            (*_MARKED, "autofluorescence"),
            tissue=replace(
                _DYSTROPHIC,
                regenerating_fraction=0.25,
                waviness_um=7.0,
                connective_fraction=0.07,
                hole_fraction=0.03,
            ),
            nuclei=NucleusModel(
                per_fiber=1.2,
                interstitial_per_fiber=2.0,
                centrally_nucleated_fraction=0.4,
                touching_fraction=0.3,
                long_um=3.6,
                short_um=2.0,
            ),
            stain=StainModel(
                unevenness=0.6,
                missing_fraction=0.10,
                glow=0.14,
                matrix=0.3,
                specks_per_mm2=300.0,
                bleed_through=0.08,
            ),
            optics=OpticsModel(blur_um=0.7, shading=0.4),
            snr=8.0,
        ),
    )
}

#: The hard panel is measured on these seeds only; nothing is ever tuned on them.
HARD_SEEDS = (9001, 9002, 9003)
