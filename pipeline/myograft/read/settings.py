"""Knobs of reading: which channel is which, how large a pixel is, how axes and planes are understood."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from myograft.model.channels import Role
from myograft.model.settings import Settings, knob
from myograft.model.stack import Photograph, Projection

ChannelChoice = Annotated[int, Field(ge=0)] | Annotated[str, Field(min_length=1)] | None

#: What a setting says where a stain is absent on purpose.
ABSENT = "none"


def _channel(stain: str) -> ChannelChoice:
    chosen: ChannelChoice = knob(
        None,
        f"Channel of {stain}: its number from 0, its name, 'none' where it is absent, "
        "or null to match it by the file's channel names.",
    )
    return chosen


class ChannelSettings(Settings):
    """Which channel plays which role; null matches by the names, dyes and wavelengths in the file."""

    sarcolemma: ChannelChoice = _channel(
        "the stain that outlines fibers (laminin, WGA, dystrophin, spectrin)"
    )
    nuclei: ChannelChoice = _channel("the stain of all nuclei (DAPI, Hoechst)")
    donor_nucleus: ChannelChoice = _channel(
        "the stain of donor nuclei (human lamin A/C, human nuclear antigen)"
    )
    donor_fiber: ChannelChoice = _channel(
        "the stain of donor protein in fibers (human spectrin, dystrophin, GFP)"
    )
    regeneration: ChannelChoice = _channel("the stain of regenerating fibers (developmental myosin)")
    fiber_type: ChannelChoice = _channel("the stain of one fiber type (a myosin isoform, SDH, COX)")
    necrosis: ChannelChoice = _channel(
        "plasma that leaks into necrotic fibers (IgG, IgM or albumin of the tissue's own species, Evans blue)"
    )
    autofluorescence: ChannelChoice = _channel("an empty channel that shows autofluorescence")

    @model_validator(mode="after")
    def _one_role_each(self) -> Self:
        taken: dict[int | str, str] = {}
        for role in Role:
            choice = self.choice(role)
            if choice is None or choice == ABSENT:
                continue
            key = choice.lower() if isinstance(choice, str) else choice
            if key in taken:
                raise ValueError(f"channel {choice} is given both to {taken[key]} and to {role}")
            taken[key] = role
        return self

    def choice(self, role: Role) -> int | str | None:
        """Return what the settings say about a role; `ABSENT` in any case of letters is `ABSENT`."""
        value: int | str | None = getattr(self, role.value)
        return ABSENT if isinstance(value, str) and value.lower() == ABSENT else value


Color = tuple[float, float, float] | None

_BY_STAIN = "its optical density in red, green and blue (any length), measured where it alone shows"


class StainSettings(Settings):
    """Colors of the stains of a photograph whose stains are told apart; other chemistry or scanners need other ones."""

    counterstain: Color = knob(
        None,
        f"The counterstain, as [R, G, B]: {_BY_STAIN}; null takes the published one (hematoxylin for h_dab, nuclear "
        "fast red for xgal, eosin for xgal_eosin).",
    )
    marker: Color = knob(
        None,
        f"The marker, as [R, G, B]: {_BY_STAIN}; null takes the published one (DAB) or the nearest (X-gal).",
    )
    third: Color = knob(
        None,
        f"A third stain that is to count for neither, as [R, G, B]: {_BY_STAIN}; null where there is none.",
    )


class ReadSettings(Settings):
    """How files are understood."""

    pixel_size_um: float | None = knob(
        None,
        "Edge of a pixel; null takes it from the file. Given, it wins over the file.",
        unit="um",
        ge=0.01,
        le=100.0,
    )
    z_step_um: float | None = knob(
        None,
        "Distance between optical planes; null takes it from the file. Not needed for projections.",
        unit="um",
        gt=0.0,
        le=1000.0,
    )
    axes: str | None = knob(
        None,
        "Order of the stored axes, such as ZCYX or YXS, for a file that does not say; null trusts the file.",
        pattern="^[CZYXSTczyxst]{2,6}$",
    )
    projection: Projection = knob(
        Projection.MAXIMUM,
        "How optical planes become the plane that is measured: maximum, mean, or best_focus "
        "(one plane for the whole slide).",
    )
    photograph: Photograph = knob(
        Photograph.COLORS,
        "What a color photograph shows: colors (no role unless channels say so); he (hematoxylin and eosin: fibers "
        "from the green light that eosin absorbs, nuclei from hematoxylin); h_dab (hematoxylin, and DAB as donor "
        "marker); xgal (nuclear fast red, and X-gal as donor marker); xgal_eosin (X-gal with eosin or without a "
        "counterstain: host nuclei are not seen).",
    )
    stains: StainSettings = Field(
        default_factory=StainSettings,
        description="Colors of the stains of h_dab, xgal and xgal_eosin, where the published ones do not fit.",
    )
    glass: Color = knob(
        None,
        "What bare glass shows in red, green and blue, for h_dab, xgal and xgal_eosin; null takes the brightest places "
        "of the photograph. It sets where densities begin, and moves no call.",
        unit="counts",
    )
    series: str = knob(
        "0",
        "Image to read where a file holds several: its number in a TIFF, the path of its group in an OME-Zarr.",
        min_length=1,
    )
