"""What is written down about a run, and when a result that is there already answers the same question."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from myograft.config import RunSettings
from myograft.errors import OutputError, ResultError
from myograft.model.provenance import NetworkRecord, Provenance
from myograft.model.result_layout import ResultLayout
from myograft.read import checksum
from myograft.workflow.measure_plane import Measured
from myograft.workflow.predict_plane import networks_of
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import Prepared
from myograft.write import check_no_corrections, read_provenance, software_versions


@dataclass
class Stopwatch:
    """Seconds per stage, for provenance."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time the block under the stage's name."""
        begun = time.perf_counter()
        yield
        self.seconds[stage] = round(time.perf_counter() - begun, 3)


@dataclass(frozen=True)
class Question:
    """Everything that decides the numbers of a slide: two runs with one question have one answer.

    Parameters
    ----------
    input_sha256
        Digest of the input's content.
    given_labels_sha256
        Digest of every label image that replaces a segmentation, by kind of object.
    networks
        Weights that make the outlines, by kind of object.
    donor_calibration
        Donor threshold learned from controls, as JSON values; None without one.
    fiber_calibrations
        Thresholds of stained fibers learned from controls, as JSON values, by role.
    region
        Rectangle that is measured, as ``(y0, x0, y1, x1)`` in px; None for all.
    copies_image
        Whether a copy of the pixels is wanted.
    settings
        All settings as JSON values.
    version
        Version of myograft.
    """

    input_sha256: str
    given_labels_sha256: Mapping[str, str]
    networks: Mapping[str, NetworkRecord]
    donor_calibration: Mapping[str, Any] | None
    fiber_calibrations: Mapping[str, Any]
    region: tuple[int, int, int, int] | None
    copies_image: bool
    settings: Mapping[str, Any]
    version: str

    def to_json(self) -> dict[str, Any]:
        """Return the question as JSON values."""
        networks = {name: record.model_dump(mode="json") for name, record in self.networks.items()}
        return {**{part.name: getattr(self, part.name) for part in fields(self)}, "networks": networks}

    def differences(self, other: Question) -> list[str]:
        """Return the names of what differs, settings by their dotted keys."""
        names = [
            name
            for name in (
                "input_sha256",
                "given_labels_sha256",
                "networks",
                "donor_calibration",
                "fiber_calibrations",
                "region",
                "copies_image",
                "version",
            )
            if getattr(self, name) != getattr(other, name)
        ]
        return names + _differing_keys(self.settings, other.settings)


def question_of(
    path: Path, settings: RunSettings, slide: Slide, given: Mapping[str, Path], *, copies_image: bool
) -> Question:
    """Return the question that a request asks."""
    region = slide.stack.region
    return Question(
        input_sha256=checksum(path),
        given_labels_sha256={name: checksum(labels) for name, labels in given.items()},
        networks=networks_of(slide, given),
        donor_calibration=None
        if slide.donor_calibration is None
        else slide.donor_calibration.model_dump(mode="json"),
        fiber_calibrations={
            str(role): known.model_dump(mode="json") for role, known in slide.fiber_calibrations.items()
        },
        region=None if region is None else (region.y0, region.x0, region.y1, region.x1),
        copies_image=copies_image,
        settings=settings.model_dump(mode="json"),
        version=software_versions()["myograft"],
    )


@dataclass(frozen=True)
class Standing:
    """A result that is there already.

    Parameters
    ----------
    record
        Its record.
    differing
        Names of what it was asked otherwise; none where it answers the question.
    """

    record: Provenance
    differing: tuple[str, ...]

    @property
    def is_answer(self) -> bool:
        """Whether it answers the question."""
        return not self.differing


def standing_result(layout: ResultLayout, question: Question, *, is_fresh: bool) -> Standing | None:
    """Return the result that is there; None where there is none, or it is to be replaced as a whole.

    Raises
    ------
    OutputError
        Where a folder is there that is no result of this version, or one with corrections is to be replaced.
    """
    if not layout.root.exists():
        return None
    if is_fresh:
        check_no_corrections(layout.root)
        return None
    try:
        record = read_provenance(layout.provenance)
    except ResultError as problem:
        raise OutputError(
            f"a folder is there that is not a whole result of this version ({problem.what})",
            where=str(layout.root),
            remedy="Move it away, choose another --out, or use --fresh to replace it",
        ) from None
    return Standing(record, tuple(question.differences(_question_behind(record))))


def _question_behind(record: Provenance) -> Question:
    region = record.region
    return Question(
        input_sha256=record.input_sha256,
        given_labels_sha256=record.given_labels_sha256,
        networks=record.networks,
        donor_calibration=record.donor_calibration,
        fiber_calibrations=record.fiber_calibrations,
        region=None if region is None else (region.y0, region.x0, region.y1, region.x1),
        copies_image=record.copies_image,
        settings=record.settings,
        version=record.versions["myograft"],
    )


def _differing_keys(first: Mapping[str, Any], second: Mapping[str, Any], prefix: str = "") -> list[str]:
    names = []
    for key in sorted({*first, *second}):
        one, other = first.get(key), second.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            names += _differing_keys(one, other, f"{prefix}{key}.")
        elif one != other:
            names.append(f"{prefix}{key}")
    return names


def record_of(
    prepared: Prepared,
    question: Question,
    measured: Measured,
    notes: tuple[str, ...],
    outline_notes: Mapping[str, tuple[str, ...]],
    started: datetime,
    seconds: Mapping[str, float],
) -> Provenance:
    """Return the record of a run that is about to be published."""
    slide = prepared.slide
    stack, roles = slide.stack, slide.roles
    origin = measured.origin
    return Provenance(
        slide_id=slide.slide_id,
        input_path=str(stack.path),
        input_sha256=question.input_sha256,
        input_bytes=_size(stack.path),
        versions=software_versions(),
        settings=dict(question.settings),
        calibration=stack.calibration,
        channels=tuple(channel.label for channel in stack.channels),
        roles=dict(roles.index_of),
        role_reasons=dict(roles.reason_of),
        image_axes=stack.axes,
        image_shape=stack.stored_shape,
        image_dtype=stack.dtype,
        region=stack.region,
        given_labels_sha256=dict(question.given_labels_sha256),
        networks=dict(question.networks),
        donor_calibration=None if question.donor_calibration is None else dict(question.donor_calibration),
        fiber_calibrations=dict(question.fiber_calibrations),
        copies_image=question.copies_image,
        measured=measured.measured_roles(),
        summary=measured.summary(),
        warnings=notes,
        outline_notes=dict(outline_notes),
        left_out=measured.left_out,
        started=started,
        finished=datetime.now(UTC),
        timings_s=dict(seconds),
        donor_threshold=None if origin is None else {"method": origin.method, "threshold": origin.threshold},
        plane=prepared.plane,
        tissue_step_px=prepared.step_px,
    )


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())
