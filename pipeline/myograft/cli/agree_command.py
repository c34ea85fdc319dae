"""``myograft agree``: how well readers agree, and what they have to settle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from myograft.model.agreement import Compared, Sample
from myograft.workflow.agree import AgreeRequest
from myograft.workflow.agree import agree as agree_on

_READERS = "--readers"


class ManyReaders(TyperCommand):
    """A command whose ``--readers`` takes all names up to the next option: ``--readers anna ben cleo``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give each name an option of its own, which is all that click knows of options with several values."""
        spread: list[str] = []
        is_reader = False
        for part in args:
            if part == _READERS:
                is_reader = True
                continue
            is_reader = is_reader and not part.startswith("-")
            spread += [_READERS, part] if is_reader else [part]
        return super().parse_args(ctx, spread)


def agree(
    results: Annotated[
        list[Path],
        typer.Argument(
            help="Results that all of them have read: OUT folders of 'myograft run', or OUT/<slide>.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and page.", show_default=False)],
    readers: Annotated[
        list[str] | None,
        typer.Option(_READERS, help="Names of readers, two or more: --readers anna ben.", show_default=False),
    ] = None,
    with_machine: Annotated[
        bool, typer.Option("--with-machine", help="Compare each of them with the machine as well.")
    ] = False,
) -> None:
    """Say how well readers agree on sections, nuclei and outlines, and list what they have to settle."""
    request = AgreeRequest(tuple(results), tuple(readers or ()), out, with_machine)
    found = agree_on(request, lambda note: typer.echo(f"note: {note}", err=True))
    for row in found.agreement.rows():
        line = _sentence(row)
        if line:
            typer.echo(line)
    typer.echo(f"{len(found.disagreements):,} disagreements to settle: {out / 'agreement.html'}")


def _sentence(row: dict[str, Any]) -> str:
    """Return the line of what most people ask for: agreement on donor calls; empty for other rows."""
    is_asked = row["statistic"] in {"gwets_ac1", "cohens_kappa"} or row["category"] == "donor"
    if row["compared"] != Compared.CALL or row["variable"] != "origin" or not is_asked:
        return ""
    name = {
        "gwets_ac1": "Gwet's AC1",
        "cohens_kappa": "Cohen's kappa",
        "specific_agreement": "agreement on donor",
    }[row["statistic"]]
    sample = "nuclei that both read" if row["sample"] == Sample.READ else "all nuclei by the random audit"
    if row["value"] is None:
        return f"{row['readers']}, {sample}: {name} is undefined ({row['reason']})"
    over = "sections" if row["sections_low"] is not None else "objects"
    line = f"{row['readers']}, {sample}: {name} {row['value']:.3f}"
    if row[f"{over}_low"] is not None:
        line += f" ({row[f'{over}_low']:.3f} to {row[f'{over}_high']:.3f})"
    return line
