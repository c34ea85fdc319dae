"""What was run on what: the record that makes a result checkable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from myograft.model.channels import Role
from myograft.model.geometry import Calibration, Region
from myograft.model.stack import Projection

#: Format of a result folder: run.json, tables and journal; raised when an older myograft could misread it.
FORMAT_VERSION = 1

UtcTime = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""A moment with a time zone, kept in UTC."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest in lower-case hexadecimal."""


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, UTF-8, no NaN.

    Raises
    ------
    ValueError
        When a number is NaN or infinite.
    TypeError
        When a value is none of JSON's.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def settings_digest(settings: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the settings' canonical JSON: equal digests, equal settings.

    Parameters
    ----------
    settings
        Nested dictionaries of JSON values, for example from ``model_dump(mode="json")``.
    """
    return hashlib.sha256(canonical_json(dict(settings)).encode()).hexdigest()


class NetworkRecord(BaseModel):
    """Weights that outlined something.

    Parameters
    ----------
    name
        Name of the file, or of the model where it has none.
    sha256
        Digest of the weights.
    license
        License that their card names; ``"unknown"`` without a card.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: Sha256
    license: str = "unknown"


class Provenance(BaseModel):
    """Everything one needs to know to repeat the analysis of one slide.

    Parameters
    ----------
    slide_id
        Slide, as in every table.
    input_path, input_sha256, input_bytes
        The input as it was given, the digest of its content and its size.
    versions
        Versions of myograft, of the packages that compute, of Python, and the platform.
    settings
        All settings of the run as JSON values.
    calibration
        Pixel size with its source.
    channels
        Channel names in file order.
    roles, role_reasons
        Channel index per role, and how each was matched.
    image_axes, image_shape, image_dtype
        The image as stored in the input.
    region
        Rectangle that was analyzed, in px of the input; None for the whole plane.
    given_labels_sha256
        Digest of every label image that replaced a segmentation, by kind of object.
    networks
        Weights that made the outlines, by kind of object.
    donor_calibration
        Donor threshold learned from controls, as JSON values; None without one.
    fiber_calibrations
        Thresholds of stained fibers learned from controls, as JSON values, by role.
    copies_image
        Whether the result holds a copy of the pixels.
    measured
        What was measured: fibers, nuclei, donor_nucleus.
    summary
        The result in one line.
    warnings
        Assumptions made, as sentences.
    outline_notes
        Those of the warnings that came with outlines, by kind of object; None in records of older versions.
    left_out
        Parts of the analysis that were left out, with the reason.
    started, finished
        Moments in UTC.
    timings_s
        Seconds per stage.
    donor_threshold
        How the donor threshold was set, and its value; None without a marker.
    plane
        Number of the z-plane that was measured, or the projection; None in records of older versions.
    tissue_step_px
        Pixels per pixel of the tissue mask (tissue.png); None in records of older versions.
    format_version
        Format of the result folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    slide_id: str = Field(min_length=1)
    input_path: str
    input_sha256: Sha256
    input_bytes: int = Field(ge=0)
    versions: dict[str, str]
    settings: dict[str, JsonValue]
    calibration: Calibration
    channels: tuple[str, ...]
    roles: dict[Role, int]
    role_reasons: dict[Role, str]
    image_axes: str
    image_shape: tuple[int, ...]
    image_dtype: str
    region: Region | None = None
    given_labels_sha256: dict[str, Sha256] = Field(default_factory=dict)
    networks: dict[str, NetworkRecord] = Field(default_factory=dict)
    donor_calibration: dict[str, JsonValue] | None = None
    fiber_calibrations: dict[str, JsonValue] = Field(default_factory=dict)
    copies_image: bool = True
    measured: tuple[str, ...] = ()
    summary: str = ""
    warnings: tuple[str, ...] = ()
    outline_notes: dict[str, tuple[str, ...]] | None = None
    left_out: tuple[str, ...] = ()
    started: UtcTime
    finished: UtcTime
    timings_s: dict[str, float] = Field(default_factory=dict)
    donor_threshold: dict[str, JsonValue] | None = None
    plane: int | Projection | None = None
    tissue_step_px: int | None = Field(default=None, ge=1)
    format_version: int = Field(default=FORMAT_VERSION, ge=1, le=FORMAT_VERSION)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if len(self.image_axes) != len(self.image_shape):
            raise ValueError(f"axes {self.image_axes} do not fit the shape {self.image_shape}")
        if self.finished < self.started:
            raise ValueError("the run cannot have finished before it started")
        return self

    @property
    def settings_digest(self) -> str:
        """SHA-256 of the settings."""
        return settings_digest(self.settings)

    @property
    def identity(self) -> str:
        """SHA-256 of all that decides the numbers: one identity, the same labels and tables."""
        kept = {"slide_id", "input_sha256", "given_labels_sha256", "versions", "settings", "roles", "region"}
        kept |= {"calibration", "networks", "donor_calibration"}
        # Named only where there are some: journals are sealed with the identities of results from before there were.
        kept |= {"fiber_calibrations"} if self.fiber_calibrations else set()
        return settings_digest(self.model_dump(mode="json", include=kept))

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, the digest of the settings among them."""
        return {**self.model_dump(mode="json"), "settings_digest": self.settings_digest}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the record that :meth:`to_json` gave.

        Raises
        ------
        ValueError
            When a field is missing, unknown or wrong, or when the settings do not have the recorded digest.
        """
        fields = dict(values)
        recorded = fields.pop("settings_digest", None)
        provenance = cls.model_validate(fields)
        if recorded != provenance.settings_digest:
            raise ValueError("the settings do not have the recorded digest: they were changed after the run")
        return provenance
