"""The front door for the plugin, notebooks and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array as da

from myograft.config import RunSettings, load_settings, preset_names
from myograft.correct import fill_outline
from myograft.errors import ResultError
from myograft.model.arrays import Array
from myograft.model.columns import TableName
from myograft.model.geometry import Region
from myograft.model.provenance import Provenance
from myograft.model.reading import ReadingSetup
from myograft.model.result_layout import ResultLayout
from myograft.model.shipped import shipped_folder
from myograft.model.stack import Stack
from myograft.model.table import Table
from myograft.read import open_stack, read_plane
from myograft.workflow.batch import BatchOutcome, BatchRequest, run_batch
from myograft.workflow.compare import compare_labels
from myograft.workflow.look import look_at
from myograft.workflow.open_journal import usual_reader
from myograft.workflow.open_review import open_review
from myograft.workflow.review import Change, Review
from myograft.write import StoredChannel, lazy_levels, read_provenance, read_table, stored_channel

__all__ = [
    "BatchOutcome",
    "BatchRequest",
    "Change",
    "ReadingSetup",
    "Result",
    "Review",
    "RunSettings",
    "compare_labels",
    "fill_outline",
    "is_result",
    "load_settings",
    "look_at",
    "open_image",
    "open_result",
    "open_review",
    "preset_names",
    "result_of",
    "run_batch",
    "sample_paths",
    "sample_stack",
    "usual_reader",
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
        Pyramid of the image copy, finest first, axes ``(c, y, x)`` or ``(c, z, y, x)``; empty without a copy (also one
        that was moved away).
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

    def channel_levels(self, channel: int) -> tuple[StoredChannel, ...]:
        """Return the pyramid of one channel of the image copy for a viewer, finest first; empty without a copy.

        Axes are ``(y, x)`` or ``(z, y, x)``. A part of it is read when it is asked for.
        """
        return stored_channel(self.layout.image, channel) if self.image_levels else ()

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
    tables = {str(name): read_table(layout.table(name)) for name in names if layout.table(name).is_file()}
    return _result(layout, record, tables)


def result_of(review: Review) -> Result:
    """Return the result under review, with the tables of objects that are in memory already."""
    finished = review.finished
    tables = {str(table.name): table for table in finished.tables.values()}
    return _result(finished.layout, finished.record, tables)


def _result(layout: ResultLayout, record: Provenance, tables: Mapping[str, Table]) -> Result:
    return Result(
        slide_id=record.slide_id,
        layout=layout,
        provenance=record,
        image_levels=_image_levels(layout, record),
        channel_names=record.channels,
        tables=tables,
        pixel_size_um=record.calibration.pixel_size_um,
        z_step_um=record.calibration.z_step_um,
    )


def _image_levels(layout: ResultLayout, record: Provenance) -> tuple[da.Array, ...]:
    if not record.copies_image:
        return ()
    try:
        return lazy_levels(layout.image)
    except ResultError:
        return ()  # pixels that were moved away take no outlines and tables along


def is_result(path: Path | str) -> bool:
    """Whether a folder is the result of one slide."""
    return ResultLayout(Path(path)).provenance.is_file()


def sample_paths() -> tuple[Path, ...]:
    """Return the simulated slides that travel with the package."""
    return tuple(sorted(shipped_folder("sample_data").glob("*.ome.tif")))


def sample_stack() -> tuple[Any, tuple[str, ...], float]:
    """Return a shipped slide with donor nuclei: pixels ``(z, c, y, x)``, channel names, pixel size in um."""
    sample = next(path for path in sample_paths() if "control" not in path.name)
    return open_image(sample, RunSettings())


def open_image(path: Path, settings: RunSettings) -> tuple[da.Array, tuple[str, ...], float]:
    """Return an image as a run would read it: lazy pixels ``(z, c, y, x)``, channel names, pixel size in um.

    Raises
    ------
    InputError
        Where the file cannot be read.
    CalibrationError
        Where the size of a pixel is not known.
    """
    stack = open_stack(path, settings.read)
    planes = [
        da.stack([da.from_array(_Plane(stack, channel.index, z), _BLOCK_PX) for channel in stack.channels])
        for z in range(stack.planes_n)
    ]
    names = tuple(channel.label for channel in stack.channels)
    return da.stack(planes), names, stack.calibration.pixel_size_um


#: Edge of what is read at a time of an image that is looked at.
_BLOCK_PX = 1024


class _Plane:
    """One channel of one plane as an array that is read where it is indexed."""

    def __init__(self, stack: Stack, channel: int, z: int) -> None:
        self._stack, self._channel, self._z = stack, channel, z
        self.shape = stack.shape
        self.ndim = 2
        self.dtype = self[0:1, 0:1].dtype

    def __getitem__(self, key: tuple[slice, slice]) -> Array:
        (y0, y1, _), (x0, x1, _) = (
            part.indices(length) for part, length in zip(key, self.shape, strict=True)
        )
        return read_plane(self._stack, self._channel, Region(y0, x0, y1, x1), plane=self._z)
