"""What a run of one slide takes, reckoned before it begins: tiles, patches, memory, disk, time.

Memory and disk are upper estimates, by about a fifth; the time is what is likely. The figures behind them were measured
on simulated slides (3 channels of 16 bits, 0.5 um per px): memory as the proportional set size of each process and disk
on 2,048 and 4,096 px with tiles of 512 and 2,048 px and one and two workers, time by ``make bench`` on 4,096 and 8,192
px with two workers on two cores of 2.5 GHz. Only a network's own time is measured anew on the machine that plans. The
memory of a large network (Cellpose) is reckoned from its size, not measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from myograft.model.geometry import Region
from myograft.prepare import Tissue
from myograft.tiling import tile_plane
from myograft.workflow.plan_facts import Outlining, PlanFacts
from myograft.write import OVERVIEW_HALVINGS, level_shapes

_MIB = 2**20

#: Memory of a process that has loaded the code, and of one that schedules, writes tables and draws the report.
_WORKER_BYTES, _MAIN_BYTES = 400 * _MIB, 520 * _MIB

#: Memory of a network: once, and per working pixel of a patch with its margin; the same of a large one.
_NETWORK_BYTES, _PATCH_PX_BYTES = 60 * _MIB, 450
_LARGE_NETWORK_BYTES = 3 * 2**30

#: Memory of a tile per stored pixel and per working pixel that it reads.
_TILE_PX_BYTES, _TILE_WORKING_PX_BYTES = 34, 17

#: Memory of an object in the process that writes tables, and bytes of its rows and answers on the disk.
_OBJECT_BYTES, _OBJECT_ROW_BYTES = 3000, 500

#: Area of tissue that holds one fiber or nucleus where they are dense.
_DENSE_UM2 = {"fibers": 800.0, "nuclei": 400.0}

#: Bytes on the disk per pixel of tissue and um of its edge, of labels with their pyramid: outlines are what takes room.
_LABELS_UM_BYTES, _LEAST_LABELS_BYTES, _MOST_LABELS_BYTES = 0.6, 0.05, 5.4

#: Bytes per working pixel of a network's fields, which hardly pack; with fibers the stain is kept as well.
_FIELDS_PX_BYTES = {"fibers": 8.0, "nuclei": 6.0}

#: Bytes of answers and messages per byte of an overview, with the only worker in the process and without.
_ALONE_OVERVIEWS, _SENT_OVERVIEWS = 1.2, 2.5

#: Bytes of a report with its pictures and of other small files of a result.
_REPORT_BYTES = 4 * _MIB

#: Seconds per megapixel: surveyed per role, copied per channel, and per kind of object outlined, written, measured.
_SURVEY_S, _COPY_S, _OUTLINE_S, _LABELS_S, _MEASURE_S = 0.037, 0.048, 0.38, 0.09, 0.19

#: What a further worker does of what the first one does.
_WORKER_GAIN = 0.9

#: Seconds until the first tile and for the report; seconds per object for tables.
_START_S, _OBJECT_S = 6.0, 0.0001


@dataclass(frozen=True)
class Memory:
    """Memory of a run, in bytes.

    Parameters
    ----------
    worker
        Of each worker.
    main
        Of the process that schedules them; it holds what grows with the number of objects.
    workers_n
        Workers in processes of their own on this machine; 0 where the only one is a thread of the process itself,
        and where all are elsewhere.
    """

    worker: int
    main: int
    workers_n: int

    @property
    def total(self) -> int:
        """Memory that this machine must have."""
        return self.main + self.workers_n * self.worker


@dataclass(frozen=True)
class Disk:
    """Room on the disk, in bytes: the parts of a result, and what is thrown away when it is whole."""

    image: int
    labels: int
    tables: int
    scratch: int

    @property
    def result(self) -> int:
        """What stays."""
        return self.image + self.labels + self.tables

    @property
    def most(self) -> int:
        """What must be free while the run works."""
        return self.result + self.scratch


@dataclass(frozen=True)
class Plan:
    """What a run takes.

    Parameters
    ----------
    facts
        The slide.
    tiles_n, tissue_tiles_n
        Tiles of the plane, and those that own tissue.
    patches
        Per kind of object patches of the network's grid, and those that see tissue; for all planes.
    memory, disk
        Room that must be there.
    seconds
        Likely time; None where it was not asked how fast the networks are.
    """

    facts: PlanFacts
    tiles_n: int
    tissue_tiles_n: int
    patches: Mapping[str, tuple[int, int]]
    memory: Memory
    disk: Disk
    seconds: float | None = None


def plan_of(
    facts: PlanFacts,
    tissue: Tissue | None = None,
    packed_fraction: float = 1.0,
    patch_s: Mapping[str, float] | None = None,
) -> Plan:
    """Return what a run takes.

    Parameters
    ----------
    facts
        The slide.
    tissue
        Where tissue is; None where no pixel was looked at: then it may be everywhere.
    packed_fraction
        Part of their bytes that the pixels take on the disk.
    patch_s
        Time that each network takes for a patch, by kind of object; None leaves the time out.
    """
    tiles = tile_plane(facts.shape, facts.tile_px, 0)
    patches = {}
    for outlining in facts.outlinings:
        if outlining.patch_px:
            grid = list(_patches(facts, outlining))
            seen_n = sum(_holds_tissue(tissue, region, outlining.grid.down) for region in grid)
            patches[outlining.name] = (len(grid) * outlining.planes_n, seen_n * outlining.planes_n)
    part = 1.0 if tissue is None else float(tissue.mask.mean())
    return Plan(
        facts,
        len(tiles),
        sum(_holds_tissue(tissue, tile.owns, 1) for tile in tiles),
        patches,
        memory_of(facts, part),
        _disk_of(facts, part, patches, packed_fraction),
        None if patch_s is None else _seconds_of(facts, part, patches, patch_s),
    )


def memory_of(facts: PlanFacts, tissue_fraction: float = 1.0) -> Memory:
    """Return the memory that a run needs at most.

    Parameters
    ----------
    facts
        The slide.
    tissue_fraction
        Part of the plane that is tissue; objects are only there.
    """
    overviews = _overviews_bytes(facts)
    kinds = facts.outlinings
    # What a patch took is free when tiles come, but a process does not give all of it back.
    networks = max((_patch_bytes(kind) for kind in kinds), default=0)
    networks += sum(_NETWORK_BYTES for kind in kinds if kind.patch_px)
    worker = _WORKER_BYTES + overviews + networks + _tile_bytes(facts)
    main = _MAIN_BYTES + 3 * overviews + _OBJECT_BYTES * _objects_n(facts, tissue_fraction)
    if facts.workers.are_in_process:
        return Memory(worker, main + worker - _WORKER_BYTES, 0)
    return Memory(worker, main, 0 if facts.workers.are_elsewhere else facts.workers.count)


def _overviews_bytes(facts: PlanFacts) -> int:
    """Return the size of the overviews of all roles, which answers and messages carry."""
    step = facts.overview_step_px
    return 4 * -(-facts.shape[0] // step) * -(-facts.shape[1] // step) * facts.roles_n


def _tile_bytes(facts: PlanFacts) -> int:
    """Return the memory of the widest tile."""
    most = 0.0
    for kind in facts.outlinings:
        edges = (min(length, facts.tile_px + 2 * kind.halo_px) for length in facts.shape)
        read_px = next(edges) * next(edges)
        working_px = read_px * (kind.grid.up / kind.grid.down) ** 2
        most = max(most, read_px * _TILE_PX_BYTES + working_px * _TILE_WORKING_PX_BYTES)
    return int(most)


def _patch_bytes(kind: Outlining) -> int:
    if kind.is_large:
        return _LARGE_NETWORK_BYTES
    return (kind.patch_px + 2 * kind.margin_px) ** 2 * _PATCH_PX_BYTES if kind.patch_px else 0


def _objects_n(facts: PlanFacts, tissue_fraction: float) -> int:
    tissue_um2 = facts.pixels_n * facts.pixel_size_um**2 * tissue_fraction
    return round(sum(kind.planes_n * tissue_um2 / _DENSE_UM2[kind.name] for kind in facts.outlinings))


def _disk_of(
    facts: PlanFacts, tissue_fraction: float, patches: Mapping[str, tuple[int, int]], packed_fraction: float
) -> Disk:
    """Return the room on the disk that a run needs at most."""
    levels = level_shapes(facts.shape)
    stored_px = sum(
        height * width for height, width in levels[0 if facts.copies_image else OVERVIEW_HALVINGS :]
    )
    values = stored_px * facts.channels_n * facts.planes_n
    objects = _OBJECT_ROW_BYTES * _objects_n(facts, tissue_fraction)
    labels_px_bytes = min(
        max(_LABELS_UM_BYTES * facts.pixel_size_um, _LEAST_LABELS_BYTES), _MOST_LABELS_BYTES
    )
    labels = labels_px_bytes * facts.pixels_n * tissue_fraction
    sent = _ALONE_OVERVIEWS if facts.workers.are_in_process else _SENT_OVERVIEWS
    # Of kinds and planes the fields of one are there at a time; labels of all planes wait until they are linked.
    outlining = max(
        (
            patches.get(kind.name, (0, 0))[1] / kind.planes_n * kind.patch_px**2 * _FIELDS_PX_BYTES[kind.name]
            + labels * kind.planes_n * (1 + 2 * kind.halo_px / facts.tile_px) ** 2
            for kind in facts.outlinings
            if kind.method
        ),
        default=0.0,
    )
    return Disk(
        image=int(values * facts.pixel_bytes * packed_fraction),
        labels=int(sum(labels * kind.planes_n for kind in facts.outlinings)),
        tables=_REPORT_BYTES + objects,
        scratch=int(sent * _overviews_bytes(facts) + outlining) + objects,
    )


def _seconds_of(
    facts: PlanFacts,
    tissue_fraction: float,
    patches: Mapping[str, tuple[int, int]],
    patch_s: Mapping[str, float],
) -> float:
    """Return the likely time of a run."""
    megapixels = facts.pixels_n / 1e6
    seconds = megapixels * facts.planes_n * (_SURVEY_S * facts.roles_n + _COPY_S * facts.channels_n)
    for kind in facts.outlinings:
        per_megapixel = _LABELS_S + _MEASURE_S + (_OUTLINE_S if kind.method else 0.0)
        seconds += megapixels * tissue_fraction * kind.planes_n * per_megapixel
        seconds += patches.get(kind.name, (0, 0))[1] * patch_s.get(kind.name, 0.0)
    workers_n = 1 + (facts.workers.count * facts.shards_n - 1) * _WORKER_GAIN
    return _START_S + _OBJECT_S * _objects_n(facts, tissue_fraction) + seconds / workers_n


def _patches(facts: PlanFacts, kind: Outlining) -> Iterator[Region]:
    """Yield what each patch of a network's grid sees of the plane, in stored pixels."""
    working = kind.grid.working(Region(0, 0, *facts.shape))
    for patch in tile_plane(working.shape, kind.patch_px, kind.margin_px):
        yield kind.grid.stored(patch.reads, facts.shape)


def _holds_tissue(tissue: Tissue | None, region: Region, factor: int) -> bool:
    """Whether the middle of any pixel of `factor` stored ones, as a tile looks at them, is tissue."""
    if tissue is None:
        return True
    (top, bottom), (left, right) = (
        (
            min(start + factor // 2, stop - 1) // tissue.step_px,
            min((stop - 1 - start) // factor * factor + start + factor // 2, stop - 1) // tissue.step_px + 1,
        )
        for start, stop in ((region.y0, region.y1), (region.x0, region.x1))
    )
    return bool(tissue.mask[top:bottom, left:right].any())
