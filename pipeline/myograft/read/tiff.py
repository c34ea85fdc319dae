"""TIFF in its many dialects: OME, ImageJ, plain; what it says, and its pixels by region."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr
from zarr.experimental.cache_store import CacheStore
from zarr.storage import MemoryStore

from myograft.errors import InputError
from myograft.model.channels import Channel
from myograft.read.facts import FileFacts, SizeClaim, name_axes
from myograft.read.ome_xml import read_ome_xml
from myograft.read.settings import ReadSettings
from myograft.read.units import micrometers

#: Pixels this large or larger are a printer's resolution (1270 dots per inch and fewer), not a microscope's.
_PRINTED_UM = 20.0

#: Broken files raise whatever the parser stumbles over.
_BROKEN = (tifffile.TiffFileError, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError)

#: Decoded chunks kept per open file: a row of tiles with their halos at usual chunk sizes.
_DECODED_BYTES = 64 * 2**20

_COLORS = ("red", "green", "blue")

_LOGGER = logging.getLogger("tifffile")


class _Complaints(logging.Handler):
    """Hears what tifffile finds wrong with a file; it goes on with what is left, a measurement must not."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one complaint."""
        self.heard.append(record.getMessage())

    @property
    def broken_pointer(self) -> str | None:
        """The first complaint about a pointer to beyond the end of the file."""
        return next((text for text in self.heard if "offset" in text), None)


@contextmanager
def _listening() -> Iterator[_Complaints]:
    """Hear tifffile's complaints inside the block; they are told by our own errors, not by its log."""
    complaints = _Complaints()
    propagated = _LOGGER.propagate
    _LOGGER.addHandler(complaints)
    _LOGGER.propagate = False
    try:
        yield complaints
    finally:
        _LOGGER.removeHandler(complaints)
        _LOGGER.propagate = propagated


def open_file(path: Path) -> tifffile.TiffFile:
    """Return the open file; the caller closes it.

    Raises
    ------
    InputError
        Where it is not a whole TIFF.
    """
    if path.stat().st_size == 0:
        raise InputError("the file is empty", where=str(path), remedy="Copy it again from its source")
    try:
        return tifffile.TiffFile(path)
    except _BROKEN as problem:
        raise InputError(
            f"this is not a readable TIFF ({_first_line(problem)})",
            where=str(path),
            remedy="Give a TIFF, OME-TIFF or OME-Zarr; copy the file again if it should be one",
        ) from None


def tiff_facts(path: Path, settings: ReadSettings) -> FileFacts:
    """Return what a TIFF says of itself.

    Raises
    ------
    InputError
        Where the file is broken or truncated, or holds no plane that could be measured.
    """
    with _listening() as complaints, open_file(path) as file:
        try:
            pages_n = len(file.pages)
            position = _position(file, settings.series, path)
            series = file.series[position]
            _check_whole(series, path)
            if complaints.broken_pointer is not None:
                raise _truncated(path, f"after {pages_n} planes it points to beyond its end")
            return _facts(file, series, position, settings, path)
        except InputError:
            raise
        except _BROKEN as problem:
            raise InputError(
                f"this TIFF is broken ({_first_line(problem)})",
                where=str(path),
                remedy="Copy the file again from its source, or export it anew",
            ) from None


def _first_line(problem: BaseException) -> str:
    return (str(problem) or type(problem).__name__).splitlines()[0].rstrip(".")


def _position(file: tifffile.TiffFile, wish: str, path: Path) -> int:
    count = len(file.series)
    if not wish.isdigit() or int(wish) >= count:
        raise InputError(
            f"there is no image {wish} in a TIFF that holds {count}",
            where=str(path),
            remedy=f"Use --set read.series=N with N from 0 to {count - 1}",
        )
    return int(wish)


def _check_whole(series: tifffile.TiffPageSeries, path: Path) -> None:
    """Raise where the file ends before its pixels do."""
    ends: dict[Any, int] = {}
    for level in series.levels:
        for page in level.pages:
            if page is None:
                raise InputError(
                    "a plane of this multi-file image is missing",
                    where=str(path),
                    remedy="Put all files of the set into one folder",
                )
            end = max(
                (
                    offset + length
                    for offset, length in zip(page.dataoffsets, page.databytecounts, strict=True)
                ),
                default=0,
            )
            ends[page.parent.filehandle] = max(ends.get(page.parent.filehandle, 0), end)
        if level.dataoffset is not None:
            handle = level.keyframe.parent.filehandle
            ends[handle] = max(ends.get(handle, 0), level.dataoffset + level.nbytes)
    for handle, end in ends.items():
        if end > handle.size:
            raise _truncated(path, f"its pixels end at byte {end}, the file at {handle.size}")


def _truncated(path: Path, detail: str) -> InputError:
    return InputError(
        f"the file is truncated: {detail}", where=str(path), remedy="Copy the file again from its source"
    )


