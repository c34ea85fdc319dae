"""``myograft calibrate``: a donor threshold from controls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from myograft.workflow.calibrate import calibrate_donors
from myograft.workflow.control_threshold import CalibrateRequest


def calibrate(
    negatives: Annotated[
        list[Path],
        typer.Argument(
            help="Results (OUT/<slide>) of negative controls: sections without donor cells.",
            show_default=False,
        ),
    ],
    max_false_positive_rate: Annotated[
        float,
        typer.Option(
            "--max-false-positive-rate", help="Rate at which host nuclei may be called donor, such as 0.001."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="File to write, such as calibration.yaml.")],
    positives: Annotated[
        list[Path] | None,
        typer.Option(
            "--positive",
            help="Result of a positive control: donor tissue alone; repeatable. Gives the sensitivity.",
        ),
    ] = None,
    least_score: Annotated[
        float, typer.Option("--least-score", help="Least threshold, in host standard deviations.")
    ] = 3.0,
    accept_outliers: Annotated[
        bool,
        typer.Option(
            "--accept-outliers", help="Take nuclei that stand apart in a negative control for artifacts."
        ),
    ] = False,
) -> None:
    """Learn the donor threshold from controls, with the false-positive rate that they support."""
    calibration = calibrate_donors(
        CalibrateRequest(
            negatives=tuple(negatives),
            out=out,
            max_false_positive_rate=max_false_positive_rate,
            positives=tuple(positives or ()),
            accepts_outliers=accept_outliers,
            least_score=least_score,
        ),
        lambda note: typer.echo(f"note: {note}", err=True),
    )
    typer.echo(
        f"threshold: score {calibration.threshold:.2f}; {calibration.false_positive_n} of "
        f"{calibration.negative_n:,} control nuclei lie at or above it: a false-positive rate of at most "
        f"{calibration.rate_bound:.2g} (95 % confidence, nuclei independent)"
    )
    if calibration.rate_bound_by_section is not None:
        typer.echo(f"with sections independent, not nuclei: at most {calibration.rate_bound_by_section:.2g}")
    else:
        typer.echo("from one section it is not known how the rate varies between sections")
    if calibration.sensitivity is not None:
        typer.echo(
            f"sensitivity: {calibration.found_n} of {calibration.positive_n:,} donor control nuclei are called "
            f"({100 * calibration.sensitivity:.1f} %)"
        )
    else:
        typer.echo("no positive control: the sensitivity is not known, corrected fractions are lower bounds")
    typer.echo(f"use it with --set assign.origin.method=calibrated --set assign.origin.calibration={out}")
