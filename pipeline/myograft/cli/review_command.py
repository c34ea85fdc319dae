"""``myograft review``: a result opened in napari for a reader."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from myograft.errors import UsageError
from myograft.model.reading import ReadingSetup
from myograft.workflow.open_journal import usual_reader

_MISSING = UsageError(
    "napari is not installed, which shows the review",
    where="review",
    remedy='Install it with: python -m pip install "myograft[napari]"',
)


def review(
    result: Annotated[Path, typer.Argument(help="Result of one slide (OUT/<slide>).", show_default=False)],
    reader: Annotated[
        str | None,
        typer.Option("--reader", help="Your name, which every correction carries.", show_default=False),
    ] = None,
    independent: Annotated[
        bool,
        typer.Option(
            "--independent", help="Read for yourself, in a journal of your own, to be compared with others'."
        ),
    ] = False,
    blinded: Annotated[
        bool,
        typer.Option("--blinded", help="The same with names and the machine's calls hidden."),
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the random order of a blinded reading.", min=0)] = 1,
    part: Annotated[
        float, typer.Option("--part", help="Random part of the nuclei to read, from above 0 to 1.")
    ] = 1.0,
) -> None:
    """Review a result in napari: correct outlines and calls, by keyboard and mouse, nothing overwritten."""
    if not 0.0 < part <= 1.0:
        raise UsageError(f"{part:g} is no part", where="--part", remedy="Give 0.2, for example")
    setup = None
    if independent or blinded:
        setup = ReadingSetup(is_blinded=blinded, seed=seed, subset_fraction=part)
    try:
        # The core must not depend on the window; it is looked for when somebody wants to look through it.
        launch = importlib.import_module("napari_myograft.launch")
        napari = importlib.import_module("napari")
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("napari_myograft"):
            raise
        raise _MISSING from None
    launch.open_review(result, reader or usual_reader(), setup)
    napari.run()
