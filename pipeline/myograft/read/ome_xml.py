"""Channels and pixel sizes in OME-XML, the metadata of OME-TIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from myograft.model.channels import Channel
from myograft.read.facts import SizeClaim
from myograft.read.units import micrometers

if TYPE_CHECKING:
    import ome_types


def read_ome_xml(xml: str, position: int) -> tuple[tuple[Channel, ...], SizeClaim | None]:
    """Return channels and pixel size of one image.

    Parameters
    ----------
    xml
        The document.
    position
        Which image of it.

    Raises
    ------
    ValueError
        Where the document cannot be understood.
    """
    import ome_types  # noqa: PLC0415 - takes long to load, and only OME-XML needs it

    try:
        document = ome_types.from_xml(xml, validate=False)
    except Exception as problem:  # the parser raises errors of several libraries
        raise ValueError(str(problem).splitlines()[0]) from problem
    if not 0 <= position < len(document.images):
        return (), None
    pixels = document.images[position].pixels
    channels: list[Channel] = []
    for entry in pixels.channels:
        for _ in range(entry.samples_per_pixel or 1):
            channels.append(
                Channel(
                    index=len(channels),
                    name=entry.name or None,
                    fluorophore=entry.fluor or None,
                    excitation_nm=_nanometers(
                        entry.excitation_wavelength, entry.excitation_wavelength_unit.value
                    ),
                    emission_nm=_nanometers(entry.emission_wavelength, entry.emission_wavelength_unit.value),
                )
            )
    return tuple(channels), _claim(pixels)


def _claim(pixels: ome_types.model.Pixels) -> SizeClaim | None:
    x = _micrometers(pixels.physical_size_x, pixels.physical_size_x_unit.value)
    y = _micrometers(pixels.physical_size_y, pixels.physical_size_y_unit.value)
    if x is None and y is None:
        return None
    z = _micrometers(pixels.physical_size_z, pixels.physical_size_z_unit.value)
    return SizeClaim("OME-XML", y_um=y or x or 0.0, x_um=x or y or 0.0, z_um=z)


def _micrometers(value: float | None, unit: str) -> float | None:
    return None if value is None else micrometers(value, unit)


def _nanometers(value: float | None, unit: str) -> float | None:
    length_um = _micrometers(value, unit)
    return None if length_um is None else length_um * 1000.0
