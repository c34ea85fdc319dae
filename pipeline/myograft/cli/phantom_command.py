"""``myograft phantom``: simulated muscle with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from myograft.cli.progress import Listener, LogFormat
from myograft.phantom import PANELS, PhantomSpec
from myograft.workflow.events import StageProgress
from myograft.workflow.simulate import simulate


def phantom(
    target: Annotated[Path, typer.Argument(help="Image to write, ending in .ome.tif.", show_default=False)],
    size_px: Annotated[tuple[int, int], typer.Option("--size-px", help="Height and width.")] = (2048, 2048),
    pixel_size_um: Annotated[float, typer.Option("--pixel-size-um", help="Edge of a pixel in um.")] = 0.5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Equal seeds, equal pixels.")] = 0,
    panel: Annotated[
        str, typer.Option("--panel", help=f"What is simulated: {', '.join(PANELS)}.")
    ] = "laminin_dapi_lamin_ac",
    donor_fraction: Annotated[
        float | None, typer.Option("--donor-fraction", min=0, max=1, help="Part of the nuclei that is donor.")
    ] = None,
    donor_fiber_fraction: Annotated[
        float | None,
        typer.Option("--donor-fiber-fraction", min=0, max=1, help="Part of the fibers with donor protein."),
    ] = None,
    snr: Annotated[float | None, typer.Option("--snr", help="Signal over noise of the stains.")] = None,
    planes: Annotated[int, typer.Option("--planes", min=1, help="Optical planes.")] = 1,
    thickness_um: Annotated[
        float | None,
        typer.Option(
            "--thickness-um",
            help="A section so thick that nuclei lie above each other, with true labels of every plane.",
        ),
    ] = None,
    log_format: Annotated[LogFormat, typer.Option("--log-format", help="Form of the log.")] = LogFormat.TEXT,
) -> None:
    """Simulate a muscle section; the true outlines and tables lie beside the image."""
    height, width = size_px
    chosen = {
        "donor_fraction": donor_fraction,
        "donor_fiber_fraction": donor_fiber_fraction,
        "snr": snr,
    }
    spec = PhantomSpec(
        height_px=height,
        width_px=width,
        pixel_size_um=pixel_size_um,
        seed=seed,
        panel=panel,
        planes_n=planes,
        thickness_um=thickness_um,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    with Listener(log_format) as listener:
        files = simulate(
            spec,
            target,
            lambda done_n, total_n: listener(StageProgress(target.name, "simulate", done_n, total_n)),
        )
    typer.echo(f"image {files.image}\ntruth {files.fibers_table.parent}")
