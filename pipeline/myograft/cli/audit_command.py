"""``myograft audit``: a random sample of donor calls to read, and the estimate once it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from myograft.errors import UsageError
from myograft.workflow.audit import draw_sheet, estimate_from_sheet, estimates_stem


def audit(
    result: Annotated[Path, typer.Argument(help="Result of one slide (OUT/<slide>).", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="Sheet to draw, such as audit.csv.", show_default=False)
    ] = None,
    readings: Annotated[
        Path | None,
        typer.Option("--readings", help="Sheet that was filled: print the estimate.", show_default=False),
    ] = None,
    sample_n: Annotated[int, typer.Option("--sample", help="Nuclei to draw of each section.")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds, equal samples.")] = 1,
    read_before: Annotated[
        Path | None,
        typer.Option(
            "--read-before",
            help="Sheet of nuclei that were read already, such as donor calls: not drawn again, they count as read.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Draw nuclei at random for a person to read (--out), or say how many are donor once they are read (--readings)."""
    if (out is None) == (readings is None):
        raise UsageError(
            "a sheet is either drawn or was filled", where="audit", remedy="Give one of --out and --readings"
        )
    if out is not None:
        design = draw_sheet(result, out, sample_n, seed, read_before)
        drawn_n = sum(len(stratum.nucleus_ids) for stratum in design.strata)
        typer.echo(f"drew {drawn_n} nuclei in random order, without the machine's calls: {out}")
        typer.echo("write donor, host or unclear into the column 'reading', from the first row on; then")
        typer.echo(f"myograft audit {result} --readings {out}")
        return
    if readings is not None:
        table = estimate_from_sheet(result, readings, lambda note: typer.echo(f"note: {note}", err=True))
        for row in table.rows():
            typer.echo(_sentence(row))
        typer.echo(f"written to {readings.parent / estimates_stem(readings)}.csv")


def _sentence(row: dict[str, Any]) -> str:
    name = "all nuclei" if row["domain"] == "all" else f"{row['domain']} nuclei"
    counted = (
        f"section {row['section_id']}, {name}: the machine called {row['machine_donor_nuclei_n']} of "
        f"{row['nuclei_called_n']:,} donor"
    )
    low, high = row["donor_nuclei_estimated_low_n"], row["donor_nuclei_estimated_high_n"]
    if row["donor_nuclei_estimated_n"] is None:
        return f"{counted}; too few were read for an estimate, between {low} and {high} are possible"
    fraction = [
        100.0 * row[f"donor_nuclei_fraction_estimated{end}"] if row["nuclei_called_n"] else 0.0
        for end in ("", "_low", "_high")
    ]
    return (
        f"{counted}; by reading {row['donor_nuclei_estimated_n']:.1f} are ({fraction[0]:.2f} %; 95 % interval {low} to "
        f"{high}, {fraction[1]:.2f} to {fraction[2]:.2f} %)"
    )
