"""What a run would do, said before it is done: ``myograft run --dry-run``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from myograft.errors import MyograftError
from myograft.execute import Workers
from myograft.model.result_layout import OutputLayout
from myograft.read import close_all, describe
from myograft.workflow.batch import BatchRequest, slide_ids
from myograft.workflow.capacity import Room, in_bytes, refusal, room_of
from myograft.workflow.glance import glance
from myograft.workflow.plan import Plan, plan_of
from myograft.workflow.plan_facts import Outlining, facts_of
from myograft.workflow.predict_plane import patch_seconds
from myograft.workflow.run import SlideRequest, open_slide


@dataclass(frozen=True)
class PlanPage:
    """What would be done.

    Parameters
    ----------
    text
        For people: per input what was understood, what it takes, and in its place why it cannot be run.
    inputs_n, refused_n
        Inputs, and those that cannot be run.
    """

    text: str
    inputs_n: int
    refused_n: int


@dataclass
class _Account:
    """What is still there when the inputs before have been run, and what they take."""

    room: Room
    seconds: float = 0.0

    def take(self, plan: Plan) -> None:
        """Count a slide that will be run."""
        self.room = replace(self.room, disk=self.room.disk - plan.disk.result)
        self.seconds += plan.seconds or 0.0


def plan_page(request: BatchRequest) -> PlanPage:
    """Plan every input in turn; nothing is written, and results of earlier inputs take their room from later ones."""
    output, workers = OutputLayout(request.out), request.workers or Workers(request.workers_n)
    account = _Account(room_of(request.out, works_here=not workers.are_elsewhere))
    lines, refused_n = [], 0
    names = slide_ids(request.inputs)
    for slide_id, path in zip(names, request.inputs, strict=True):
        lines.append(f"{slide_id}: {path} -> {output.slide(slide_id).root}")
        try:
            # One by one: what is known of a slide that cannot be run is said before the reason.
            lines.extend(f"  {line}" for line in _slide_lines(request, slide_id, path, workers, account))
        except MyograftError as problem:
            lines.append(f"  cannot be run: {problem.sentence}")
            refused_n += 1
        finally:
            close_all()
    if len(names) > 1:
        lines.append(
            f"all together: about {_in_words(account.seconds)} with {_who(workers)}; {refused_n} of {len(names)} "
            "cannot be run"
        )
    return PlanPage("\n".join(lines) + "\n", len(names), refused_n)


def _slide_lines(
    request: BatchRequest, slide_id: str, path: Path, workers: Workers, account: _Account
) -> Iterator[str]:
    """Yield what is known of a slide and what it takes, line by line; raise where it cannot be run."""
    wanted = SlideRequest(
        slide_id,
        path,
        request.settings,
        request.fiber_labels,
        request.nucleus_labels,
        request.region,
        request.copies_image,
        request.is_fresh,
    )
    output = OutputLayout(request.out)
    slide, given = open_slide(wanted, output)
    yield from (f"{label}: {value}" for label, value in describe(slide.stack, slide.roles))
    seen, patch_s = glance(slide), patch_seconds(slide, given)
    facts = facts_of(slide, given, workers, shards_n=request.shard.count, copies_image=request.copies_image)
    plan = plan_of(facts, seen.tissue, seen.packed_fraction, patch_s)
    yield from _plan_lines(plan, account.room, about="about " if seen.is_sample else "")
    problem = refusal(plan, account.room, str(path))
    if output.slide(slide_id).provenance.exists() and not request.is_fresh:
        yield "a result is there already: what still holds of it is not done again"
        return
    if problem is not None:
        raise problem
    account.take(plan)


def _plan_lines(plan: Plan, room: Room, *, about: str) -> Iterator[str]:
    facts, memory, disk = plan.facts, plan.memory, plan.disk
    yield (
        f"tiles: {about}{plan.tissue_tiles_n} of {plan.tiles_n} hold tissue ({facts.tile_px} px, halo "
        f"{facts.halo_px} px)"
    )
    for kind in facts.outlinings:
        yield f"{kind.name}: {_outlined_by(plan, kind, about)}"
    yield f"workers: {_who(facts.workers)}" + (f", shard of {facts.shards_n}" if facts.shards_n > 1 else "")
    here = f"; {in_bytes(room.memory)} free" if room.memory is not None else ""
    alone = f"up to {in_bytes(memory.worker)} per worker, {in_bytes(memory.main)} beside them"
    yield (
        f"memory: up to {in_bytes(memory.total)} in all ({alone}){here}"
        if memory.workers_n
        else (
            f"memory: up to {in_bytes(memory.main)}{here}"
            if room.memory is not None
            else f"memory: {alone}; workers elsewhere are not checked"
        )
    )
    yield (
        f"disk: about {in_bytes(disk.result)} for the result (image {in_bytes(disk.image)}, labels "
        f"{in_bytes(disk.labels)}, tables and report {in_bytes(disk.tables)}) and {in_bytes(disk.scratch)} while it "
        f"works; {in_bytes(max(room.disk, 0))} free"
    )
    if plan.seconds is not None:
        yield f"time: about {_in_words(plan.seconds)} with {_who(facts.workers)}"


def _outlined_by(plan: Plan, kind: Outlining, about: str) -> str:
    if kind.method is None:
        return "given labels"
    um_per_px = kind.grid.um_per_px(plan.facts.pixel_size_um)
    told = f"{kind.method} at {um_per_px:.3g} um per px"
    if kind.name in plan.patches:
        patches_n, tissue_n = plan.patches[kind.name]
        told += f", {about}{tissue_n} of {patches_n} patches of {kind.patch_px} px see tissue"
    return f"{told}, each of {kind.planes_n} planes" if kind.planes_n > 1 else told


def _who(workers: Workers) -> str:
    if workers.slurm:
        return f"{workers.count} Slurm jobs"
    if workers.are_elsewhere:
        return f"those of {workers.scheduler or workers.scheduler_file}"
    return f"{workers.count} workers" if workers.count > 1 else "1 worker"


def _in_words(seconds: float) -> str:
    """Return a time for people.

    Examples
    --------
    >>> _in_words(42), _in_words(600), _in_words(9000)
    ('40 seconds', '10 minutes', '2.5 hours')
    """
    if seconds < 90:
        return f"{max(10, round(seconds, -1)):.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
