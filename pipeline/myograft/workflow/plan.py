"""What a run would do, said before it is done: ``myograft run --dry-run``."""

from __future__ import annotations

from myograft.errors import MyograftError
from myograft.model.result_layout import OutputLayout
from myograft.read import describe, match_roles, open_stack
from myograft.segment import fiber_method, nucleus_method
from myograft.tiling import tile_plane
from myograft.workflow.batch import BatchRequest, slide_ids
from myograft.workflow.run import region_of


def plan_page(request: BatchRequest) -> str:
    """Return, per input, what was understood and how the work would be cut; a problem is told in its place."""
    names = slide_ids(request.inputs)
    output = OutputLayout(request.out)
    lines = []
    for slide_id, path in zip(names, request.inputs, strict=True):
        lines.append(f"{slide_id}: {path} -> {output.slide(slide_id).root}")
        try:
            stack = open_stack(path, request.settings.read, region=region_of(request.region))
            facts = describe(stack, match_roles(stack, request.settings.channels))
        except MyograftError as problem:
            lines.append(f"  cannot be run: {problem.sentence}")
            continue
        lines += [f"  {label}: {value}" for label, value in facts]
        halo_um = max(
            fiber_method(request.settings.segment.fibers).halo_um,
            nucleus_method(request.settings.segment.nuclei).halo_um,
        )
        halo_px = int(-(-halo_um // stack.calibration.pixel_size_um))
        tiles = tile_plane(stack.shape, request.settings.tiling.tile_px, halo_px)
        largest = max(tile.reads.shape[0] * tile.reads.shape[1] for tile in tiles)
        lines.append(
            f"  tiles: {len(tiles)} of {request.settings.tiling.tile_px} px with a halo of {halo_px} px"
        )
        lines.append(f"  largest tile read: {largest / 1e6:.1f} megapixels; workers: {request.workers_n}")
    return "\n".join(lines) + "\n"
