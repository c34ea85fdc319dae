"""Columns that say what a stain tells of fibers: donor protein, regeneration, fiber type, necrosis."""

from __future__ import annotations

from myograft.model.channels import Role
from myograft.model.column import Column, count, flag, real, text

#: How the columns of a role begin.
STAIN_OF_ROLE: dict[Role, str] = {
    Role.DONOR_FIBER: "donor_protein",
    Role.REGENERATION: "regeneration",
    Role.FIBER_TYPE: "fiber_type",
    Role.NECROSIS: "necrosis",
}

_MEANING = {
    "donor_protein": "donor protein",
    "regeneration": "the regeneration stain (developmental myosin)",
    "fiber_type": "the fiber-type stain",
    "necrosis": "what leaks into fibers with a torn membrane (IgG, IgM, albumin, Evans blue)",
}


#: What stands out may be fibers without the stain.
_LOW_SIDE = dict.fromkeys(_MEANING, "") | {"fiber_type": " (with rare_side low, by less of the stain)"}


def _of_fibers(name: str) -> tuple[Column, ...]:
    role = next(str(role) for role, stain in STAIN_OF_ROLE.items() if stain == name)
    covered = (
        real(
            "donor_protein_covered_fraction",
            "1",
            "Part of the outline that is stained, of its sides that face no positive fiber (of the whole outline where they are too few); null for a protein of the cytoplasm and where no threshold could be set.",
        ),
    )
    signal = (
        "Of a rim: signal over the fiber's middle that the asked part of its outline reaches; of the cytoplasm: counts over the middle of the bulk of fibers"
        if name == "donor_protein"
        else "Median counts inside the fiber over the middle of the bulk of fibers"
    )
    return (
        real(
            f"{name}_signal", "counts", f"{signal}; null without a {role} channel or where it is not known."
        ),
        real(
            f"{name}_score",
            "1",
            f"Signal over the middle of the bulk of fibers, in robust standard deviations of that bulk; null without a {role} channel.",
        ),
        *(covered if name == "donor_protein" else ()),
        text(
            name,
            f"positive or negative for {_MEANING[name]} by the section's threshold; null without a {role} channel or where the score is unknown.",
        ),
        flag(
            f"{name}_is_undecided",
            "Whether the call is so near to its threshold, or its sides so shared with positive fibers, that a person should look; null where there is no call.",
        ),
        real(
            f"p_{name}",
            "1",
            f"1 - local false discovery rate under the empirical null: how likely the fiber stands out from the bulk{_LOW_SIDE[name]}; null with another method, where no second population was found, and for a rim, whose call rests on its neighbors', too.",
        ),
    )


def _of_sections(name: str) -> tuple[Column, ...]:
    meaning = _MEANING[name]
    sizes = [
        real(
            f"{name}_{call}_{size}_mean_{unit}",
            shown,
            f"Mean {what} of the sized fibers that are {call} for {meaning}.",
        )
        for call in ("positive", "negative")
        for size, unit, shown, what in (
            ("csa", "um2", "um^2", "CSA"),
            ("min_feret", "um", "um", "minimal Feret diameter"),
        )
    ]
    low_side = (
        "" if name != "fiber_type" else ", or with rare_side low at and below which it is called negative"
    )
    return (
        text(
            f"{name}_threshold_method",
            f"How the threshold of {meaning} was set: calibrated, empirical_null or fixed; null without its channel.",
        ),
        real(
            f"{name}_threshold",
            "1",
            f"{name}_score at and above which a fiber is called positive{low_side}; null where none could be set.",
        ),
        real(f"{name}_bulk_location", "counts", "Middle of the bulk of fibers; null where it was not found."),
        real(
            f"{name}_bulk_scale",
            "counts",
            f"Spread (one standard deviation, from one half) of the bulk of fibers: the unit of {name}_score.",
        ),
        text(
            f"{name}_event",
            "Call of the fibers that stand out from the bulk, of which the threshold and the error rates below speak: positive, or negative with rare_side low; null without its channel.",
        ),
        count(
            f"{name}_called_fibers_n",
            f"Fibers with a call, edge included: the denominator of {name}_positive_fibers_fraction.",
        ),
        count(
            f"{name}_positive_fibers_n",
            f"Fibers positive for {meaning}, edge included; null where none could be called.",
        ),
        count(
            f"{name}_negative_fibers_n",
            f"Fibers negative for {meaning}, edge included; null where none could be called.",
        ),
        count(f"{name}_undecided_fibers_n", f"Fibers with {name}_is_undecided, of either call."),
        real(
            f"{name}_positive_fibers_fraction",
            "1",
            f"{name}_positive_fibers_n over {name}_called_fibers_n; crude, not corrected for false calls.",
        ),
        real(
            f"{name}_positive_fibers_fraction_low",
            "1",
            "Lower end of its 95 % Clopper-Pearson interval; counting error only.",
        ),
        real(
            f"{name}_positive_fibers_fraction_high",
            "1",
            "Upper end of its 95 % Clopper-Pearson interval; counting error only.",
        ),
        real(f"{name}_positive_fibers_per_mm2", "1/mm^2", f"{name}_positive_fibers_n over tissue_area_mm2."),
        real(f"{name}_positive_fibers_per_1000", "1", f"{name}_positive_fibers_n per 1,000 called fibers."),
        *_estimates(name),
        count(f"{name}_positive_fibers_sized_n", "Positive fibers with a valid size."),
        count(f"{name}_negative_fibers_sized_n", "Negative fibers with a valid size."),
        *sizes,
    )


