"""What controls of nuclei and of fibers share: checks, the threshold they support, and the file it is kept in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import yaml

from myograft.errors import InputError, UsageError
from myograft.model.arrays import Array
from myograft.model.channels import Role
from myograft.model.learned_threshold import LearnedThreshold
from myograft.model.provenance import Provenance
from myograft.numerics.rates import (
    control_size_needed,
    rate_upper_bound,
    rate_upper_bound_clustered,
    threshold_from_control,
)
from myograft.write import output_errors, write_text

#: Objects of a control below which no threshold is set: their bulk is not known.
LEAST_OBJECTS = 50


@dataclass(frozen=True)
class CalibrateRequest:
    """What ``myograft calibrate`` is asked for.

    Parameters
    ----------
    negatives
        Results of sections in which nothing is to be called: without donor cells, without the stained fibers.
    out
        File to write.
    max_false_positive_rate
        Rate at which others may be called.
    positives
        Results of sections in which everything is to be called: donor tissue alone.
    accepts_outliers
        Whether objects that stand apart in a negative control are taken for artifacts that slides will have, too.
    least_score
        Least threshold, in standard deviations of the bulk. Within the bulk a small difference of the spread between
        two sections moves many objects across a threshold; beyond it, few.
    role
        What is called: donor nuclei, or fibers by one of their stains.
    """

    negatives: tuple[Path, ...]
    out: Path
    max_false_positive_rate: float
    positives: tuple[Path, ...] = ()
    accepts_outliers: bool = False
    least_score: float = 3.0
    role: Role = Role.DONOR_NUCLEUS


@dataclass(frozen=True, slots=True)
class ControlWords:
    """How sentences name what controls hold.

    Parameters
    ----------
    objects, one_wrong
        ``"nuclei"``, ``"host nucleus"``.
    called
        ``"donor"``.
    deviations, the_bulk
        ``"host standard deviations"``, ``"the host bulk"``.
    donors
        What should not be in a negative control: ``"donor cells"``.
    channel
        Whose channel to look at.
    """

    objects: str
    one_wrong: str
    called: str
    deviations: str
    the_bulk: str
    donors: str
    channel: str


class Control(Protocol):
    """A control section, opened."""

    @property
    def path(self) -> Path:
        """Its result."""

    @property
    def record(self) -> Provenance:
        """What was run on what."""

    @property
    def section_id(self) -> str:
        """Which section of the slide."""

    @property
    def fingerprint(self) -> Any:
        """How it was measured."""


@dataclass(frozen=True, slots=True)
class Supported:
    """A threshold, and the upper bounds of the rate that controls support above it.

    Parameters
    ----------
    threshold
        Score at and above which an object is called.
    bound, bound_by_section
        Bounds with objects, and with sections, taken as independent; the latter None from one section.
    """

    threshold: float
    bound: float
    bound_by_section: float | None


def check_rate(request: CalibrateRequest, words: ControlWords) -> None:
    """Refuse a rate that makes no sense."""
    if not 0.0 < request.max_false_positive_rate < 1.0:
        raise UsageError(
            f"a false-positive rate lies between 0 and 1, not at {request.max_false_positive_rate:g}",
            where="--max-false-positive-rate",
            remedy=f"Give for example 0.001: one {words.one_wrong} in 1,000 called {words.called}",
        )


def check_alike(controls: Sequence[Control], words: ControlWords) -> None:
    """Refuse controls that were measured otherwise than the first, or are the same image twice."""
    first = controls[0]
    for other in controls[1:]:
        differing = first.fingerprint.differences(other.fingerprint)
        if differing:
            raise InputError(
                f"this control does not match the first one, {first.path}: {'; '.join(differing)}",
                where=str(other.path),
                remedy="Calibrate on controls of one panel, run with the same settings",
            )
    seen: dict[tuple[str, str], Path] = {}
    for control in controls:
        key = (control.record.input_sha256, control.section_id)
        if key in seen:
            raise InputError(
                f"this control is the same image as {seen[key]}",
                where=str(control.path),
                remedy=f"Give each control once: its {words.objects} would count twice",
            )
        seen[key] = control.path


def check_none_apart(
    control: Control,
    apart: tuple[int, int, float] | None,
    request: CalibrateRequest,
    words: ControlWords,
    on_note: Callable[[str], None],
) -> None:
    """Refuse a negative control with objects that stand apart, or tell of them where they are accepted.

    Parameters
    ----------
    control
        The control.
    apart
        How many of how many objects stand apart, and from which score on; None where none do.
    request, words
        What was asked for, and how it is said.
    on_note
        Whom to tell.
    """
    if apart is None:
        return
    apart_n, all_n, score = apart
    told = (
        f"{apart_n} of {all_n} {words.objects} stand apart from {words.the_bulk} of this negative control "
        f"(scores from {score:.1f})"
    )
    if not request.accepts_outliers:
        raise InputError(
            f"{told}: are there {words.donors} in it?",
            where=str(control.path),
            remedy=f"Look at them in its report. Leave the control out if they are {words.donors}; use "
            "--accept-outliers if they are artifacts that slides will have, too: they raise the threshold",
        )
    on_note(f"{control.path}: {told}; taken for artifacts")


def supported_threshold(
    scores: Sequence[Array], request: CalibrateRequest, words: ControlWords, on_note: Callable[[str], None]
) -> Supported:
    """Return the threshold that negative controls support.

    It is a nonparametric tolerance limit of their scores (see `numerics.rates.threshold_from_control`), just above
    their maximum where they are too few for the rate.

    Parameters
    ----------
    scores
        Of each control's objects; higher is more like what is called.
    request, words
        What was asked for, and how it is said.
    on_note
        Whom to tell what the controls do not support.
    """
    rate, together = request.max_false_positive_rate, np.concatenate(list(scores))
    found = threshold_from_control(together, rate)
    lowest = float(np.nextafter(together.max(), np.inf)) if found is None else found.threshold
    threshold = max(lowest, request.least_score)
    bound = rate_upper_bound(int((together >= threshold).sum()), len(together))
    if found is None:
        on_note(
            f"the controls hold {len(together):,} {words.objects}; a rate of {rate:g} needs "
            f"{control_size_needed(rate):,}. None of them reaches the threshold, which supports a rate of "
            f"{bound:.2g} with 95 % confidence"
        )
    if threshold > lowest:
        on_note(
            f"the controls would allow a threshold of {lowest:.2f} {words.deviations}; within {words.the_bulk} it "
            f"would not hold for other sections, and {threshold:g} was taken (--least-score)"
        )
    called_n = np.array([(values >= threshold).sum() for values in scores])
    sizes = np.array([len(values) for values in scores])
    by_section = rate_upper_bound_clustered(called_n, sizes) if len(sizes) > 1 else None
    return Supported(threshold, bound, by_section)


def check_sense(calibration: LearnedThreshold, request: CalibrateRequest, words: ControlWords) -> None:
    """Refuse positive controls that are not called more often than negative ones."""
    sensitivity = calibration.sensitivity
    if sensitivity is not None and sensitivity <= calibration.rate_bound:
        raise InputError(
            f"{calibration.found_n} of {calibration.positive_n} {words.objects} of the positive controls are called "
            f"{words.called}, no more than of the negative ones",
            where=", ".join(str(path) for path in request.positives),
            remedy=f"Look at their {words.channel} channel: is it the right one, stained and exposed like the others?",
        )


def write_calibration(calibration: LearnedThreshold, path: Path, header: str) -> None:
    """Write a calibration with a comment on its use above it."""
    text = yaml.safe_dump(calibration.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    with output_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, header + text)
