"""``myograft combine``: from the results of many slides to subjects and comparisons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from myograft.errors import UsageError
from myograft.model.study import Comparison, Factor
from myograft.study import NUCLEUS_HEIGHT_UM, Series
from myograft.workflow.combine import CombineRequest
from myograft.workflow.combine import combine as combine_results


def combine(
    results: Annotated[
        list[Path],
        typer.Argument(help="Results: OUT folders of 'myograft run', or OUT/<slide>.", show_default=False),
    ],
    design: Annotated[
        Path,
        typer.Option(
            "--design",
            help="CSV: slide_id, subject and, where they apply, section_id, muscle, arm, time_point, position_um.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and page.", show_default=False)],
    compare: Annotated[
        list[str] | None,
        typer.Option(
            "--compare",
            help="Levels to compare, first minus second: arm=treated,control or time_point=post,pre.",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", help="Sections to look at alone, for example time_point=post.", show_default=False
        ),
    ] = None,
    paired: Annotated[
        bool,
        typer.Option("--paired", help="Compare within subjects, and leave out those with one level alone."),
    ] = False,
    nucleus_height_um: Annotated[
        float | None,
        typer.Option(
            "--nucleus-height-um",
            help="Height of the tallest nuclei along the muscle: serial sections with a smaller gap count once. "
            f"{NUCLEUS_HEIGHT_UM:g}, or what results state where that is more.",
            min=0.0,
            show_default=False,
        ),
    ] = None,
    section_thickness_um: Annotated[
        float | None,
        typer.Option(
            "--section-thickness-um",
            help="Thickness of serial sections whose results do not state measure.section_thickness_um.",
            min=0.1,
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds, equal draws.", min=0)] = 0,
) -> None:
    """Combine sections by subject, and compare subjects: paired where each has both levels."""
    request = CombineRequest(
        tuple(results),
        design,
        out,
        tuple(_comparison(text) for text in compare or ()),
        tuple(_level(text) for text in only or ()),
        seed,
        paired,
        Series(nucleus_height_um, section_thickness_um),
    )
    study = combine_results(request, lambda note: typer.echo(f"note: {note}", err=True))
    for row in study.comparisons.rows():
        if row["difference"] is None:
            continue
        line = (
            f"{row['variable']}: {row['first']} minus {row['second']} {row['difference']:+.4g} {row['unit']}"
        )
        if row["difference_low"] is not None:
            line += f" ({row['difference_low']:+.4g} to {row['difference_high']:+.4g}; p = {row['p']:.3g})"
        line = line.replace(" 1 (", " (").removesuffix(" 1")
        doubtful_n = row["first_not_detected_n"] + row["second_not_detected_n"]
        if doubtful_n:
            all_n = row["first_subjects_n"] + row["second_subjects_n"]
            line += f"; not detected, or none called, in {doubtful_n} of {all_n} values"
        typer.echo(line)
    subjects_n = len(set(study.subjects["subject"].tolist()))
    typer.echo(f"{subjects_n} subject{'s' * (subjects_n != 1)}: {out / 'study.html'}")


def _factor(text: str, option: str) -> tuple[Factor, str]:
    name, equals, value = text.partition("=")
    if name not in set(Factor) or not equals or not value:
        raise UsageError(
            f"{text!r} names no factor and level",
            where=option,
            remedy=f"Write one of {', '.join(Factor)}, an equals sign and what it is: arm=treated",
        )
    return Factor(name), value


def _comparison(text: str) -> Comparison:
    factor, levels = _factor(text, "--compare")
    parts = [part.strip() for part in levels.split(",")]
    if len(parts) != 2 or not all(parts):
        raise UsageError(
            f"{text!r} does not name two levels",
            where="--compare",
            remedy=f"Write both with a comma between them: {factor}=treated,control",
        )
    return Comparison(factor, parts[0], parts[1])


def _level(text: str) -> tuple[Factor, str]:
    return _factor(text, "--only")
