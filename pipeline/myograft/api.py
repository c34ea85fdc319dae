"""The front door for the plugin, notebooks and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array as da

from myograft.config import RunSettings, load_settings, preset_names
from myograft.model.columns import TableName
from myograft.model.provenance import Provenance
from myograft.model.result_layout import ResultLayout
from myograft.model.shipped import shipped_folder
from myograft.model.table import Table
from myograft.read import ReadSettings, open_stack, read_plane
from myograft.workflow.batch import BatchOutcome, BatchRequest, run_batch
from myograft.workflow.compare import compare_labels
from myograft.workflow.look import look_at
from myograft.write import lazy_levels, read_provenance, read_table

__all__ = [
    "BatchOutcome",
    "BatchRequest",
    "Result",
    "RunSettings",
    "compare_labels",
    "is_result",
    "load_settings",
    "look_at",
    "open_result",
    "preset_names",
    "run_batch",
    "sample_paths",
    "sample_stack",
]


@dataclass(frozen=True)
class Result:
    """A finished result, its pixels lazy.

    Parameters
    ----------
    slide_id
        Name of the slide.
    layout
        Paths inside the result.
    provenance
        What was run on what.
    image_levels
        Pyramid of the image copy, finest first, axes ``(c, y, x)`` or ``(c, z, y, x)``; empty without a copy.
    channel_names
        One per channel of the image.
    tables
        The machine's tables that are there.
    pixel_size_um, z_step_um
        Calibration; the z step is None where there is one plane or none is known.
    """

    slide_id: str
    layout: ResultLayout
    provenance: Provenance
    image_levels: tuple[da.Array, ...]
    channel_names: tuple[str, ...]
    tables: Mapping[str, Table]
    pixel_size_um: float
    z_step_um: float | None

    def label_levels(self, name: str) -> tuple[da.Array, ...]:
        """Return the pyramid of ``fibers`` or ``nuclei``, finest first; empty where absent.

        Axes are ``(y, x)``, or ``(z, y, x)`` for nuclei that were linked through planes.
        """
        group = self.layout.labels(name)
        return lazy_levels(group) if group.is_dir() else ()


def open_result(path: Path | str) -> Result:
    """Open the result of one slide, ``OUT/<slide>/``.

    Raises
    ------
    ResultError
        When the folder is not a whole result of a version this one can read.
    """
    layout = ResultLayout(Path(path))
    record = read_provenance(layout.provenance)
    names = (TableName.FIBERS, TableName.NUCLEI, TableName.SECTIONS)
    return Result(
        slide_id=record.slide_id,
        layout=layout,
        provenance=record,
        image_levels=lazy_levels(layout.image) if record.copies_image else (),
        channel_names=record.channels,
        tables={str(name): read_table(layout.table(name)) for name in names if layout.table(name).is_file()},
        pixel_size_um=record.calibration.pixel_size_um,
        z_step_um=record.calibration.z_step_um,
    )


def is_result(path: Path | str) -> bool:
    """Whether a folder is the result of one slide."""
    return ResultLayout(Path(path)).provenance.is_file()


def sample_paths() -> tuple[Path, ...]:
    """Return the simulated slides that travel with the package."""
    return tuple(sorted(shipped_folder("sample_data").glob("*.ome.tif")))


def sample_stack() -> tuple[Any, tuple[str, ...], float]:
    """Return a shipped slide with donor nuclei: pixels ``(z, c, y, x)``, channel names, pixel size in um."""
    stack = open_stack(next(path for path in sample_paths() if "control" not in path.name), ReadSettings())
    whole = stack.whole
    planes = [
        da.stack(
            [da.from_array(read_plane(stack, channel.index, whole, plane=z)) for channel in stack.channels]
        )
        for z in range(stack.planes_n)
    ]
    names = tuple(channel.label for channel in stack.channels)
    return da.stack(planes), names, stack.calibration.pixel_size_um
