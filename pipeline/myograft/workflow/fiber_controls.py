"""Does a threshold of stained fibers learned from controls fit this slide? Stain, pixels, outlines, spread."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from myograft.assign import CytoplasmSettings, FiberCalls, FiberThresholdMethod, FiberTypeSettings, RareSide
from myograft.errors import ConfigError
from myograft.model.biology import FiberCall, FiberPattern
from myograft.model.channels import Role
from myograft.model.fiber_calibration import FiberCalibration, FiberStainFingerprint
from myograft.model.fiber_marker_columns import STAIN_OF_ROLE
from myograft.model.provenance import Provenance
from myograft.read import read_fiber_calibration
from myograft.workflow.predict_plane import networks_of
from myograft.workflow.slide import Slide

#: Factor by which the bulk's spread may differ from that of the controls: beyond, the exposure was another.
_SPREAD_FACTOR = 2.0

#: Fibers, and part of all, that may be called otherwise in the units of the controls.
_LEAST_OTHERS, _OTHERS = 5, 0.05

#: What outlined fibers that were given as labels.
_GIVEN = "given labels"

#: Channel names of proteins that fill a fiber.
_REPORTERS = re.compile(r"gfp|yfp|cfp|rfp|tomato|cherry|venus|citrine|lac-?z|gal\b|luciferase", re.IGNORECASE)

#: Settings of a stain that decide calls and not what is measured, or that stand in the fingerprint by themselves.
_NOT_MEASURED = {"call", "pattern", "rare_side", "undecided_covered_width"}

#: Those of them that a stain of the cytoplasm is measured by.
_OF_CYTOPLASM = {"core_depth_um", "autofluorescence_share"}

#: Settings of outlines that name files and machines; the digest of the weights says more.
_NOT_OUTLINES = {"method", "weights", "engine"}


def pattern_of(role: Role, wish: FiberPattern | str | None, channel: str) -> FiberPattern:
    """Return where a stain lies in a fiber: as the settings say, else as the channel's name does."""
    if role is not Role.DONOR_FIBER:
        return FiberPattern.CYTOPLASM
    if wish is not None:
        return FiberPattern(wish)
    return FiberPattern.RIM if _REPORTERS.search(channel) is None else FiberPattern.CYTOPLASM


def settings_of(slide: Slide, role: Role) -> CytoplasmSettings:
    """Return the settings of a stain."""
    found: CytoplasmSettings = getattr(slide.settings.assign, str(role))
    return found


def event_of(settings: CytoplasmSettings) -> FiberCall:
    """Return the call of the fibers that stand out from the bulk."""
    is_low = isinstance(settings, FiberTypeSettings) and settings.rare_side is RareSide.LOW
    return FiberCall.NEGATIVE if is_low else FiberCall.POSITIVE


def open_fiber_calibrations(slide: Slide, given: Collection[str]) -> dict[Role, FiberCalibration]:
    """Return the calibrations that the settings name, if they fit the slide; none where none is asked for.

    Parameters
    ----------
    slide
        The slide, opened.
    given
        Kinds of objects whose outlines are given.

    Raises
    ------
    ConfigError
        Where a file cannot be used, or the slide was stained, imaged or is measured otherwise than the controls and
        the settings do not accept that.
    """
    if Role.SARCOLEMMA not in slide.roles and "fibers" not in given:
        return {}
    found = {}
    for role in STAIN_OF_ROLE:
        call = settings_of(slide, role).call
        if call.method is not FiberThresholdMethod.CALIBRATED or role not in slide.roles:
            continue
        path = Path(str(call.calibration)).expanduser()
        found[role] = read_fiber_calibration(path)
        differing = found[role].fingerprint.differences(_fingerprint_of(slide, role, given))
        if differing and not call.accepts_mismatch:
            raise ConfigError(
                f"the threshold of {role} was learned from controls that this slide does not match: "
                f"{'; '.join(differing)} ({slide.stack.path})",
                where=str(path),
                remedy="Calibrate on controls of the same panel, measured with the same settings; or say --set "
                f"assign.{role}.call.accepts_mismatch=true, and the corrected estimates are left out",
            )
    return found


