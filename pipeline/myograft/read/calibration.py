"""How large is a pixel? The file's claims are weighed; what is doubtful is an error, not a guess."""

from __future__ import annotations

from myograft.errors import CalibrationError
from myograft.model.geometry import Calibration
from myograft.read.facts import FileFacts, SizeClaim
from myograft.read.settings import ReadSettings

#: Relative difference from which two claims disagree, or a pixel is not square.
_TOLERANCE = 0.01

_REMEDY = "Give the size of a pixel in micrometers with --pixel-size-um"


def choose_calibration(
    facts: FileFacts, settings: ReadSettings, where: str
) -> tuple[Calibration, tuple[str, ...]]:
    """Return the calibration and what the user should know about it.

    Raises
    ------
    CalibrationError
        Where the file says nothing, contradicts itself, or has pixels that are not square, and no size was given.
    """
    z_um = settings.z_step_um or next((claim.z_um for claim in facts.claims if claim.z_um), None)
    if settings.pixel_size_um is not None:
        given = Calibration(settings.pixel_size_um, z_um, "--pixel-size-um")
        return given, _overruled(facts.claims, settings.pixel_size_um)
    if not facts.claims:
        raise CalibrationError("the file does not say how large a pixel is", where=where, remedy=_REMEDY)
    first = facts.claims[0]
    for claim in facts.claims:
        if not _agree(claim.y_um, claim.x_um):
            raise CalibrationError(
                f"pixels are not square: {claim.y_um:g} um high and {claim.x_um:g} um wide ({claim.source})",
                where=where,
                remedy="Resample the image to square pixels, or give --pixel-size-um if the file is wrong",
            )
        if not _agree(claim.x_um, first.x_um):
            raise CalibrationError(
                f"two pixel sizes disagree: {first.x_um:g} um ({first.source}) and "
                f"{claim.x_um:g} um ({claim.source})",
                where=where,
                remedy=_REMEDY,
            )
    return Calibration(first.x_um, z_um, first.source), ()


def _agree(one: float, other: float) -> bool:
    return abs(one - other) <= _TOLERANCE * max(one, other)


def _overruled(claims: tuple[SizeClaim, ...], given_um: float) -> tuple[str, ...]:
    return tuple(
        f"--pixel-size-um {given_um:g} wins over {claim.x_um:g} um in the file ({claim.source})"
        for claim in claims
        if not _agree(claim.x_um, given_um)
    )