def _estimates(name: str) -> tuple[Column, ...]:
    """Return what controls allow to say of the fibers that stand out (`{name}_event`)."""
    beside = (
        " Learned from fibers without positive neighbors: beside these more are false, which it does not know."
        if name == "donor_protein"
        else ""
    )
    return (
        real(
            f"{name}_false_positive_rate_bound",
            "1",
            f"Upper 95 % bound of the rate at which fibers of the bulk are called {name}_event, from the negative controls; null without a calibration that fits.{beside}",
        ),
        real(
            f"{name}_false_positive_rate_bound_by_section",
            "1",
            "The same with control sections taken as independent and not their fibers, which share a stain; null without such a calibration, or from one control section.",
        ),
        real(
            f"{name}_sensitivity",
            "1",
            f"Part of the fibers of the positive controls that is called {name}_event; null without a positive control.",
        ),
        real(
            f"{name}_fraction_corrected",
            "1",
            f"Fraction of {name}_event fibers of this section corrected for wrong calls (Rogan & Gladen 1978); a lower bound where {name}_sensitivity is null; null without a calibration that fits.",
        ),
        real(
            f"{name}_fraction_corrected_low",
            "1",
            "Lower end of its 95 % interval, with the uncertainty of both error rates.",
        ),
        real(
            f"{name}_fraction_corrected_high",
            "1",
            f"Upper end of its 95 % interval; null where {name}_sensitivity is null.",
        ),
        count(
            f"{name}_critical_n",
            f"Number of {name}_event fibers from which they are detected (Currie 1968): fewer may all be false with more than 5 % probability.",
        ),
        real(
            f"{name}_detection_limit_fraction",
            "1",
            "Smallest fraction of such fibers that this section would detect with 95 % probability (Currie 1968).",
        ),
        flag(
            f"{name}_is_detected",
            f"Whether the fibers called {name}_event are at least {name}_critical_n; null without a calibration that fits.",
        ),
    )


def _cross_table(least: str, nuclei: str) -> tuple[Column, ...]:
    among = "among fibers with a donor_protein call; null where nuclei or protein were not called"
    return (
        count(
            f"{least}_with_protein_fibers_n",
            f"Fibers with {nuclei} and positive for donor protein, {among}.",
        ),
        count(
            f"{least}_without_protein_fibers_n",
            f"Fibers with {nuclei} and negative for donor protein, {among}.",
        ),
        count(
            f"no_{least}_with_protein_fibers_n",
            f"Fibers without {nuclei} and positive for donor protein, {among}.",
        ),
        count(
            f"no_{least}_without_protein_fibers_n",
            f"Fibers without {nuclei} and negative for donor protein, {among}.",
        ),
    )


#: Columns of the fibers table.
FIBER_STAINS: tuple[Column, ...] = tuple(
    column for name in STAIN_OF_ROLE.values() for column in _of_fibers(name)
)

#: Columns of the sections table; the two definitions of a donor fiber stand in the cross-table.
SECTION_STAINS: tuple[Column, ...] = (
    *(column for name in STAIN_OF_ROLE.values() for column in _of_sections(name)),
    *_cross_table("donor_nucleus", "at least one in-fiber donor nucleus"),
    *_cross_table("donor_nuclei_2", "at least two in-fiber donor nuclei"),
)