def _facts(
    file: tifffile.TiffFile,
    series: tifffile.TiffPageSeries,
    position: int,
    settings: ReadSettings,
    path: Path,
) -> FileFacts:
    axes, notes = name_axes(series.axes, series.shape, settings.axes, str(path))
    page = series.keyframe
    channels: tuple[Channel, ...] = ()
    claims: list[SizeClaim] = []
    if file.is_ome and file.ome_metadata:
        try:
            channels, claim = read_ome_xml(file.ome_metadata, position)
        except ValueError as problem:
            notes += (f"the OME-XML in the file cannot be understood and is not used: {problem}",)
        else:
            claims += [claim] if claim else []
    claims += _tag_claims(file, page)
    is_palette = page.photometric == tifffile.PHOTOMETRIC.PALETTE and not _is_ramp(page.colormap)
    is_rgb = is_palette or (
        "S" in axes
        and page.photometric
        in {tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR, tifffile.PHOTOMETRIC.ICCLAB}
    )
    if is_rgb and not is_palette and series.shape[axes.index("S")] > len(_COLORS):
        notes += ("the image has more than red, green and blue (transparency); only these three are used",)
    if is_rgb:
        channels = tuple(Channel(index, name) for index, name in enumerate(_COLORS))
    if len(file.series) > 1 and settings.series == "0":
        notes += (
            f"the file holds {len(file.series)} images; image 0 is read (--set read.series=N for another)",
        )
    return FileFacts(
        kind="tiff",
        series=settings.series,
        axes=axes,
        shape=tuple(series.shape),
        dtype=str(np.dtype(series.dtype).newbyteorder("=")),
        channels=channels or _imagej_channels(file, axes, series.shape),
        claims=tuple(claims),
        is_rgb=is_rgb,
        is_palette=is_palette,
        notes=notes,
    )


def _is_ramp(colormap: Any) -> bool:
    """Whether a palette only tints intensities: every color grows in proportion to the value, or is absent."""
    if colormap is None:
        return True
    table = np.asarray(colormap, np.float64)
    ramp = np.linspace(0.0, 1.0, table.shape[1])
    # Eight-bit tables are stretched to sixteen bits in more than one way: one part in a hundred is rounding.
    return all(np.abs(color - ramp * color[-1]).max() <= 0.01 * 65535 for color in table)


def _imagej_channels(file: tifffile.TiffFile, axes: str, shape: tuple[int, ...]) -> tuple[Channel, ...]:
    """Return channels by the slice labels ImageJ keeps, where it keeps exactly one per channel."""
    labels = (file.imagej_metadata or {}).get("Labels")
    if "C" not in axes or not isinstance(labels, (list, tuple)):
        return ()
    count = shape[axes.index("C")]
    if len(labels) != count:
        return ()
    return tuple(Channel(index, str(label).strip() or None) for index, label in enumerate(labels))


def _tag_claims(file: tifffile.TiffFile, page: tifffile.TiffPage) -> list[SizeClaim]:
    """Return the pixel size by the resolution tags, with ImageJ's unit where ImageJ wrote the file."""
    tags = {name: page.tags[name].value for name in ("XResolution", "YResolution") if name in page.tags}
    if len(tags) != 2:
        return []
    per_unit = {name: _ratio(value) for name, value in tags.items()}
    if not all(per_unit.values()):
        return []
    imagej = file.imagej_metadata or {}
    if imagej.get("unit"):
        unit, source = str(imagej["unit"]), "ImageJ metadata"
    else:
        unit, source = _tag_unit(page), "TIFF resolution tags"
    x_um, y_um = (micrometers(1.0 / per_unit[name], unit) for name in ("XResolution", "YResolution"))
    if x_um is None or y_um is None or max(x_um, y_um) >= _PRINTED_UM:
        return []
    spacing = imagej.get("spacing")
    z_um = micrometers(abs(float(spacing)), unit) if spacing and "unit" in imagej else None
    return [SizeClaim(source, y_um=y_um, x_um=x_um, z_um=z_um or None)]


def _tag_unit(page: tifffile.TiffPage) -> str:
    tag = page.tags.get("ResolutionUnit")
    return {2: "inch", 3: "centimeter"}.get(int(tag.value) if tag is not None else 1, "")


def _ratio(value: Any) -> float:
    numerator, denominator = value if isinstance(value, tuple) else (value, 1)
    return float(numerator) / float(denominator) if denominator else 0.0


def open_pixels(path: Path, series: str) -> tuple[Any, Any, Any]:
    """Return an array that reads by region, the palette (or None), and what to close in the end.

    Contiguous pixels are mapped, compressed ones decoded chunk by chunk; chunks decoded last are kept, because
    neighboring tiles look at them with their halos.
    """
    file = open_file(path)
    chosen = file.series[int(series)]
    colormap = chosen.keyframe.colormap
    if (
        chosen.dataoffset is not None
        and len({id(page.parent) for page in chosen.pages if page is not None}) == 1
    ):
        mapped = file.filehandle.memmap_array(
            chosen.keyframe.parent.byteorder + chosen.dtype.char, chosen.shape, offset=chosen.dataoffset
        )
        return mapped, colormap, file
    decoded = CacheStore(chosen.aszarr(level=0), cache_store=MemoryStore(), max_size=_DECODED_BYTES)
    return zarr.open_array(decoded, mode="r"), colormap, file
