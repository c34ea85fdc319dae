"""A result of a whole slide, made of copies of a small one: as many objects as a biopsy, ready in a minute."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import zarr

from myograft.api import BatchRequest, load_settings, run_batch
from myograft.model.columns import TableName
from myograft.model.geometry import Region
from myograft.model.result_layout import ResultLayout
from myograft.model.table import concatenate
from myograft.phantom import PhantomSpec
from myograft.workflow.simulate import simulate
from myograft.write import (
    build_coarser_level,
    coarser_regions,
    create_image,
    create_labels,
    levels_n,
    read_labels_block,
    read_provenance,
    read_table,
    write_labels_block,
    write_table,
)

CHUNK = 512


def small_result(folder: Path, edge_px: int = 4096) -> Path:
    """A result of one phantom, a multiple of the chunks wide."""
    made = simulate(PhantomSpec(edge_px, edge_px, 0.5, seed=5), folder / "slide.ome.tif")
    request = BatchRequest(
        (made.image,), folder / "small", load_settings("laminin_dapi_lamin_ac"), workers_n=2
    )
    assert run_batch(request).failed_n == 0
    return folder / "small" / "slide"


def apart(folder: Path, times_n: int, tissue_n: int) -> Path:
    """Lay a whole slide out in a process of its own, whose memory is not that of the review that is measured."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as beside:
        return beside.submit(_built, folder, times_n, tissue_n).result()


def _built(folder: Path, times_n: int, tissue_n: int) -> Path:
    return whole_slide(small_result(folder), folder / "slide", times_n, tissue_n)


def whole_slide(small: Path, target: Path, times_n: int, tissue_n: int) -> Path:
    """Lay a result out on a glass `times_n` times as wide and high, `tissue_n` times in either direction in its corner.

    Pixels are shared on the disk, numbers of objects are not.
    """
    source, result = ResultLayout(small), ResultLayout(target)
    record = read_provenance(source.provenance)
    height, width = json.loads((source.image / "0" / "zarr.json").read_text())["shape"][-2:]
    assert height % CHUNK == width % CHUNK == 0
    shape = (height * times_n, width * times_n)
    create_image(
        result.image, shape=(len(record.channels), *shape), dtype=record.image_dtype,
        calibration=record.calibration, channels=record.channels,
    )  # fmt: skip
    _link_image(source.image, result.image, len(record.channels), tissue_n)
    highest = {}
    for name in ("fibers", "nuclei"):
        path = create_labels(result.image, name, shape=shape, calibration=record.calibration)
        highest[name] = _copy_labels(source.labels(name), path, (height, width), tissue_n)
    _copy_tables(source, result, highest, (height, width), tissue_n)
    tissue = cv2.imread(str(source.tissue), cv2.IMREAD_GRAYSCALE)
    coarse = tissue[::times_n, ::times_n]
    glass = np.zeros((coarse.shape[0] * times_n, coarse.shape[1] * times_n), np.uint8)
    laid_out = np.tile(coarse, (tissue_n, tissue_n))
    glass[: laid_out.shape[0], : laid_out.shape[1]] = laid_out
    cv2.imwrite(str(result.tissue), glass)
    values = json.loads(source.provenance.read_text(encoding="utf-8"))
    values["tissue_step_px"] *= times_n
    result.provenance.write_text(json.dumps(values), encoding="utf-8")
    shutil.copy(source.report, result.report)
    return target


def _link_image(source: Path, target: Path, channels_n: int, tissue_n: int) -> None:
    """Chunks of full resolution are links; coarser levels are laid out from the small slide's as far as they go."""
    rows_n = len(list((source / "0" / "c" / "0").iterdir()))
    for channel in range(channels_n):
        for row in range(rows_n * tissue_n):
            folder = target / "0" / "c" / str(channel) / str(row)
            folder.mkdir(parents=True)
            for column in range(rows_n * tissue_n):
                os.link(
                    source / "0" / "c" / str(channel) / str(row % rows_n) / str(column % rows_n),
                    folder / str(column),
                )
    for level in range(1, levels_n(target)):
        array = zarr.open_array(target / str(level), mode="r+")
        below = min(level, levels_n(source) - 1)
        small = np.asarray(zarr.open_array(source / str(below), mode="r")[:])
        small = small[:, :: 2 ** (level - below), :: 2 ** (level - below)]
        height, width = (tissue_n * rows_n * CHUNK // 2**level for _ in range(2))
        for y in range(0, height, CHUNK):
            rows = np.arange(y, min(y + CHUNK, height)) % small.shape[1]
            array[:, y : y + len(rows), :width] = np.take(
                np.take(small, rows, 1), np.arange(width) % small.shape[2], 2
            )


def _copy_labels(source: Path, target: Path, shape: tuple[int, int], tissue_n: int) -> int:
    labels = read_labels_block(source, Region(0, 0, *shape))
    highest = int(labels.max())
    for place in range(tissue_n**2):
        row, column = divmod(place, tissue_n)
        copy = np.where(labels > 0, labels + np.uint32(place * highest), 0).astype(np.uint32)
        write_labels_block(target, Region(0, 0, *shape).shift(row * shape[0], column * shape[1]), copy)
    for level in range(1, levels_n(target)):
        for region in coarser_regions(target, level):
            build_coarser_level(target, level, region)
    return highest


def _copy_tables(
    source: ResultLayout, target: ResultLayout, highest: dict[str, int], shape: tuple[int, int], tissue_n: int
) -> None:
    size_um = read_provenance(source.provenance).calibration.pixel_size_um
    for name in (TableName.FIBERS, TableName.NUCLEI):
        table = read_table(source.table(name))
        parts = []
        for place in range(tissue_n**2):
            row, column = divmod(place, tissue_n)
            moved = {
                "centroid_y_um": row * shape[0] * size_um, "centroid_x_um": column * shape[1] * size_um,
                "box_y0_px": row * shape[0], "box_y1_px": row * shape[0],
                "box_x0_px": column * shape[1], "box_x1_px": column * shape[1],
                "fiber_id": place * highest["fibers"], "nucleus_id": place * highest["nuclei"],
            }  # fmt: skip
            parts.append(
                table.replace(**{key: table[key] + by for key, by in moved.items() if key in table.columns})
            )
        write_table(concatenate(name, parts), target.table(name).parent)
    section = read_table(source.table(TableName.SECTIONS))
    areas = {name: section[name] * tissue_n**2 for name in ("plane_area_mm2", "tissue_area_mm2")}
    write_table(section.replace(**areas), target.table(TableName.SECTIONS).parent)