def doubts_of_fiber_calibration(
    slide: Slide, role: Role, given: Collection[str], calls: FiberCalls
) -> tuple[str, ...]:
    """Return why the error rates of the controls do not hold for this slide; empty where they do."""
    calibration = slide.fiber_calibrations.get(role)
    if calibration is None:
        return ()
    doubts = calibration.fingerprint.differences(_fingerprint_of(slide, role, given))
    if calls.scale is not None:
        doubts += _another_bulk(calls, calibration)
        factor = calls.scale / calibration.bulk_scale
        if not 1.0 / _SPREAD_FACTOR <= factor <= _SPREAD_FACTOR:
            doubts.append(
                f"the spread of its bulk of fibers is {factor:.2g} times that of the controls: another exposure or "
                "staining?"
            )
    return tuple(doubts)


def _another_bulk(calls: FiberCalls, calibration: FiberCalibration) -> list[str]:
    """Return whether scores in the units of the controls would call other fibers: then the bulk is another one.

    The bulk is looked for around the median of the section's fibers. Where about half of them are stained, their
    median is nobody's, and no score means what it did in the controls.
    """
    if calls.location is None or calls.scale is None:
        return []
    sign = -1.0 if calibration.fingerprint.event is FiberCall.NEGATIVE else 1.0
    score = calls.score[calls.is_called]
    in_counts = score * calls.scale + calls.location
    by_controls = (in_counts - calibration.bulk_location) / calibration.bulk_scale
    own_n, other_n = (
        int((sign * part >= sign * calibration.threshold).sum()) for part in (score, by_controls)
    )
    if abs(own_n - other_n) <= max(_LEAST_OTHERS, _OTHERS * len(score)):
        return []
    told = (
        f"{own_n:,} of its {len(score):,} fibers stand out from its own bulk, {other_n:,} from that of the controls: "
        "another exposure or staining, or so many that the bulk was not found?"
    )
    return [told]


def fiber_fingerprint_of_record(record: Provenance, role: Role) -> FiberStainFingerprint | None:
    """Return how a finished result measured a stain of fibers; None where it did not."""
    if role not in record.roles or "fibers" not in record.measured:
        return None
    network = record.networks.get("fibers")
    empty = record.roles.get(Role.AUTOFLUORESCENCE)
    return _fingerprint(
        role,
        channel=record.channels[record.roles[role]],
        image_dtype=record.image_dtype,
        pixel_size_um=record.calibration.pixel_size_um,
        settings=record.settings,
        empty_channel=None if empty is None else record.channels[empty],
        fibers_from=_GIVEN
        if "fibers" in record.given_labels_sha256
        else None
        if network is None
        else network.sha256,
        leaves_nuclei_out="nuclei" in record.measured,
    )


def _fingerprint_of(slide: Slide, role: Role, given: Collection[str]) -> FiberStainFingerprint:
    stack, roles = slide.stack, slide.roles
    network = networks_of(slide, given).get("fibers")
    empty = roles.get(Role.AUTOFLUORESCENCE)
    return _fingerprint(
        role,
        channel=stack.channels[roles.index_of[role]].label,
        image_dtype=stack.dtype,
        pixel_size_um=stack.calibration.pixel_size_um,
        settings=slide.settings.model_dump(mode="json"),
        empty_channel=None if empty is None else stack.channels[empty].label,
        fibers_from=_GIVEN if "fibers" in given else None if network is None else network.sha256,
        leaves_nuclei_out="nuclei" in given or Role.NUCLEI in roles,
    )


def _fingerprint(
    role: Role,
    *,
    channel: str,
    image_dtype: str,
    pixel_size_um: float,
    settings: Mapping[str, Any],
    empty_channel: str | None,
    fibers_from: str | None,
    leaves_nuclei_out: bool,
) -> FiberStainFingerprint:
    """Return the fingerprint; without `fibers_from`, the name of the method outlined the fibers."""
    stain, outlines = settings["assign"][str(role)], settings["segment"]["fibers"]
    pattern = pattern_of(role, stain.get("pattern"), channel)
    is_rim = pattern is FiberPattern.RIM
    return FiberStainFingerprint(
        role=role,
        channel=channel,
        image_dtype=image_dtype,
        pixel_size_um=pixel_size_um,
        pattern=pattern,
        event=FiberCall.NEGATIVE if stain.get("rare_side") == str(RareSide.LOW) else FiberCall.POSITIVE,
        stain={
            key: value
            for key, value in stain.items()
            if (key not in _NOT_MEASURED if is_rim else key in _OF_CYTOPLASM)
        },
        empty_channel=empty_channel,
        fibers_from=fibers_from or str(outlines["method"]),
        outlines={}
        if fibers_from == _GIVEN
        else {key: value for key, value in outlines.items() if key not in _NOT_OUTLINES},
        leaves_nuclei_out=leaves_nuclei_out,
    )
