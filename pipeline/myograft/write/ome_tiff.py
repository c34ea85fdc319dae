"""OME-TIFF for simulated images: tiled, compressed, written tile by tile from a source larger than memory."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from myograft.model.arrays import Array
from myograft.model.channels import Channel
from myograft.model.geometry import Calibration
from myograft.write.atomic import output_errors, replace_file

_TILE_PX = 512


def write_ome_tiff(
    path: Path, planes: Any, *, calibration: Calibration, channels: Sequence[Channel], name: str
) -> None:
    """Write an image, whole or not at all; equal pixels and names give equal bytes.

    Parameters
    ----------
    path
        File to write.
    planes
        Array or memory map, shape (Z, C, H, W).
    calibration
        Pixel size and z step.
    channels
        One per channel of `planes`.
    name
        Name of the image in the OME-XML; the file's UUID is made from it.
    """
    size_um = calibration.pixel_size_um
    described: dict[str, Any] = {"Name": [channel.name for channel in channels]}
    if all(channel.fluorophore for channel in channels):
        described["Fluor"] = [channel.fluorophore for channel in channels]
    if all(channel.emission_nm for channel in channels):
        described["EmissionWavelength"] = [channel.emission_nm for channel in channels]
        described["EmissionWavelengthUnit"] = ["nm"] * len(channels)
    metadata: dict[str, Any] = {
        "axes": "ZCYX",
        "Name": name,
        "UUID": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "Creator": "myograft",
        "PhysicalSizeX": size_um,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": size_um,
        "PhysicalSizeYUnit": "µm",
        "Channel": described,
    }
    if calibration.z_step_um is not None:
        metadata |= {"PhysicalSizeZ": calibration.z_step_um, "PhysicalSizeZUnit": "µm"}
    flat = planes.reshape(-1, *planes.shape[-2:])
    with output_errors(path), replace_file(path) as draft:
        tifffile.imwrite(
            draft,
            _tiles(flat),
            shape=planes.shape,
            dtype=planes.dtype,
            ome=True,
            bigtiff=flat.nbytes > 2**31,
            tile=(_TILE_PX, _TILE_PX),
            compression="zlib",
            photometric="minisblack",
            metadata=metadata,
        )


def write_label_tiff(path: Path, labels: Any, *, pixel_size_um: float) -> None:
    """Write labels as a tiled TIFF of 32-bit integers, shape (H, W) or (Z, H, W)."""
    planes = labels if labels.ndim == 3 else labels[np.newaxis]
    with output_errors(path), replace_file(path) as draft:
        tifffile.imwrite(
            draft,
            _tiles(planes),
            shape=labels.shape,
            dtype=labels.dtype,
            bigtiff=labels.nbytes > 2**31,
            tile=(_TILE_PX, _TILE_PX),
            compression="zlib",
            photometric="minisblack",
            resolution=(1e4 / pixel_size_um, 1e4 / pixel_size_um),
            resolutionunit="CENTIMETER",
            metadata=None,
        )


def _tiles(planes: Any) -> Iterator[Array]:
    """Yield the tiles of each plane in turn, those at the far borders padded."""
    for plane in planes:
        height, width = plane.shape
        for y in range(0, height, _TILE_PX):
            for x in range(0, width, _TILE_PX):
                block = np.asarray(plane[y : y + _TILE_PX, x : x + _TILE_PX])
                missing = [(0, _TILE_PX - length) for length in block.shape]
                yield np.pad(block, missing) if any(after for _, after in missing) else block
