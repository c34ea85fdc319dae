"""What the colors of a photograph mean: its stains, the channels computed of them, the roles that these play."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myograft.errors import ConfigError
from myograft.model.arrays import Array
from myograft.model.channels import Channel, Role
from myograft.model.stack import COLORS_N, Photograph, Separation
from myograft.numerics.stains import (
    ALCIAN_BLUE,
    DAB,
    EOSIN,
    FAST_RED,
    HEMATOXYLIN,
    Colors,
    unexplained_fraction,
    unmixing,
)
from myograft.read.settings import StainSettings

#: Weight of the marker in what shows nuclei: a dark precipitate hides the counterstain of its nucleus, so that both are
#: needed; with full weight the darkest precipitate would set the scale on which pale host nuclei are looked for.
_MARKER_IN_NUCLEI = 0.5

#: Part of the absorbed light that two stains may leave unexplained; eosin among hematoxylin and DAB leaves half.
_UNEXPLAINED = 0.3

#: Channel whose light fibers absorb, whatever stains them pink, brown or blue.
_GREEN = 1


@dataclass(frozen=True, slots=True)
class _Chemistry:
    """A counterstain and a marker: their names and vectors, and whether the counterstain shows nuclei."""

    counterstain: tuple[str, Colors]
    marker: tuple[str, Colors]
    shows_nuclei: bool = True


_CHEMISTRY: dict[Photograph, _Chemistry] = {
    Photograph.H_DAB: _Chemistry(("hematoxylin", HEMATOXYLIN), ("DAB", DAB)),
    # We know of no published vector of X-gal; alcian blue is the blue-green dye next to it that has one.
    Photograph.XGAL: _Chemistry(("nuclear fast red", FAST_RED), ("X-gal", ALCIAN_BLUE)),
    Photograph.XGAL_EOSIN: _Chemistry(("eosin", EOSIN), ("X-gal", ALCIAN_BLUE), shows_nuclei=False),
}


def is_separated(photograph: Photograph) -> bool:
    """Whether stains are told apart by vectors that the settings may change."""
    return photograph in _CHEMISTRY


def computed_channels(photograph: Photograph, stains: StainSettings) -> tuple[Channel, ...]:
    """Return the channels that are computed of red, green and blue; they follow these."""
    names: list[str] = []
    if photograph is Photograph.HEMATOXYLIN_EOSIN:
        names = ["hematoxylin"]
    elif is_separated(photograph):
        chemistry = _CHEMISTRY[photograph]
        counterstain, marker = chemistry.counterstain[0], chemistry.marker[0]
        names = [counterstain, marker]
        names += [f"{counterstain} and {marker}"] if chemistry.shows_nuclei else []
        names += ["third stain"] if stains.third is not None else []
    return tuple(Channel(COLORS_N + position, name) for position, name in enumerate(names))


def separation_of(photograph: Photograph, stains: StainSettings, white: Colors, where: str) -> Separation:
    """Return how the computed channels follow from the colors.

    Parameters
    ----------
    photograph
        A photograph whose stains are told apart by vectors.
    stains
        Vectors that the user gave.
    white
        What bare glass shows.
    where
        File, for errors.

    Raises
    ------
    ConfigError
        Where the vectors are too much alike.
    """
    chemistry, vectors = _CHEMISTRY[photograph], _vectors(photograph, stains)
    try:
        weights = unmixing(vectors)
    except ValueError as problem:
        raise ConfigError(
            f"{problem} (read.stains: {', '.join(str(list(vector)) for vector in vectors)})",
            where=where,
            remedy="Measure the vectors anew where only one stain shows, or leave read.stains out",
        ) from None
    rows = [weights[0], weights[1]]
    rows += [weights[0] + _MARKER_IN_NUCLEI * weights[1]] if chemistry.shows_nuclei else []
    rows += [weights[2]] if stains.third is not None else []
    return Separation(white, tuple(_three(row) for row in rows))


def _vectors(photograph: Photograph, stains: StainSettings) -> list[Colors]:
    chemistry = _CHEMISTRY[photograph]
    counterstain, marker = (
        stains.counterstain or chemistry.counterstain[1],
        stains.marker or chemistry.marker[1],
    )
    return [counterstain, marker] if stains.third is None else [counterstain, marker, stains.third]


def _three(row: np.ndarray) -> Colors:
    red, green, blue = (float(weight) for weight in row)
    return red, green, blue


def roles_of(photograph: Photograph) -> dict[Role, tuple[int, str]]:
    """Return the channel of every role that a photograph shows, and how that is known."""
    by = f"(read.photograph = {photograph})"
    if photograph is Photograph.HEMATOXYLIN_EOSIN:
        return {
            Role.SARCOLEMMA: (_GREEN, f"the green light that eosin absorbs {by}"),
            Role.NUCLEI: (COLORS_N, f"hematoxylin, told apart by color {by}"),
        }
    if not is_separated(photograph):
        return {}
    chemistry = _CHEMISTRY[photograph]
    counterstain, marker = chemistry.counterstain[0], chemistry.marker[0]
    fibers = (_GREEN, f"the green light that stained fibers absorb {by}")
    if not chemistry.shows_nuclei:
        # Without host nuclei there is no telling donors from them: what is seen is counted as nuclei.
        return {
            Role.SARCOLEMMA: fibers,
            Role.NUCLEI: (COLORS_N + 1, f"{marker}, told apart by color {by}"),
        }
    return {
        Role.SARCOLEMMA: fibers,
        Role.NUCLEI: (COLORS_N + 2, f"{counterstain} and half of {marker}, which hides it {by}"),
        Role.DONOR_NUCLEUS: (COLORS_N + 1, f"{marker}, told apart by color {by}"),
    }


def notes_of(photograph: Photograph, stains: StainSettings) -> tuple[str, ...]:
    """Return what the user should know of the stains before any pixel is looked at."""
    if not is_separated(photograph):
        return ()
    chemistry, notes = _CHEMISTRY[photograph], []
    marker = chemistry.marker[0]
    if not chemistry.shows_nuclei:
        notes.append(
            f"{photograph} shows no nuclei but those with {marker}: they are counted as nuclei, host nuclei are not "
            "seen, and none is called donor or host"
        )
    if photograph is not Photograph.H_DAB and stains.marker is None:
        notes.append(
            f"we know of no published color of {marker}; it is taken for alcian blue's. Measure it where only {marker} "
            "shows, and give it with --set read.stains.marker=[R,G,B]"
        )
    return tuple(notes)


def doubts_about(
    photograph: Photograph, stains: StainSettings, colors: Array, white: Colors
) -> tuple[str, ...]:
    """Return a warning where the colors of a photograph, shape (3, n), are not those of its stains."""
    vectors = _vectors(photograph, stains)
    if len(vectors) > 2:  # three stains explain any color
        return ()
    part = unexplained_fraction(colors, white, vectors)
    if part <= _UNEXPLAINED:
        return ()
    chemistry = _CHEMISTRY[photograph]
    told = (
        f"{100 * part:.0f} % of the absorbed light is not explained by {chemistry.counterstain[0]} and "
        f"{chemistry.marker[0]}: if the section is not stained so, its calls mean nothing; if it is, give the colors "
        "of its stains (read.stains)"
    )
    return (told,)
