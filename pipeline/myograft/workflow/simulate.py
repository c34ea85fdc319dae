"""A phantom on disk: the image, and its truth beside it: ``myograft phantom``."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from myograft.errors import OutputError, UsageError
from myograft.model.channels import Channel
from myograft.model.geometry import Calibration
from myograft.phantom import DEPTH_COLUMNS, NUCLEUS_COLUMNS, Phantom, PhantomSpec, TruthTally
from myograft.tiling import tile_plane
from myograft.write import output_errors, write_label_tiff, write_ome_tiff, write_text

#: Told after each part how many are done, and how many there are.
OnPart: TypeAlias = Callable[[int, int], None]

_SUFFIXES = (".ome.tif", ".ome.tiff")

#: Edge of the parts that are made at a time, in px; a multiple of the phantom's own blocks.
_PART_PX = 1024


@dataclass(frozen=True, slots=True)
class SimulatedFiles:
    """What lies on disk after a simulation."""

    image: Path
    fiber_labels: Path
    nucleus_labels: Path
    fibers_table: Path
    nuclei_table: Path
    record: Path


def simulated_files(target: Path) -> SimulatedFiles:
    """Return the files that belong to an image ``NAME.ome.tif``.

    Raises
    ------
    UsageError
        When the name has another ending.
    """
    suffix = next((suffix for suffix in _SUFFIXES if target.name.lower().endswith(suffix)), None)
    if suffix is None or len(target.name) == len(suffix):
        raise UsageError(
            f"{target.name} does not end in .ome.tif",
            where="OUT",
            remedy="Name the image to write, such as phantom.ome.tif",
        )
    stem = target.name[: -len(suffix)]
    return SimulatedFiles(
        image=target,
        fiber_labels=target.with_name(f"{stem}_fibers.tif"),
        nucleus_labels=target.with_name(f"{stem}_nuclei.tif"),
        fibers_table=target.with_name(f"{stem}_fibers.csv"),
        nuclei_table=target.with_name(f"{stem}_nuclei.csv"),
        record=target.with_name(f"{stem}_phantom.json"),
    )


def simulate(spec: PhantomSpec, target: Path, on_progress: OnPart | None = None) -> SimulatedFiles:
    """Make a phantom and write image, labels, tables and the record of how it was made.

    Memory does not grow with the plane's size: pixels wait in files beside the target.

    Raises
    ------
    OutputError
        When the target's folder is missing or cannot be written.
    """
    files = simulated_files(target)
    if not target.parent.is_dir():
        raise OutputError(
            "there is no such folder", where=str(target.parent), remedy="Create it, or name another file"
        )
    scratch = target.with_name(f".{target.name}.scratch")
    with output_errors(target):
        scratch.mkdir(exist_ok=True)
        try:
            _make(spec, files, scratch, on_progress)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return files


def _make(spec: PhantomSpec, files: SimulatedFiles, scratch: Path, on_progress: OnPart | None) -> None:
    phantom, tally = Phantom(spec), TruthTally(spec)
    panel, plane = phantom.panel, (spec.height_px, spec.width_px)

    def on_disk(name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        return np.memmap(scratch / name, dtype, mode="w+", shape=shape)

    pixels = on_disk("pixels", (spec.planes_n, len(panel.stains), *plane), np.uint16)
    fibers = on_disk("fibers", plane, np.uint32)
    is_thick = spec.thickness_um is not None
    nuclei = on_disk("nuclei", (spec.planes_n, *plane) if is_thick else plane, np.uint32)
    tiles = tile_plane(plane, _PART_PX, 0)
    for done_n, tile in enumerate(tiles, start=1):
        part = phantom.region(tile.owns)
        pixels[:, :, *tile.owns.slices] = part.pixels
        fibers[tile.owns.slices], nuclei[..., *tile.owns.slices] = part.fibers, part.nuclei
        tally.add(tile.owns, part)
        if on_progress is not None:
            on_progress(done_n, len(tiles))
    z_step_um = panel.optics.z_step_um if spec.planes_n > 1 else None
    write_label_tiff(files.fiber_labels, fibers, pixel_size_um=spec.pixel_size_um)
    write_label_tiff(files.nucleus_labels, nuclei, pixel_size_um=spec.pixel_size_um)
    write_text(files.fibers_table, _csv(tally.fiber_columns, tally.fibers()))
    write_text(
        files.nuclei_table, _csv(NUCLEUS_COLUMNS + (DEPTH_COLUMNS if is_thick else ()), tally.nuclei())
    )
    write_text(files.record, json.dumps({"spec": _spec(spec), "panel": _plain(panel)}, indent=1) + "\n")
    # The image comes last: where it is, its truth is too.
    write_ome_tiff(
        files.image,
        pixels,
        calibration=Calibration(spec.pixel_size_um, z_step_um, "phantom"),
        channels=[
            Channel(index, name, dye, emission_nm=emission)
            for index, (name, dye, emission) in enumerate(panel.channels)
        ],
        name=files.image.name,
    )


def _spec(spec: PhantomSpec) -> dict[str, Any]:
    """Return the spec; of a thin section without a thickness, as it was before there were thick ones."""
    plain = dataclasses.asdict(spec)
    if spec.thickness_um is None:
        del plain["thickness_um"]
    return plain


def _plain(panel: Any) -> dict[str, Any]:
    plain: dict[str, Any] = dataclasses.asdict(panel)
    return plain


def _csv(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()}
        for row in rows
    )
    return text.getvalue()
