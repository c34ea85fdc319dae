"""Whether a plan fits into what is there, memory of this machine and room on the disk; what to do where it does not."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from myograft.errors import CapacityError
from myograft.execute import Engine, free_disk_bytes, free_memory_bytes
from myograft.model.result_layout import OutputLayout
from myograft.tiling import CHUNK_PX
from myograft.workflow.glance import glance
from myograft.workflow.plan import Plan, memory_of, plan_of
from myograft.workflow.plan_facts import facts_of
from myograft.workflow.slide import Slide

#: A plan is refused where the part of it that is certainly needed is not there: estimates are upper ones.
_CERTAIN = 0.7


@dataclass(frozen=True)
class Room:
    """What is there, in bytes.

    Parameters
    ----------
    memory
        Memory of this machine; None where the work is done elsewhere.
    disk
        Room on the disk of the results.
    out
        Folder of the results.
    """

    memory: int | None
    disk: int
    out: Path


def room_of(out: Path, *, works_here: bool) -> Room:
    """Return what this machine and the disk of a folder have to offer just now."""
    return Room(free_memory_bytes() if works_here else None, free_disk_bytes(out), out)


def refusal(plan: Plan, room: Room, where: str) -> CapacityError | None:
    """Return why a plan cannot be carried out, with what to do; None where it can, or may.

    Parameters
    ----------
    plan
        What is needed.
    room
        What is there.
    where
        Name of the input.
    """
    if room.memory is not None and _CERTAIN * plan.memory.total > room.memory:
        return CapacityError(
            f"the run needs about {in_bytes(plan.memory.total)} of memory{_by_workers(plan)}, and "
            f"{in_bytes(room.memory)} are free on this machine",
            where=where,
            remedy=_with_less_memory(plan, room.memory),
        )
    if _CERTAIN * plan.disk.most > room.disk:
        return CapacityError(
            f"the run needs about {in_bytes(plan.disk.most)} on the disk of {room.out} "
            f"({in_bytes(plan.disk.image)} of them for the image), and {in_bytes(room.disk)} are free",
            where=where,
            remedy="Choose --out on another disk, or free some space"
            + (
                ", or leave the copy of the pixels out with --no-image-copy"
                if plan.facts.copies_image
                else ""
            ),
        )
    return None


def check_capacity(
    slide: Slide, given: Collection[str], output: OutputLayout, engine: Engine, *, copies_image: bool
) -> None:
    """Refuse a run that cannot fit before it begins.

    The pixels are looked at only where a slide full of tissue that cannot be packed would not fit.

    Raises
    ------
    CapacityError
        Where there is too little memory or disk: says how much, and what to do.
    """
    facts = facts_of(slide, given, engine.workers, shards_n=engine.shard.count, copies_image=copies_image)
    room, where = room_of(output.root, works_here=not engine.workers.are_elsewhere), str(slide.stack.path)
    if refusal(plan_of(facts), room, where) is None:
        return
    seen = glance(slide)
    # What a run that was killed has left is used again, or thrown away before the work begins.
    begun = sum(bytes_in(folder) for folder in (output.draft(slide.slide_id), output.scratch(slide.slide_id)))
    problem = refusal(
        plan_of(facts, seen.tissue, seen.packed_fraction), replace(room, disk=room.disk + begun), where
    )
    if problem is not None:
        raise problem


def bytes_in(folder: Path) -> int:
    """Return the size of all files in a folder; 0 where there is none."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # another shard has just renamed it
                total += (Path(place) / name).stat().st_size
    return total


def in_bytes(count: float) -> str:
    """Return a number of bytes for people.

    Examples
    --------
    >>> in_bytes(1_600_000_000), in_bytes(5 * 2**20)
    ('1.5 GiB', '5 MiB')
    """
    for unit, size in (("TiB", 2**40), ("GiB", 2**30)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 2**20:.0f} MiB"


def _by_workers(plan: Plan) -> str:
    count = plan.memory.workers_n
    return f" with {count} workers ({in_bytes(plan.memory.worker)} each)" if count else ""


def _with_less_memory(plan: Plan, free: int) -> str:
    """Return what makes a plan smaller: fewer workers first, for they change nothing else."""
    facts = plan.facts
    most_n = 0 if not plan.memory.workers_n else int((free - plan.memory.main) // plan.memory.worker)
    if most_n >= 1:
        return f"Use --workers {most_n}"
    one = replace(facts, workers=replace(facts.workers, count=1))
    for tile_px in range(facts.tile_px, 0, -CHUNK_PX):
        if memory_of(replace(one, tile_px=tile_px)).total <= free:
            tiles = f" --set tiling.tile_px={tile_px}" if tile_px < facts.tile_px else ""
            return f"Use --workers 1{tiles}"
    return "Close other programs, or use a machine with more memory"
