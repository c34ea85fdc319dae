"""Serial sections: neighbors that a nucleus reaches through show it both, and count once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from myograft.errors import InputError
from myograft.model.study import Place
from myograft.study.measured_section import MeasuredSection

#: Height of the tallest nuclei along the normal of a cross-section, where nobody says more; myonuclei lie along it.
NUCLEUS_HEIGHT_UM = 15.0

#: Distances are sums and differences of positions: one that is off by a rounding is not nearer.
_ROUNDING_UM = 1e-6


@dataclass(frozen=True)
class Series:
    """What is known of serial sections beside where they lie.

    Parameters
    ----------
    nucleus_height_um
        Height L of the tallest nuclei along the normal of the sections, not their mean: a nucleus that is taller
        counts twice. None for `NUCLEUS_HEIGHT_UM`, or what a result states where that is more.
    section_thickness_um
        Thickness M of the sections whose results do not state it; None where nobody says.
    """

    nucleus_height_um: float | None = None
    section_thickness_um: float | None = None

    def height_um(self, sections: Sequence[MeasuredSection]) -> float:
        """Return the height below which no gap between two of these sections may be."""
        if self.nucleus_height_um is not None:
            return self.nucleus_height_um
        stated = (
            part.row.get(name)
            for part in sections
            for name in ("donor_nucleus_height_um", "host_nucleus_height_um")
        )
        return max(NUCLEUS_HEIGHT_UM, *(float(height) for height in stated if height is not None), 0.0)

    def thickness_um(self, part: MeasuredSection) -> float:
        """Return the thickness of a section: as its result states it, else as given.

        Raises
        ------
        InputError
            Where neither says.
        """
        stated = part.row.get("section_thickness_um")
        known = self.section_thickness_um if stated is None else stated
        if known is None:
            raise InputError(
                "nobody says how thick this serial section is, so that neighbors may show the same nuclei",
                where=part.name,
                remedy="Give --section-thickness-um, or run the slides with --set measure.section_thickness_um=10",
            )
        return float(known)


def apart(
    sections: Sequence[MeasuredSection], series: Series | None = None
) -> tuple[list[MeasuredSection], list[str]]:
    """Return sections no two of which show one nucleus, and sentences on those that were left out.

    Parameters
    ----------
    sections
        Of any muscles, in any order; those without a position lie apart. `position_um` is where the middle of a
        section's thickness lies; where all are equally thick, any other point will do, if it is the same of each.
    series
        Height of nuclei and thickness of sections.

    Raises
    ------
    InputError
        Where only a part of a muscle's sections has a position, or the thickness of one is not known.

    Notes
    -----
    A section of thickness M shows every nucleus that reaches into it. A nucleus of height L reaches into two where the
    gap between their near faces is less than L: where their middles lie less than L + M apart (the same L + M that
    Abercrombie 1946, doi:10.1002/ar.1090940210, divides by; his factor corrects the count of one section, not that of
    neighbors together). Sums over nearer neighbors would count nuclei (and fibers) twice, and their intervals would be
    too narrow.

    From the section on that ends first, each that begins a gap of L or more behind the last one kept is kept: no choice
    keeps more (Kleinberg & Tardos 2005, Algorithm Design, section 4.1).
    """
    series = series or Series()
    places: dict[Place, list[MeasuredSection]] = {}
    for part in sections:
        places.setdefault(part.place, []).append(part)
    left_out: set[int] = set()
    told = []
    for place, members in sorted(places.items(), key=lambda item: str(item[0])):
        if all(part.position_um is None for part in members):
            continue
        _check_all(place, members)
        near = _near(members, series) if len(members) > 1 else []
        left_out |= {id(part) for part in near}
        if near:
            told.append(_sentence(place, members, near, series))
    return [part for part in sections if id(part) not in left_out], told


def _near(members: Sequence[MeasuredSection], series: Series) -> list[MeasuredSection]:
    """Return the sections of a muscle that may show a nucleus of one that is kept."""
    height_um = series.height_um(members)
    faces = []
    for part in members:
        middle_um, half_um = part.position_um or 0.0, series.thickness_um(part) / 2.0
        faces.append((middle_um + half_um, middle_um - half_um, part.name, part))
    near: list[MeasuredSection] = []
    last_um: float | None = None
    for end_um, begin_um, _, part in sorted(faces, key=lambda face: face[:3]):
        if last_um is not None and begin_um - last_um < height_um - _ROUNDING_UM:
            near.append(part)
        else:
            last_um = end_um
    return near


def _sentence(
    place: Place, members: Sequence[MeasuredSection], near: Sequence[MeasuredSection], series: Series
) -> str:
    thick = sorted({series.thickness_um(part) for part in members})
    thickness = f"{thick[0]:g}" if len(thick) == 1 else f"{thick[0]:g} to {thick[-1]:g}"
    names = ", ".join(part.name for part in near)
    return (
        f"subject {place.subject}, muscle {place.muscle}: {len(near)} of {len(members)} serial sections are left out, "
        f"so that no nucleus counts twice: one {series.height_um(members):g} um high reaches from them into another "
        f"(sections {thickness} um thick): {names}"
    )


def _check_all(place: Place, members: Sequence[MeasuredSection]) -> None:
    missing = sorted(part.name for part in members if part.position_um is None)
    if missing:
        raise InputError(
            f"of the muscle {place.muscle} of {place.subject} some sections have a position_um, and others have none",
            where=missing[0],
            remedy="Fill the column position_um for all of them, or for none",
        )
