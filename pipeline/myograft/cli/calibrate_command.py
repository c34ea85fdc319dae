"""``myograft calibrate``: a threshold of donor nuclei, or of fibers by one of their stains, from controls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from myograft.errors import UsageError
from myograft.model.biology import FiberCall
from myograft.model.channels import Role
from myograft.model.fiber_marker_columns import STAIN_OF_ROLE
from myograft.model.learned_threshold import LearnedThreshold
from myograft.workflow.calibrate import calibrate_donors
from myograft.workflow.calibrate_fibers import calibrate_fibers
from myograft.workflow.control_threshold import CalibrateRequest


def calibrate(
    negatives: Annotated[
        list[Path],
        typer.Argument(
            help="Results (OUT/<slide>) of negative controls: sections without donor cells, or without a fiber that "
            "the stain should call.",
            show_default=False,
        ),
    ],
    max_false_positive_rate: Annotated[
        float,
        typer.Option("--max-false-positive-rate", help="Rate at which others may be called, such as 0.001."),
    ],
    out: Annotated[Path, typer.Option("--out", help="File to write, such as calibration.yaml.")],
    role: Annotated[
        Role,
        typer.Option("--role", help="What is called: donor_nucleus, or fibers by the stain of this role."),
    ] = Role.DONOR_NUCLEUS,
    positives: Annotated[
        list[Path] | None,
        typer.Option(
            "--positive",
            help="Result of a positive control: donor tissue alone, or such fibers alone; repeatable. Gives the "
            "sensitivity.",
        ),
    ] = None,
    least_score: Annotated[
        float, typer.Option("--least-score", help="Least threshold, in standard deviations of the bulk.")
    ] = 3.0,
    accept_outliers: Annotated[
        bool,
        typer.Option("--accept-outliers", help="Take what stands apart in a negative control for artifacts."),
    ] = False,
) -> None:
    """Learn a threshold from controls, with the false-positive rate that they support."""
    request = CalibrateRequest(
        negatives=tuple(negatives),
        out=out,
        max_false_positive_rate=max_false_positive_rate,
        positives=tuple(positives or ()),
        accepts_outliers=accept_outliers,
        least_score=least_score,
        role=role,
    )

    def on_note(note: str) -> None:
        typer.echo(f"note: {note}", err=True)

    if role is Role.DONOR_NUCLEUS:
        _tell(calibrate_donors(request, on_note), "nuclei", "donor control nuclei", at="at or above")
        knobs = "assign.origin"
    elif role in STAIN_OF_ROLE:
        found = calibrate_fibers(request, on_note)
        _tell(found, "fibers", "fibers of the positive controls", at=_side(found.fingerprint.event))
        knobs = f"assign.{role}.call"
    else:
        names = ", ".join((str(Role.DONOR_NUCLEUS), *map(str, STAIN_OF_ROLE)))
        raise UsageError(
            f"nothing is called by the {role} stain", where="--role", remedy=f"Choose one of {names}"
        )
    typer.echo(f"use it with --set {knobs}.method=calibrated --set {knobs}.calibration={out}")


def _side(event: FiberCall) -> str:
    return "at or below" if event is FiberCall.NEGATIVE else "at or above"


def _tell(calibration: LearnedThreshold, objects: str, positives: str, *, at: str) -> None:
    """Print what a calibration promises."""
    typer.echo(
        f"threshold: score {calibration.threshold:.2f}; {calibration.false_positive_n} of "
        f"{calibration.negative_n:,} control {objects} lie {at} it: a false-positive rate of at most "
        f"{calibration.rate_bound:.2g} (95 % confidence, {objects} independent)"
    )
    if calibration.rate_bound_by_section is not None:
        typer.echo(
            f"with sections independent, not {objects}: at most {calibration.rate_bound_by_section:.2g}"
        )
    else:
        typer.echo("from one section it is not known how the rate varies between sections")
    if calibration.sensitivity is not None:
        typer.echo(
            f"sensitivity: {calibration.found_n} of {calibration.positive_n:,} {positives} are called "
            f"({100 * calibration.sensitivity:.1f} %)"
        )
    else:
        typer.echo("no positive control: the sensitivity is not known, corrected fractions are lower bounds")
