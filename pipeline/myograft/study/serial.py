"""Serial sections: neighbors nearer than a nucleus is high show the same nuclei, and count once."""

from __future__ import annotations

from collections.abc import Sequence

from myograft.errors import InputError
from myograft.model.study import Place
from myograft.study.hierarchy import MeasuredSection

#: Height of nuclei along the normal of a cross-section where nobody says more: myonuclei lie along the fiber.
NUCLEUS_HEIGHT_UM = 15.0


def apart(
    sections: Sequence[MeasuredSection], nucleus_height_um: float
) -> tuple[list[MeasuredSection], list[str]]:
    """Return sections no two of which show one nucleus, and sentences on those that were left out.

    Parameters
    ----------
    sections
        Of any muscles, in any order; those without a position lie apart.
    nucleus_height_um
        Distance below which two sections of a muscle may show one nucleus.

    Raises
    ------
    InputError
        Where only a part of a muscle's sections has a position.

    Notes
    -----
    From the first section on, each that lies far enough from the last one kept is kept: no choice keeps more. Sums over
    nearer neighbors would count nuclei (and fibers) twice, and their intervals would be too narrow (Abercrombie 1946,
    doi:10.1002/ar.1090940210, corrects a single section for it, not neighbors for each other).
    """
    places: dict[Place, list[MeasuredSection]] = {}
    for part in sections:
        places.setdefault(part.place, []).append(part)
    left_out: set[int] = set()
    told = []
    for place, members in sorted(places.items(), key=lambda item: str(item[0])):
        known = [(part.position_um, _name(part), part) for part in members if part.position_um is not None]
        if not known:
            continue
        _check_all(place, members)
        near: list[str] = []
        last: float | None = None
        for position_um, name, part in sorted(known, key=lambda item: item[:2]):
            if last is not None and position_um - last < nucleus_height_um:
                near.append(name)
                left_out.add(id(part))
            else:
                last = position_um
        if near:
            told.append(
                f"subject {place.subject}, muscle {place.muscle}: {len(near)} of {len(members)} serial sections lie "
                f"nearer than {nucleus_height_um:g} um to another and are left out, so that no nucleus counts twice: "
                f"{', '.join(near)}"
            )
    return [part for part in sections if id(part) not in left_out], told


def _check_all(place: Place, members: Sequence[MeasuredSection]) -> None:
    missing = sorted(_name(part) for part in members if part.position_um is None)
    if missing:
        raise InputError(
            f"of the muscle {place.muscle} of {place.subject} some sections have a position_um, and others have none",
            where=missing[0],
            remedy="Fill the column position_um for all of them, or for none",
        )


def _name(part: MeasuredSection) -> str:
    return f"slide {part.row['slide_id']}, section {part.row['section_id']}"
